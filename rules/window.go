package rules

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

// window holds the events of one key, by (time, id).
type window struct {
	entries []*entry
	touched time.Time // clock at which the last event came in
}

// entry is an event in a window.
type entry struct {
	event   *fusion.Event
	roles   roleSet // what it can fill
	hit     roleSet // what it, or a former version of it, filled in a hit
	spent   bool    // used up by a hit
	value   string  // what a distinct counts, else ""
	matched []fusion.ListMatch

	center orb.Point
	placed bool
}

func newEntry(e *fusion.Event) *entry {
	x := &entry{event: e}
	x.center, x.placed = e.Geometry.Center()
	return x
}

func compareEntries(a, b *entry) int {
	return cmp.Or(a.event.Time.Compare(b.event.Time), cmp.Compare(a.event.ID, b.event.ID))
}

// near reports whether two events lie within reach of each other, counting in
// how badly their places are known. A reach of 0 is anywhere.
func near(a, b *entry, reach float64) bool {
	if reach == 0 {
		return true
	}
	return a.placed && b.placed && fusion.Distance(a.center, b.center) <= reach+a.event.CE()+b.event.CE()
}

// place puts the event into its window and makes room for it. False: it does
// not count, because it came too late, is there already, is an old version,
// or has no place where one is needed.
func (x *execution) place(e *entry) bool {
	if x.rule.near > 0 && !e.placed {
		return false
	}
	if x.rule.Within == 0 {
		return true
	}
	horizon := x.set.horizon(x.rule, x.clock)
	if e.event.Time.Before(horizon) {
		x.rs.stats.Late++
		return false
	}
	if w := x.rs.windows[x.key]; w != nil {
		x.state.expire(x.rule, x.rs, x.key, w, horizon)
	}
	here := func(h holder) bool { return h.rule == x.rule.ID }
	if slices.ContainsFunc(x.state.holders[handleOf(e.event.ID)], here) || !x.state.supersede(x.rule.ID, e) {
		return false
	}
	return x.insert(e, horizon)
}

func (x *execution) insert(e *entry, horizon time.Time) bool {
	w := x.rs.windows[x.key]
	if w == nil {
		x.makeRoom(horizon)
		w = &window{}
		x.rs.windows[x.key] = w
	}
	x.window = w
	w.touched = x.clock
	at, _ := slices.BinarySearchFunc(w.entries, e, compareEntries)
	w.entries = slices.Insert(w.entries, at, e)
	x.state.hold(x.rule.ID, x.key, e.event)
	for len(w.entries) > x.set.options.MaxEntries {
		x.rs.stats.Evicted++
		x.state.remove(holder{x.rule.ID, x.key, w.entries[0].event.ID})
		at--
	}
	return at >= 0
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
			x.state.release(x.rule.ID, key, e.event)
		}
		delete(x.rs.windows, key)
	}
}
