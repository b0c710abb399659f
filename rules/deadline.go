package rules

import (
	"cmp"
	"container/heap"
	"slices"
	"time"
)

// place names a window.
type place struct{ rule, key string }

// deadline is a moment at which a window has something to decide.
type deadline struct {
	at    time.Time
	depth int // of the rule
	place
}

func (p place) compare(o place) int {
	return cmp.Or(cmp.Compare(p.rule, o.rule), cmp.Compare(p.key, o.key))
}

func (d deadline) compare(o deadline) int {
	return cmp.Or(d.at.Compare(o.at), cmp.Compare(d.depth, o.depth), d.place.compare(o.place))
}

// deadlines is a queue by (time, depth, rule, key). A window has one entry that
// counts, at its deadline or before it; others are passed over.
type deadlines []deadline

func (q deadlines) Len() int           { return len(q) }
func (q deadlines) Less(i, j int) bool { return q[i].compare(q[j]) < 0 }
func (q deadlines) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push is for package heap.
func (q *deadlines) Push(d any) { *q = append(*q, d.(deadline)) }

// Pop is for package heap.
func (q *deadlines) Pop() any {
	last := len(*q) - 1
	d := (*q)[last]
	(*q)[last] = deadline{}
	*q = (*q)[:last]
	return d
}

// NextDeadline is the first moment at which something may have to be decided;
// false when nothing waits.
func (st *State) NextDeadline() (time.Time, bool) {
	for len(st.deadlines) > 0 {
		d := st.deadlines[0]
		w := st.window(d.place)
		counts := w != nil && w.queued.Equal(d.at)
		if counts && w.due.Equal(d.at) {
			return d.at, true
		}
		heap.Pop(&st.deadlines)
		if counts {
			w.queued = time.Time{}
			st.queue(w)
		}
	}
	return time.Time{}, false
}

// queue puts the deadline of a window into the queue unless an earlier moment
// of it is there, which finds the deadline when it comes up.
func (st *State) queue(w *window) {
	if !w.due.IsZero() && (w.queued.IsZero() || w.due.Before(w.queued)) {
		w.queued = w.due
		heap.Push(&st.deadlines, deadline{w.due, w.depth, w.place})
	}
}

func (st *State) window(p place) *window {
	if rs := st.rules[p.rule]; rs != nil {
		return rs.windows[p.key]
	}
	return nil
}

// rank puts the queue into the order of the set, when the state came from
// elsewhere: how deep a rule lies in the chain of hits is known to its set.
func (s *Set) rank(st *State) {
	if st.ranked == s {
		return
	}
	st.ranked, st.deadlines = s, nil
	for id, rs := range st.rules {
		r := s.Rule(id)
		for _, w := range rs.windows {
			w.queued, w.depth = time.Time{}, 0
			if r != nil {
				w.depth = r.depth
			}
			st.queue(w)
		}
	}
}

// Advance moves the clock of the room. What was waiting for it is decided in
// the order of deadline, depth in the chain of hits, rule and key, each at its
// own deadline, with the rules on its hits; then windows expire. The matches
// carry their deadline. It ends because (deadline, depth) only grows: a hit
// reaches deeper rules alone, and those decide at its moment or later.
func (s *Set) Advance(st *State, clock time.Time, w World) []Match {
	s.rank(st)
	var out []Match
	for {
		at, ok := st.NextDeadline()
		if !ok || at.After(clock) {
			break
		}
		out = append(out, s.next(st, w)...)
	}
	st.pass(clock, s)
	return out
}

// next decides what is first in the queue.
func (s *Set) next(st *State, w World) []Match {
	d := heap.Pop(&st.deadlines).(deadline)
	waiting := st.window(d.place)
	waiting.due, waiting.queued = time.Time{}, time.Time{}
	st.stir(d.place)
	st.moveTo(d.at)
	st.deciding = d.depth
	st.found = st.found[:0]
	s.decide(st, d, w)
	found := s.follow(st, st.clock, w)
	for i := range found {
		found[i].At = d.at
	}
	s.reschedule(st)
	st.deciding = 0
	st.sleep()
	return found
}

func (s *Set) decide(st *State, d deadline, w World) {
	r := s.Rule(d.rule)
	if r == nil || r.Mode == ModeOff || st.rules[r.ID].version != r.Version {
		return
	}
	x := st.executing(execution{set: s, rule: r, state: st, rs: st.rules[r.ID], clock: st.clock, world: w, key: d.key, due: d.at})
	x.window = x.rs.windows[d.key]
	if waits, ok := r.matcher.(waiter); ok {
		x.attempt(func() { waits.decide(x) })
	}
}

// stir notes that the deadline of a window may have changed.
func (st *State) stir(p place) {
	if !slices.Contains(st.stirred, p) {
		st.stirred = append(st.stirred, p)
	}
}

// reschedule finds the deadlines of the windows that were stirred.
func (s *Set) reschedule(st *State) {
	for _, p := range st.stirred {
		r, w := s.Rule(p.rule), st.window(p)
		if r == nil || w == nil {
			continue
		}
		waits, ok := r.matcher.(waiter)
		if !ok {
			continue
		}
		x := st.executing(execution{set: s, rule: r, state: st, rs: st.rules[r.ID], clock: st.clock, key: p.key, window: w})
		w.due = waits.due(x)
		st.queue(w)
	}
	st.stirred = st.stirred[:0]
}

// gap is a time in which the room was blind: after from, up to to.
type gap struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

func (g gap) length() time.Duration { return g.To.Sub(g.From) }

// maxGaps is how many times of blindness are remembered.
const maxGaps = 100

// Blind says that nothing reached the room after from until to: deadlines of
// things that did not happen, and that fall into that time, are extended by
// its length. Call it before the clock passes from.
func (st *State) Blind(from, to time.Time) {
	if to.After(from) {
		st.gaps = append(st.gaps[max(0, len(st.gaps)-maxGaps+1):], gap{from.UTC(), to.UTC()})
	}
}

// extend is the deadline t with the blind time added into which it falls.
func (st *State) extend(t time.Time) time.Time {
	for _, g := range st.gaps {
		if t.After(g.From) && !t.After(g.To) {
			t = t.Add(g.length())
		}
	}
	return t
}

// blind is how much later than without blind time a deadline can be.
func (st *State) blind() (total time.Duration) {
	for _, g := range st.gaps {
		total += g.length()
	}
	return total
}

// forgetGaps drops the blind times that no deadline to come can fall into.
func (st *State) forgetGaps() {
	for len(st.gaps) > 0 && st.clock.After(st.gaps[0].To.Add(st.blind())) {
		st.gaps = slices.Delete(st.gaps, 0, 1)
	}
}
