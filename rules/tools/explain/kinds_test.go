package explain_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/rules/tools/explain"
)

var update = flag.Bool("update", false, "write the golden files anew")

// of makes a rule about a call, a car, a unit and a level, as far as its match
// names them.
func ruleOf(match string) string {
	events := "events:\n"
	for name, def := range map[string]string{
		"call":  "{type: police.dispatch.call, when: 'attrs.nature == \"fire.building\"'}",
		"car":   "{type: sensor.anpr.passage}",
		"unit":  "{type: sensor.unit.position}",
		"medic": "{type: sensor.vessel.position}",
		"level": "{type: sensor.water.level}",
		"raid":  "{type: sensor.alarm.trigger}",
	} {
		if strings.Contains(match, name) {
			events += "  " + name + ": " + def + "\n"
		}
	}
	return "rule: r\n" + head + events + "match: " + match + "\nincident: {kind: k, severity: low, title: Hit}\n"
}

func runOf(t *testing.T, rule string, events ...*event) *explain.Explanation {
	t.Helper()
	q := explain.Request{Rule: "r", Events: of(events...), Content: engine.Content{Rules: map[string]string{"r.yaml": rule}, Areas: geojson.NewFeatureCollection()}}
	centre := geojson.NewFeature(orb.Bound{Min: orb.Point{5.9, 51.1}, Max: orb.Point{6.1, 51.3}}.ToPolygon())
	centre.Properties["id"] = "centre"
	q.Content.Areas.Append(centre)
	x, err := explain.Run(q)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

const m = time.Minute

// position is one of a thing, so many metres north of the town.
func position(d time.Duration, thing string, typ fusion.EventType, of fusion.EntityType, north float64) *event {
	e := at(d, fmt.Sprintf("%s@%s", thing, d), typ, nil)
	e.Geometry = fusion.NewPoint(5.987, 51.194+north/111_195)
	e.Entities = []fusion.Entity{{Type: of, Value: thing}}
	return e
}

func unit(d time.Duration, thing string, north float64) *event {
	return position(d, thing, fusion.TypeUnitPosition, fusion.EntityUnit, north)
}

func boat(d time.Duration, north float64) *event {
	return position(d, "boat", fusion.TypeVesselPosition, fusion.EntityVessel, north)
}

func level(d time.Duration, metres float64) *event {
	return at(d, fmt.Sprint("level@", d), fusion.TypeWaterLevel, map[string]any{"level_m": metres})
}

func seen(d time.Duration, plate string, north float64) *event {
	return position(d, plate, fusion.TypeANPR, fusion.EntityVehicle, north)
}

func alarm(d time.Duration, north float64) *event {
	e := at(d, fmt.Sprint("raid@", d), fusion.TypeAlarm, map[string]any{"alarm": "burglary"})
	e.Geometry = fusion.NewPoint(5.987, 51.194+north/111_195)
	return e
}

// late makes an event come in so much later than it happened.
func late(e *event, by time.Duration) *event {
	e.RecordedTime = e.Time.Add(by)
	return e
}

func vague(e *event, ce float64) *event {
	e.Location = &fusion.Location{CE: &ce}
	return e
}

// TestEveryKind tells what became of events of each kind of match; the golden
// file is for people to read.
func TestEveryKind(t *testing.T) {
	nowhere := seen(m, "AB12CD", 0)
	nowhere.Geometry = nil
	other := call(m, 2, "west")
	other.Attrs["nature"] = "fire.outdoor"
	var b strings.Builder
	for _, c := range []struct {
		name, match string
		events      []*event
	}{
		{"any: one event is enough", "{any: [call, car], where: 'call.type != \"\" || car.confidence > 80'}", []*event{call(0, 1, "west"), other, seen(m, "AB12CD", 0)}},
		{"all: one is missing", "{all: [call, car, raid], within: 10m, near: 300}", []*event{call(0, 1, "west"), seen(m, "AB12CD", 410), alarm(2*m, 50)}},
		{"all: too far apart in time", "{all: [call, car], within: 10m}", []*event{call(0, 1, "west"), seen(12*m, "AB12CD", 0)}},
		{"count: too far away, and another key", "{count: car, within: 10m, atleast: 3, near: 300, by: vehicle}", []*event{seen(0, "AB12CD", 0), seen(m, "AB12CD", 410), seen(2*m, "XY34ZZ", 0), seen(3*m, "AB12CD", 20)}},
		{"count: places that are not exact", "{count: raid, within: 10m, atleast: 2, near: 300}", []*event{vague(alarm(0, 0), 60), vague(alarm(m, 410), 40)}},
		{"count: in a tumbling window", "{count: car, within: 10m, atleast: 3, window: tumbling}", []*event{seen(9*m, "AB12CD", 0), seen(10*m, "AB12CD", 0), seen(11*m, "AB12CD", 0)}},
		{"count: not too many", "{count: car, within: 10m, atmost: 1}", []*event{seen(0, "AB12CD", 0), seen(m, "AB12CD", 0)}},
		{"count: quiet after a hit", "{count: car, within: 10m, atleast: 2, then: keep, quiet: 30m}", []*event{seen(0, "AB12CD", 0), seen(m, "AB12CD", 0), seen(2*m, "AB12CD", 0)}},
		{"distinct", "{distinct: car, of: 'entity(\"vehicle\")', within: 10m, atleast: 3}", []*event{seen(0, "AB12CD", 0), seen(m, "AB12CD", 0), seen(2*m, "XY34ZZ", 0)}},
		{"measure: the average", "{measure: level, of: attrs.level_m, take: avg, above: 3.2, within: 10m, by: source}", []*event{level(0, 3), level(2*m, 3.1), level(4*m, 4), level(6*m, 4)}},
		{"measure: in a session", "{measure: level, of: attrs.level_m, take: sum, atleast: 9, within: 1h, window: session, gap: 5m}", []*event{level(0, 3), level(2*m, 3.1), level(10*m, 4)}},
		{"sequence: what must not come between", "{sequence: [raid, {not: unit}, car], within: 10m}", []*event{alarm(0, 0), unit(m, "11", 0), seen(2*m, "AB12CD", 0)}},
		{"sequence: what must not come behind", "{sequence: [raid, car, {not: unit, within: 5m}], within: 10m}", []*event{alarm(0, 0), seen(2*m, "AB12CD", 0), unit(4*m, "11", 0)}},
		{"sequence: several times", "{sequence: [{event: car, times: 3..5}, raid], within: 10m}", []*event{seen(0, "AB12CD", 0), seen(m, "AB12CD", 0), alarm(2*m, 0)}},
		{"sequence: strict", "{sequence: [raid, car, call], within: 10m, contiguity: strict}", []*event{alarm(0, 0), seen(m, "AB12CD", 0), seen(2*m, "XY34ZZ", 0), call(3*m, 1, "west")}},
		{"absence: too far away to count", "{absence: {after: raid, no: unit, within: 5m}, near: 300}", []*event{alarm(0, 0), unit(m, "11", 410)}},
		{"silence", "{silence: {of: unit, for: 5m}, by: unit}", []*event{unit(0, "11", 0), unit(m, "12", 0), unit(3*m, "11", 0), unit(9*m, "11", 0)}},
		{"fence: going in", "{fence: {of: unit, area: centre, when: enter}}", []*event{unit(0, "11", 0), unit(m, "11", 20_000), unit(2*m, "11", 0), unit(3*m, "11", 10)}},
		{"fence: going out of a circle", "{fence: {of: unit, near: [5.987, 51.194], radius: 500, when: exit}}", []*event{unit(0, "11", 620), unit(m, "11", 100), unit(2*m, "11", 700)}},
		{"fence: staying", "{fence: {of: unit, near: [5.987, 51.194], radius: 500, when: dwell, for: 10m}}", []*event{unit(0, "11", 100), unit(4*m, "11", 120), unit(7*m, "11", 620)}},
		{"fence: a position that came late", "{fence: {of: unit, near: [5.987, 51.194], radius: 500, when: enter}}", []*event{unit(0, "11", 620), late(unit(m, "11", 620), 5*m), unit(7*m, "11", 100)}},
		{"meet: too far, too old, and together", "{meet: {of: [unit, medic], within: 200}}", []*event{unit(0, "11", 0), boat(m, 410), boat(4*m, 20), unit(5*m, "11", 30)}},
		{"empty: somebody stayed", "{empty: {of: unit, near: [5.987, 51.194], radius: 500, for: 2m}}", []*event{unit(0, "11", 0), unit(m, "12", 100), unit(2*m, "11", 700), unit(3*m, "12", 800)}},
		{"late", "{count: car, within: 10m, atleast: 2}", []*event{seen(20*m, "AB12CD", 0), late(seen(0, "XY34ZZ", 0), 20*m)}},
		{"no place", "{sequence: [raid, car], within: 10m, near: 300}", []*event{alarm(0, 0), nowhere}},
	} {
		x := runOf(t, ruleOf(c.match), c.events...)
		fmt.Fprintf(&b, "=== %s\n%s\n", c.name, x.Text())
	}
	compare(t, "testdata/kinds.golden", b.String())
}

func compare(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || got != string(want) {
		t.Errorf("%s is not what was said (%v); -update writes it:\n%s", golden, err, got)
	}
}

// TestModes: what a rule in shadow finds is measured, a rule that is off finds
// nothing.
func TestModes(t *testing.T) {
	rule := ruleOf("{event: car}")
	shadow := runOf(t, strings.Replace(rule, "mode: live", "mode: shadow", 1), seen(0, "AB12CD", 0))
	if got := shadow.Accounts[0].Says[0]; got != `fired: "Hit" (in shadow: measured, nothing is opened)` {
		t.Error(got)
	}
	off := runOf(t, strings.Replace(rule, "mode: live", "mode: off", 1), seen(0, "AB12CD", 0))
	if got := off.Accounts[0].Says[0]; got != "the rule is off, so it meets no event" || !strings.Contains(off.Text(), "its mode is off: it does not run") {
		t.Errorf("%s\n%s", got, off.Text())
	}
}
