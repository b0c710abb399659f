package rules

import (
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

func mentions(s, word string) bool { return strings.Contains(s, word) }

func TestByNamesOfItsOwn(t *testing.T) {
	rule := ruleText("s", `
events: {call: {type: police.dispatch.call}, car: {type: sensor.anpr.passage}}
match:
  sequence: [call, car]
  within: 10m
  by: {plate: {call: 'attrs.text', car: vehicle}, area: area}
`)
	r := newRoom(compile(t, rule))
	says := func(plate string) option { return attr("text", plate) }
	want(t, r.all(
		event("a", call, 0, says("A"), in("x")), event("b", call, 0, says("B"), in("x")), event("c", call, 0, says("A"), in("y")),
		car("z", time.Minute, vehicle("A"), in("x"))), "s/A|x@z[a z]")
	_, problems := Compile(map[string][]byte{"s.yaml": []byte(strings.Replace(rule, "call: 'attrs.text', ", "", 1))})
	if len(problems) != 1 || !strings.Contains(problems[0].String(), `the key has no "call"`) {
		t.Errorf("a key that one event lacks: %v", problems)
	}
}

func TestQuiet(t *testing.T) {
	const m = time.Minute
	rule := ruleText("e", "events: {car: {type: sensor.anpr.passage}}\nmatch: {event: car, by: vehicle, quiet: 10m}\n")
	r := newRoom(compile(t, rule))
	want(t, r.send(car("a", 0, vehicle("A"))), "e/A@a[a]")
	want(t, r.all(car("b", 10*m, vehicle("A")), car("c", 10*m, vehicle("B"))), "e/B@c[c]")
	r.state = recode(t, r.state)
	want(t, r.all(car("d", 10*m+1, vehicle("A")), car("e", 5*m, vehicle("A"))), "e/A@d[d]")
	if s := r.stats(t, "e"); s.Quiet != 2 || s.Hits != 3 {
		t.Errorf("%+v, want 2 left out and 3 hits", s)
	}
	r.wait(time.Hour)
	if n := len(r.state.rules["e"].quiet); n != 0 {
		t.Errorf("%d keys are remembered for ever", n)
	}
}

func TestQuietIsBounded(t *testing.T) {
	rule := ruleText("e", "events: {car: {type: sensor.anpr.passage}}\nmatch: {event: car, by: vehicle, quiet: 10m}\n")
	r := newRoom(compile(t, rule).With(Options{MaxKeys: 2}))
	r.all(car("a", 0, vehicle("A")), car("b", 1, vehicle("B")), car("c", 2, vehicle("C")))
	if s := r.stats(t, "e"); s.Evicted != 1 || len(r.state.rules["e"].quiet) != 2 {
		t.Errorf("%+v with %d keys, want one evicted and two kept", s, len(r.state.rules["e"].quiet))
	}
}

func TestReset(t *testing.T) {
	const m = time.Minute
	rule := ruleText("c", `
events:
  call: {type: police.dispatch.call}
  done: {type: police.unit.status, when: attrs.state == "free"}
match: {count: call, within: 10m, atleast: 2, by: area, reset: done}
`)
	done := func(at time.Duration, area string) *fusion.Event {
		return event("z", "police.unit.status", at, attr("state", "free"), in(area))
	}
	for name, c := range map[string]struct {
		events []*fusion.Event
		want   string
	}{
		"empties the window":        {[]*fusion.Event{event("a", call, 0, in("x")), done(m, "x"), event("b", call, 2*m, in("x"))}, ""},
		"of its key alone":          {[]*fusion.Event{event("a", call, 0, in("x")), done(m, "y"), event("b", call, 2*m, in("x"))}, "c/x@b[a b]"},
		"at the same moment too":    {[]*fusion.Event{event("a", call, m, in("x")), done(m, "x"), event("b", call, 2*m, in("x"))}, ""},
		"not what comes after":      {[]*fusion.Event{event("a", call, 2*m, in("x")), done(m, "x"), event("b", call, 3*m, in("x"))}, "c/x@b[a b]"},
		"what comes late before it": {[]*fusion.Event{done(m, "x"), event("a", call, 0, in("x")), event("b", call, 2*m, in("x"))}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(compile(t, rule))
			var got []Match
			for _, e := range c.events {
				got = append(got, r.send(e)...)
				r.state = recode(t, r.state)
			}
			want(t, got, c.want)
			r.wait(time.Hour)
			if n := len(r.state.rules["c"].windows); n != 0 {
				t.Errorf("%d windows are left when all has expired", n)
			}
		})
	}
}

// TestNearAnArea: what an area holds is 0 m from it, also after the state was
// written and read; what it does not hold is as far as its centre.
func TestNearAnArea(t *testing.T) {
	set := compile(t, ruleText("w", `
events: {warning: {type: open.warning.alert}, car: {type: sensor.anpr.passage}}
match: {sequence: [warning, car], within: 10m, near: 100}
`))
	area := func(e *fusion.Event) {
		e.Geometry = &fusion.Geometry{Geometry: orb.Bound{Min: orb.Point{5.9, 51.1}, Max: orb.Point{6.3, 51.3}}.ToPolygon()}
	}
	for name, c := range map[string]struct {
		lat  float64
		want string
	}{"inside": {51.11, "w/@c[w c]"}, "at its centre": {51.2, "w/@c[w c]"}, "outside": {51.31, ""}} {
		r := newRoom(set)
		r.send(event("w", fusion.TypeWarning, 0, area))
		r.state = recode(t, r.state)
		got := r.send(car("c", time.Minute, func(e *fusion.Event) { e.Geometry = fusion.NewPoint(6.1, c.lat) }))
		if summary(got) != c.want {
			t.Errorf("%s: got %s, want %s", name, summary(got), c.want)
		}
	}
}
