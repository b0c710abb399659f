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
		if n.min != 1 || n.max != 1 {
			return differs("every around a repetition starts anew only when it is done")
		}
		s.every = true
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
		l.absent = append(l.absent, forbidden{when: anything})
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

// logical takes both sides in either order, or both in one event; or
// whichever comes first.
func (s *siddhiPlan) logical(n siddhiNode, strict bool, p siddhiPath) ([]siddhiPath, error) {
	a, b := n.parts[0], n.parts[1]
	if b.kind == "absent" {
		a, b = b, a
	}
	switch {
	case a.kind == "absent" && b.kind == "absent":
		return s.bothAbsent(n.kind, a, b, p)
	case a.kind == "absent" && a.wait == 0 && n.kind == "or":
		return nil, differs("either something that has not come or an event")
	case a.kind == "absent" && a.wait == 0:
		paths, err := s.absent(a, p)
		if err != nil {
			return nil, err
		}
		return s.event(b, strict, paths[0])
	}
	x, y, err := s.pair(a, b, p)
	if err != nil {
		return nil, err
	}
	if n.kind == "or" {
		if a.stream == b.stream && x.wait == nil {
			return nil, differs("or over one stream, where one event may be both sides")
		}
		return []siddhiPath{p.with(x, strict, x.own(), y.own()), p.with(y, strict, x.own(), y.own())}, nil
	}
	return both(x, y, a.stream == b.stream && x.wait == nil, strict, p), nil
}

// both takes x and y in either order, and if one event may be both, as one.
func both(x, y siddhiLink, same, strict bool, p siddhiPath) []siddhiPath {
	first := func(x, y siddhiLink) siddhiPath {
		only := x
		if same {
			only.when = "(" + x.when + ") && !(" + y.when + ")"
		}
		return p.with(only, strict, x.own(), y.own()).with(y, strict && x.wait == nil && y.wait == nil, y.own())
	}
	out := []siddhiPath{first(x, y), first(y, x)}
	if same {
		one := siddhiLink{names: append(slices.Clone(x.names), y.names...), when: "(" + x.when + ") && (" + y.when + ")"}
		out = append(out, p.with(one, strict, x.own(), y.own()))
	}
	return out
}

func (s *siddhiPlan) bothAbsent(kind string, a, b siddhiNode, p siddhiPath) ([]siddhiPath, error) {
	if kind == "or" || a.wait == 0 {
		return nil, differs("either of two waits, or two things that have not come")
	}
	l, err := s.waiting(p, a, b)
	return []siddhiPath{p.with(l, s.strict, l.own())}, err
}

// pair are the two sides of an `and` or an `or`: single events, or a wait and
// an event.
func (s *siddhiPlan) pair(a, b siddhiNode, p siddhiPath) (x, y siddhiLink, err error) {
	for _, n := range []siddhiNode{a, b} {
		if n.kind != "absent" && (n.kind != "event" || n.min != 1 || n.max != 1) {
			return x, y, differs("and, or over more than single events")
		}
	}
	if y, err = s.link(b); err != nil {
		return x, y, err
	}
	if a.kind == "absent" {
		x, err = s.waiting(p, a)
		return x, y, err
	}
	x, err = s.link(a)
	if err == nil && a.stream == b.stream && len(x.filters)+len(y.filters) > 0 {
		err = differs("two sides over one stream, one of which looks at other events")
	}
	return x, y, err
}

// decided refuses what depends on a choice that a rule makes otherwise: which
// of several events is taken when the filter looks at other events, and when
// a pattern that happens once begins anew.
func (s *siddhiPlan) decided() error {
	for _, p := range s.paths {
		for i, l := range p.links {
			chosen := len(l.filters) > 0 && !(s.strict && i > 0)
			restarts := i == 0 && !s.every && (s.strict || s.app.within > 0)
			if l.wait == nil && (chosen || restarts) && candidates(l.when, s.events) > 1 {
				return differs("several events could be taken, and the choice depends on other events")
			}
		}
	}
	return nil
}
