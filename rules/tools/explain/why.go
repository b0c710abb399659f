package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// explain says in words what became of an event.
func (r *run) explain(a *Account) {
	if a.stopped != "" {
		a.Says = append(a.Says, a.stopped)
		return
	}
	names := a.names()
	if len(names) == 0 {
		a.Says = append(a.Says, r.fillsNothing(a))
		return
	}
	for _, h := range r.out.hits {
		if a.completed(h) {
			a.Fired = true
			a.Hits = append(a.Hits, h)
			when := ""
			if h.Time.After(a.Time) {
				when = " when it was " + clock(h.Time, a.Time)
			}
			a.Says = append(a.Says, "fired"+when+": "+hitLine(h)+r.inShadow())
		}
	}
	if dropped := r.dropped(a); dropped != "" {
		a.Says = append(a.Says, dropped)
		return
	}
	for i, part := range a.readings() {
		if slices.Contains(part.Key, "") {
			a.Says = append(a.Says, fmt.Sprintf("is a %s without a value for %s, by which events are joined", a.readings()[i].Name, r.keyNames(part.Key, "")))
			return
		}
	}
	if r.anatomy.Rule.Placed() && a.e.Geometry == nil {
		a.Says = append(a.Says, "is a "+a.names()[0]+" without a place, and the rule needs one")
		return
	}
	tell, ok := tellers[r.anatomy.Rule.Kind]
	if !ok {
		tell = (*run).alone
	}
	tell(r, a)
	if quiet := r.hushed(a); quiet != "" {
		a.Says = append(a.Says, quiet)
	}
}

// tellers say of each kind of match what became of an event that fills one of
// its names.
var tellers = map[string]func(r *run, a *Account){
	"sequence": (*run).sequence, "count": (*run).count, "distinct": (*run).count, "surge": (*run).surge, "measure": (*run).measure,
	"all": (*run).all, "absence": (*run).absence, "silence": (*run).silence, "fence": (*run).fence, "meet": (*run).meet, "empty": (*run).empty,
}

// completed reports whether the hit came with this event, or waited behind it
// for a time that passed.
func (a *Account) completed(h HitReport) bool {
	var last fusion.Input
	for _, in := range h.Inputs {
		if in.Event == a.Event && in.Time.Equal(h.Time) {
			return true
		}
		if !in.Time.Before(last.Time) {
			last = in
		}
	}
	return last.Event == a.Event && last.Time.Before(h.Time)
}

// readings are those that the event fills.
func (a *Account) readings() (list []rules.Reading) {
	for _, x := range a.Readings {
		if x.Fills {
			list = append(list, x)
		}
	}
	return list
}

// names are those that the event fills.
func (a *Account) names() (names []string) {
	for _, x := range a.readings() {
		if !slices.Contains(names, x.Name) {
			names = append(names, x.Name)
		}
	}
	return names
}

func (a *Account) reading(name string) (rules.Reading, bool) {
	for _, x := range a.Readings {
		if x.Fills && x.Name == name {
			return x, true
		}
	}
	return rules.Reading{}, false
}

// fillsNothing names the parts of the conditions that did not hold.
func (r *run) fillsNothing(a *Account) string {
	var reasons []string
	for _, x := range a.Readings {
		if x.When != nil {
			reasons = append(reasons, "is no "+x.Name+": "+strings.Join(failing(*x.When), ", and "))
		}
	}
	return strings.Join(reasons, "; ")
}

// failing says which parts keep a condition from holding.
func failing(p rules.Part) (list []string) {
	switch {
	case p.Holds:
		return nil
	case p.Operator == "and":
		for _, x := range p.Parts {
			list = append(list, failing(x)...)
		}
		return list
	case p.Operator == "or":
		for _, x := range p.Parts {
			list = append(list, failing(x)...)
		}
		return []string{strings.Join(list, " and also ")}
	}
	return []string{p.Text + " does not hold" + values(p)}
}

