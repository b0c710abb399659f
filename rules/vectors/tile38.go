package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// tileCase is one or several fences with positions of things, and what each
// position makes them say; or a roaming fence around moving things.
type tileCase struct {
	Fence   *tileFence     `json:"fence"`
	Fences  []tileFence    `json:"fences"`
	Detect  []string       `json:"detect"`
	Rule    string         `json:"rule"`
	Updates []tileUpdate   `json:"updates"`
	InOrder []tileMeeting  `json:"expected_in_order"`
	Name    string         `json:"case"`
	Note    string         `json:"note"`
	Rest    map[string]any `json:",embed"`
}

// tileFence is an area: `bounds` with two corners, `circle`, or `polygon`.
type tileFence struct {
	Name   string         `json:"name"`
	ID     string         `json:"id"`
	Type   string         `json:"type"`
	Min    []float64      `json:"min"`
	Max    []float64      `json:"max"`
	Center []float64      `json:"center"`
	Meters float64        `json:"meters"`
	Points [][]float64    `json:"points"`
	Order  string         `json:"order"`
	Detect []string       `json:"detect"`
	Rest   map[string]any `json:",embed"`
}

type tileUpdate struct {
	ID     string         `json:"id"`
	Lat    float64        `json:"lat"`
	Lon    float64        `json:"lon"`
	Expect []any          `json:"expect"`
	Rest   map[string]any `json:",embed"`
}

func tileCases(content []byte) ([]testCase, error) { return readCases(content, tileCase.run) }

func (c tileCase) run() error {
	for key := range c.Rest {
		return differs("the case has %q, which is not understood", key)
	}
	for _, u := range c.Updates {
		for key := range u.Rest {
			return differs("a position has %q, which is not understood", key)
		}
	}
	if c.Rule != "" || c.InOrder != nil {
		return c.roam()
	}
	return c.fences()
}

// fences plays the positions, and compares what each of them sets off.
func (c tileCase) fences() error {
	list := c.Fences
	if c.Fence != nil {
		list = append(list, *c.Fence)
	}
	var texts []ruleText
	meaning := map[string]string{} // by rule: what its hit says
	world := areas{}
	for i, f := range list {
		area := fmt.Sprintf("fence-%d", i+1)
		shape, err := f.shape()
		if err != nil {
			return err
		}
		world[area] = shape
		detect := f.Detect
		if len(detect) == 0 {
			detect = c.Detect
		}
		for _, d := range detect {
			rule, err := f.place(area, shape).detection(area, d)
			if err != nil {
				return err
			}
			texts = append(texts, rule...)
			meaning[rule[len(rule)-1].id] = d
			if name := cmp.Or(f.Name, f.ID); len(list) > 1 && name != "" {
				meaning[rule[len(rule)-1].id] = name + " " + d
			}
		}
	}
	if len(texts) == 0 {
		return differs("a fence that detects nothing that is named")
	}
	room, err := newRoom(rules.Options{Lateness: time.Millisecond}, texts...)
	if err != nil {
		return err
	}
	room.world = world
	return c.compare(room, meaning)
}

// place is how a rule names a fence: in a fence, and in a condition.
type place struct{ fence, inside string }

func (f tileFence) place(area string, shape orb.Geometry) place {
	if at, ok := shape.(orb.Point); ok {
		return place{
			fmt.Sprintf("near: [%v, %v], radius: %v", at[0], at[1], f.Meters),
			fmt.Sprintf("distance(%v, %v) <= %v", at[0], at[1], f.Meters),
		}
	}
	return place{"area: " + area, fmt.Sprintf("inside(%q)", area)}
}

// detection is the rule for what a fence detects, and the rules before it.
func (p place) detection(area, what string) ([]ruleText, error) {
	id := area + "-" + what
	switch what {
	case "inside":
		return []ruleText{{id: id, events: thing(p.inside), match: "event: thing"}}, nil
	case "outside":
		return []ruleText{{id: id, events: thing("!(" + p.inside + ")"), match: "event: thing"}}, nil
	case "enter":
		return []ruleText{p.rule(id, "enter, first: enter")}, nil
	case "exit":
		return []ruleText{p.rule(id, "exit")}, nil
	case "cross":
		return p.crossing(area, id)
	}
	return nil, differs("a fence that detects %s", what)
}

// thing is a position of anything.
func thing(when string) []ruleEvent {
	return []ruleEvent{{"thing", []alternative{{positionType, when}}}}
}

