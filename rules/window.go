package rules

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

// window holds the events of one key, by (time, id).
type window struct {
	state   *State
	place   place
	depth   int // of its rule
	entries []*entry
	touched time.Time // clock at which the last event came in
	cleared time.Time // event time of the last reset: nothing up to it counts
	due     time.Time // when something must be decided; zero: nothing waits
	queued  time.Time // its moment in the queue of deadlines, not after due; zero: none
}

// until is the number of events up to t, inclusive.
func (w *window) until(t time.Time) int { return w.before(t.Add(1)) }

// before is the number of events before t.
func (w *window) before(t time.Time) int {
	n, _ := slices.BinarySearchFunc(w.entries, t, func(e *entry, t time.Time) int { return e.time().Compare(t) })
	return n
}

// entry is an event in a window. There may be a million, so the event is
// packed, and what few entries have is apart.
type entry struct {
	at     int64 // event time, ns since 1970
	packed string
	live   *fusion.Event // while it is at work in a step; else nil
	center orb.Point     // [lon, lat] in deg
	ce     float64       // circular error, m
	home   *window       // nil: in none yet
	*more
	nextID    *entry  // in held
	nextThing *entry  // in held
	roles     roleSet // what it can fill
	hit       roleSet // what it, or a former version of it, filled in a hit
	placed    bool    // it has a center
	wide      bool    // it lies in more than a point
	spent     bool    // used up by a hit
	fired     bool    // the anchor of a hit
	in        bool    // of a position: inside the area or circle
}

// more is what entries of some rules have.
type more struct {
	value   string  // what a distinct counts, or the thing of a position
	number  float64 // what a measure takes
	matched []fusion.ListMatch
}

var nothingMore = &more{}

// keep takes what is particular to the entry.
func (e *entry) keep(m more) {
	if m.value != "" || m.number != 0 || m.matched != nil {
		kept := m
		e.more = &kept
	}
}

func newEntry(e *fusion.Event) *entry {
	x := &entry{at: e.Time.UnixNano(), live: e, ce: e.CE(), more: nothingMore}
	x.center, x.placed = e.Geometry.Center()
	point := isPoint(e.Geometry)
	x.wide = x.placed && !point
	return x
}

func (e *entry) time() time.Time { return time.Unix(0, e.at).UTC() }

// event is the event of the entry; unpacked, it stays so for this step.
func (e *entry) event() *fusion.Event {
	if e.live == nil {
		st := e.home.state
		if e.live = st.awakened(e); e.live == nil {
			e.live = st.words.unpack(e)
		}
		st.awake = append(st.awake, e)
	}
	return e.live
}

// maxLook bounds the search for an event that another entry has unpacked.
const maxLook = 32

// awakened is the event of the entry, as another entry of it has unpacked it
// in this step; nil when none is found.
func (st *State) awakened(e *entry) *fusion.Event {
	for _, o := range st.awake[max(0, len(st.awake)-maxLook):] {
		if o.at == e.at && o.center == e.center && o.ce == e.ce && o.packed == e.packed {
			return o.live
		}
	}
	return nil
}

// identity is the id of the event, its source and its subject.
func (e *entry) identity() (id fusion.EventID, source, subject string) {
	if e.live != nil {
		return e.live.ID, e.live.Source, e.live.Subject
	}
	return identity(e.packed)
}

func (e *entry) id() fusion.EventID {
	id, _, _ := e.identity()
	return id
}

func (e *entry) source() string {
	_, source, _ := e.identity()
	return source
}

// sleep drops the events that were unpacked in a step.
func (st *State) sleep() {
	for _, e := range st.awake {
		e.live = nil
	}
	clear(st.awake)
	st.awake, st.packing, st.packed = st.awake[:0], nil, ""
}

func compareEntries(a, b *entry) int {
	if c := cmp.Compare(a.at, b.at); c != 0 {
		return c
	}
	return cmp.Compare(a.id(), b.id())
}

// near reports whether two events lie within reach of each other, counting in
// how badly their places are known. A reach of 0 is anywhere.
func near(a, b *entry, reach float64) bool {
	if reach == 0 {
		return true
	}
	reach += a.ce + b.ce
	if a.wide || b.wide {
		d, ok := fusion.DistanceBetween(a.event().Geometry, b.event().Geometry)
		return ok && d <= reach
	}
	if !a.placed || !b.placed || math.Abs(a.center[1]-b.center[1])*shortestDegree > reach {
		return false
	}
	return fusion.Distance(a.center, b.center) <= reach
}

// shortestDegree is less than any degree of latitude, in m.
const shortestDegree = 110_000
