package rules

import (
	"slices"
	"time"
)

const (
	maxOthers = 20 // other possible partners that a hit lists
	maxEach   = 64 // hits of one arriving event with pick: each
)

// sequenceMatcher matches events in the order of their times, or in any.
// What only more events could add to it matches at once; what a later event
// could undo is decided when the lateness has passed.
type sequenceMatcher struct {
	steps    []seqStep
	not      []barred
	tail     *tail
	anyOrder bool // steps may come in any order; each takes one event
	strict   bool // nothing else of the rule between the first and the last
	pick     pick
	consume  bool
}

func (s *sequenceMatcher) last() int { return len(s.steps) - 1 }

func (s *sequenceMatcher) waits() bool { return len(s.not) > 0 || s.strict || s.tail != nil }

// arrive completes what the event completes as the anchor, the latest event
// of a match, or as an earlier one that came late.
func (s *sequenceMatcher) arrive(x *execution, e *entry, roles roleSet) {
	if s.waits() {
		return
	}
	for at, st := range s.steps {
		if !roles.has(st.slot) {
			continue
		}
		for _, z := range slices.Clone(x.window.entries) {
			if z != e && s.anchors(z) && s.inOrder(e, z) {
				s.complete(x, z, z.roles, at, e)
			}
		}
	}
	s.complete(x, e, roles, 0, nil)
}

// anchors reports whether the entry can be the latest of a match.
func (s *sequenceMatcher) anchors(z *entry) bool {
	if !s.anyOrder {
		return z.roles.has(s.steps[s.last()].slot)
	}
	return slices.ContainsFunc(s.steps, func(st seqStep) bool { return z.roles.has(st.slot) })
}

// inOrder reports whether e may stand before the anchor z.
func (s *sequenceMatcher) inOrder(e, z *entry) bool {
	if s.anyOrder {
		return compareEntries(e, z) <= 0
	}
	return !e.time().After(z.time())
}

// complete looks for matches that end with the anchor z, in a step that the
// roles allow. Unless it is nil, e must fill the other step.
func (s *sequenceMatcher) complete(x *execution, z *entry, roles roleSet, step int, e *entry) {
	first := s.last()
	if s.anyOrder {
		first = 0
	}
	for at := first; at <= s.last(); at++ {
		st := s.steps[at]
		done := z.fired || z.hit.has(st.slot) && st.high == 1 && !s.anyOrder
		if !roles.has(st.slot) || done && s.pick != pickEach || e != nil && at == step && st.high == 1 {
			continue
		}
		c := newChain(s, x, z, at)
		c.fixed, c.fixedStep = e, step
		c.fill(0)
	}
}

// due is when the next anchor is settled.
func (s *sequenceMatcher) due(x *execution) (first time.Time) {
	if !s.waits() {
		return time.Time{}
	}
	for _, z := range x.window.entries {
		if s.anchors(z) {
			first = x.earlier(first, s.settled(x, z))
		}
	}
	return first
}

// earlier is the earlier of two moments that can still be decided; the first
// may be zero, for none. The moment of the clock can be decided while that of
// a rule further up the chain of hits is.
func (x *execution) earlier(first, t time.Time) time.Time {
	open := t.After(x.clock) || t.Equal(x.clock) && x.state.deciding > 0 && x.rule.depth > x.state.deciding
	if open && (first.IsZero() || t.Before(first)) {
		return t
	}
	return first
}

// settled is when no event can come any more that undoes what z completes.
func (s *sequenceMatcher) settled(x *execution, z *entry) time.Time {
	if s.tail == nil {
		return x.after(z, 0)
	}
	return x.unheard(z, s.tail.span)
}

// after is when all events up to so long after e have come.
func (x *execution) after(e *entry, span time.Duration) time.Time {
	return e.time().Add(span + x.lateness(e))
}

func (x *execution) lateness(e *entry) time.Duration {
	if len(x.set.options.Sources) == 0 {
		return x.set.longest(x.rule)
	}
	return x.set.Lateness(x.rule, e.source())
}

// unheard is as after, for what is about something that does not happen: blind
// time extends it.
func (x *execution) unheard(e *entry, span time.Duration) time.Time {
	return x.state.extend(x.after(e, span))
}

// end is the event time up to which what is decided now had to hold.
func (x *execution) end(e *entry) time.Time {
	return x.due.Add(-x.lateness(e))
}

func (s *sequenceMatcher) decide(x *execution) {
	slot := s.steps[s.last()].slot
	for _, z := range slices.Clone(x.window.entries) {
		inherited := z.hit.has(slot) && s.steps[s.last()].high == 1
		if !s.anchors(z) || inherited || !s.settled(x, z).Equal(x.due) {
			continue
		}
		if s.tail != nil && s.heard(x, z) {
			continue
		}
		s.complete(x, z, z.roles, 0, nil)
	}
}

// heard reports whether what must not occur did so after the anchor.
func (s *sequenceMatcher) heard(x *execution, z *entry) bool {
	end := x.end(z)
	return slices.ContainsFunc(x.window.entries, func(o *entry) bool {
		return o != z && o.roles.has(s.tail.slot) && !o.time().Before(z.time()) && !o.time().After(end) &&
			near(o, z, x.rule.near)
	})
}
