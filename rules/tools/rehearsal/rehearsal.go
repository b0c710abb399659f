// Package rehearsal runs rules over events that happened before, to see what
// they would have done.
//
// It runs the room's real engine, so that a rehearsal and the room agree: the
// time of its log is when the events were recorded, and ticks come where the
// log would have been silent. Everything stays in memory; nothing is
// published.
package rehearsal

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// Room is an engine with a log that is made up as it goes.
type Room struct {
	Engine *engine.Engine
	Bundle *engine.Bundle
	Heard  func([]fusion.Hit) // gets all hits, when it is set

	seq     uint64
	clock   time.Time
	tick    time.Duration
	content []byte
	lists   map[string][]store.ListEntry
}

// New makes a room with the content and watchlists, at the beginning of its
// log.
func New(content engine.Content, lists map[string][]store.ListEntry) (*Room, error) {
	r := &Room{lists: lists}
	var err error
	if r.content, _, err = engine.EncodeContent(content); err != nil {
		return nil, err
	}
	if r.Bundle, err = engine.CompileBundle(r.content); err != nil {
		return nil, err
	}
	r.tick = min(maxTick, time.Duration(r.Bundle.Params.BlindAfter)/2)
	r.Engine, err = engine.New(func(string) (*engine.Bundle, error) { return r.Bundle, nil })
	return r, err
}

// maxTick is the longest silence of the log. A room ticks every second; since
// deadlines pass at their own time, fewer ticks give the same.
const maxTick = 15 * time.Second

// Recorded is when an event came in: the time of the log.
func Recorded(e *fusion.Event) time.Time {
	if e.RecordedTime.IsZero() {
		return e.Time
	}
	return e.RecordedTime
}

// Send gives the room an event and returns the hits that came since the last
// call, in their order.
func (r *Room) Send(e *fusion.Event) ([]fusion.Hit, error) {
	hits, err := r.Until(Recorded(e))
	if err != nil {
		return nil, err
	}
	b, err := fusion.Encode(e)
	if err != nil {
		return nil, fmt.Errorf("event %s: %w", e.ID, err)
	}
	more, err := r.step(fusion.EventSubject(fusion.PublisherRoom, "rehearsal"), fusion.EncodeBatch([][]byte{b}))
	return append(hits, more...), err
}

// Until lets time pass up to t, where the next message comes, and returns the
// hits of deadlines that passed.
func (r *Room) Until(t time.Time) (hits []fusion.Hit, err error) {
	if r.clock.IsZero() {
		r.clock = t
		if err := r.begin(); err != nil {
			return nil, err
		}
	}
	for t.Sub(r.clock) > r.tick {
		r.clock = r.clock.Add(r.tick)
		more, err := r.step(fusion.SubjectTick, []byte("{}"))
		if err != nil {
			return nil, err
		}
		hits = append(hits, more...)
	}
	if t.After(r.clock) {
		r.clock = t
	}
	return hits, nil
}

// begin puts the rules and the lists on the log.
func (r *Room) begin() error {
	activation, err := fusion.Encode(engine.Activation{Bundle: r.Bundle.Hash, Engine: engine.Version})
	if err != nil {
		return err
	}
	if _, err := r.step(fusion.SubjectConfig, activation); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(r.lists)) {
		for _, change := range engine.ListChanges(r.lists[name]) {
			message, err := fusion.Encode(change)
			if err != nil {
				return err
			}
			if _, err := r.step(fusion.ListSubject(name), message); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *Room) step(subject string, data []byte) ([]fusion.Hit, error) {
	r.seq++
	m := engine.Message{Seq: r.seq, Subject: subject, Time: r.clock, Data: data}
	hits, refused, err := Hits(r.Engine, m)
	if r.Heard != nil {
		r.Heard(hits)
	}
	if err == nil && len(refused) > 0 {
		err = refused[0].Rejection
	}
	return hits, err
}

// Hits steps an engine and returns the hits, and what it refused to read.
func Hits(e *engine.Engine, m engine.Message) (hits []fusion.Hit, refused []engine.Refusal, err error) {
	effects, err := e.Step(m)
	if err != nil {
		return nil, nil, err
	}
	for _, o := range effects.Outputs {
		if o.Stream != fusion.StreamHits {
			continue
		}
		var batch engine.HitBatch
		if err := json.Unmarshal(o.Data, &batch); err != nil {
			return nil, nil, fmt.Errorf("read the hits of message %d: %w", m.Seq, err)
		}
		hits = append(hits, batch.Hits...)
	}
	return hits, effects.Refused, nil
}

// Settle lets so much time pass that every deadline of the rules has passed,
// and returns the hits of those.
func (r *Room) Settle() ([]fusion.Hit, error) {
	var longest time.Duration
	for _, rule := range r.Bundle.Rules.Rules() {
		longest = max(longest, rule.Window())
	}
	return r.Until(r.clock.Add(longest + settle))
}

// settle is more than events may come late.
const settle = 10 * time.Minute
