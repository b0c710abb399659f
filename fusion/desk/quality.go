package desk

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// QualityReply lists the versions of rules that contributed to incidents
// which operators closed, or that the room still holds.
type QualityReply struct {
	Rules []RuleQuality `json:"rules"`
}

// RuleQuality is how often a version of a rule was right. Precision is the
// part of confirmed in confirmed and unfounded; Low and High are its 95 %
// interval after Wilson (1927). All three are nil when nothing was judged.
type RuleQuality struct {
	store.Outcomes
	Precision *float64 `json:"precision,omitzero"` // 0 to 1
	Low       *float64 `json:"low,omitzero"`
	High      *float64 `json:"high,omitzero"`

	// Of the incidents that the room still holds, open and closed:
	Incidents    int             `json:"incidents"`             // to which the version contributed
	Acknowledged fusion.Duration `json:"acknowledged,omitzero"` // median time from opening to acknowledgement, of those that were
	Resolved     fusion.Duration `json:"resolved,omitzero"`     // median time from opening to the last resolution or closing by a person
	Closed       int             `json:"closed"`                // of the incidents
	Unseen       int             `json:"unseen"`                // of the closed: nobody ever decided anything about them
}

// record collects what people did about the incidents of a version.
type record struct {
	incidents, closed, unseen int
	acknowledged, resolved    []time.Duration
}

func (r *record) add(b *store.Brief) {
	r.incidents++
	if b.Status == fusion.PictureClosed {
		r.closed++
		if !b.Acted {
			r.unseen++
		}
	}
	if !b.Acknowledged.IsZero() {
		r.acknowledged = append(r.acknowledged, b.Acknowledged.Sub(b.Opened))
	}
	if !b.Resolved.IsZero() {
		r.resolved = append(r.resolved, b.Resolved.Sub(b.Opened))
	}
}

func median(list []time.Duration) fusion.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return fusion.Duration(list[len(list)/2])
}

func (d *Desk) quality(_ context.Context, _ *call, _ struct{}) (reply QualityReply, err error) {
	var counts []store.Outcomes
	err = d.room.Store().View(func(tx *store.Tx) error {
		counts, err = tx.Outcomes()
		return err
	})
	records := map[store.Version]*record{}
	for _, row := range d.room.Store().Table().Rows() {
		for _, v := range row.Rules {
			if records[v] == nil {
				records[v] = new(record)
			}
			records[v].add(row.Brief)
		}
	}
	for _, o := range counts {
		v := store.Version{Rule: o.Rule, Version: o.Version}
		reply.Rules = append(reply.Rules, qualityOf(o, records[v]))
		delete(records, v)
	}
	for v, r := range records {
		reply.Rules = append(reply.Rules, qualityOf(store.Outcomes{Rule: v.Rule, Version: v.Version}, r))
	}
	slices.SortFunc(reply.Rules, func(a, b RuleQuality) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Version, b.Version))
	})
	return reply, err
}

func qualityOf(o store.Outcomes, r *record) RuleQuality {
	q := RuleQuality{Outcomes: o}
	if n := o.Confirmed + o.Unfounded; n > 0 {
		low, high := Wilson(o.Confirmed, n)
		q.Precision, q.Low, q.High = new(float64(o.Confirmed)/float64(n)), &low, &high
	}
	if r != nil {
		q.Incidents, q.Closed, q.Unseen = r.incidents, r.closed, r.unseen
		q.Acknowledged, q.Resolved = median(r.acknowledged), median(r.resolved)
	}
	return q
}

// Wilson is the 95 % score interval of a proportion of k in n, n > 0.
func Wilson(k, n int) (low, high float64) {
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	center := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return max(0, center-half), min(1, center+half)
}
