package desk

import (
	"context"
	"math"

	"github.com/openiroom/iroom/fusion/store"
)

// EndpointQuality says how often each version of a rule was right.
const EndpointQuality = "quality"

// QualityReply lists the versions of rules that contributed to incidents
// which operators closed.
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
}

func (d *Desk) quality(context.Context, struct{}) (reply QualityReply, err error) {
	var counts []store.Outcomes
	err = d.room.Store().View(func(tx *store.Tx) error {
		counts, err = tx.Outcomes()
		return err
	})
	for _, o := range counts {
		reply.Rules = append(reply.Rules, qualityOf(o))
	}
	return reply, err
}

func qualityOf(o store.Outcomes) RuleQuality {
	q := RuleQuality{Outcomes: o}
	if n := o.Confirmed + o.Unfounded; n > 0 {
		low, high := Wilson(o.Confirmed, n)
		q.Precision, q.Low, q.High = new(float64(o.Confirmed)/float64(n)), &low, &high
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
