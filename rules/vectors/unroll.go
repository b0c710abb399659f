package main

import (
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// unroll writes a pattern out: one chain for each number of repetitions of
// its parts, as far as so many events can fill them. With what must not come
// between, a chain that finds every combination finds what Flink finds:
//
//   - next forbids anything between two events, followedBy whatever could
//     stand in the place of the second, followedByAny nothing;
//   - a repetition keeps the same rules inside by its own contiguity;
//   - notFollowedBy forbids from the event before it to the event after it,
//     and inside a repetition that stands before it.
func unroll(stages []stage, events []*fusion.Event, wait time.Duration) []chain {
	u := unroller{events: events, limit: len(events), wait: wait}
	u.walk(stages, route{})
	return u.out
}

type unroller struct {
	events []*fusion.Event
	limit  int           // events in one chain
	wait   time.Duration // for what must not come at the end
	out    []chain
}

// route is a chain under way.
type route struct {
	links   []link
	pending []alternative // what is forbidden until the next link
}

func (p route) with(when string, rel relation, more ...string) route {
	absent := append(slices.Clone(p.pending), records(more...)...)
	switch {
	case len(p.links) == 0:
		absent = nil
	case rel == next:
		absent = records(anything)
	case rel == followedBy:
		absent = append(absent, alternative{when: when})
	}
	return route{links: append(slices.Clone(p.links), link{records(when), absent})}
}

func (u *unroller) walk(stages []stage, p route) {
	if len(p.links) > u.limit {
		return
	}
	if len(stages) == 0 {
		if len(p.links) > 0 {
			u.out = append(u.out, chain{links: p.links, after: p.pending, wait: u.wait})
		}
		return
	}
	s, rest := stages[0], stages[1:]
	if s.rel == notFollowedBy {
		p.pending = append(slices.Clone(p.pending), alternative{when: s.when})
		u.walk(rest, p)
		return
	}
	if s.optional {
		skipped := p
		if s.greedy && len(rest) > 0 {
			skipped.pending = append(slices.Clone(p.pending), alternative{when: s.taken()})
		}
		u.walk(rest, skipped)
	}
	u.repeat(s, rest, p, 1)
}

// repeat takes the stage for the nth time.
func (u *unroller) repeat(s stage, rest []stage, p route, n int) {
	if len(p.links) >= u.limit || s.when != "" && n > 1 && n > candidates(s.taken(), u.events) {
		return
	}
	rel, forbidden := s.rel, []string(nil)
	if n > 1 {
		rel, forbidden = s.inner, notsOf(rest)
	}
	if s.until != "" && (n > 1 || rel != followedByAny) {
		forbidden = append(slices.Clone(forbidden), s.until)
	}
	for _, taken := range u.take(s, p, rel, forbidden) {
		if n >= s.min {
			done := taken
			if s.greedy && len(rest) > 0 && (s.max == 0 || n < s.max) {
				done.pending = append(slices.Clone(taken.pending), alternative{when: s.taken()})
			}
			u.walk(rest, done)
		}
		if s.max == 0 || n < s.max {
			u.repeat(s, rest, taken, n+1)
		}
	}
}

// take adds what the stage stands for once: an event, or its group.
func (u *unroller) take(s stage, p route, rel relation, forbidden []string) []route {
	if len(s.group) == 0 {
		return []route{p.with(s.taken(), rel, forbidden...)}
	}
	inner := slices.Clone(s.group)
	inner[0].rel = rel
	p.pending = append(slices.Clone(p.pending), records(forbidden...)...)
	g := unroller{events: u.events, limit: u.limit}
	g.walk(inner, p)
	var out []route
	for _, c := range g.out {
		out = append(out, route{links: c.links})
	}
	return out
}

// taken is the condition under which the stage takes an event.
func (s stage) taken() string {
	if s.until == "" {
		return s.when
	}
	return "(" + s.when + ") && !(" + s.until + ")"
}

// notsOf are the conditions of the notFollowedBy that come at once.
func notsOf(rest []stage) []string {
	var out []string
	for _, s := range rest {
		if s.rel != notFollowedBy {
			break
		}
		out = append(out, s.when)
	}
	return out
}

// understood refuses what cannot be written out.
func understood(stages []stage) error {
	for i, s := range stages {
		last := i == len(stages)-1
		switch {
		case s.rel == notNext:
			return differs("notNext: a rule cannot forbid something of the next event alone")
		case s.rel == notFollowedBy && (s.loops || s.optional || len(s.group) > 0):
			return differs("a repetition that must not come")
		case s.greedy && !last && (stages[i+1].optional || len(s.group) > 0):
			return differs("a greedy repetition before something optional")
		case s.greedy && !last && s.inner != followedBy && stages[i+1].rel != next:
			return differs("a greedy repetition with a contiguity of its own")
		case s.until != "" && (s.optional || s.rel == followedByAny):
			return differs("a repetition until something comes, which may be empty or begin anywhere")
		case s.rel == notFollowedBy && !slices.ContainsFunc(stages[:i], func(b stage) bool { return !b.optional && b.rel != notFollowedBy }):
			return differs("something that must not come after nothing")
		case s.rel == notFollowedBy && !last && !slices.ContainsFunc(stages[i:], func(b stage) bool { return !b.optional && b.rel != notFollowedBy }):
			return differs("something that must not come before what may be left out")
		case s.until != "" && len(s.group) > 0:
			return differs("a group that repeats until something comes")
		}
		if n := len(s.group); n > 0 && (s.group[n-1].rel == notFollowedBy || s.group[0].optional) {
			return differs("a group that ends with what must not come, or begins with what may be left out")
		}
		if err := understood(s.group); err != nil {
			return err
		}
	}
	return nil
}
