package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// TestResetOfEveryKind: without the event that resets there is a hit, with it
// there is none; it needs neither a place nor a thing of its own.
func TestResetOfEveryKind(t *testing.T) {
	const m = time.Minute
	near := north(0)
	for name, c := range map[string]struct {
		match  string
		events []*fusion.Event // the last completes the hit
	}{
		"all":      {"{all: [raid, car], within: 10m, near: 100, by: area", []*fusion.Event{raid("r", 0, in("x"), near), car("c", 2*m, in("x"), near)}},
		"sequence": {"{sequence: [raid, car], within: 10m, near: 100, by: area", []*fusion.Event{raid("r", 0, in("x"), near), car("c", 2*m, in("x"), near)}},
		"not":      {"{sequence: [raid, {not: unit}, car], within: 10m, by: area", []*fusion.Event{raid("r", 0, in("x")), car("c", 2*m, in("x"))}},
		"count":    {"{count: car, within: 10m, atleast: 2, near: 100, by: area", []*fusion.Event{car("b", 0, in("x"), near), car("c", 2*m, in("x"), near)}},
		"tumbling": {"{count: car, within: 10m, atleast: 2, window: tumbling, by: area", []*fusion.Event{car("b", 0, in("x")), car("c", 2*m, in("x"))}},
		"exactly":  {"{count: car, within: 10m, exactly: 2, by: area", []*fusion.Event{car("b", 0, in("x")), car("c", 2*m, in("x"))}},
		"distinct": {"{distinct: car, of: vehicle, within: 10m, atleast: 2, by: area", []*fusion.Event{car("b", 0, in("x"), vehicle("A")), car("c", 2*m, in("x"), vehicle("B"))}},
		"measure": {"{measure: car, of: attrs.speed_kmh, take: sum, atleast: 100, within: 10m, by: area", []*fusion.Event{
			car("b", 0, in("x"), attr("speed_kmh", 50.0)), car("c", 2*m, in("x"), attr("speed_kmh", 50.0)),
		}},
		"absence": {"{absence: {after: raid, no: unit, within: 5m}, near: 100, by: area", []*fusion.Event{raid("r", 0, in("x"), near)}},
		"silence": {"{silence: {of: car, for: 5m}, by: area", []*fusion.Event{car("c", 0, in("x"))}},
		"fence": {"{fence: {of: car, near: [5.98712, 51.19433], radius: 500, when: enter}, by: area", []*fusion.Event{
			car("b", 0, in("x"), vehicle("A"), north(900)), car("c", 2*m, in("x"), vehicle("A"), near),
		}},
		"meet": {"{meet: {of: [car, unit], within: 100, fresh: 5m}, by: area", []*fusion.Event{
			unit("u", 0, in("x"), subject("1"), near), car("c", 2*m, in("x"), vehicle("A"), near),
		}},
		"empty": {"{empty: {of: car, near: [5.98712, 51.19433], radius: 500}, by: area", []*fusion.Event{
			car("b", 0, in("x"), vehicle("A"), near), car("c", 2*m, in("x"), vehicle("A"), north(900)),
		}},
	} {
		events := "events:\n  done: {type: police.unit.status, when: attrs.state == \"free\"}\n"
		for _, e := range []string{"raid: {type: sensor.alarm.trigger}", "car: {type: sensor.anpr.passage}", "unit: {type: sensor.unit.position}"} {
			if name, _, _ := strings.Cut(e, ":"); mentions(c.match, name) {
				events += "  " + e + "\n"
			}
		}
		set := compile(t, ruleText("r", events+"match: "+c.match+", reset: done}\n"))
		if got := newRoom(set).silent(time.Hour, c.events...); len(got) != 1 {
			t.Errorf("%s without a reset: %s", name, summary(got))
		}
		done := event("z", "police.unit.status", m, attr("state", "free"), in("x"))
		last := len(c.events) - 1
		for when, order := range map[string][]*fusion.Event{
			"in order":  slices.Insert(slices.Clone(c.events), max(1, last), done),
			"elsewhere": append([]*fusion.Event{event("y", "police.unit.status", m, attr("state", "free"), in("y"))}, c.events...),
		} {
			r := newRoom(set)
			got := r.all(order...)
			r.state = recode(t, r.state)
			got = append(got, r.wait(time.Hour)...)
			if want := map[string]int{"in order": 0, "elsewhere": 1}[when]; len(got) != want {
				t.Errorf("%s, reset %s: got %s, want %d", name, when, summary(got), want)
			}
		}
	}
}

// TestResetByNamesOfItsOwn: the key of the event that resets may be called
// differently, as that of any other.
func TestResetByNamesOfItsOwn(t *testing.T) {
	const m = time.Minute
	rule := ruleText("c", `
events:
  car: {type: sensor.anpr.passage}
  call: {type: police.dispatch.call}
match: {count: car, within: 10m, atleast: 2, by: {plate: {car: vehicle, call: attrs.text}}, reset: call}
`)
	says := func(plate string, at time.Duration) *fusion.Event { return event("z", call, at, attr("text", plate)) }
	a, b := car("a", 0, vehicle("A")), car("b", 2*m, vehicle("A"))
	want(t, newRoom(compile(t, rule)).all(a, says("A", m), b), "")
	want(t, newRoom(compile(t, rule)).all(a, says("B", m), b), "c/A@b[a b]")
	want(t, newRoom(compile(t, rule)).all(a, says("", m), b), "c/A@b[a b]")
}

// TestOneKeyOfSeveralNames: each event calls a key as it likes, and keys that
// all call alike stand beside it.
func TestOneKeyOfSeveralNames(t *testing.T) {
	rule := ruleText("a", `
events:
  call: {type: police.dispatch.call}
  car: {type: sensor.anpr.passage}
  row: {type: police.record.row}
match:
  all: [call, car, row]
  within: 10m
  by: {plate: {call: 'plate(attrs.text)', car: vehicle, row: 'plate(attrs.fields["Kenteken"])'}, area: area}
`)
	row := event("r", fusion.TypeRecord, 2, attr("fields", map[string]any{"Kenteken": "ab-12-cd"}), in("x"))
	got := newRoom(compile(t, rule)).all(event("c", call, 0, attr("text", "AB 12 CD"), in("x")), car("v", 1, vehicle("AB12CD"), in("x")), row)
	want(t, got, "a/AB12CD|x@r[c v r]")
}
