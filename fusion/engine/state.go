package engine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/rules"
)

// state is what the engine knows beside the store.
type state struct {
	clock   time.Time
	day     string // of the newest picture id
	opened  int    // pictures opened on that day
	recent  recent
	counts  Counts
	windows *rules.State
}

// Counts are what the engine has seen since the log began.
type Counts struct {
	Messages   uint64 `json:"messages"`
	Events     uint64 `json:"events"`
	Duplicates uint64 `json:"duplicates"`
	Refused    uint64 `json:"refused"` // events on the log that could not be read
	Hits       uint64 `json:"hits"`
	Pictures   uint64 `json:"pictures"`
	Blind      uint64 `json:"blind"` // times that the room was blind
}

func newState() *state { return &state{windows: rules.NewState()} }

// recent remembers the ids of events for at least a span, in two halves of
// which the older is dropped when the newer is that old.
type recent struct {
	since time.Time
	now   map[fusion.EventID]bool
	older map[fusion.EventID]bool
}

// add reports whether the id is new.
func (r *recent) add(id fusion.EventID, clock time.Time, span time.Duration) bool {
	if r.now == nil || clock.Sub(r.since) >= span {
		r.older, r.now, r.since = r.now, map[fusion.EventID]bool{}, clock
	}
	if r.now[id] || r.older[id] {
		return false
	}
	r.now[id] = true
	return true
}

// savedState is the encoded form of state.
type savedState struct {
	Clock       time.Time        `json:"clock"`
	Day         string           `json:"day"`
	Opened      int              `json:"opened"`
	RecentSince time.Time        `json:"recent_since"`
	RecentNow   []fusion.EventID `json:"recent_now"`
	RecentOlder []fusion.EventID `json:"recent_older"`
	Counts      Counts           `json:"counts"`
	Windows     jsontext.Value   `json:"windows"`
}

func (st *state) encode() ([]byte, error) {
	windows, err := st.windows.Encode()
	if err != nil {
		return nil, fmt.Errorf("encode the windows of the rules: %w", err)
	}
	quoted, err := jsontext.AppendQuote(nil, windows)
	if err != nil {
		return nil, fmt.Errorf("encode the windows of the rules: %w", err)
	}
	return fusion.Encode(savedState{
		Clock: st.clock, Day: st.day, Opened: st.opened,
		RecentSince: st.recent.since,
		RecentNow:   slices.Sorted(maps.Keys(st.recent.now)),
		RecentOlder: slices.Sorted(maps.Keys(st.recent.older)),
		Counts:      st.counts, Windows: quoted,
	})
}

func decodeState(b []byte) (*state, error) {
	var s savedState
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("decode the engine's state: %w", err)
	}
	windows, err := jsontext.AppendUnquote(nil, s.Windows)
	if err != nil {
		return nil, fmt.Errorf("decode the windows of the rules: %w", err)
	}
	st := &state{clock: s.Clock, day: s.Day, opened: s.Opened, counts: s.Counts}
	st.recent = recent{since: s.RecentSince, now: setOf(s.RecentNow), older: setOf(s.RecentOlder)}
	st.windows, err = rules.DecodeState(windows)
	return st, err
}

func setOf(ids []fusion.EventID) map[fusion.EventID]bool {
	set := make(map[fusion.EventID]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// Snapshot is the whole state after the last step, to be saved as a
// checkpoint.
func (e *Engine) Snapshot() (*store.Checkpoint, error) {
	encoded, err := e.st.encode()
	if err != nil {
		return nil, err
	}
	stored, err := e.store.Dump()
	if err != nil {
		return nil, err
	}
	return &store.Checkpoint{Seq: e.applied, Bundle: e.bundle.Hash, Engine: Version, State: encoded, Store: stored}, nil
}
