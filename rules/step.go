package rules

import (
	"cmp"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

// World is what conditions may ask besides the event itself. Its answers must
// depend on nothing but the log.
type World interface {
	// Listed reports whether value is on the list, with the note of its entry.
	Listed(list, value string) (entry string, ok bool)
	// Inside reports whether the geometry lies in the area of the room.
	Inside(area string, g *fusion.Geometry) bool
	// Crosses reports whether the straight line between two points, [lon, lat]
	// in deg, passes through or touches the border of the area; see [Crosses].
	Crosses(area string, from, to orb.Point) bool
	// Expected is how many events of the type the area, "" for none, sees on
	// average in the span that ends at that time; false when nothing is known.
	Expected(area string, t fusion.EventType, at time.Time, span time.Duration) (n float64, ok bool)
}

// Input is an event at its place on the log, and the clock of the room there.
type Input struct {
	Event *fusion.Event
	Place fusion.Place
	Clock time.Time
}

// Named is an event under the name that the rule gives it.
type Named struct {
	Name  string
	Event *fusion.Event
}

// Match is a hit, with what the rule asks for.
type Match struct {
	Rule     *Rule
	Hit      fusion.Hit // Picture is empty
	Events   []Named    // in the order of Hit.Inputs
	Kind     string
	Severity fusion.Severity
	Title    string
	Open     bool
	Join     []string
	After    After
	At       time.Time // the deadline at which it, or what it builds on, was decided; zero: an event made it at once

	anchor *fusion.Event // the event that it is counted by
}

// maxDepth is how far hits can feed rules within one step.
const maxDepth = 8

// Step gives an event to the rules and returns the matches: those on the
// event by rule id and key, then in the same way those on their hits. Call
// [Set.Advance] with the clock of the input before it.
func (s *Set) Step(st *State, in Input, w World) []Match {
	if in.Event.Status == fusion.StatusTest || in.Event.Status == fusion.StatusExercise {
		return nil
	}
	s.rank(st)
	defer st.sleep()
	defer s.reschedule(st)
	left := st.withdraw(in.Event)
	if in.Event.MsgType == fusion.MsgCancel {
		return nil
	}
	st.found = st.found[:0]
	s.meet(st, wavelet{event: in.Event, legacy: left}, in.Clock, w)
	return s.follow(st, in.Clock, w)
}

// follow gives the hits that were found to the rules on hits, and so on, and
// returns all.
func (s *Set) follow(st *State, clock time.Time, w World) []Match {
	from := 0
	for range maxDepth {
		found := st.found[from:]
		if len(found) == 0 {
			break
		}
		slices.SortStableFunc(found, compareMatches)
		from = len(st.found)
		for _, x := range s.derive(found) {
			s.meet(st, x, clock, w)
		}
	}
	out := slices.Clone(st.found[:from])
	clear(st.found)
	st.found = st.found[:0]
	return out
}

func compareMatches(a, b Match) int {
	return cmp.Or(cmp.Compare(a.Rule.ID, b.Rule.ID), cmp.Compare(a.Hit.Key, b.Hit.Key))
}

// wavelet is an event that goes to the rules: the input, or a hit as an event.
type wavelet struct {
	event  *fusion.Event
	shadow bool // the hit of a shadow rule: it feeds shadow rules only
	legacy legacy
}

// meet gives one event to every rule that it may meet.
func (s *Set) meet(st *State, in wavelet, clock time.Time, w World) {
	refs := s.index.candidates(in.event, w, st.refs[:0])
	st.refs = refs
	for len(refs) > 0 {
		n := 1
		for n < len(refs) && refs[n].rule == refs[0].rule {
			n++
		}
		r := s.rules[refs[0].rule]
		if !in.shadow || r.Mode == ModeShadow {
			x := st.executing(execution{set: s, rule: r, state: st, rs: st.of(r), clock: clock, world: w, left: in.legacy[r.ID]})
			x.run(in.event, refs[:n])
		}
		refs = refs[n:]
	}
}

// derive makes events of hits that any rule looks at.
func (s *Set) derive(found []Match) []wavelet {
	var out []wavelet
	for _, m := range found {
		t := fusion.HitType(m.Rule.ID)
		if !s.Reads(t) {
			continue
		}
		by := m.anchor
		out = append(out, wavelet{shadow: m.Rule.Mode == ModeShadow, event: &fusion.Event{
			ID: m.Hit.ID, Source: "room/rules", Type: t, Time: m.Hit.Time, RecordedTime: by.RecordedTime,
			Status: by.Status, Geometry: by.Geometry, Location: by.Location, Entities: by.Entities, Handling: by.Handling,
			Attrs: map[string]any{"rule": m.Rule.ID, "version": m.Rule.Version, "score": m.Hit.Score, "key": m.Hit.Key},
		}})
	}
	return out
}

// Anchor is the event that the match is counted by: the one event, the event
// that completed a count, the last of a sequence.
func (m Match) Anchor() *fusion.Event { return m.anchor }
