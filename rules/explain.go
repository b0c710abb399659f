package rules

import "github.com/openiroom/iroom/fusion"

// Fills returns the names under which the rule would take the event, judged
// by the event alone: nil when it passes none of the rule's conditions on
// single events, or when one of them fails.
func (r *Rule) Fills(e *fusion.Event, w World) (names []string) {
	defer func() {
		if recover() != nil {
			names = nil
		}
	}()
	x := &execution{rule: r, state: NewState(), world: w}
	f := &frame{events: []*fusion.Event{e}, world: w}
	for _, d := range r.events {
		for _, a := range d.alternatives {
			if a.typ == e.Type && x.holds(a.when, f) {
				names = append(names, d.name)
				break
			}
		}
	}
	return names
}

// Names are the events that the rule's match uses, as the rule calls them.
func (r *Rule) Names() []string {
	names := make([]string, len(r.events))
	for i, d := range r.events {
		names[i] = d.name
	}
	return names
}
