package rules

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// place puts the event into its window and makes room for it. False: it does
// not count, because it came too late, is there already, is an old version,
// was reset, or has no place where one is needed.
func (x *execution) place(e *entry) bool {
	if x.rule.placed && !e.placed {
		e.roles &= x.rule.reset
	}
	if e.roles == 0 {
		return false
	}
	if x.rule.span == 0 {
		return true
	}
	if x.late(e) {
		x.rs.stats.Late++
		return false
	}
	horizon := x.state.horizon(x.set, x.rule, x.clock)
	if w := x.rs.windows[x.key]; w != nil {
		x.state.expire(x.rs, x.key, w, horizon)
	}
	if !x.reset(e, horizon) {
		return false
	}
	if x.state.held.holds(e.id(), x.rule.ID) || !x.state.supersede(x.rule.ID, e, x.rule.everyVersion) {
		return false
	}
	return x.insert(e, horizon)
}

// late reports whether the event came after its window was gone.
func (x *execution) late(e *entry) bool {
	if m, ok := x.rule.matcher.(interface {
		late(x *execution, e *entry) bool
	}); ok {
		return m.late(x, e)
	}
	return e.time().Before(x.clock.Add(-x.rule.span - x.lateness(e)))
}

// unordered reports whether what lies behind the event may have been decided
// without it, because it came later than is allowed.
func (x *execution) unordered(e *entry) bool { return e.time().Before(x.clock.Add(-x.lateness(e))) }

// reset empties the window up to the time of an event that resets it. False:
// nothing is left of the event, or a reset came behind it.
func (x *execution) reset(e *entry, horizon time.Time) bool {
	counts := true
	if w := x.rs.windows[x.key]; w != nil && !w.cleared.IsZero() {
		counts = e.time().After(w.cleared)
	}
	resets := e.roles & x.rule.reset
	if e.roles &^= resets; resets == 0 {
		return counts
	}
	w := x.open(horizon)
	for _, o := range slices.Clone(w.entries[:w.until(e.time())]) {
		x.state.remove(o)
	}
	if counts {
		w.cleared = e.time()
	}
	x.rs.windows[x.key] = w
	return counts && e.roles != 0
}

// open returns the window of the key, a new one when there is none.
func (x *execution) open(horizon time.Time) *window {
	w := x.rs.windows[x.key]
	if w == nil {
		x.makeRoom(horizon)
		w = &window{state: x.state, place: place{x.rule.ID, x.key}, depth: x.rule.depth}
		x.rs.windows[x.key] = w
	}
	x.window = w
	w.touched = x.clock
	return w
}

func (x *execution) insert(e *entry, horizon time.Time) bool {
	w := x.open(horizon)
	at, _ := slices.BinarySearchFunc(w.entries, e, compareEntries)
	w.entries = slices.Insert(w.entries, at, e)
	x.state.settle(e, w)
	for len(w.entries) > x.set.options.MaxEntries {
		x.rs.stats.Evicted++
		x.state.remove(w.entries[0])
		at--
	}
	return at >= 0
}

// settle packs the event of an entry that has come into a window. Entries of
// one event share its bytes.
func (st *State) settle(e *entry, w *window) {
	e.home = w
	if st.packing != e.live {
		st.packing, st.packed = e.live, st.pack(e.live)
	}
	e.packed = st.packed
	st.awake = append(st.awake, e)
	st.held.add(e)
	st.stir(w.place)
}

func (st *State) pack(e *fusion.Event) string {
	st.scratch = st.words.pack(e, st.scratch)
	return string(st.scratch)
}

// makeRoom drops the windows that were quiet for longest when there are as
// many as the rule may have; several at once, so that a flood of keys does
// not sort them for each event.
func (x *execution) makeRoom(horizon time.Time) {
	if len(x.rs.windows) < x.set.options.MaxKeys {
		return
	}
	x.state.sweep(x.rule, x.rs, horizon)
	excess := len(x.rs.windows) - x.set.options.MaxKeys + 1
	if excess <= 0 {
		return
	}
	keys := slices.SortedFunc(maps.Keys(x.rs.windows), func(a, b string) int {
		return cmp.Or(x.rs.windows[a].touched.Compare(x.rs.windows[b].touched), cmp.Compare(a, b))
	})
	for _, key := range keys[:max(excess, len(keys)/16)] {
		for _, e := range x.rs.windows[key].entries {
			x.rs.stats.Evicted++
			x.state.held.remove(e)
		}
		delete(x.rs.windows, key)
	}
}

// hush reports whether a hit of the key at that event time is left out
// because there was one shortly before, and else remembers it.
func (x *execution) hush(hit time.Time) bool {
	if x.rule.quiet == 0 {
		return false
	}
	last, ok := x.rs.quiet[x.key]
	if ok && hit.Sub(last).Abs() <= x.rule.quiet {
		x.rs.stats.Quiet++
		return true
	}
	if !ok && len(x.rs.quiet) >= x.set.options.MaxKeys {
		x.rs.forgetQuiet()
	}
	if !ok || hit.After(last) {
		x.rs.quiet[x.key] = hit
	}
	return false
}

// forgetQuiet drops a sixteenth of the keys whose hits are the oldest.
func (rs *ruleState) forgetQuiet() {
	keys := slices.SortedFunc(maps.Keys(rs.quiet), func(a, b string) int {
		return cmp.Or(rs.quiet[a].Compare(rs.quiet[b]), cmp.Compare(a, b))
	})
	for _, key := range keys[:max(1, len(keys)/16)] {
		rs.stats.Evicted++
		delete(rs.quiet, key)
	}
}
