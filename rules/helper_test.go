package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

var start = time.Date(2026, 1, 14, 12, 0, 0, 0, time.UTC)

// lists is a world with lists and with areas that hold every geometry.
type lists map[string][]string

func (l lists) Listed(list, value string) (string, bool) {
	return "note of " + value, slices.Contains(l[list], value)
}

func (l lists) Inside(area string, _ *fusion.Geometry) bool { return slices.Contains(l["areas"], area) }

func (lists) Crosses(string, orb.Point, orb.Point) bool { return false }

func (lists) Expected(string, fusion.EventType, time.Time, time.Duration) (float64, bool) {
	return 0, false
}

// head is what every rule of a test has besides what the test is about.
const head = `
title: T
description: D
owner: O
purpose: {basis: wpg-8, text: P}
mode: live
incident: {kind: k, severity: high, title: T}
`

func ruleText(id, body string) string { return "rule: " + id + head + body }

func compile(t testing.TB, texts ...string) *Set {
	t.Helper()
	files := map[string][]byte{}
	for i, text := range texts {
		files[fmt.Sprintf("%d.yaml", i)] = []byte(text)
	}
	s, problems := Compile(files)
	for _, p := range problems {
		t.Error(p)
	}
	if s == nil {
		t.FailNow()
	}
	return s
}

// room runs events through a set as the engine does.
type room struct {
	set   *Set
	state *State
	world World
	clock time.Time
}

func newRoom(s *Set) *room { return &room{set: s, state: NewState(), world: lists{}} }

// send gives an event to the rules at its own time, or now when that is past.
func (r *room) send(e *fusion.Event) []Match {
	if e.Time.After(r.clock) {
		r.clock = e.Time
	}
	due := r.set.Advance(r.state, r.clock, r.world)
	return append(due, r.set.Step(r.state, Input{Event: e, Clock: r.clock}, r.world)...)
}

// wait moves the clock. No rule may have failed until then.
func (r *room) wait(d time.Duration) []Match {
	r.clock = r.clock.Add(d)
	out := r.set.Advance(r.state, r.clock, r.world)
	for id, rs := range r.state.rules {
		if rs.stats.Failures > 0 {
			panic("the rule " + id + " failed")
		}
	}
	return out
}

func (r *room) all(events ...*fusion.Event) (out []Match) {
	for _, e := range events {
		out = append(out, r.send(e)...)
	}
	return out
}

func (r *room) stats(t testing.TB, rule string) Stats {
	t.Helper()
	for _, s := range r.state.Stats(r.set) {
		if s.Rule == rule {
			return s
		}
	}
	t.Fatalf("no stats of %s", rule)
	return Stats{}
}

type option func(*fusion.Event)

func event(id string, typ fusion.EventType, at time.Duration, options ...option) *fusion.Event {
	e := &fusion.Event{ID: fusion.EventID(id), Source: "s", Type: typ, Time: start.Add(at), Attrs: map[string]any{}}
	for _, o := range options {
		o(e)
	}
	return e
}

func attr(name string, v any) option { return func(e *fusion.Event) { e.Attrs[name] = v } }

func subject(s string) option { return func(e *fusion.Event) { e.Subject = s } }

func msg(m fusion.MsgType, references ...string) option {
	return func(e *fusion.Event) { e.MsgType, e.References = m, references }
}

// north puts an event so many metres north of a point in Roermond.
func north(m float64) option {
	return func(e *fusion.Event) { e.Geometry = fusion.NewPoint(5.98712, 51.19433+m/111319.49) }
}

func ce(m float64) option { return func(e *fusion.Event) { e.Location = &fusion.Location{CE: new(m)} } }

func vehicle(plate string, candidates ...string) option {
	return func(e *fusion.Event) {
		x := fusion.Entity{Type: fusion.EntityVehicle, Value: plate}
		for _, c := range candidates {
			x.Candidates = append(x.Candidates, fusion.Candidate{Value: c, Confidence: 50})
		}
		e.Entities = append(e.Entities, x)
	}
}

// summary writes hits as `rule/key@anchor[inputs]`, for comparisons.
func summary(matches []Match) string {
	var out []string
	for _, m := range matches {
		var in []string
		for _, i := range m.Hit.Inputs {
			in = append(in, string(i.Event))
		}
		out = append(out, fmt.Sprintf("%s/%s@%s[%s]", m.Rule.ID, m.Hit.Key, m.Anchor().ID, strings.Join(in, " ")))
	}
	return strings.Join(out, " ")
}

func want(t *testing.T, got []Match, summaryWanted string) {
	t.Helper()
	if s := summary(got); s != summaryWanted {
		t.Errorf("got  %s\nwant %s", s, summaryWanted)
	}
}
