package rules

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

func TestAll(t *testing.T) {
	const m = time.Minute
	two, three := "{all: [raid, car], within: 10m}", "{all: [raid, car, unit], within: 10m}"
	for name, c := range map[string]struct {
		rule   string
		events []*fusion.Event
		want   string
	}{
		"in the order of the list":                    {twoStep(two), []*fusion.Event{raid("r", 0), car("c", m)}, "s/@c[r c]"},
		"in another order":                            {twoStep(two), []*fusion.Event{car("c", 0), raid("r", m)}, "s/@r[r c]"},
		"the latest is the anchor, whenever it comes": {twoStep(two), []*fusion.Event{raid("r", m), car("c", 0)}, "s/@r[r c]"},
		"both ends of the window":                     {twoStep(two), []*fusion.Event{car("c", 0), raid("r", 10*m)}, "s/@r[r c]"},
		"a moment beyond":                             {twoStep(two), []*fusion.Event{car("c", 0), raid("r", 10*m+1)}, ""},
		"one is missing":                              {sequenceRule(three), []*fusion.Event{unit("u", 0), raid("r", m), raid("q", m)}, ""},
		"three":                                       {sequenceRule(three), []*fusion.Event{unit("u", 0), raid("r", m), car("c", 2*m)}, "s/@c[r c u]"},
		"the latest partners, the others listed": {
			twoStep(two), []*fusion.Event{raid("r", 0), raid("q", m), car("c", 2*m)}, "s/@c[q c r]",
		},
		"keep": {twoStep(two), []*fusion.Event{raid("r", 0), car("c", m), car("d", 2*m)}, "s/@c[r c] s/@d[r d]"},
		"consume": {
			twoStep("{all: [raid, car], within: 10m, then: consume}"),
			[]*fusion.Event{raid("r", 0), car("c", m), car("d", 2*m)},
			"s/@c[r c]",
		},
		"by": {
			twoStep("{all: [raid, car], within: 10m, by: area}"),
			[]*fusion.Event{car("c", 0, in("x")), raid("q", 0, in("y")), raid("r", m, in("x"))},
			"s/x@r[r c]",
		},
		"each": {
			twoStep("{all: [raid, car], within: 10m, pick: each}"),
			[]*fusion.Event{car("c", 0), car("d", m), raid("r", 2*m)},
			"s/@r[r c] s/@r[r d]",
		},
	} {
		t.Run(name, func(t *testing.T) { want(t, newRoom(compile(t, c.rule)).all(c.events...), c.want) })
	}
}

// TestAllAgainstDefinition: in whatever order the events come, an event is an
// anchor exactly when one of each other kind lies before it and within.
func TestAllAgainstDefinition(t *testing.T) {
	set := compile(t, sequenceRule("{all: [raid, car, unit], within: 40s}"))
	types := []fusion.EventType{alarm, anpr, fusion.TypeUnitPosition}
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		wanted := map[string]int{}
		for _, z := range events {
			seen := map[fusion.EventType]bool{z.Type: true}
			for _, e := range events {
				if compareEntries(newEntry(e), newEntry(z)) <= 0 && z.Time.Sub(e.Time) <= 40*time.Second {
					seen[e.Type] = true
				}
			}
			if !slices.ContainsFunc(types, func(t fusion.EventType) bool { return !seen[t] }) {
				wanted["s/@"+string(z.ID)] = 1
			}
		}
		if got := anchors(newRoom(set).all(events...)); !maps.Equal(got, wanted) {
			t.Fatalf("got  %v\nwant %v", got, wanted)
		}
	})
}

func TestAny(t *testing.T) {
	r := newRoom(compile(t, ruleText("n", `
events: {raid: {type: sensor.alarm.trigger}, car: {type: sensor.anpr.passage}}
match: {any: [raid, car], where: 'raid.type == "" || raid.attrs.alarm != "panic"'}
`)))
	want(t, r.all(raid("r", 0), car("c", 0), unit("u", 0)), "n/@r[r] n/@c[c]")
	want(t, r.send(event("p", alarm, 0, attr("alarm", "panic"))), "")
	if got := r.send(car("d", 0))[0].Hit.Inputs[0].Name; got != "car" {
		t.Errorf("the input is named %s", got)
	}
}
