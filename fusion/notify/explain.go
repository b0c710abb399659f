package notify

import (
	"time"

	"github.com/openiroom/iroom/fusion"
)

// lookAhead bounds the search for the end of quiet hours: a week and a day.
const lookAhead = 8 * 24 * time.Hour

// Explanation says what one route does with an alert.
type Explanation struct {
	Route   string      `json:"route"`
	When    string      `json:"when"` // the condition, "" means all
	Matches bool        `json:"matches"`
	Problem string      `json:"problem,omitzero"` // of the condition, which then matches
	Told    []StageTold `json:"told,omitempty"`
	Quiet   time.Time   `json:"quiet_until,omitzero"` // messages wait until then
	Repeat  string      `json:"repeat,omitzero"`      // how often, until acknowledged
	Group   []string    `json:"group"`
}

// StageTold is whom a stage tells, and when at the earliest.
type StageTold struct {
	At    time.Time `json:"at"`
	Names []string  `json:"names"` // receivers and rotas
	Who   []string  `json:"who"`   // receivers on duty then
}

// Explain says which routes an alert takes that comes at a time, and why.
// Silences, rates and what was told before are not looked at.
func (p *Plan) Explain(a *fusion.Alert, at time.Time) (list []Explanation) {
	for _, r := range p.routes {
		e := Explanation{Route: r.Name, When: r.When, Matches: r.matches(a), Group: r.Group}
		if r.when != nil {
			if _, err := r.when.eval(a); err != nil {
				e.Problem = err.Error()
			}
		}
		if e.Matches {
			r.explain(&e, at)
		}
		list = append(list, e)
	}
	return list
}

func (r *route) explain(e *Explanation, at time.Time) {
	first := at.Add(time.Duration(r.Wait))
	if free := r.notQuiet(first); free.After(first) {
		first, e.Quiet = free, free
	}
	if r.Repeat > 0 {
		e.Repeat = r.Repeat.String()
	}
	e.Told = append(e.Told, StageTold{first, r.Who, r.plan.resolve(nil, r.Who, first)})
	for _, s := range r.Escalate {
		due := r.notQuiet(first.Add(time.Duration(s.After)))
		e.Told = append(e.Told, StageTold{due, s.Who, r.plan.resolve(nil, s.Who, due)})
	}
}

// notQuiet is the first time from t on that is not in quiet hours, to the
// minute, or the end of [lookAhead].
func (r *route) notQuiet(t time.Time) time.Time {
	for end := t.Add(lookAhead); t.Before(end); t = t.Truncate(time.Minute).Add(time.Minute) {
		if !r.isQuiet(t) {
			return t
		}
	}
	return t
}
