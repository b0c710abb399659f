package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

// everyKind has a rule of each kind that keeps something.
var everyKind = map[string]string{
	"all":             twoStep("{all: [raid, car], within: 1m, by: area, quiet: 10s}"),
	"sequence":        stepsRule("{sequence: [raid, {event: car, times: 1..2}, unit], within: 1m, by: area}"),
	"sequence, not":   stepsRule("{sequence: [raid, {not: unit}, car], within: 1m, by: area}"),
	"sequence, tail":  stepsRule("{sequence: [raid, car, {not: unit, within: 20s}], within: 1m, by: area}"),
	"sequence, reset": stepsRule("{sequence: [raid, car], within: 1m, by: area, reset: unit}"),
	"count":           ruleText("c", "events: {car: {type: sensor.anpr.passage}}\nmatch: {count: car, within: 1m, atleast: 3, by: area, then: keep}\n"),
	"count, tumbling": ruleText("c", "events: {car: {type: sensor.anpr.passage}}\nmatch: {count: car, within: 1m, atmost: 3, by: area, window: tumbling}\n"),
	"distinct":        distinctRule("{distinct: car, of: attrs.camera, within: 1m, atleast: 2, by: area}"),
	"measure":         measureRule("take: avg, above: 0, within: 20s, by: area"),
	"measure session": measureRule("take: avg, above: 0, within: 1m, window: session, gap: 5s, by: area"),
	"absence":         absenceRule(", by: area"),
	"silence":         silence(", by: area"),
	"fence":           fenceRule("area: park, when: exit, lost: 30s"),
	"dwell":           fenceRule("area: park, when: dwell, for: 20s"),
	"cross":           fenceRule("area: park, when: cross"),
	"meet":            meetRule("within: 200"),
	"empty":           emptyRule("area: park, for: 10s, lost: 30s"),
}

// traffic is what moves and happens in many areas.
func traffic(t *rapid.T) (events []*fusion.Event) {
	types := []fusion.EventType{alarm, anpr, fusion.TypeUnitPosition, fusion.TypeVesselPosition}
	for i := range rapid.IntRange(1, 30).Draw(t, "n") {
		n := func(most int, what string) int { return rapid.IntRange(0, most).Draw(t, what) }
		e := event(fmt.Sprintf("e%02d", i), types[n(3, "type")], time.Duration(n(180, "second"))*time.Second, attr("state", "raised"),
			attr("camera", fmt.Sprint(n(2, "camera"))), attr("speed_kmh", float64(n(9, "speed"))), in(fmt.Sprint("a", n(5, "area"))),
			north(float64(n(2, "place"))*300))
		if k := n(5, "thing"); k > 0 {
			e.Subject = fmt.Sprint(k)
		}
		events = append(events, e)
	}
	return events
}

// TestLimitsOfEveryKind: no kind keeps more than it may, and none keeps
// anything when its time has passed.
func TestLimitsOfEveryKind(t *testing.T) {
	for name, text := range everyKind {
		set := compile(t, text).With(Options{MaxKeys: 3, MaxEntries: 4})
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			r := newRoom(set)
			r.world = park{}
			for _, e := range traffic(t) {
				r.send(e)
				for _, rs := range r.state.rules {
					if len(rs.windows) > 3 || len(rs.quiet) > 3 {
						t.Fatalf("%d windows and %d quiet keys", len(rs.windows), len(rs.quiet))
					}
					for key, w := range rs.windows {
						if len(w.entries) > 4 {
							t.Fatalf("%d entries of %s", len(w.entries), key)
						}
					}
				}
			}
			r.wait(3 * time.Hour)
			r.wait(time.Hour)
			for id, rs := range r.state.rules {
				if len(rs.windows)+len(rs.quiet)+len(r.state.held.ids)+len(r.state.held.things)+len(r.state.deadlines) > 0 {
					t.Fatalf("%s keeps %+v, %v, %v", id, rs, r.state.held, r.state.deadlines)
				}
			}
		}))
	}
}

// TestContinueEveryKind: from a state that was written and read after every
// event, each kind goes on as from the one that was not.
func TestContinueEveryKind(t *testing.T) {
	var texts []string
	for name, text := range everyKind {
		id := strings.NewReplacer(", ", "-", " ", "-").Replace(name)
		texts = append(texts, "rule: "+id+text[strings.Index(text, "\n"):])
	}
	set := compile(t, texts...).With(Options{MaxEntries: 6})
	rapid.Check(t, func(t *rapid.T) {
		straight, resumed := newRoom(set), newRoom(set)
		straight.world, resumed.world = park{}, park{}
		for _, e := range traffic(t) {
			e.MsgType = rapid.SampledFrom([]fusion.MsgType{"", "", "", fusion.MsgUpdate, fusion.MsgCancel}).Draw(t, "msgtype")
			if a, b := full(straight.send(e)), full(resumed.send(e)); a != b {
				t.Fatalf("straight %s\nresumed  %s", a, b)
			}
			resumed.state = recode(t, resumed.state)
			if x, y := encode(t, straight.state), encode(t, resumed.state); string(x) != string(y) {
				t.Fatalf("straight %s\nresumed  %s", x, y)
			}
		}
		if a, b := full(straight.wait(3*time.Hour)), full(resumed.wait(3*time.Hour)); a != b {
			t.Fatalf("straight %s\nresumed  %s", a, b)
		}
	})
}
