package rules

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

func TestSequenceSteps(t *testing.T) {
	const m = time.Minute
	not := "{sequence: [raid, {not: unit}, car], within: 10m}"
	run := "{sequence: [raid, {event: car, times: 2..3}, unit], within: 10m}"
	for name, c := range map[string]struct {
		match  string
		events []*fusion.Event
		want   string
	}{
		"not between: nothing there": {not, []*fusion.Event{raid("r", 0), car("c", m), unit("u", 2*m)}, "s/@c[r c]"},
		"not between: it is there":   {not, []*fusion.Event{raid("r", 0), unit("u", m), car("c", 2*m)}, ""},
		"not between: it came late":  {not, []*fusion.Event{raid("r", 0), car("c", 2*m), unit("u", m)}, ""},
		"not between: both ends count": {
			not, []*fusion.Event{raid("r", 0), unit("u", 0), raid("q", m), car("c", 2*m), unit("v", 2*m)}, "",
		},
		"not between: another pair is free of it": {
			not, []*fusion.Event{raid("r", 0), unit("u", m), raid("q", 2*m), car("c", 3*m)}, "s/@c[q c]",
		},
		"not between: with pick first too": {
			"{sequence: [raid, {not: unit}, car], within: 10m, pick: first}",
			[]*fusion.Event{raid("r", 0), unit("u", m), raid("q", 2*m), car("c", 3*m)},
			"s/@c[q c]",
		},
		"not between: another key does not count": {
			"{sequence: [raid, {not: unit}, car], within: 10m, by: area}",
			[]*fusion.Event{raid("r", 0, in("x")), unit("u", m, in("y")), car("c", 2*m, in("x"))},
			"s/x@c[r c]",
		},
		"not between: near counts only what is near": {
			"{sequence: [raid, {not: unit}, car], within: 10m, near: 100}",
			[]*fusion.Event{raid("r", 0, north(0)), unit("u", m, north(200)), car("c", 2*m, north(0))},
			"s/@c[r c]",
		},
		"not at the end: nothing came": {
			"{sequence: [raid, car, {not: unit, within: 5m}], within: 10m}",
			[]*fusion.Event{raid("r", 0), car("c", m), unit("u", 6*m+1)},
			"s/@c[r c]",
		},
		"not at the end: it came": {
			"{sequence: [raid, car, {not: unit, within: 5m}], within: 10m}",
			[]*fusion.Event{raid("r", 0), car("c", m), unit("u", 6*m)},
			"",
		},
		"times: too few": {run, []*fusion.Event{raid("r", 0), car("c", m), unit("u", 2*m)}, ""},
		"times: as many as fit": {
			run, []*fusion.Event{raid("r", 0), car("a", m), car("b", 2*m), car("c", 3*m), unit("u", 4*m)}, "s/@u[r a b c u]",
		},
		"times: no more than its most, the latest": {
			run, []*fusion.Event{raid("r", 0), car("z", m), car("a", 2*m), car("b", 3*m), car("c", 4*m), unit("u", 5*m)}, "s/@u[r a b c u]",
		},
		"times: the first with pick first": {
			"{sequence: [raid, {event: car, times: 2..3}, unit], within: 10m, pick: first}",
			[]*fusion.Event{raid("r", 0), car("z", m), car("a", 2*m), car("b", 3*m), car("c", 4*m), unit("u", 5*m)},
			"s/@u[r z a b u]",
		},
		"times: as far as within holds": {
			run, []*fusion.Event{car("x", 0), raid("r", m), car("a", 2*m), car("b", 3*m), unit("u", 11*m)}, "s/@u[r a b u]",
		},
		"times: fewer when the rest asks for it": {
			run, []*fusion.Event{car("x", 0), raid("r", m), car("a", 2*m), car("b", 3*m), unit("u", 4*m)}, "s/@u[r a b u]",
		},
		"times: at the end it fires from the least on": {
			"{sequence: [raid, {event: car, times: 2..}], within: 10m}",
			[]*fusion.Event{raid("r", 0), car("a", m), car("b", 2*m), car("c", 3*m)},
			"s/@b[r a b] s/@c[r a b c]",
		},
		"times: exactly": {
			"{sequence: [raid, {event: car, times: 2}], within: 10m}",
			[]*fusion.Event{raid("r", 0), car("a", m), car("b", 2*m), car("c", 3*m)},
			"s/@b[r a b] s/@c[r b c]",
		},
		"times: consume": {
			"{sequence: [{event: car, times: 2}, unit], within: 10m, then: consume}",
			[]*fusion.Event{car("a", 0), car("b", m), unit("u", 2*m), unit("v", 3*m)},
			"s/@u[a b u]",
		},
		"times: a late one completes": {
			run, []*fusion.Event{raid("r", 0), car("b", 2*m), unit("u", 3*m), car("a", m)}, "s/@u[r a b u]",
		},
		"optional: there": {
			"{sequence: [raid, {event: car, times: 0..1}, unit], within: 10m}",
			[]*fusion.Event{raid("r", 0), car("c", m), unit("u", 2*m)},
			"s/@u[r c u]",
		},
		"optional: not there": {
			"{sequence: [raid, {event: car, times: 0..1}, unit], within: 10m}", []*fusion.Event{raid("r", 0), unit("u", 2*m)}, "s/@u[r u]",
		},
		"optional: what may not occur holds across it": {
			"{sequence: [raid, {not: unit}, {event: car, times: 0..1}, {event: call, times: 1}], within: 10m}",
			[]*fusion.Event{raid("r", 0), unit("u", m), event("k", call, 2*m)},
			"",
		},
		"strict: nothing between": {
			"{sequence: [raid, unit], within: 10m, contiguity: strict}", []*fusion.Event{raid("r", 0), unit("u", m)}, "s/@u[r u]",
		},
		"strict: another event of the rule between": {
			"{sequence: [raid, {event: car, times: 0..1}, unit], within: 10m, contiguity: strict}",
			[]*fusion.Event{raid("r", 0), car("a", m), car("b", 2*m), unit("u", 3*m)},
			"",
		},
		"strict: it came late": {
			"{sequence: [raid, {event: car, times: 0..1}, unit], within: 10m, contiguity: strict}",
			[]*fusion.Event{raid("r", 0), car("b", 2*m), unit("u", 3*m), raid("q", m)},
			"s/@u[q b u]",
		},
		"strict: the same moment as the first or the last is not between": {
			"{sequence: [raid, unit], within: 10m, contiguity: strict}",
			[]*fusion.Event{raid("r", 0), raid("q", 0), unit("u", m), unit("v", m)},
			"s/@u[r u q] s/@v[r v q]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := newRoom(compile(t, stepsRule(c.match))).silent(time.Hour, c.events...)
			want(t, got, c.want)
		})
	}
}