// values says what a part compares, when its text does not.
func values(p rules.Part) string {
	if p.Problem != "" {
		return " (" + p.Problem + ")"
	}
	var list []string
	for _, v := range p.Values {
		if v.Value == "" {
			list = append(list, v.Text+" is missing")
		} else {
			list = append(list, v.Text+" is "+v.Value)
		}
	}
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, ", ") + ")"
}

// alone is for rules of which one event is enough, and for kinds that are told
// by their conditions and hits alone.
func (r *run) alone(a *Account) {
	if a.Fired {
		return
	}
	name := a.names()[0]
	a.Says = append(a.Says, "is a "+name)
	if kind := r.anatomy.Rule.Kind; kind == "event" || kind == "any" {
		r.together(a, map[string]*fusion.Event{name: a.e}, 1)
		return
	}
	if in := r.inputOf(a); in != "" {
		a.Says = append(a.Says, in)
	}
	if w := r.anatomy.Rule.Within; w > 0 {
		a.Says = append(a.Says, fmt.Sprintf("its window lasts until %s (%s)", clock(a.Time.Add(w), a.Time), words(w)))
	}
}

// inputOf says of which hits the event was a part without completing them.
func (r *run) inputOf(a *Account) string {
	var of []string
	for _, h := range r.out.hits {
		if a.completed(h) {
			continue
		}
		for _, in := range h.Inputs {
			if in.Event == a.Event {
				of = append(of, fmt.Sprintf("the hit at %s", clock(h.Time, a.Time)))
				break
			}
		}
	}
	if len(of) == 0 {
		return ""
	}
	return "is part of " + strings.Join(of, ", ")
}

// together judges what several events have to meet: `where` and the score.
// True: neither refuses them.
func (r *run) together(a *Account, by map[string]*fusion.Event, count int) bool {
	events := make([]*fusion.Event, len(r.anatomy.Events))
	for i, named := range r.anatomy.Events {
		events[i] = by[named.Name]
	}
	if w := r.anatomy.Where; w != nil {
		part := w.Examine(events, count, r.world)
		a.Where = &part
		if !part.Holds {
			a.Says = append(a.Says, "where does not hold: "+strings.Join(failing(part), ", and "))
			return false
		}
	}
	if r.anatomy.Score == nil {
		return true
	}
	a.Score = r.score(events, count)
	if a.Score.Total < a.Score.Threshold {
		a.Says = append(a.Says, fmt.Sprintf("scores %g of the %g that are needed: %s", a.Score.Total, a.Score.Threshold, missed(a.Score)))
		return false
	}
	return true
}

func (r *run) score(events []*fusion.Event, count int) *Score {
	s := r.anatomy.Score
	out := &Score{Total: s.Base, Threshold: s.Threshold}
	if s.Base != 0 {
		out.Terms = append(out.Terms, Term{Points: s.Base, Because: "base"})
	}
	for _, t := range s.Terms {
		part := t.When.Examine(events, count, r.world)
		if part.Holds {
			out.Total += t.Points
		}
		out.Terms = append(out.Terms, Term{t.Points, t.Because, &part})
	}
	return out
}

// missed names the points that were not given.
func missed(s *Score) string {
	var got, not []string
	for _, t := range s.Terms {
		line := fmt.Sprintf("%g %s", t.Points, t.Because)
		if t.When == nil || t.When.Holds {
			got = append(got, line)
		} else if t.Points > 0 {
			not = append(not, line+values(*t.When))
		}
	}
	text := strings.Join(got, ", ")
	if len(not) > 0 {
		text += "; not given: " + strings.Join(not, ", ")
	}
	return text
}

// others are the accounts of other events that fill a name, in the order of
// their times.
func (r *run) others(a *Account, name string) (list []*Account) {
	for i := range r.out.Accounts {
		o := &r.out.Accounts[i]
		if _, fills := o.reading(name); fills && o.first && o.stopped == "" && o.Event != a.Event {
			list = append(list, o)
		}
	}
	slices.SortStableFunc(list, func(x, y *Account) int { return x.Time.Compare(y.Time) })
	return list
}
