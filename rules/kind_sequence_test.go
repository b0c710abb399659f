package rules

import (
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

const (
	alarm = fusion.TypeAlarm
	anpr  = fusion.TypeANPR
)

func sequenceRule(match string) string {
	return ruleText("s", `
events:
  raid: {type: sensor.alarm.trigger, when: attrs.state == "raised"}
  car: {type: sensor.anpr.passage}
  unit: {type: sensor.unit.position}
match: `+match+"\n")
}

func twoStep(match string) string {
	return ruleText("s", `
events:
  raid: {type: sensor.alarm.trigger, when: attrs.state == "raised"}
  car: {type: sensor.anpr.passage}
match: `+match+"\n")
}

func raid(id string, at time.Duration, o ...option) *fusion.Event {
	return event(id, alarm, at, append(o, attr("state", "raised"))...)
}

func car(id string, at time.Duration, o ...option) *fusion.Event { return event(id, anpr, at, o...) }

func unit(id string, at time.Duration, o ...option) *fusion.Event {
	return event(id, fusion.TypeUnitPosition, at, o...)
}

func TestSequence(t *testing.T) {
	const m = time.Minute
	two := "{sequence: [raid, car], within: 10m}"
	three := "{sequence: [raid, car, unit], within: 10m}"
	for name, c := range map[string]struct {
		rule   string
		events []*fusion.Event
		want   string
	}{
		"in order":                   {twoStep(two), []*fusion.Event{raid("r", 0), car("c", m)}, "s/@c[r c]"},
		"the wrong order":            {twoStep(two), []*fusion.Event{car("c", 0), raid("r", m)}, ""},
		"the same moment":            {twoStep(two), []*fusion.Event{raid("r", m), car("c", m)}, "s/@c[r c]"},
		"both ends of the window":    {twoStep(two), []*fusion.Event{raid("r", 0), car("c", 10*m)}, "s/@c[r c]"},
		"a moment beyond the window": {twoStep(two), []*fusion.Event{raid("r", 0), car("c", 10*m+1)}, ""},
		"a late first event":         {twoStep(two), []*fusion.Event{car("c", m), raid("r", 0)}, "s/@c[r c]"},
		"one hit per last event, the others listed": {
			twoStep(two), []*fusion.Event{raid("r1", 0), raid("r2", m), car("c", 2*m)}, "s/@c[r2 c r1]",
		},
		"first takes the first": {
			twoStep("{sequence: [raid, car], within: 10m, pick: first}"),
			[]*fusion.Event{raid("r1", 0), raid("r2", m), car("c", 2*m)},
			"s/@c[r1 c r2]",
		},
		"each makes a hit of each": {
			twoStep("{sequence: [raid, car], within: 10m, pick: each}"),
			[]*fusion.Event{raid("r1", 0), raid("r2", m), car("c", 2*m)},
			"s/@c[r1 c] s/@c[r2 c]",
		},
		"keep: a partner can match again": {
			twoStep(two), []*fusion.Event{raid("r", 0), car("c", m), car("d", 2*m)}, "s/@c[r c] s/@d[r d]",
		},
		"consume: it cannot": {
			twoStep("{sequence: [raid, car], within: 10m, then: consume}"),
			[]*fusion.Event{raid("r", 0), car("c", m), car("d", 2*m)},
			"s/@c[r c]",
		},
		"never two hits for one anchor": {
			twoStep(two), []*fusion.Event{raid("r1", m), car("c", 2*m), raid("r2", 0)}, "s/@c[r1 c]",
		},
		"where chooses among partners": {
			twoStep("{sequence: [raid, car], within: 10m, where: 'distance(raid, car) < 100'}"),
			[]*fusion.Event{raid("r1", 0, north(0)), raid("r2", m, north(500)), car("c", 2*m, north(50))},
			"s/@c[r1 c]",
		},
		"without a place the distance is endless": {
			twoStep("{sequence: [raid, car], within: 10m, where: 'distance(raid, car) < 1e9'}"),
			[]*fusion.Event{raid("r", 0, north(0)), car("c", m)},
			"",
		},
		"near": {
			twoStep("{sequence: [raid, car], within: 10m, near: 100}"),
			[]*fusion.Event{raid("r1", 0, north(0), ce(50)), raid("r2", 0, north(300)), car("c", m, north(140))},
			"s/@c[r1 c]",
		},
		"by": {
			twoStep("{sequence: [raid, car], within: 10m, by: area}"),
			[]*fusion.Event{raid("r", 0, in("x")), raid("q", 0, in("y")), car("c", m, in("x"))},
			"s/x@c[r c]",
		},
		"three steps in any order of arrival": {
			sequenceRule(three), []*fusion.Event{unit("u", 2*m), raid("r", 0), car("c", m)}, "s/@u[r c u]",
		},
		"the middle must be in the middle": {
			sequenceRule(three), []*fusion.Event{unit("u", 2*m), raid("r", m), car("c", 0)}, "",
		},
		"a cancelled partner is gone": {
			twoStep(two), []*fusion.Event{raid("r", 0), raid("x", m, msg(fusion.MsgCancel, "r")), car("c", 2*m)}, "",
		},
		"an update that does not match withdraws": {
			twoStep(two), []*fusion.Event{
				raid("r", 0, subject("1")), event("r2", alarm, m, subject("1"), msg(fusion.MsgUpdate), attr("state", "restored")), car("c", 2*m),
			}, "",
		},
		"a new state of the thing does not": {
			twoStep(two), []*fusion.Event{
				raid("r", 0, subject("1")), event("r2", alarm, m, subject("1"), attr("state", "restored")), car("c", 2*m),
			}, "s/@c[r c]",
		},
		"a new version of the anchor does not fire again": {
			twoStep(two), []*fusion.Event{raid("r", 0), car("c", m, subject("1")), car("c2", 2*m, subject("1"))}, "s/@c[r c]",
		},
		"a new version of a partner serves new anchors": {
			twoStep(two), []*fusion.Event{raid("r", 0, subject("1")), car("c", m), raid("r2", m, subject("1")), car("d", 2*m)}, "s/@c[r c] s/@d[r2 d]",
		},
	} {
		t.Run(name, func(t *testing.T) { want(t, newRoom(compile(t, c.rule)).all(c.events...), c.want) })
	}
}

func in(area string) option {
	return func(e *fusion.Event) { e.Location = &fusion.Location{Area: area} }
}

func TestNoEventFillsTwoSteps(t *testing.T) {
	set := compile(t, ruleText("s", `
events: {a: {type: sensor.anpr.passage}, b: {type: sensor.anpr.passage}}
match: {sequence: [a, b], within: 10m}
`))
	r := newRoom(set)
	want(t, r.send(car("x", 0)), "")
	want(t, r.send(car("y", time.Minute)), "s/@y[x y]")
}
