package main

import "slices"

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
	if a.wait == 0 || b.wait == 0 {
		return nil, differs("two things of which one has not come")
	}
	if kind == "or" {
		return s.eitherAbsent(a, b, p)
	}
	l, err := s.waiting(p, a, b)
	return []siddhiPath{p.with(l, s.strict, l.own())}, err
}

// eitherAbsent is over when the first of two waits of one length is: when both
// are at the same moment, it is the first one's.
func (s *siddhiPlan) eitherAbsent(a, b siddhiNode, p siddhiPath) ([]siddhiPath, error) {
	x, err := s.waiting(p, a)
	if err != nil {
		return nil, err
	}
	y, err := s.waiting(p, b)
	if err != nil {
		return nil, err
	}
	again := x.wait.rearm != "" && candidates(x.wait.rearm+" || "+y.wait.rearm, s.events) > 0
	if a.wait != b.wait || again {
		return nil, differs("either of two waits that may end at different times")
	}
	return []siddhiPath{p.with(x, s.strict, x.own()), p.with(y, s.strict, x.own(), y.own())}, nil
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
