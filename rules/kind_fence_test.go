package rules

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

// park is a world with one area: a square of 200 m around the point that
// north counts from.
type park struct{ lists }

var parkShape = orb.Bound{
	Min: orb.Point{5.98, 51.19433 - 100/111319.49}, Max: orb.Point{5.99, 51.19433 + 100/111319.49},
}.ToPolygon()

func (park) Inside(area string, g *fusion.Geometry) bool {
	p, ok := g.Center()
	return ok && area == "park" && planar.PolygonContains(parkShape, p)
}

func (park) Crosses(area string, from, to orb.Point) bool {
	return area == "park" && Crosses(parkShape, from, to)
}

func inPark(t testing.TB, text string) *room {
	r := newRoom(compile(t, text))
	r.world = park{}
	return r
}

func fenceRule(fence string) string {
	return ruleText("f", "events: {u: {type: sensor.unit.position}}\nmatch: {fence: {of: u, "+fence+"}}\n")
}

// p is a position of a unit so many m north of the middle of the park.
func p(id string, at time.Duration, m float64, o ...option) *fusion.Event {
	return unit(id, at, append([]option{subject("1"), north(m)}, o...)...)
}

func TestFence(t *testing.T) {
	const m = time.Minute
	through := []*fusion.Event{p("a", 0, -500), p("b", m, 0), p("c", 2*m, 50), p("d", 3*m, 500)}
	over := []*fusion.Event{p("a", 0, -500), p("b", m, 500), p("c", 2*m, 600)}
	for name, c := range map[string]struct {
		fence  string
		events []*fusion.Event
		want   string
	}{
		"enter":                            {"area: park, when: enter", through, "f/s 1@b[b]"},
		"enter: not when first seen there": {"area: park, when: enter", through[1:], ""},
		"enter: unless one wants so":       {"area: park, when: enter, first: enter", through[1:], "f/s 1@b[b]"},
		"enter: the border is inside":      {"near: [5.98712, 51.19433], radius: 100, when: enter", []*fusion.Event{p("a", 0, 200), p("b", m, 100)}, "f/s 1@b[b]"},
		"enter: a circle's outside":        {"near: [5.98712, 51.19433], radius: 99, when: enter", []*fusion.Event{p("a", 0, 200), p("b", m, 100)}, ""},
		"enter: again":                     {"area: park, when: enter", append(through, p("e", 4*m, 0)), "f/s 1@b[b] f/s 1@e[e]"},
		"enter: a late position before it does not make another": {
			"area: park, when: enter", []*fusion.Event{p("a", 0, 500), p("c", m, 0), p("b", 30*time.Second, 0)}, "f/s 1@c[c]",
		},
		"enter: a late position outside makes one": {
			"area: park, when: enter", []*fusion.Event{p("b", m, 0), p("a", 0, 500)}, "f/s 1@b[b]",
		},
		"enter: a late position outside between two inside": {
			"area: park, when: enter", []*fusion.Event{p("a", 0, 0), p("c", m, 0), p("b", 30*time.Second, 500)}, "f/s 1@c[c]",
		},
		"enter: things by themselves": {
			"area: park, when: enter", []*fusion.Event{p("a", 0, 500), p("b", m, 0, subject("2"))}, "",
		},
		"enter: a vehicle is a thing, whoever sees it": {
			"area: park, when: enter", []*fusion.Event{p("a", 0, 500, vehicle("A")), p("b", m, 0, subject("2"), vehicle("A"))}, "f/vehicle A@b[b]",
		},
		"enter: not when it was lost before": {
			"area: park, when: enter, lost: 10m", []*fusion.Event{p("a", 0, 500), p("b", 10*m+1, 0)}, "",
		},
		"no thing, no fence": {"area: park, when: inside", []*fusion.Event{unit("a", 0, north(0))}, ""},
		"no place":           {"area: park, when: outside", []*fusion.Event{unit("a", 0, subject("1"))}, ""},
		"exit":               {"area: park, when: exit", through, "f/s 1@d[d]"},
		"exit: lost":         {"area: park, when: exit, lost: 10m", through[:2], "f/s 1@b[b]"},
		"exit: not lost":     {"area: park, when: exit", through[:2], ""},
		"exit: lost and left is one": {
			"area: park, when: exit, lost: 10m", []*fusion.Event{p("a", 0, 0), p("b", 10*m+1, 500)}, "f/s 1@a[a]",
		},
		"exit: at the last moment": {
			"area: park, when: exit, lost: 10m", []*fusion.Event{p("a", 0, 0), p("b", 10*m, 500)}, "f/s 1@b[b]",
		},
		"inside: once a stay":      {"area: park, when: inside", through, "f/s 1@b[b]"},
		"inside: when first seen":  {"area: park, when: inside", through[1:], "f/s 1@b[b]"},
		"outside":                  {"area: park, when: outside", through, "f/s 1@a[a] f/s 1@d[d]"},
		"cross: seen in and out":   {"area: park, when: cross", through, "f/s 1@d[c d]"},
		"cross: only its way":      {"area: park, when: cross", over, "f/s 1@b[a b]"},
		"cross: a circle":          {"near: [5.98712, 51.19433], radius: 100, when: cross", over, "f/s 1@b[a b]"},
		"cross: a way beside it":   {"near: [5.99712, 51.19433], radius: 100, when: cross", over, ""},
		"cross: not seen going in": {"area: park, when: cross", through[1:], ""},
		"cross: not when it took longer than lost": {
			"area: park, when: cross, lost: 2m", []*fusion.Event{p("a", 0, -500), p("b", m, 0), p("c", 2*m, 0), p("d", 2*m+1, 500)}, "",
		},
		"dwell": {"area: park, when: dwell, for: 5m", []*fusion.Event{p("a", 0, 500), p("b", m, 0), p("c", 6*m, 0)}, "f/s 1@b[b]"},
		"dwell: from when it is first seen": {
			"area: park, when: dwell, for: 5m", []*fusion.Event{p("b", m, 0), p("c", 7*m, 500)}, "f/s 1@b[b]",
		},
		"dwell: the end of the time counts": {"area: park, when: dwell, for: 5m", []*fusion.Event{p("b", m, 0), p("c", 6*m, 500)}, ""},
		"dwell: once a stay": {
			"area: park, when: dwell, for: 1m", []*fusion.Event{p("b", 0, 0), p("c", 2*m, 0), p("d", 5*m, 0)}, "f/s 1@b[b]",
		},
		"dwell: lost at its end": {
			"area: park, when: dwell, for: 5m, lost: 2m", []*fusion.Event{p("b", 0, 0), p("c", m, 0), p("d", 6*m, 0)}, "",
		},
		"dwell: lost meanwhile": {"area: park, when: dwell, for: 5m, lost: 2m", []*fusion.Event{p("b", 0, 0), p("c", 4*m, 0)}, ""},
	} {
		t.Run(name, func(t *testing.T) { want(t, inPark(t, fenceRule(c.fence)).silent(2*time.Hour, c.events...), c.want) })
	}
}

