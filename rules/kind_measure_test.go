package rules

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

func measureRule(beside string) string {
	return ruleText("m", "events: {car: {type: sensor.anpr.passage}}\nmatch: {measure: car, of: attrs.speed_kmh, "+beside+"}\n")
}

func speed(id string, at time.Duration, v float64, o ...option) *fusion.Event {
	return car(id, at, append(o, attr("speed_kmh", v))...)
}

func TestMeasure(t *testing.T) {
	const m = time.Minute
	rising := []*fusion.Event{speed("a", 0, 10), speed("b", m, 20), speed("c", 2*m, 60), speed("d", 3*m, 70)}
	for name, c := range map[string]struct {
		beside string
		events []*fusion.Event
		want   string
	}{
		"avg":                        {"take: avg, above: 29, within: 10m", rising, "m/@c[a b c]"},
		"above is not at":            {"take: avg, above: 30, within: 2m", rising[:3], ""},
		"atleast is":                 {"take: avg, atleast: 30, within: 2m", rising[:3], "m/@c[a b c]"},
		"both ends of the window":    {"take: avg, atleast: 30, within: 2m", rising[:3], "m/@c[a b c]"},
		"below":                      {"take: avg, below: 15.1, within: 10m, then: keep", rising[:2], "m/@a[a] m/@b[a b]"},
		"atmost":                     {"take: avg, atmost: 10, within: 10m", rising, "m/@a[a]"},
		"sum":                        {"take: sum, atleast: 90, within: 10m", rising, "m/@c[a b c]"},
		"min":                        {"take: min, above: 15, within: 1m", rising, "m/@c[b c]"},
		"max":                        {"take: max, above: 59, within: 10m", rising, "m/@c[a b c]"},
		"median":                     {"take: percentile, percentile: 50, atleast: 20, within: 10m", rising[:3], "m/@c[a b c]"},
		"95th of few is the largest": {"take: percentile, percentile: 95, atleast: 60, within: 10m", rising, "m/@c[a b c]"},
		"once while it holds":        {"take: avg, above: 5, within: 10m", rising, "m/@a[a]"},
		"again when it did not hold": {
			"take: avg, above: 50, within: 30s", []*fusion.Event{speed("a", 0, 60), speed("b", m, 10), speed("c", 2*m, 60)}, "m/@a[a] m/@c[c]",
		},
		"again after a time without values": {
			"take: avg, above: 50, within: 1m", []*fusion.Event{speed("a", 0, 60), speed("b", m, 60), speed("c", 2*m+1, 60)}, "m/@a[a] m/@c[c]",
		},
		"keep":               {"take: avg, above: 5, within: 1m, then: keep", rising[:2], "m/@a[a] m/@b[a b]"},
		"a late one counts":  {"take: avg, above: 50, within: 10m", []*fusion.Event{speed("b", m, 90), speed("a", 0, 0)}, ""},
		"a missing value":    {"take: avg, above: -1, within: 10m", []*fusion.Event{car("c", 0)}, ""},
		"by":                 {"take: avg, above: 50, within: 10m, by: area", []*fusion.Event{speed("a", 0, 0, in("x")), speed("b", 0, 60, in("y"))}, "m/y@b[b]"},
		"where sees it":      {"take: avg, above: 5, within: 10m, where: measured >= 15 && count == 2", rising[:2], "m/@b[a b]"},
		"versions count all": {"take: sum, atleast: 30, within: 10m", []*fusion.Event{speed("a", 0, 10, subject("1")), speed("b", m, 20, subject("1"))}, "m/@b[a b]"},
		"tumbling": {
			"take: avg, above: 39, within: 2m, window: tumbling", rising, "m/@d[c d]",
		},
		"tumbling max at once": {"take: max, above: 15, within: 4m, window: tumbling", rising, "m/@b[a b]"},
		"session":              {"take: sum, below: 100, within: 1h, window: session, gap: 1m", append(rising[:2:2], speed("z", 9*m, 99.9)), "m/@b[a b] m/@z[z]"},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, newRoom(compile(t, measureRule(c.beside))).silent(2*time.Hour, c.events...), c.want)
		})
	}
}

func TestMeasureAtOnceOrAtTheEnd(t *testing.T) {
	r := newRoom(compile(t, measureRule("take: max, above: 50, within: 10m")))
	want(t, r.all(speed("a", 0, 60)), "m/@a[a]")
	r = newRoom(compile(t, measureRule("take: avg, above: 50, within: 10m")))
	want(t, r.all(speed("a", 0, 60)), "")
	want(t, r.wait(2*time.Minute), "m/@a[a]")
}

func TestMeasureInATitle(t *testing.T) {
	text := measureRule("take: avg, above: 50, within: 10m")
	r := newRoom(compile(t, text[:len(text)-1]+"\nscore: {base: 1, add: [{points: 2, when: measured > 55, because: fast}], threshold: 3}\n"))
	if got := r.silent(time.Hour, speed("a", 0, 60)); len(got) != 1 || got[0].Hit.Score != 3 {
		t.Errorf("%+v", got)
	}
}

// TestMeasureOrderOfArrival: what is measured does not depend on the order in
// which events come within the lateness.
func TestMeasureOrderOfArrival(t *testing.T) {
	for _, beside := range []string{
		"take: avg, above: 50, within: 30s, by: area", "take: percentile, percentile: 90, below: 60, within: 30s, then: keep",
		"take: sum, atleast: 100, within: 20s, window: tumbling", "take: min, atleast: 20, within: 60s, window: session, gap: 10s",
	} {
		set := compile(t, measureRule(beside))
		t.Run(beside, rapid.MakeCheck(func(t *rapid.T) {
			events := drawEvents(t)
			for i, e := range events {
				e.Attrs["speed_kmh"] = float64(rapid.IntRange(0, 100).Draw(t, fmt.Sprint("speed", i)))
			}
			a, b := newRoom(set), newRoom(set)
			x := full(a.silent(time.Hour, events...))
			var got []Match
			for _, e := range rapid.Permutation(events).Draw(t, "arrival") {
				got = append(got, b.send(e)...)
				b.state = recode(t, b.state)
			}
			if y := full(append(got, b.wait(time.Hour)...)); x != y {
				t.Fatalf("%s\n%s", x, y)
			}
		}))
	}
}
