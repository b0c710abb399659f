package engine

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

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
	waiting []waiting // oldest first; never changed in place
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
	now   half
	older half
}

// half are ids in the order of their coming. The list only grows, so a
// snapshot can share it.
type half struct {
	list []fusion.EventID
	set  map[fusion.EventID]struct{}
}

func halfOf(list []fusion.EventID) half {
	h := half{list, make(map[fusion.EventID]struct{}, len(list))}
	for _, id := range list {
		h.set[id] = struct{}{}
	}
	return h
}

func (h *half) has(id fusion.EventID) bool {
	_, ok := h.set[id]
	return ok
}

// add reports whether the id is new.
func (r *recent) add(id fusion.EventID, clock time.Time, span time.Duration) bool {
	if r.now.set == nil || clock.Sub(r.since) >= span {
		r.older, r.now, r.since = r.now, halfOf(nil), clock
	}
	if r.now.has(id) || r.older.has(id) {
		return false
	}
	r.now.set[id] = struct{}{}
	r.now.list = append(r.now.list, id)
	return true
}

// savedState is the encoded form of state, in one line. The windows of the
// rules come after it.
type savedState struct {
	Clock       time.Time        `json:"clock"`
	Day         string           `json:"day"`
	Opened      int              `json:"opened"`
	RecentSince time.Time        `json:"recent_since"`
	RecentNow   []fusion.EventID `json:"recent_now"`
	RecentOlder []fusion.EventID `json:"recent_older"`
	Counts      Counts           `json:"counts"`
	Waiting     []waiting        `json:"waiting,omitempty"`
}

func (st *state) saved() savedState {
	return savedState{
		Clock: st.clock, Day: st.day, Opened: st.opened, RecentSince: st.recent.since,
		RecentNow: slices.Clip(st.recent.now.list), RecentOlder: slices.Clip(st.recent.older.list), Counts: st.counts,
		Waiting: slices.Clone(st.waiting),
	}
}

func decodeState(b []byte) (*state, error) {
	line, windows, _ := bytes.Cut(b, []byte{'\n'})
	var s savedState
	if err := json.Unmarshal(line, &s); err != nil {
		return nil, fmt.Errorf("decode the engine's state: %w", err)
	}
	st := &state{clock: s.Clock, day: s.Day, opened: s.Opened, counts: s.Counts, waiting: s.Waiting}
	st.recent = recent{since: s.RecentSince, now: halfOf(s.RecentNow), older: halfOf(s.RecentOlder)}
	var err error
	st.windows, err = rules.DecodeState(windows)
	return st, err
}

// Snapshot is the whole state after a step. The engine goes on; any goroutine
// may make a checkpoint of the snapshot meanwhile.
type Snapshot struct {
	seq     uint64
	bundle  string
	state   savedState
	windows *rules.Snapshot
	store   *store.Snapshot
}

// Snapshot takes the state as it is now. It copies only what may still
// change, which takes little time.
func (e *Engine) Snapshot() *Snapshot {
	return &Snapshot{e.applied, e.bundle.Hash, e.st.saved(), e.st.windows.Snapshot(), e.store.Snapshot()}
}

// Checkpoint encodes the snapshot; equal states give equal bytes.
func (s *Snapshot) Checkpoint() (*store.Checkpoint, error) {
	own, err := fusion.Encode(s.state)
	if err != nil {
		return nil, fmt.Errorf("encode the engine's state: %w", err)
	}
	windows, err := s.windows.Encode()
	if err != nil {
		return nil, fmt.Errorf("encode the windows of the rules: %w", err)
	}
	return &store.Checkpoint{
		Seq: s.seq, Bundle: s.bundle, Engine: Version, State: slices.Concat(own, []byte{'\n'}, windows), Store: s.store,
	}, nil
}
