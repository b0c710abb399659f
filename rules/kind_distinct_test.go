package rules

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

func at(id, camera string, d time.Duration, o ...option) *fusion.Event {
	return car(id, d, append(o, attr("camera", camera))...)
}

func distinctRule(match string) string {
	return ruleText("d", "events: {car: {type: sensor.anpr.passage}}\nmatch: "+match+"\n")
}

func TestDistinct(t *testing.T) {
	const m = time.Minute
	three := "{distinct: car, of: attrs.camera, within: 10m, atleast: 3}"
	for name, c := range map[string]struct {
		match  string
		events []*fusion.Event
		want   string
	}{
		"different values fire": {three, []*fusion.Event{at("a", "1", 0), at("b", "2", m), at("c", "3", 2*m)}, "d/@c[a b c]"},
		"equal values do not":   {three, []*fusion.Event{at("a", "1", 0), at("b", "2", m), at("c", "1", 2*m)}, ""},
		"the latest of equal values stands for them": {
			three, []*fusion.Event{at("a", "1", 0), at("b", "1", m), at("c", "2", 2*m), at("d", "3", 10*m)}, "d/@d[b c d]",
		},
		"both ends of the window": {three, []*fusion.Event{at("a", "1", 0), at("b", "2", m), at("c", "3", 10*m)}, "d/@c[a b c]"},
		"beyond the window":       {three, []*fusion.Event{at("a", "1", 0), at("b", "2", m), at("c", "3", 10*m+1)}, ""},
		"a late one completes":    {three, []*fusion.Event{at("a", "1", 0), at("b", "2", 2*m), at("c", "3", m)}, "d/@c[a c b]"},
		"a missing value does not count": {
			three, []*fusion.Event{at("a", "1", 0), at("b", "2", m), car("c", 2*m)}, "",
		},
		"consume uses up equal values too": {
			"{distinct: car, of: attrs.camera, within: 10m, atleast: 2}",
			[]*fusion.Event{at("a", "1", 0), at("b", "1", m), at("c", "2", 2*m), at("d", "2", 3*m)},
			"d/@c[b c]",
		},
		"keep does not": {
			"{distinct: car, of: attrs.camera, within: 10m, atleast: 2, then: keep}",
			[]*fusion.Event{at("a", "1", 0), at("b", "2", m), at("c", "2", 2*m)},
			"d/@b[a b] d/@c[a c]",
		},
		"by and an entity": {
			"{distinct: car, of: vehicle, by: attrs.camera, within: 10m, atleast: 2}",
			[]*fusion.Event{at("a", "1", 0, vehicle("A")), at("b", "2", 0, vehicle("B")), at("c", "1", m, vehicle("B"))},
			"d/1@c[a c]",
		},
		"near finds the representative that fits": {
			"{distinct: car, of: attrs.camera, within: 10m, atleast: 2, near: 100}",
			[]*fusion.Event{at("a", "1", 0, north(0)), at("b", "1", m, north(900)), at("c", "2", 2*m, north(50))},
			"d/@c[a c]",
		},
	} {
		t.Run(name, func(t *testing.T) { want(t, newRoom(compile(t, distinctRule(c.match))).all(c.events...), c.want) })
	}
}

// TestDistinctAgainstDefinition: it fires at least once exactly when one
// window holds enough values, in whatever order the events come.
func TestDistinctAgainstDefinition(t *testing.T) {
	set := compile(t, distinctRule("{distinct: car, of: attrs.camera, within: 30s, atleast: 3, then: keep}"))
	rapid.Check(t, func(t *rapid.T) {
		var events []*fusion.Event
		for i := range rapid.IntRange(0, 10).Draw(t, "n") {
			events = append(events, at(fmt.Sprintf("e%02d", i), rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(t, "camera"),
				time.Duration(rapid.IntRange(0, 110).Draw(t, "second"))*time.Second))
		}
		wanted := false
		for _, first := range events {
			values := map[any]bool{}
			for _, e := range events {
				if gap := e.Time.Sub(first.Time); gap >= 0 && gap <= 30*time.Second {
					values[e.Attrs["camera"]] = true
				}
			}
			wanted = wanted || len(values) >= 3
		}
		r := newRoom(set)
		fired := false
		for _, e := range events {
			fired = len(r.send(e)) > 0 || fired
			r.state = recode(t, r.state)
		}
		if fired != wanted {
			t.Fatalf("fires: %v, want %v", fired, wanted)
		}
	})
}
