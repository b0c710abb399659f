package main

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// tileMeeting is what a roaming fence says of two things.
type tileMeeting struct {
	Trigger  string  `json:"trigger"`
	Lon      float64 `json:"lon"`
	Kind     string  `json:"kind"` // nearby or faraway
	Other    string  `json:"other"`
	OtherLon float64 `json:"other_lon"`
	Meters   float64 `json:"meters"`
}

var roamReach = regexp.MustCompile(`within (\d+(?:\.\d+)?) ?m`)

// roam plays a roaming fence: every position of a thing near the latest one
// of another, and the first that is not near any more. Rules name the things,
// two at a time.
func (c tileCase) roam() error {
	m := roamReach.FindStringSubmatch(c.Rule)
	if m == nil {
		return differs("a roaming fence told in words that are not understood")
	}
	var things []string
	var events []*fusion.Event
	for i, u := range c.Updates {
		if !slices.Contains(things, u.ID) {
			things = append(things, u.ID)
		}
		events = append(events, u.position(i))
	}
	var texts []ruleText
	for i, a := range things {
		for k, b := range things {
			if i == k {
				continue
			}
			for _, p := range roamPatterns(a, b, m[1]) {
				t, err := p.chain.rule(fmt.Sprintf("%s-%d-%d-%d", p.kind, i, k, len(texts)), flinkDay, p.where)
				if err != nil {
					return err
				}
				t.title = p.title
				texts = append(texts, t)
			}
		}
	}
	room, err := newRoom(rules.Options{Lateness: time.Millisecond}, texts...)
	if err != nil {
		return err
	}
	matches, err := room.play(events, time.Minute)
	if err != nil {
		return err
	}
	return c.meetings(matches)
}

// roamPattern is a sequence over the positions of two things.
type roamPattern struct {
	kind  string
	chain chain
	where string
	title string // what is said: distance, then the positions
}

// roamPatterns are what can be said when thing a moves and b was seen before.
func roamPatterns(a, b, reach string) []roamPattern {
	of := func(thing string) []alternative {
		return []alternative{{positionType, fmt.Sprintf(`entity("unit") == %q`, thing)}}
	}
	both := append(of(a), of(b)...)
	near := chain{links: []link{{any: of(b)}, {any: of(a), absent: both}}}
	// b stays where it is while a comes from a place near it, or came to where a stood.
	return []roamPattern{
		{"nearby", near, "distance(s1, s2) <= " + reach, `{{ distance(s1, s2) }}`},
		{"nearby", chain{links: []link{{any: of(b)}, {any: of(a), absent: of(b)}, {any: of(a), absent: both}}}, "distance(s1, s3) <= " + reach, `{{ distance(s1, s3) }}`},
		{
			"faraway",
			chain{links: []link{{any: of(b)}, {any: of(a), absent: of(b)}, {any: of(a), absent: both}}},
			"distance(s1, s2) <= " + reach + " && distance(s1, s3) > " + reach, `{{ distance(s1, s3) }}`,
		},
		{
			"faraway",
			chain{links: []link{{any: of(a)}, {any: of(b), absent: of(a)}, {any: of(a), absent: both}}},
			"distance(s1, s2) <= " + reach + " && distance(s2, s3) > " + reach, `{{ distance(s2, s3) }}`,
		},
	}
}

// metersOff is how much two engines may differ in the radius of the earth:
// 6371.000 and 6378.137 km.
const metersOff = 0.0015

// meetings compares what was said, in order.
func (c tileCase) meetings(matches []rules.Match) error {
	slices.SortStableFunc(matches, func(a, b rules.Match) int { return a.Anchor().Time.Compare(b.Anchor().Time) })
	if len(matches) != len(c.InOrder) {
		return fmt.Errorf("found %d meetings, expected %d", len(matches), len(c.InOrder))
	}
	for i, want := range c.InOrder {
		m := matches[i]
		trigger, other := m.Anchor(), m.Events[0].Event
		for _, n := range m.Events {
			if n.Event.Entities[0].Value != trigger.Entities[0].Value {
				other = n.Event
			}
		}
		kind, _, _ := strings.Cut(m.Rule.ID, "-")
		meters, err := strconv.ParseFloat(m.Title, 64)
		same := err == nil && math.Abs(meters-want.Meters) <= max(0.1, want.Meters*metersOff)
		got := fmt.Sprint(kind, " ", trigger.Entities[0].Value, " ", lon(trigger), " ", other.Entities[0].Value, " ", lon(other))
		expected := fmt.Sprint(want.Kind, " ", want.Trigger, " ", want.Lon, " ", want.Other, " ", want.OtherLon)
		if !same || got != expected {
			return fmt.Errorf("meeting %d is %s, %s m; expected %s, %g m", i+1, got, m.Title, expected, want.Meters)
		}
	}
	return nil
}

func lon(e *fusion.Event) float64 {
	p, _ := e.Geometry.Center()
	return p[0]
}
