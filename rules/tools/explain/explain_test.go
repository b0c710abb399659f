package explain_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/rules/tools/explain"
)

const head = `title: T
description: D
owner: O
purpose: {basis: wpg-8, text: P}
mode: live
`

const getaway = `rule: getaway
` + head + `events:
  raid:
    - {type: police.dispatch.call, when: 'attrs.nature in ["theft.ram-raid", "theft.burglary"]'}
  car: {type: sensor.anpr.passage, when: 'listed("stolen-plates", entity("vehicle")) && area == "centre"'}
match: {sequence: [raid, car], within: 15m, near: 2000, where: 'car.confidence >= 80 || distance(raid, car) < 100'}
score:
  base: 40
  add: [{points: 30, when: 'distance(raid, car) < 1000', because: seen within 1 km}]
  threshold: 60
incident: {kind: raid, severity: high, title: "Vehicle {{ car.entity('vehicle') }}"}
`

const callers = `rule: callers
` + head + `events:
  call: {type: police.dispatch.call, when: attrs.nature == "fire.building"}
match: {count: call, within: 10m, atleast: 3, by: [source]}
incident: {kind: fire, severity: high, title: Fire}
`

const onHits = `rule: again
` + head + `events:
  hit: {type: rule.callers, when: attrs.key == "west"}
match: {event: hit}
incident: {open: false, join: [fire]}
`

const unanswered = `rule: unanswered
` + head + `events:
  call: {type: police.dispatch.call, when: attrs.nature == "fire.building"}
  unit: {type: police.unit.status, when: attrs.state == "en route"}
match: {absence: {after: call, no: unit, within: 10m}}
incident: {kind: fire, severity: high, title: Nobody goes}
`

// start is 14:00 in the Netherlands.
var start = time.Date(2026, 1, 14, 13, 0, 0, 0, time.UTC)

type event = fusion.Event

func at(d time.Duration, id string, typ fusion.EventType, attrs map[string]any) *event {
	return &event{
		ID: fusion.EventID(id), Source: "east", Type: typ, Time: start.Add(d), RecordedTime: start.Add(d),
		Status: fusion.StatusActual, MsgType: fusion.MsgAlert, Geometry: fusion.NewPoint(5.987, 51.194), Attrs: attrs,
	}
}

func raid(d time.Duration) *event {
	return at(d, "raid", fusion.TypeCall, map[string]any{"nature": "theft.ram-raid"})
}

// car passes so many metres north of the raid.
func car(d time.Duration, north, sure float64) *event {
	e := at(d, "car", fusion.TypeANPR, map[string]any{"camera": "a"})
	e.Geometry, e.Confidence = fusion.NewPoint(5.987, 51.194+north/111_195), &sure
	e.Entities = []fusion.Entity{{Type: fusion.EntityVehicle, Value: "AB12CD"}}
	return e
}

func call(d time.Duration, n int, source string) *event {
	e := at(d, fmt.Sprint("call-", n), fusion.TypeCall, map[string]any{"nature": "fire.building"})
	e.Source = source
	return e
}

