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
	held      held
	words     *words
	awake     []*entry      // whose events are unpacked in this step
	packing   *fusion.Event // the event that came into a window last in this step
	packed    string        // that event
	scratch   []byte        // of the packer
	deadlines deadlines
	stirred   []place // windows whose deadline may have changed
	ranked    *Set    // whose order the deadlines are in
	deciding  int     // depth of the rule whose deadline is being decided; 0: none is
	gaps      []gap   // times in which the room was blind, in order
	machine   vm.VM
	work      execution // what one rule does at a time
	refs      []ref     // of the event at work
	found     []Match   // hits of the step
	watch     Watch     // of the rules at work; nil: nobody
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
	return &State{rules: map[string]*ruleState{}, held: newHeld(), words: newWords()}
}

// sweepEvery is how often windows that no event touches are looked through.
const sweepEvery = time.Minute

// pass moves the clock and lets windows expire. It costs nothing most of the
// time: a window that an event touches expires exactly then, the others within
// a minute of the clock.
func (st *State) pass(clock time.Time, s *Set) {
	st.moveTo(clock)
	if st.clock.Before(st.nextSweep) {
		return
	}
	st.nextSweep = st.clock.Add(sweepEvery)
	st.forgetGaps()
	for id, rs := range st.rules {
		if r := s.Rule(id); r != nil {
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
	horizon := clock.Add(-r.span - s.longest(r))
	if r.tail > 0 {
		horizon = horizon.Add(-st.blind())
	}
	return horizon
}

func (st *State) sweep(r *Rule, rs *ruleState, horizon time.Time) {
	for key, w := range rs.windows {
		st.expire(rs, key, w, horizon)
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
func (st *State) expire(rs *ruleState, key string, w *window, horizon time.Time) {
	n := 0
	for n < len(w.entries) && w.entries[n].time().Before(horizon) {
		st.held.remove(w.entries[n])
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
	for _, w := range st.rules[id].windows {
		for _, e := range w.entries {
			st.held.remove(e)
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
