package rules

import (
	"maps"
	"slices"
	"time"

	"github.com/expr-lang/expr/vm"

	"github.com/openiroom/iroom/fusion"
)

// State is what matching remembers: the open windows and the counts of every
// rule. One goroutine uses it at a time.
type State struct {
	clock     time.Time
	nextSweep time.Time
	rules     map[string]*ruleState
	holders   map[string][]holder // by handle of an event or a thing
	deadlines deadlines
	stirred   []place // windows whose deadline may have changed
	gaps      []gap   // times in which the room was blind, in order
	machine   vm.VM
}

// holder is a place in a window where an event is held.
type holder struct {
	rule, key string
	id        fusion.EventID
}

// Stats are the counts of one rule since its state began.
type Stats struct {
	Rule        string `json:"rule"`
	Version     string `json:"version"`
	Hits        uint64 `json:"hits,omitzero"`     // matches at or above the threshold
	Below       uint64 `json:"below,omitzero"`    // matches below the threshold
	Quiet       uint64 `json:"quiet,omitzero"`    // hits left out because the key had one shortly before
	Late        uint64 `json:"late,omitzero"`     // events that came after their window was gone
	Evicted     uint64 `json:"evicted,omitzero"`  // events dropped because a limit was reached
	Cut         uint64 `json:"cut,omitzero"`      // events whose search for partners took too many steps and was given up
	Failures    uint64 `json:"failures,omitzero"` // evaluations that failed
	Quarantined bool   `json:"quarantined,omitzero"`
}

// ruleState is the state of one version of a rule.
type ruleState struct {
	version string // "": quarantined before it ever ran
	stats   Stats
	windows map[string]*window
	quiet   map[string]time.Time // by key: event time of the last hit, of a rule with quiet
}

func newRuleState() *ruleState {
	return &ruleState{windows: map[string]*window{}, quiet: map[string]time.Time{}}
}

// NewState is an empty state.
func NewState() *State {
	return &State{rules: map[string]*ruleState{}, holders: map[string][]holder{}}
}

// sweepEvery is how often windows that no event touches are looked through.
const sweepEvery = time.Minute

// Advance tells the state the clock of the room and lets windows expire. It
// costs nothing most of the time: a window that an event touches expires
// exactly then, the others within a minute of the clock.
func (st *State) Advance(clock time.Time, s *Set) {
	st.moveTo(clock)
	if st.clock.Before(st.nextSweep) {
		return
	}
	st.nextSweep = st.clock.Add(sweepEvery)
	st.forgetGaps()
	for _, r := range s.rules {
		if rs := st.rules[r.ID]; rs != nil {
			st.sweep(r, rs, st.horizon(s, r, st.clock))
		}
	}
}

func (st *State) moveTo(clock time.Time) {
	if clock.After(st.clock) {
		st.clock = clock
	}
}

// horizon is the event time before which a rule keeps nothing.
func (st *State) horizon(s *Set, r *Rule, clock time.Time) time.Time {
	return clock.Add(-r.span - s.longest(r) - st.blind())
}

func (st *State) sweep(r *Rule, rs *ruleState, horizon time.Time) {
	for key, w := range rs.windows {
		st.expire(r, rs, key, w, horizon)
	}
	maps.DeleteFunc(rs.quiet, func(_ string, hit time.Time) bool { return hit.Add(r.quiet).Before(horizon) })
}

// drop drops a window with nothing to remember.
func (rs *ruleState) drop(key string, w *window) {
	if len(w.entries) == 0 && w.cleared.IsZero() {
		delete(rs.windows, key)
	}
}

// expire drops the events of a window that lie before the horizon, and the
// window when nothing is left.
func (st *State) expire(r *Rule, rs *ruleState, key string, w *window, horizon time.Time) {
	n := 0
	for n < len(w.entries) && w.entries[n].event.Time.Before(horizon) {
		st.release(r.ID, key, w.entries[n].event)
		n++
	}
	w.entries = slices.Delete(w.entries, 0, n)
	if w.cleared.Before(horizon) {
		w.cleared = time.Time{}
	}
	rs.drop(key, w)
}

// of returns the state of a rule, a fresh one for another version.
func (st *State) of(r *Rule) *ruleState {
	rs := st.rules[r.ID]
	switch {
	case rs == nil:
		rs = newRuleState()
		st.rules[r.ID] = rs
	case rs.version == "":
	case rs.version != r.Version:
		st.drop(r.ID)
		return st.of(r)
	}
	rs.version = r.Version
	return rs
}

func (st *State) drop(id string) {
	for key, w := range st.rules[id].windows {
		for _, e := range w.entries {
			st.release(id, key, e.event)
		}
	}
	delete(st.rules, id)
}

// Retain keeps the state of the rules whose version is that of the set, drops
// the others, and returns the ids of those dropped, sorted.
func (st *State) Retain(s *Set) []string {
	var dropped []string
	for _, id := range slices.Sorted(maps.Keys(st.rules)) {
		v := st.rules[id].version
		if r := s.Rule(id); r == nil || v != "" && r.Version != v {
			st.drop(id)
			dropped = append(dropped, id)
		}
	}
	return dropped
}

// Quarantine stops a rule until its version changes.
func (st *State) Quarantine(rule string) {
	rs := st.rules[rule]
	if rs == nil {
		rs = newRuleState()
		st.rules[rule] = rs
	}
	rs.stats.Quarantined = true
}

// Stats returns the counts of the rules of the set, by id.
func (st *State) Stats(s *Set) []Stats {
	out := make([]Stats, len(s.rules))
	for i, r := range s.rules {
		if rs := st.rules[r.ID]; rs != nil && (rs.version == r.Version || rs.version == "") {
			out[i] = rs.stats
		}
		out[i].Rule, out[i].Version = r.ID, r.Version
	}
	return out
}

// handles are the names by which later events find this one: its id, and the
// thing that it is about.
func handles(e *fusion.Event) []string {
	h := []string{handleOf(e.ID)}
	if e.Subject != "" {
		h = append(h, thing(e.Source, e.Subject))
	}
	return h
}

func handleOf(id fusion.EventID) string { return "id " + string(id) }

func thing(source, subject string) string { return "thing " + source + "\x00" + subject }

func (st *State) hold(rule, key string, e *fusion.Event) {
	for _, h := range handles(e) {
		st.holders[h] = append(st.holders[h], holder{rule, key, e.ID})
	}
}

func (st *State) release(rule, key string, e *fusion.Event) {
	for _, h := range handles(e) {
		left := slices.DeleteFunc(st.holders[h], func(x holder) bool { return x == holder{rule, key, e.ID} })
		if st.holders[h] = left; len(left) == 0 {
			delete(st.holders, h)
		}
	}
}