func of(events ...*event) iter.Seq2[*event, error] {
	return func(yield func(*event, error) bool) {
		for _, e := range events {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func run(t *testing.T, rule string, listed bool, events ...*event) *explain.Explanation {
	t.Helper()
	q := explain.Request{Rule: rule, Events: of(events...), Content: engine.Content{
		Rules: map[string]string{"getaway.yaml": getaway, "callers.yaml": callers, "again.yaml": onHits, "unanswered.yaml": unanswered}, Areas: geojson.NewFeatureCollection(),
	}}
	centre := geojson.NewFeature(orb.Bound{Min: orb.Point{5.9, 51.1}, Max: orb.Point{6.1, 51.3}}.ToPolygon())
	centre.Properties["id"] = "centre"
	q.Content.Areas.Append(centre)
	if listed {
		q.Lists = map[string][]store.ListEntry{"stolen-plates": {{Value: "AB12CD", Note: "stolen", Owner: "rtic"}}}
	}
	x, err := explain.Run(q)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// says finds what was said of an event.
func says(t *testing.T, x *explain.Explanation, id string) string {
	t.Helper()
	i := slices.IndexFunc(x.Accounts, func(a explain.Account) bool { return string(a.Event) == id })
	if i < 0 {
		t.Fatalf("there is no account of %s:\n%s", id, x.Text())
	}
	return strings.Join(x.Accounts[i].Says, "\n")
}

func TestSequence(t *testing.T) {
	late := raid(0)
	late.RecordedTime = start.Add(20 * time.Minute)
	drill := car(5*time.Minute, 0, 90)
	drill.Status = fusion.StatusExercise
	for name, c := range map[string]struct {
		listed bool
		events []*event
		of     string
		want   string
	}{
		"fired":     {true, []*event{raid(0), car(15*time.Minute, 500, 90)}, "car", `fired: "Vehicle AB12CD", 70 points: 40 base, 30 seen within 1 km; AB12CD is on stolen-plates: stolen (rtic)`},
		"was part":  {true, []*event{raid(0), car(15*time.Minute, 500, 90)}, "raid", "is a raid; car may come until 14:15:00 (15 min after it)\nis part of the hit at 14:15:00"},
		"too late":  {true, []*event{raid(0), car(15*time.Minute+10*time.Second, 500, 90)}, "car", "car passed 10 s too late: it had to come by 14:15:00 (15 min after the raid at 14:00:00) and came at 14:15:10"},
		"told both": {true, []*event{raid(0), car(15*time.Minute+10*time.Second, 500, 90)}, "raid", "car passed 10 s too late"},
		"alone":     {true, []*event{car(0, 500, 90)}, "car", "is a car; no raid came before it in these events"},
		"waits":     {true, []*event{raid(0)}, "raid", "car may come until 14:15:00 (15 min after it)\nno car came in these events"},
		"order":     {true, []*event{car(0, 0, 90), raid(time.Minute)}, "car", "raid came at 14:01:00, 1 min after this; it has to come before"},
		"far":       {true, []*event{raid(0), car(time.Minute, 2500, 90)}, "car", "raid and car are too far apart: 2.5 km apart, the rule allows 2.0 km"},
		"where":     {true, []*event{raid(0), car(time.Minute, 500, 70)}, "car", "where does not hold: car.confidence >= 80 does not hold (car.confidence is 70) and also distance(raid, car) < 100 does not hold (distance(raid, car) is 500"},
		"score":     {true, []*event{raid(0), car(time.Minute, 1500, 90)}, "car", "scores 40 of the 60 that are needed: 40 base; not given: 30 seen within 1 km (distance(raid, car) is 150"},
		"no fill":   {false, []*event{raid(0), car(time.Minute, 500, 90)}, "car", `is no car: listed("stolen-plates", entity("vehicle")) does not hold (entity("vehicle") is AB12CD)`},
		"lateness":  {true, []*event{late, car(20*time.Minute, 0, 90)}, "raid", "came in 20 min after it happened; the window keeps 15 min and 2 min for what is late, so it counts no more"},
		"exercise":  {true, []*event{raid(0), drill}, "car", "has the status exercise; tests and exercises meet no rule"},
		"duplicate": {true, []*event{raid(0), raid(0)}, "raid", "car may come until"},
	} {
		t.Run(name, func(t *testing.T) {
			x := run(t, "getaway", c.listed, c.events...)
			if got := says(t, x, c.of); !strings.Contains(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestEveryPartHasItsValue(t *testing.T) {
	x := run(t, "getaway", true, raid(0), car(time.Minute, 500, 90))
	for _, want := range []string{
		"waits for: raid, then car within 15 min, at most 2.0 km apart",
		"2 events, 2 of types that it looks at, 1 hit",
		`      + attrs.nature in ["theft.ram-raid", "theft.burglary"] (attrs.nature is theft.ram-raid)`,
		"      + all of\n        + listed(\"stolen-plates\", entity(\"vehicle\")) (entity(\"vehicle\") is AB12CD)\n        + area == \"centre\" (area is centre)",
	} {
		if !strings.Contains(x.Text(), want) {
			t.Errorf("want %q in\n%s", want, x.Text())
		}
	}
	if b, err := fusion.Encode(x); err != nil || !strings.Contains(string(b), `"fired":true`) {
		t.Errorf("%s %v", b, err)
	}
}

func TestCount(t *testing.T) {
	x := run(t, "callers", false, call(0, 1, "west"), call(time.Minute, 2, "west"), call(2*time.Minute, 3, "north"), call(3*time.Minute, 4, "west"))
	for id, want := range map[string]string{
		"call-1": "is part of the hit at 14:03:00",
		"call-3": "with it there are 1 of 3 events within 10 min; the rest had to come by 14:12:00 (10 min after the first at 14:02:00)",
		"call-4": `fired: "Fire"`,
	} {
		if got := says(t, x, id); !strings.Contains(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", id, got, want)
		}
	}
}

func TestAbsence(t *testing.T) {
	unit := at(10*time.Minute+time.Second, "unit", fusion.TypeUnitStatus, map[string]any{"state": "en route"})
	x := run(t, "unanswered", false, call(0, 1, "west"), unit)
	if got := says(t, x, "call-1"); got != "fired when it was 14:10:00: \"Nobody goes\"\n"+
		"is a call; it is a hit when no unit comes until 14:10:00 (10 min after it)\nunit came 1 s too late, at 14:10:01" {
		t.Errorf("%s\n%s", got, x.Text())
	}
	unit.Time, unit.RecordedTime = start.Add(10*time.Minute), start.Add(10*time.Minute)
	x = run(t, "unanswered", false, call(0, 1, "west"), unit)
	if got := says(t, x, "call-1"); !strings.HasSuffix(got, "unit came in time, at 14:10:00") || x.Accounts[0].Fired {
		t.Errorf("%s", got)
	}
}

func TestRulesOnHits(t *testing.T) {
	x := run(t, "again", false, call(0, 1, "west"), call(1, 2, "west"), call(2, 3, "west"), call(3, 4, "east"), call(4, 5, "east"), call(5, 6, "east"))
	if len(x.Accounts) != 2 || !x.Accounts[0].Fired || x.Accounts[1].Fired {
		t.Fatalf("%s", x.Text())
	}
	if got := strings.Join(x.Accounts[1].Says, ""); !strings.Contains(got, `attrs.key == "west" does not hold (attrs.key is east)`) {
		t.Errorf("%s", got)
	}
}

func TestOnly(t *testing.T) {
	x := run(t, "getaway", true, raid(0), car(time.Minute, 500, 90))
	if !x.Only("car") || len(x.Accounts) != 1 || x.Only("nobody") {
		t.Errorf("%s", x.Text())
	}
	hit := run(t, "getaway", true, raid(0), car(time.Minute, 500, 90)).Accounts[1].Hits[0].ID
	x = run(t, "getaway", true, raid(0), car(time.Minute, 500, 90), call(2*time.Minute, 1, "west"))
	if !x.Only(hit) || len(x.Accounts) != 2 {
		t.Errorf("of a hit: %s", x.Text())
	}
	_, err := explain.Run(explain.Request{Rule: "nothing", Events: of()})
	if fusion.KindOf(err) != fusion.KindNotFound {
		t.Errorf("a rule that is not there gives %v", err)
	}
}