func TestFenceAtOnceOrByTheClock(t *testing.T) {
	r := inPark(t, fenceRule("area: park, when: enter"))
	want(t, r.all(p("a", 0, 500), p("b", 1, 0)), "f/s 1@b[b]")
	r = inPark(t, fenceRule("area: park, when: exit, lost: 10m"))
	r.all(p("a", 0, 0))
	want(t, r.wait(12*time.Minute-1), "")
	want(t, r.wait(1), "f/s 1@a[a]")
	r = inPark(t, fenceRule("area: park, when: exit, lost: 10m"))
	r.all(p("a", 0, 0))
	r.state.Blind(r.clock, r.clock.Add(time.Hour))
	want(t, r.wait(time.Hour), "")
	want(t, r.wait(12*time.Minute), "f/s 1@a[a]")
}

// TestFenceForgets: of a thing that reports all the time little is kept.
func TestFenceForgets(t *testing.T) {
	r := inPark(t, fenceRule("area: park, when: cross"))
	for i := range 2000 {
		r.send(p(fmt.Sprint(i), time.Duration(i)*time.Second, 50))
	}
	if n := len(r.state.rules["f"].windows["s 1"].entries); n > 123 {
		t.Errorf("%d positions are kept of 2000, with a lateness of 120 s", n)
	}
}