func (p place) rule(id, when string) ruleText {
	return ruleText{id: id, events: thing(""), match: "fence: {of: thing, " + p.fence + ", when: " + when + "}"}
}

// crossing is a passage between two positions that both lie outside: a
// crossing without an exit at the same moment.
func (p place) crossing(area, id string) ([]ruleText, error) {
	through, out := p.rule(area+"-through", "cross"), p.rule(area+"-out", "exit")
	pure := chain{
		links: []link{{any: []alternative{{typ: "rule." + through.id}}}},
		after: []alternative{{typ: "rule." + out.id}}, wait: time.Millisecond,
	}
	t, err := pure.rule(id, time.Second, "", `by: 'entity("unit")'`)
	return []ruleText{through, out, t}, err
}

const positionType = "sensor.unit.position"

// position is the i-th position of a case.
func (u tileUpdate) position(i int) *fusion.Event {
	at := origin.Add(time.Duration(i) * time.Second)
	return &fusion.Event{
		ID: fusion.EventID(fmt.Sprintf("e%03d", i)), Source: "case", Type: positionType, Time: at, RecordedTime: at,
		Geometry: fusion.NewPoint(u.Lon, u.Lat), Attrs: map[string]any{},
		Entities: []fusion.Entity{{Type: fusion.EntityUnit, Value: u.ID}},
	}
}

func (c tileCase) compare(r *room, meaning map[string]string) error {
	var events []*fusion.Event
	for i, u := range c.Updates {
		events = append(events, u.position(i))
	}
	matches, err := r.play(events, time.Minute)
	if err != nil {
		return err
	}
	said := map[fusion.EventID][]string{}
	for _, m := range matches {
		if what := meaning[m.Rule.ID]; what != "" {
			said[at(m, events)] = append(said[at(m, events)], what)
		}
	}
	for i, u := range c.Updates {
		var want []string
		for _, e := range u.Expect {
			s, ok := e.(string)
			if !ok {
				return differs("it expects more than the names of what is detected")
			}
			want = append(want, s)
		}
		if err := compare(said[events[i].ID], want); err != nil {
			return fmt.Errorf("position %d: %w", i+1, err)
		}
	}
	return nil
}

// at is the position that set off the match, which may stand on a hit.
func at(m rules.Match, events []*fusion.Event) fusion.EventID {
	i := slices.IndexFunc(events, func(e *fusion.Event) bool { return e.ID == m.Anchor().ID || e.Time.Equal(m.Anchor().Time) })
	if i < 0 {
		return ""
	}
	return events[i].ID
}

// areas are the fences of a case.
type areas map[string]orb.Geometry

// Listed implements rules.World.
func (areas) Listed(string, string) (string, bool) { return "", false }

// Inside implements rules.World.
func (a areas) Inside(area string, g *fusion.Geometry) bool {
	p, ok := g.Center()
	if !ok {
		return false
	}
	s, ok := a[area].(orb.Polygon)
	return ok && planar.PolygonContains(s, p)
}

// Crosses implements rules.World.
func (a areas) Crosses(area string, from, to orb.Point) bool { return rules.Crosses(a[area], from, to) }

// Expected implements rules.World.
func (areas) Expected(string, fusion.EventType, time.Time, time.Duration) (float64, bool) {
	return 0, false
}

// shape of the fence, of a circle its centre; corners and points are [lon, lat] unless order says
// otherwise.
func (f tileFence) shape() (orb.Geometry, error) {
	for key := range f.Rest {
		return nil, differs("the fence has %q, which is not understood", key)
	}
	point := func(p []float64) orb.Point {
		if f.Order == "lat,lon" {
			return orb.Point{p[1], p[0]}
		}
		return orb.Point{p[0], p[1]}
	}
	switch {
	case f.Type == "bounds" && len(f.Min) == 2 && len(f.Max) == 2:
		return orb.Bound{Min: point(f.Min), Max: point(f.Max)}.ToPolygon(), nil
	case f.Type == "circle" && len(f.Center) == 2 && f.Meters > 0:
		return point(f.Center), nil
	case f.Type == "polygon" && len(f.Points) > 2:
		var ring orb.Ring
		for _, p := range f.Points {
			ring = append(ring, point(p))
		}
		if !ring.Closed() {
			ring = append(ring, ring[0])
		}
		return orb.Polygon{ring}, nil
	}
	return nil, differs("a fence of the type %q", f.Type)
}
