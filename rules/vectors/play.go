package main

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// origin is the time that cases count from.
var origin = time.Date(2026, 1, 14, 0, 0, 0, 0, time.UTC)

// record is an event of a case as a log record; cells are texts, numbers or
// booleans, and nil for what is missing.
func record(id string, at time.Time, cells map[string]any) *fusion.Event {
	row := map[string]any{}
	for name, v := range cells {
		if v != nil {
			row[name] = cell(v)
		}
	}
	return &fusion.Event{
		ID: fusion.EventID(id), Source: "case", Type: fusion.TypeRecord, Time: at, RecordedTime: at,
		Attrs: map[string]any{"fields": row},
	}
}

// cell writes a value as a column of a record holds it.
func cell(v any) string {
	if n, ok := v.(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// nowhere is a world without lists and areas.
type nowhere struct{}

// Listed implements rules.World.
func (nowhere) Listed(string, string) (string, bool) { return "", false }

// Inside implements rules.World.
func (nowhere) Inside(string, *fusion.Geometry) bool { return false }

// Crosses implements rules.World.
func (nowhere) Crosses(string, orb.Point, orb.Point) bool { return false }

// Expected implements rules.World.
func (nowhere) Expected(string, fusion.EventType, time.Time, time.Duration) (float64, bool) {
	return 0, false
}

// room is a rule set at work on the events of a case.
type room struct {
	set   *rules.Set
	state *rules.State
	world rules.World
	clock time.Time
}

// newRoom compiles the rules of a case. What the language refuses makes the
// case not applicable.
func newRoom(options rules.Options, texts ...ruleText) (*room, error) {
	files := map[string][]byte{}
	for _, t := range texts {
		files[t.id+".yaml"] = []byte(t.String())
	}
	set, problems := rules.Compile(files)
	if len(problems) > 0 {
		return nil, differs("the language refuses it: %s", problems[0].Message)
	}
	return &room{set: set.With(options), state: rules.NewState(), world: nowhere{}}, nil
}

// send gives an event to the rules when the clock shows its time, or at once
// when that is past.
func (r *room) send(e *fusion.Event) []rules.Match {
	out := r.until(e.Time)
	return append(out, r.set.Step(r.state, rules.Input{Event: e, Clock: r.clock}, r.world)...)
}

// until moves the clock.
func (r *room) until(t time.Time) []rules.Match {
	if t.After(r.clock) {
		r.clock = t
	}
	return r.set.Advance(r.state, r.clock, r.world)
}

// play gives all events to the rules in the order of the list and then lets
// the clock run for so long.
func (r *room) play(events []*fusion.Event, after time.Duration) ([]rules.Match, error) {
	var out []rules.Match
	for _, e := range events {
		out = append(out, r.send(e)...)
	}
	out = append(out, r.until(r.clock.Add(after))...)
	return out, r.healthy()
}

// healthy reports what a rule could not do; a comparison would mean nothing.
func (r *room) healthy() error {
	for _, s := range r.state.Stats(r.set) {
		switch {
		case s.Failures > 0:
			return fmt.Errorf("%d conditions of %s failed", s.Failures, s.Rule)
		case s.Cut > 0:
			return differs("the search for partners is larger than a rule may make")
		}
	}
	return nil
}

// compare wants the same items, as often; order does not matter.
func compare(got, want []string) error {
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if slices.Equal(got, want) {
		return nil
	}
	return fmt.Errorf("found %q, expected %q", got, want)
}

// candidates counts the records that meet a condition; all of them when the
// language refuses it, which the rule that uses it reports.
func candidates(when string, events []*fusion.Event) int {
	t := ruleText{id: "one", events: []ruleEvent{{"x", records(when)}}, match: "event: x"}
	room, err := newRoom(rules.Options{}, t)
	if err != nil {
		return len(events)
	}
	n := 0
	for _, e := range events {
		if len(room.set.Rule("one").Fills(e, room.world)) > 0 {
			n++
		}
	}
	return n
}