func TestCrosses(t *testing.T) {
	hole := orb.Polygon{
		{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}},
		{{2, 2}, {8, 2}, {8, 8}, {2, 8}, {2, 2}},
	}
	for _, c := range []struct {
		from, to orb.Point
		want     bool
	}{
		{orb.Point{-5, 5}, orb.Point{15, 5}, true},
		{orb.Point{-5, 5}, orb.Point{-1, 5}, false},
		{orb.Point{-5, -5}, orb.Point{5, -5}, false},
		{orb.Point{3, 3}, orb.Point{4, 4}, false},
		{orb.Point{-5, 0}, orb.Point{15, 0}, true},
		{orb.Point{-1, 1}, orb.Point{1, -1}, true},
		{orb.Point{-2, 0}, orb.Point{-1, 0}, false},
		{orb.Point{5, 5}, orb.Point{5, 9}, true},
	} {
		if got := Crosses(orb.MultiPolygon{hole}, c.from, c.to); got != c.want || Crosses(hole, c.to, c.from) != c.want {
			t.Errorf("%v to %v: %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

// TestThingsOrderOfArrival: what a fence finds does not depend on the order
// of arrival: at once as many hits of a thing, by the clock the same.
func TestThingsOrderOfArrival(t *testing.T) {
	for name, c := range map[string]struct {
		rule  string
		count func([]Match) string
	}{
		"enter":       {fenceRule("area: park, when: enter, first: enter"), perKey},
		"exit":        {fenceRule("area: park, when: exit"), perKey},
		"exit, lost":  {fenceRule("area: park, when: exit, lost: 20s"), perKey},
		"inside":      {fenceRule("area: park, when: inside"), perKey},
		"dwell":       {fenceRule("area: park, when: dwell, for: 20s"), full},
		"dwell, lost": {fenceRule("area: park, when: dwell, for: 40s, lost: 30s"), full},
		"empty":       {emptyRule("area: park, for: 15s"), full},
		"empty, lost": {emptyRule("area: park, for: 15s, lost: 20s"), full},
	} {
		t.Run(name, rapid.MakeCheck(func(rt *rapid.T) {
			var events []*fusion.Event
			for i := range rapid.IntRange(1, 14).Draw(rt, "n") {
				at := time.Duration(rapid.IntRange(0, 110).Draw(rt, "second"))*time.Second + time.Duration(i)
				events = append(events, p(fmt.Sprintf("e%02d", i), at, float64(rapid.SampledFrom([]int{0, 500}).Draw(rt, "place")),
					subject(rapid.SampledFrom([]string{"1", "2"}).Draw(rt, "thing"))))
			}
			a, b := inPark(t, c.rule), inPark(t, c.rule)
			x := c.count(a.silent(2*time.Hour, events...))
			var got []Match
			for _, e := range rapid.Permutation(events).Draw(rt, "arrival") {
				got = append(got, b.send(e)...)
				b.state = recode(rt, b.state)
			}
			if y := c.count(append(got, b.wait(2*time.Hour)...)); x != y {
				rt.Fatalf("%s\n%s", x, y)
			}
			if !bytes.Equal(encode(rt, a.state), encode(rt, b.state)) {
				rt.Fatal("the states differ in the end")
			}
		}))
	}
}

func perKey(matches []Match) string {
	n := map[string]int{}
	for _, m := range matches {
		n[m.Hit.Key]++
	}
	return fmt.Sprint(n)
}
