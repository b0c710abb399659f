package rules

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/openiroom/iroom/fusion"
)

// stateFormat is the version of the encoded state.
const stateFormat = 2

// The encoded state. Every event is written once; entries refer to it by its
// place in the list.
type wireState struct {
	Format    int         `json:"format"`
	Clock     time.Time   `json:"clock"`
	NextSweep time.Time   `json:"next_sweep"`
	Gaps      []gap       `json:"gaps,omitempty"`
	Events    []wireEvent `json:"events"` // by id
	Rules     []wireRule  `json:"rules"`  // by id
}

// wireEvent is an event in the encoded state. Events are unpacked one by one,
// while they are written.
type wireEvent struct {
	words *words
	entry *entry
	event *fusion.Event // that was read
}

// MarshalJSONTo is for the JSON package.
func (w wireEvent) MarshalJSONTo(enc *jsontext.Encoder) error {
	return json.MarshalEncode(enc, w.words.unpack(w.entry))
}

// UnmarshalJSONFrom is for the JSON package.
func (w *wireEvent) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	w.event = new(fusion.Event)
	return json.UnmarshalDecode(dec, w.event)
}

type wireRule struct {
	Stats   Stats        `json:"stats"`
	Quiet   []wireQuiet  `json:"quiet,omitempty"`   // by key
	Windows []wireWindow `json:"windows,omitempty"` // by key
}

type wireWindow struct {
	Key     string      `json:"key"`
	Touched time.Time   `json:"touched"`
	Due     time.Time   `json:"due,omitzero"`
	Cleared time.Time   `json:"cleared,omitzero"`
	Entries []wireEntry `json:"entries"`
}

type wireQuiet struct {
	Key string    `json:"key"`
	Hit time.Time `json:"hit"`
}

type wireEntry struct {
	Event   int                `json:"event"`
	Roles   roleSet            `json:"roles"`
	Hit     roleSet            `json:"hit,omitzero"`
	Spent   bool               `json:"spent,omitzero"`
	Fired   bool               `json:"fired,omitzero"`
	Value   string             `json:"value,omitzero"`
	Number  float64            `json:"number,omitzero"`
	In      bool               `json:"in,omitzero"`
	Matched []fusion.ListMatch `json:"matched,omitempty"`
}

// DecodeState reads what [State.Encode] wrote. Anything else is a
// [fusion.KindCorrupt] error.
func DecodeState(b []byte) (*State, error) {
	const op = "reading the state of the rules"
	var in wireState
	if err := json.Unmarshal(b, &in, json.RejectUnknownMembers(true)); err != nil {
		return nil, fusion.Errorf(fusion.KindCorrupt, op, "not a state: %w", err)
	}
	if in.Format != stateFormat {
		return nil, fusion.Errorf(fusion.KindCorrupt, op, "the format is %d; this version reads %d", in.Format, stateFormat)
	}
	st := NewState()
	st.clock, st.nextSweep, st.gaps = in.Clock, in.NextSweep, in.Gaps
	events := make([]*entry, len(in.Events))
	for i, w := range in.Events {
		events[i] = newEntry(w.event)
		events[i].packed = st.pack(w.event)
		events[i].live = nil
	}
	for _, r := range in.Rules {
		if err := st.restore(r, events); err != nil {
			return nil, fusion.Errorf(fusion.KindCorrupt, op, "rule %s: %w", r.Stats.Rule, err)
		}
	}
	return st, nil
}

func (st *State) restore(r wireRule, events []*entry) error {
	id := r.Stats.Rule
	rs := newRuleState()
	rs.version, rs.stats = r.Stats.Version, r.Stats
	for _, q := range r.Quiet {
		rs.quiet[q.Key] = q.Hit
	}
	if st.rules[id] != nil {
		return fmt.Errorf("stands twice")
	}
	st.rules[id] = rs
	for _, ww := range r.Windows {
		w := &window{state: st, place: place{id, ww.Key}, touched: ww.Touched, due: ww.Due, cleared: ww.Cleared}
		st.queue(w)
		for _, we := range ww.Entries {
			if we.Event < 0 || we.Event >= len(events) {
				return fmt.Errorf("refers to event %d of %d", we.Event, len(events))
			}
			e := new(*events[we.Event])
			e.home, e.roles, e.hit, e.spent, e.fired, e.in = w, we.Roles, we.Hit, we.Spent, we.Fired, we.In
			e.keep(more{we.Value, we.Number, we.Matched})
			w.entries = append(w.entries, e)
			st.held.add(e)
		}
		rs.windows[ww.Key] = w
	}
	return nil
}
