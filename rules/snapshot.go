package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// Snapshot is what a [State] was at one moment. The state goes on; any
// goroutine may encode the snapshot meanwhile.
type Snapshot struct {
	clock     time.Time
	nextSweep time.Time
	gaps      []gap
	words     *words
	rules     []ruleSnapshot
}

type ruleSnapshot struct {
	id, version string
	stats       Stats
	quiet       map[string]time.Time
	windows     []windowSnapshot
	entries     []entry // of all windows
}

type windowSnapshot struct {
	key                   string
	touched, due, cleared time.Time
	entries               int
}

// Snapshot copies what may still change. Packed events do not, so a million
// entries take little time.
func (st *State) Snapshot() *Snapshot {
	s := &Snapshot{
		clock: st.clock, nextSweep: st.nextSweep, gaps: slices.Clone(st.gaps), words: &words{list: slices.Clip(st.words.list)},
	}
	for id, rs := range st.rules {
		s.rules = append(s.rules, rs.snapshot(id))
	}
	return s
}

func (rs *ruleState) snapshot(id string) ruleSnapshot {
	s := ruleSnapshot{id: id, version: rs.version, stats: rs.stats, quiet: maps.Clone(rs.quiet), windows: make([]windowSnapshot, 0, len(rs.windows))}
	held := 0
	for _, w := range rs.windows {
		held += len(w.entries)
	}
	s.entries = make([]entry, 0, held)
	for key, w := range rs.windows {
		s.windows = append(s.windows, windowSnapshot{key, w.touched, w.due, w.cleared, len(w.entries)})
		for _, e := range w.entries {
			s.entries = append(s.entries, *e)
		}
	}
	return s
}

// Encode writes the state; equal states give equal bytes.
func (st *State) Encode() ([]byte, error) { return st.Snapshot().Encode() }

// Encode writes the state as it was; equal states give equal bytes.
func (s *Snapshot) Encode() ([]byte, error) {
	slices.SortFunc(s.rules, func(a, b ruleSnapshot) int { return cmp.Compare(a.id, b.id) })
	events := map[fusion.EventID]*entry{}
	for i := range s.rules {
		held := s.rules[i].entries
		for j := range held {
			events[held[j].id()] = &held[j]
		}
	}
	out := wireState{Format: stateFormat, Clock: s.clock.UTC(), NextSweep: s.nextSweep.UTC(), Gaps: s.gaps}
	number := map[fusion.EventID]int{}
	for i, id := range slices.Sorted(maps.Keys(events)) {
		out.Events = append(out.Events, wireEvent{words: s.words, entry: events[id]})
		number[id] = i
	}
	for i := range s.rules {
		out.Rules = append(out.Rules, s.rules[i].wire(number))
	}
	b, err := fusion.Encode(&out)
	if err != nil {
		return nil, fmt.Errorf("encoding the state of the rules: %w", err)
	}
	return b, nil
}

func (s *ruleSnapshot) wire(number map[fusion.EventID]int) wireRule {
	out := wireRule{Stats: s.stats}
	out.Stats.Rule, out.Stats.Version = s.id, s.version
	for _, key := range slices.Sorted(maps.Keys(s.quiet)) {
		out.Quiet = append(out.Quiet, wireQuiet{key, s.quiet[key].UTC()})
	}
	left := s.entries
	for _, w := range s.windows {
		ww := wireWindow{Key: w.key, Touched: w.touched.UTC(), Due: w.due.UTC(), Cleared: w.cleared.UTC()}
		for i := range left[:w.entries] {
			e := &left[i]
			ww.Entries = append(ww.Entries, wireEntry{number[e.id()], e.roles, e.hit, e.spent, e.fired, e.value, e.number, e.in, e.matched})
		}
		left = left[w.entries:]
		out.Windows = append(out.Windows, ww)
	}
	slices.SortFunc(out.Windows, func(a, b wireWindow) int { return cmp.Compare(a.Key, b.Key) })
	return out
}
