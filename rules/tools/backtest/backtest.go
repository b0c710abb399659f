// Package backtest says what rules would have done over events that happened:
// their hits and incidents, against what other rules did.
//
// Both run in the room's own engine at the same time, over the messages of a
// log that was stored or made up of events. Nothing is published. How often a
// rule was right is known only as far as people recorded outcomes.
package backtest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/rules/tools/rehearsal"
)

// Side is a set of rules while it runs over the log.
type Side struct {
	engine *engine.Engine
	hits   []fusion.Hit
}

// NewSide makes a side at the beginning of a log. Whatever bundle the log
// activates, bundles says which one runs.
func NewSide(bundles engine.Bundles) (*Side, error) {
	e, err := engine.New(bundles)
	return &Side{engine: e}, err
}

// SideOf makes a side of a rehearsal that has not begun.
func SideOf(r *rehearsal.Room) *Side {
	s := &Side{engine: r.Engine}
	r.Heard = func(hits []fusion.Hit) { s.hits = append(s.hits, hits...) }
	return s
}

// Step gives the side a message of the log. What the engine refuses it would
// have refused in the room too.
func (s *Side) Step(m engine.Message) error {
	hits, _, err := rehearsal.Hits(s.engine, m)
	s.hits = append(s.hits, hits...)
	return err
}

// Report compares two sides.
type Report struct {
	Events    uint64 `json:"events"`
	Incidents int    `json:"incidents"`         // that the rules opened
	Against   *int   `json:"against,omitempty"` // that the others opened
	Rules     []Rule `json:"rules"`             // by id
}

// Rule is what one rule did.
type Rule struct {
	Rule      string   `json:"rule"`
	Hits      int      `json:"hits"`
	Incidents int      `json:"incidents"`         // that its hits opened or joined
	Against   *int     `json:"against,omitempty"` // hits of the other version
	New       []Hit    `json:"new,omitempty"`     // hits that the other version has not
	Gone      []Hit    `json:"gone,omitempty"`    // hits of the other version that are no more
	Outcomes  Outcomes `json:"outcomes"`
}

// Hit is one hit in a line.
type Hit struct {
	Time  time.Time `json:"time"`
	Title string    `json:"title"`
	Key   string    `json:"key,omitempty"`
	Score float64   `json:"score,omitempty"`
}

// Outcomes are what people found of the incidents of a rule.
type Outcomes struct {
	Confirmed int `json:"confirmed"`
	Unfounded int `json:"unfounded"`
}

// Precision is the share of incidents that were confirmed among those that
// somebody judged; false: nobody judged any.
func (o Outcomes) Precision() (float64, bool) {
	if judged := o.Confirmed + o.Unfounded; judged > 0 {
		return float64(o.Confirmed) / float64(judged), true
	}
	return 0, false
}

// Compare reports what the rules of now did against those of former, nil for
// nothing to compare with. A filter keeps the rules whose id contains it.
// Outcomes are those of the pictures that people closed.
func Compare(now, former *Side, filter string) (*Report, error) {
	r := &Report{Events: now.engine.Counts().Events - now.engine.Counts().Duplicates, Incidents: int(now.engine.Counts().Pictures)}
	outcomes, err := now.outcomes()
	if err != nil {
		return nil, err
	}
	ids := map[string]bool{}
	for _, s := range now.engine.RuleStats() {
		ids[s.Rule] = true
	}
	if former != nil {
		r.Against = new(int(former.engine.Counts().Pictures))
		for _, s := range former.engine.RuleStats() {
			ids[s.Rule] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		if strings.Contains(id, filter) {
			r.Rules = append(r.Rules, compare(id, now, former, outcomes))
		}
	}
	return r, nil
}

func compare(id string, now, former *Side, outcomes map[fusion.PictureID]string) Rule {
	mine := now.of(id)
	out := Rule{Rule: id, Hits: len(mine)}
	pictures := map[fusion.PictureID]bool{}
	for _, h := range mine {
		if h.Picture == "" || pictures[h.Picture] {
			continue
		}
		pictures[h.Picture] = true
		switch outcomes[h.Picture] {
		case "confirmed":
			out.Outcomes.Confirmed++
		case "unfounded":
			out.Outcomes.Unfounded++
		}
	}
	out.Incidents = len(pictures)
	if former != nil {
		theirs := former.of(id)
		out.Against = new(len(theirs))
		out.New, out.Gone = missing(mine, theirs), missing(theirs, mine)
	}
	return out
}

// outcomes are those of the pictures of the side that have one.
func (s *Side) outcomes() (map[fusion.PictureID]string, error) {
	found := map[fusion.PictureID]string{}
	err := s.engine.Store().View(func(tx *store.Tx) error {
		for p, err := range tx.PicturesBefore("") {
			if err != nil {
				return err
			}
			if p.Outcome != "" {
				found[p.ID] = p.Outcome
			}
		}
		return nil
	})
	return found, err
}

func (s *Side) of(rule string) (list []fusion.Hit) {
	for _, h := range s.hits {
		if h.Rule == rule {
			list = append(list, h)
		}
	}
	return list
}

// missing lists the hits of a that b has not: of the same time, key and
// events.
func missing(a, b []fusion.Hit) (list []Hit) {
	has := map[string]int{}
	for _, h := range b {
		has[identity(h)]++
	}
	for _, h := range a {
		if id := identity(h); has[id] > 0 {
			has[id]--
			continue
		}
		list = append(list, Hit{h.Time, h.Title, h.Key, h.Score})
	}
	return list
}

func identity(h fusion.Hit) string {
	ids := make([]string, len(h.Inputs))
	for i, in := range h.Inputs {
		ids[i] = string(in.Event)
	}
	slices.Sort(ids)
	return h.Key + "\x00" + h.Time.Format(time.RFC3339Nano) + "\x00" + strings.Join(ids, "\x00")
}

// shownHits is how many hits of a difference the text shows.
const shownHits = 10

// String is the report for a person.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d events, %d incidents opened%s\n", r.Events, r.Incidents, versus(r.Against))
	for _, x := range r.Rules {
		if x.Hits == 0 && (x.Against == nil || *x.Against == 0) {
			continue
		}
		fmt.Fprintf(&b, "%s: %d hits%s in %d incidents, precision %s\n", x.Rule, x.Hits, versus(x.Against), x.Incidents, x.Outcomes)
		write(&b, "new", x.New)
		write(&b, "gone", x.Gone)
	}
	return b.String()
}

func versus(n *int) string {
	if n == nil {
		return ""
	}
	return fmt.Sprintf(" (before %d)", *n)
}

func (o Outcomes) String() string {
	p, ok := o.Precision()
	if !ok {
		return "unknown"
	}
	return fmt.Sprintf("%.0f %% (%d confirmed, %d unfounded)", p*100, o.Confirmed, o.Unfounded)
}

func write(b *strings.Builder, what string, hits []Hit) {
	for _, h := range hits[:min(len(hits), shownHits)] {
		fmt.Fprintf(b, "  %-4s %s %s\n", what, h.Time.Format("2006-01-02 15:04:05Z"), cmp.Or(h.Title, h.Key))
	}
	if more := len(hits) - shownHits; more > 0 {
		fmt.Fprintf(b, "  and %d more that are %s\n", more, what)
	}
}
