package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

// window holds the events of one key, by (time, id).
type window struct {
	entries []*entry
	touched time.Time // clock at which the last event came in
	cleared time.Time // event time of the last reset: nothing up to it counts
	due     time.Time // when something must be decided; zero: nothing waits
}

// until is the number of events up to t, inclusive.
func (w *window) until(t time.Time) int { return w.before(t.Add(1)) }

// before is the number of events before t.
func (w *window) before(t time.Time) int {
	n, _ := slices.BinarySearchFunc(w.entries, t, func(e *entry, t time.Time) int { return e.event.Time.Compare(t) })
	return n
}

// entry is an event in a window.
type entry struct {
	event   *fusion.Event
	roles   roleSet // what it can fill
	hit     roleSet // what it, or a former version of it, filled in a hit
	spent   bool    // used up by a hit
	fired   bool    // the anchor of a hit
	value   string  // what a distinct counts, or the thing of a position, else ""
	number  float64 // what a measure takes
	in      bool    // of a position: inside the area or circle
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
