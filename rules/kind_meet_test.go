package rules

import (
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

func meetRule(meet string) string {
	return ruleText("m", `
events: {u: {type: sensor.unit.position}, v: {type: sensor.vessel.position}}
match: {meet: {of: [u, v], `+meet+"}}\n")
}

// v is a position of a vessel.
func v(id string, at time.Duration, m float64, o ...option) *fusion.Event {
	return event(id, fusion.TypeVesselPosition, at, append([]option{subject("9"), north(m)}, o...)...)
}

func TestMeet(t *testing.T) {
	const m = time.Minute
	for name, c := range map[string]struct {
		meet   string
		events []*fusion.Event
		want   string
	}{
		"near each other":     {"within: 200", []*fusion.Event{p("a", 0, 0), v("b", m, 200)}, "m/@b[a b]"},
		"in the other order":  {"within: 200", []*fusion.Event{v("b", 0, 200), p("a", m, 0)}, "m/@a[a b]"},
		"a little too far":    {"within: 200", []*fusion.Event{p("a", 0, 0), v("b", m, 200.2)}, ""},
		"the errors count in": {"within: 200", []*fusion.Event{p("a", 0, 0, ce(50)), v("b", m, 250)}, "m/@b[a b]"},
		"once a meeting": {
			"within: 200", []*fusion.Event{p("a", 0, 0), v("b", m, 0), p("c", m, 10), v("d", 2*m, 10)}, "m/@b[a b]",
		},
		"again after they parted": {
			"within: 200", []*fusion.Event{p("a", 0, 0), v("b", m, 0), v("c", m, 900), v("d", 2*m, 0)}, "m/@b[a b] m/@d[a d]",
		},
		"as fresh as it may be": {"within: 200, fresh: 1m", []*fusion.Event{p("a", 0, 0), v("b", m, 0)}, "m/@b[a b]"},
		"not fresh":             {"within: 200, fresh: 1m", []*fusion.Event{p("a", 0, 0), v("b", m+1, 0)}, ""},
		"again after one was not seen": {
			"within: 200, fresh: 1m",
			[]*fusion.Event{p("a", 0, 0), v("b", 0, 0), v("c", m, 0), v("d", 2*m, 0), p("e", 3*m, 0)},
			"m/@b[a b] m/@e[e d]",
		},
		"not two of the same kind": {"within: 200", []*fusion.Event{p("a", 0, 0), p("b", 0, 0, subject("2"))}, ""},
		"not one thing with itself": {
			"within: 200", []*fusion.Event{p("a", 0, 0, vehicle("A")), v("b", 0, 0, vehicle("A"))}, "",
		},
		"an old position that comes late changes nothing": {
			"within: 200", []*fusion.Event{p("a", m, 900), v("b", m, 0), p("c", 0, 0)}, "",
		},
		"several": {
			"within: 200", []*fusion.Event{p("a", 0, 0), p("b", 0, 0, subject("2")), v("c", m, 0)}, "m/@c[a c] m/@c[b c]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := inPark(t, meetRule(c.meet))
			var got []Match
			ids := map[fusion.EventID]bool{}
			for _, e := range c.events {
				got = append(got, r.send(e)...)
				r.state = recode(t, r.state)
			}
			want(t, got, c.want)
			for _, h := range got {
				if ids[h.Hit.ID] {
					t.Errorf("two hits have the id %s", h.Hit.ID)
				}
				ids[h.Hit.ID] = true
			}
		})
	}
}

func TestMeetKeepsOnePositionOfAThing(t *testing.T) {
	r := inPark(t, meetRule("within: 200"))
	for i := range 100 {
		r.send(p(string(rune('a'+i)), time.Duration(i)*time.Second, 0))
	}
	r.send(p("late", 0, 0))
	if s := r.stats(t, "m"); s.Late != 1 || len(r.state.rules["m"].windows[""].entries) != 1 {
		t.Errorf("%+v, %d positions; want one late and one kept", s, len(r.state.rules["m"].windows[""].entries))
	}
}

func emptyRule(empty string) string {
	return ruleText("e", "events: {u: {type: sensor.unit.position}}\nmatch: {empty: {of: u, "+empty+"}}\n")
}

func TestEmpty(t *testing.T) {
	const m = time.Minute
	two := func(id string, at time.Duration, m float64) *fusion.Event { return p(id, at, m, subject("2")) }
	for name, c := range map[string]struct {
		empty  string
		events []*fusion.Event
		want   string
	}{
		"the last one left":      {"area: park, for: 5m", []*fusion.Event{p("a", 0, 0), p("b", m, 500)}, "e/@b[b]"},
		"there is another":       {"area: park, for: 5m", []*fusion.Event{p("a", 0, 0), two("c", 0, 0), p("b", m, 500)}, ""},
		"both left":              {"area: park, for: 5m", []*fusion.Event{p("a", 0, 0), two("c", 0, 0), p("b", m, 500), two("d", 2*m, 500)}, "e/@d[d]"},
		"one came back in time":  {"area: park, for: 5m", []*fusion.Event{p("a", 0, 0), p("b", m, 500), two("c", 6*m, 0)}, ""},
		"one came back too late": {"area: park, for: 5m", []*fusion.Event{p("a", 0, 0), p("b", m, 500), two("c", 6*m+1, 0)}, "e/@b[b]"},
		"nothing was ever there": {"area: park, for: 5m", []*fusion.Event{p("a", 0, 500), p("b", m, 600)}, ""},
		"another was gone long before": {
			"area: park", []*fusion.Event{two("c", 0, 0), p("a", 61*m, 0), p("b", 62*m, 500)}, "e/@b[b]",
		},
		"lost":                       {"area: park, for: 5m, lost: 10m", []*fusion.Event{p("a", 0, 0)}, "e/@a[a]"},
		"not lost":                   {"area: park, for: 5m", []*fusion.Event{p("a", 0, 0)}, ""},
		"at once without a time":     {"area: park", []*fusion.Event{p("a", 0, 0), p("b", m, 500)}, "e/@b[b]"},
		"a circle":                   {"near: [5.98712, 51.19433], radius: 100", []*fusion.Event{p("a", 0, 100), p("b", m, 101)}, "e/@b[b]"},
		"left and still heard":       {"area: park, for: 15m, lost: 30m", []*fusion.Event{p("a", 0, 0), p("b", 5*m, 500), p("c", 15*m, 500)}, "e/@b[b]"},
		"each time that it is empty": {"area: park, for: 1m", []*fusion.Event{p("a", 0, 0), p("b", m, 500), p("c", 5*m, 0), p("d", 6*m, 500)}, "e/@b[b] e/@d[d]"},
	} {
		t.Run(name, func(t *testing.T) { want(t, inPark(t, emptyRule(c.empty)).silent(2*time.Hour, c.events...), c.want) })
	}
}
