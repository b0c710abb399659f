package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// siddhiPlan turns a pattern into sequences, one for each way to fill it. An
// app has a beginning, and what does not say `every` happens once from there
// on: the record of the app's start is the first event of such a sequence, and
// what could stand in an event's place must not come before it. A wait for
// something not to come is a rule of its own, whose hit is an event of the
// sequence.
type siddhiPlan struct {
	app    *siddhiApp
	events []*fusion.Event
	strict bool // the app has a sequence: only the next event counts
	every  bool
	paths  []siddhiPath
}

// siddhiPath is one way to fill the pattern.
type siddhiPath struct {
	links   []siddhiLink
	pending []forbidden // until the next link
	open    []int       // links whose gap must not hold the next event either
}

// siddhiLink is an event that fills names of the pattern, one or, for both
// sides of an `and`, two; or a wait that is over.
type siddhiLink struct {
	names   []string
	when    string
	wait    *siddhiWait
	absent  []forbidden
	filters []siddhiFilter // those that look at other events
}

// siddhiWait is that something does not come for a time after the links
// before it, or after the start.
type siddhiWait struct {
	after  []siddhiLink
	absent []string
	span   time.Duration
	rearm  string // what starts the wait anew besides the beginning; "": nothing
}

// forbidden is a record, or the end of a wait, that must not come.
type forbidden struct {
	when string
	wait *siddhiWait
}

// own forbids what the link takes.
func (l siddhiLink) own() forbidden { return forbidden{l.when, l.wait} }

// walk appends the parts of a chain from the i-th on to a path.
func (s *siddhiPlan) walk(parts []siddhiNode, strict []bool, i int, p siddhiPath) error {
	if i == len(parts) {
		s.paths = append(s.paths, p)
		return nil
	}
	n := parts[i]
	if n.every {
		if i > 0 || n.kind != "event" {
			return differs("every around more than the first event starts anew only when its group is done")
		}
		s.every = true
		if n.min != 1 || n.max != 1 {
			var err error
			if p, err = s.behindAnother(n); err != nil {
				return err
			}
			strict = append([]bool{true}, strict[1:]...)
		}
	}
	paths, err := s.part(n, strict[i], p)
	if err != nil {
		return err
	}
	for _, next := range paths {
		if err := s.walk(parts, strict, i+1, next); err != nil {
			return err
		}
	}
	return nil
}

// behindAnother begins a path with the record before a repetition that begins
// a sequence: it takes all there are, so that record is none of them.
func (s *siddhiPlan) behindAnother(n siddhiNode) (siddhiPath, error) {
	l, err := s.link(n)
	if err == nil && (!s.strict || n.max != 0 || s.app.within > 0 || len(l.filters) > 0) {
		err = differs("every around a repetition starts anew only when it is done")
	}
	return siddhiPath{links: []siddhiLink{{when: "!(" + l.when + ")"}}}, err
}

func (s *siddhiPlan) part(n siddhiNode, strict bool, p siddhiPath) ([]siddhiPath, error) {
	switch n.kind {
	case "event":
		return s.event(n, strict, p)
	case "absent":
		return s.absent(n, p)
	case "and", "or":
		return s.logical(n, strict, p)
	}
	return nil, differs("a group inside the pattern")
}

// condition of an event, which begins with its stream.
func (s *siddhiPlan) condition(n siddhiNode) (string, siddhiFilter, error) {
	f, err := s.app.readFilter(n.stream, n.filter)
	when := fmt.Sprintf("%s == %q", column("@stream"), n.stream)
	if f.when != "" {
		when += " && (" + f.when + ")"
	}
	return when, f, err
}

// with adds a link; what is forbidden must not come before it. Only the next
// record counts in a sequence, but a wait may see others go by.
func (p siddhiPath) with(l siddhiLink, strict bool, what ...forbidden) siddhiPath {
	l.absent = append(slices.Clone(p.pending), what...)
	if strict && l.wait == nil {
		l.absent = append(l.absent, forbidden{when: `attrs.fields["@stream"] != "@start"`})
	}
	out := siddhiPath{links: append(slices.Clone(p.links), l)}
	for _, i := range p.open {
		out.links[i].absent = append(slices.Clone(out.links[i].absent), l.own())
	}
	if strict && l.wait != nil {
		out.open = []int{len(p.links)}
	}
	return out
}