// stepsRule names what the match uses.
func stepsRule(match string) string {
	var events string
	for name, def := range map[string]string{
		"raid": "sensor.alarm.trigger, when: attrs.state == \"raised\"", "car": "sensor.anpr.passage",
		"unit": "sensor.unit.position", "call": "police.dispatch.call",
	} {
		if mentions(match, name) {
			events += "  " + name + ": {type: " + def + "}\n"
		}
	}
	return ruleText("s", "events:\n"+events+"match: "+match+"\n")
}

func TestSequenceWaitsOnlyForWhatCouldBeUndone(t *testing.T) {
	r := newRoom(compile(t, stepsRule("{sequence: [raid, {event: car, times: 2..3}], within: 10m}")))
	want(t, r.all(raid("r", 0), car("a", 1), car("b", 2)), "s/@b[r a b]")
	r = newRoom(compile(t, stepsRule("{sequence: [raid, {not: unit}, car], within: 10m}")))
	want(t, r.all(raid("r", 0), car("a", 1)), "")
	want(t, r.wait(2*time.Minute), "s/@a[r a]")
}

func TestSequenceNames(t *testing.T) {
	r := newRoom(compile(t, stepsRule(`{sequence: [raid, {event: car, times: 2}, {event: call, times: 0..1}, unit], within: 10m, where: 'car.attrs.lane == "2" && call.attrs.nature == ""'}`)))
	lane := func(l string) option { return attr("lane", l) }
	want(t, r.all(raid("r", 0), car("a", 1, lane("1")), car("b", 2, lane("2")), unit("u", 3)), "s/@u[r a b u]")
}

// TestNotAgainstDefinition compares with a search of all pairs.
func TestNotAgainstDefinition(t *testing.T) {
	set := compile(t, stepsRule("{sequence: [raid, {not: unit}, car], within: 40s, by: area}"))
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		wanted := map[string]int{}
		for _, c := range events {
			for _, r := range events {
				gap := c.Time.Sub(r.Time)
				ok := r.Type == alarm && c.Type == anpr && r.Location.Area == c.Location.Area && gap >= 0 && gap <= 40*time.Second
				for _, u := range events {
					ok = ok && !(u.Type == fusion.TypeUnitPosition && u.Location.Area == c.Location.Area && !u.Time.Before(r.Time) && !u.Time.After(c.Time))
				}
				if ok {
					wanted["s/"+c.Location.Area+"@"+string(c.ID)] = 1
				}
			}
		}
		got := anchors(newRoom(set).silent(time.Hour, events...))
		for k := range got {
			if wanted[k] == 0 {
				t.Fatalf("got %v, want %v", got, wanted)
			}
		}
		if len(got) != len(wanted) {
			t.Fatalf("got %v, want %v", got, wanted)
		}
	})
}
