package score

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules/tools/rehearsal"
)

// Bin are the pictures whose confidence lies in a range, in percent.
type Bin struct {
	From     float64 `json:"from"` // inclusive
	To       float64 `json:"to"`   // exclusive, but for 100
	Pictures int     `json:"pictures"`
	Claimed  float64 `json:"claimed"` // mean confidence, 0 to 1
	Real     float64 `json:"real"`    // share that is not false, 0 to 1
}

const bins = 5

func (r *Report) calibrate(clusters []*cluster) {
	r.Calibration = make([]Bin, bins)
	for i := range r.Calibration {
		r.Calibration[i].From, r.Calibration[i].To = 100*float64(i)/bins, 100*float64(i+1)/bins
	}
	for _, c := range clusters {
		b := &r.Calibration[min(bins-1, int(c.picture.Confidence*bins/100))]
		b.Pictures++
		b.Claimed += c.picture.Confidence / 100
		if c.about != "" {
			b.Real++
		}
	}
	for i := range r.Calibration {
		b := &r.Calibration[i]
		if b.Pictures == 0 {
			continue
		}
		b.Claimed, b.Real = rounded(b.Claimed/float64(b.Pictures)), rounded(b.Real/float64(b.Pictures))
		r.CalibrationError += math.Abs(b.Claimed-b.Real) * float64(b.Pictures) / float64(len(clusters))
	}
	r.CalibrationError = rounded(r.CalibrationError)
}

// Rule is how well one rule did.
type Rule struct {
	Rule      string  `json:"rule"`
	Hits      int     `json:"hits"` // that opened or joined a picture
	Right     int     `json:"right"`
	Incidents int     `json:"incidents"` // of which it had a right hit
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
}

func (p *player) rules(r *Report, truth Truth, clusters []*cluster) {
	about := map[fusion.PictureID]Label{}
	for _, c := range clusters {
		about[c.picture.ID] = c.about
	}
	byRule := map[string]*Rule{}
	found := map[string]map[Label]bool{}
	for _, h := range p.hits {
		if h.Picture == "" {
			continue
		}
		if byRule[h.Rule] == nil {
			byRule[h.Rule], found[h.Rule] = &Rule{Rule: h.Rule}, map[Label]bool{}
		}
		byRule[h.Rule].Hits++
		if label := about[p.goesOn(h.Picture)]; right(h, label, truth) {
			byRule[h.Rule].Right++
			found[h.Rule][label] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byRule)) {
		rule := byRule[id]
		rule.Incidents = len(found[id])
		rule.Precision = rounded(float64(rule.Right) / float64(rule.Hits))
		if r.Incidents > 0 {
			rule.Recall = rounded(float64(rule.Incidents) / float64(r.Incidents))
		}
		r.Rules = append(r.Rules, *rule)
	}
}

// right reports whether all inputs of a hit are of the incident.
func right(h fusion.Hit, label Label, truth Truth) bool {
	return label != "" && !slices.ContainsFunc(h.Inputs, func(in fusion.Input) bool { return truth[in.Event] != label })
}

func (p *player) missed(r *Report, truth Truth) {
	for _, s := range p.order {
		if label := truth[s.event.ID]; label != "" && s.picture == "" {
			r.Missed = append(r.Missed, Miss{s.event.ID, s.event.Type, label, fusion.Describe(s.event), p.why(s)})
		}
	}
}

// why says in words why an event is in no picture.
func (p *player) why(s *seen) string {
	if s.event.Status != fusion.StatusActual {
		return fmt.Sprintf("its status is %s, which no live rule looks at", s.event.Status)
	}
	d, ok := p.decisions[s.event.ID]
	switch {
	case !ok && s.hit:
		return "only rules that ask for no picture matched it"
	case !ok:
		return "no rule matched"
	case len(d.Candidates) == 0:
		return fmt.Sprintf("rule %s matched and only joins; no incident of its kinds was near", d.Hit.Rule)
	}
	best := d.Candidates[0]
	return fmt.Sprintf("rule %s matched and only joins; below the bound of %.0f: the best, %s %s, has %.0f points%s",
		d.Hit.Rule, best.Bound, best.Kind, best.Picture, best.Score, parts(best.Why))
}

// parts are those of a score, in words.
func parts(why []fusion.ScorePart) string {
	var b strings.Builder
	for i, part := range why {
		b.WriteString(map[bool]string{true: " (", false: ", "}[i == 0])
		fmt.Fprintf(&b, "%+.0f %s", part.Points, part.Because)
	}
	if len(why) > 0 {
		b.WriteString(")")
	}
	return b.String()
}

func recorded(s *seen) time.Time { return rehearsal.Recorded(s.event) }