// event takes an event as often as it may repeat. The repetition takes all
// that come: no further one may lie behind the last, and once it has enough,
// the event after it ends it.
func (s *siddhiPlan) event(n siddhiNode, strict bool, p siddhiPath) ([]siddhiPath, error) {
	l, err := s.link(n)
	if err != nil {
		return nil, err
	}
	repeats := n.min != 1 || n.max != 1
	if repeats && len(l.filters) > 0 {
		return nil, differs("a repetition whose filter looks at other events")
	}
	limit := 1
	if repeats {
		limit = candidates(l.when, s.events)
	}
	var out []siddhiPath
	for k := 0; k <= max(limit, n.min) && (n.max == 0 || k <= n.max); k++ {
		if k > 0 {
			open := p.open
			p = p.with(l, strict, l.own())
			if repeats && !s.strict && k > n.min {
				p.open = append(slices.Clone(open), len(p.links)-1)
			}
			strict = strict || s.strict
		}
		if k < n.min {
			continue
		}
		done := p
		if repeats && k != n.max {
			done.pending = append(slices.Clone(p.pending), l.own())
		}
		out = append(out, done)
	}
	return out, nil
}

// link of a single event.
func (s *siddhiPlan) link(n siddhiNode) (siddhiLink, error) {
	when, f, err := s.condition(n)
	l := siddhiLink{names: []string{n.name}, when: when}
	if len(f.where) > 0 {
		l.filters = []siddhiFilter{f}
	}
	return l, err
}

// absent forbids something until the next event, or for a time.
func (s *siddhiPlan) absent(n siddhiNode, p siddhiPath) ([]siddhiPath, error) {
	if n.wait == 0 {
		when, err := s.unwanted(n)
		p.pending = append(slices.Clone(p.pending), forbidden{when: when})
		return []siddhiPath{p}, err
	}
	l, err := s.waiting(p, n)
	return []siddhiPath{p.with(l, s.strict, l.own())}, err
}

// unwanted is the condition on what must not come.
func (s *siddhiPlan) unwanted(n siddhiNode) (string, error) {
	when, f, err := s.condition(n)
	if err == nil && len(f.where) > 0 {
		err = differs("what must not come is compared with another event")
	}
	return when, err
}

// waiting is the link for waits of one length.
func (s *siddhiPlan) waiting(p siddhiPath, nodes ...siddhiNode) (siddhiLink, error) {
	w := &siddhiWait{after: p.links, span: nodes[0].wait}
	for _, n := range nodes {
		when, err := s.unwanted(n)
		if err != nil {
			return siddhiLink{}, err
		}
		if n.wait != w.span {
			return siddhiLink{}, differs("two waits of different lengths")
		}
		w.absent = append(w.absent, when)
		if len(p.links) == 0 && !s.strict {
			if w.rearm != "" {
				w.rearm += " || "
			}
			w.rearm += "(" + when + ")"
		}
	}
	if s.every && len(p.links) == 0 {
		return siddhiLink{}, differs("every with a wait for something not to come")
	}
	return siddhiLink{wait: w}, nil
}

// decided refuses what depends on a choice that a rule makes otherwise: which
// of several events is taken when the filter looks at other events, and when
// a pattern that happens once begins anew.
func (s *siddhiPlan) decided() error {
	for _, p := range s.paths {
		for i, l := range p.links {
			chosen := len(l.filters) > 0 && !(s.strict && i > 0)
			restarts := i == 0 && len(l.names) > 0 && !s.every && (s.strict || s.app.within > 0)
			if l.wait == nil && (chosen || restarts) && candidates(l.when, s.events) > 1 {
				return differs("several events could be taken, and the choice depends on other events")
			}
		}
	}
	return nil
}
