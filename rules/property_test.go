package rules

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

// drawEvents makes a few events of the types that the test rules look at, all
// within the lateness of each other.
func drawEvents(t *rapid.T) []*fusion.Event {
	types := []fusion.EventType{alarm, anpr, fusion.TypeUnitPosition}
	var out []*fusion.Event
	for i := range rapid.IntRange(1, 12).Draw(t, "n") {
		at := time.Duration(rapid.IntRange(0, 110).Draw(t, "second")) * time.Second
		out = append(out, event(fmt.Sprintf("e%02d", i), rapid.SampledFrom(types).Draw(t, "type"), at,
			attr("state", "raised"), in(rapid.SampledFrom([]string{"x", "y"}).Draw(t, "area")),
			north(float64(rapid.IntRange(0, 3).Draw(t, "place"))*60)))
		out[i].Location.Area = rapid.SampledFrom([]string{"x", "y"}).Draw(t, "area")
	}
	return out
}

var propertyMatches = []string{
	"{sequence: [raid, car], within: 40s}",
	"{sequence: [raid, car], within: 40s, by: area, pick: first}",
	"{sequence: [raid, car, unit], within: 60s, by: area}",
	"{sequence: [raid, car, unit], within: 60s, near: 100}",
	"{sequence: [raid, car, unit], within: 60s, where: 'distance(raid, unit) < 100', pick: each}",
}

func ruleFor(match string) string {
	if bytes.Contains([]byte(match), []byte("unit")) {
		return sequenceRule(match)
	}
	return twoStep(match)
}

// TestSequenceOrderOfArrival: the same hits by rule, key and anchor, in
// whatever order the events come within the lateness.
func TestSequenceOrderOfArrival(t *testing.T) {
	for _, match := range propertyMatches {
		set := compile(t, ruleFor(match))
		t.Run(match, rapid.MakeCheck(func(t *rapid.T) {
			events := drawEvents(t)
			inOrder := slices.SortedFunc(slices.Values(events), func(a, b *fusion.Event) int { return a.Time.Compare(b.Time) })
			shuffled := rapid.Permutation(events).Draw(t, "arrival")
			a, b := anchors(newRoom(set).all(inOrder...)), anchors(newRoom(set).all(shuffled...))
			if !maps.Equal(a, b) {
				t.Fatalf("in order %v\nshuffled %v", a, b)
			}
		}))
	}
}

// anchors counts the hits by rule, key and anchor.
func anchors(matches []Match) map[string]int {
	out := map[string]int{}
	for _, m := range matches {
		out[m.Rule.ID+"/"+m.Hit.Key+"@"+string(m.Anchor().ID)]++
	}
	return out
}

// TestSequenceAgainstDefinition compares with a search of all pairs.
func TestSequenceAgainstDefinition(t *testing.T) {
	set := compile(t, twoStep("{sequence: [raid, car], within: 40s, near: 100, by: area}"))
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		wanted := map[string]int{}
		for _, c := range events {
			for _, r := range events {
				d, _ := fusion.DistanceBetween(r.Geometry, c.Geometry)
				gap := c.Time.Sub(r.Time)
				if r.Type == alarm && c.Type == anpr && r.Location.Area == c.Location.Area && d <= 100 && gap >= 0 && gap <= 40*time.Second {
					wanted["s/"+c.Location.Area+"@"+string(c.ID)] = 1
				}
			}
		}
		if got := anchors(newRoom(set).all(events...)); !maps.Equal(got, wanted) {
			t.Fatalf("got %v\nwant %v", got, wanted)
		}
	})
}

// TestCountAgainstDefinition: a count fires at least once exactly when enough
// events lie in one window, in whatever order they come.
func TestCountAgainstDefinition(t *testing.T) {
	set := compile(t, ruleText("c", "events: {car: {type: sensor.anpr.passage}}\nmatch: {count: car, within: 30s, atleast: 3}\n"))
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		wanted := false
		for _, first := range events {
			n := 0
			for _, e := range events {
				if gap := e.Time.Sub(first.Time); e.Type == anpr && gap >= 0 && gap <= 30*time.Second {
					n++
				}
			}
			wanted = wanted || first.Type == anpr && n >= 3
		}
		if got := len(newRoom(set).all(events...)) > 0; got != wanted {
			t.Fatalf("fires: %v, want %v", got, wanted)
		}
	})
}

// TestContinueFromEncodedState: a state that was written and read goes on
// exactly as the one it was written from.
func TestContinueFromEncodedState(t *testing.T) {
	texts := []string{ruleText("c", `
events: {car: {type: sensor.anpr.passage, when: 'listed("stolen", entity("vehicle")) || area == "x"'}}
match: {count: car, within: 30s, atleast: 3, by: area, then: keep}
`)}
	for i, m := range propertyMatches {
		texts = append(texts, "rule: s"+fmt.Sprint(i)+ruleFor(m)[len("rule: s"):])
	}
	set := compile(t, texts...)
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		for i, e := range events {
			e.Subject = rapid.SampledFrom([]string{"", "", "1", "2"}).Draw(t, "subject")
			e.MsgType = rapid.SampledFrom([]fusion.MsgType{"", "", fusion.MsgUpdate, fusion.MsgCancel}).Draw(t, "msgtype")
			e.References = []string{fmt.Sprintf("e%02d", rapid.IntRange(0, len(events)).Draw(t, "reference"))}
			if i%2 == 0 {
				vehicle("A", "B")(e)
			}
		}
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		straight, resumed := newRoom(set), newRoom(set)
		straight.world, resumed.world = lists{"stolen": {"B"}}, lists{"stolen": {"B"}}
		straight.all(events[:cut]...)
		resumed.all(events[:cut]...)
		resumed.state = recode(t, resumed.state)
		a, b := summary(straight.all(events[cut:]...)), summary(resumed.all(events[cut:]...))
		if a != b {
			t.Fatalf("straight %s\nresumed  %s", a, b)
		}
		if x, y := encode(t, straight.state), encode(t, resumed.state); !bytes.Equal(x, y) {
			t.Fatalf("straight %s\nresumed  %s", x, y)
		}
	})
}

type fatal interface {
	Fatal(...any)
}

func encode(t fatal, st *State) []byte {
	b, err := st.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func recode(t fatal, st *State) *State {
	out, err := DecodeState(encode(t, st))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestEveryEventMeetsTheRulesThatItShould: the index finds what a look at
// every rule finds.
func TestIndexMissesNothing(t *testing.T) {
	conditions := []string{
		`attrs.camera == "a"`, `attrs.camera in ["a", "b"] && attrs.speed_kmh > 3`, `attrs.speed_kmh == 2 || attrs.camera == "c"`,
		`attrs.speed_kmh in [1, 2]`, `2 == attrs.speed_kmh`, `area == "x" && attrs.camera != "a"`, `not (attrs.camera == "a")`,
		`source == "s" and attrs.lane == ""`, `credibility == 2`, `true`, `attrs.camera == attrs.lane`,
	}
	var texts []string
	for i, c := range conditions {
		texts = append(texts, ruleText(fmt.Sprintf("r%02d", i), fmt.Sprintf("events: {x: {type: sensor.anpr.passage, when: '%s'}}\nmatch: {event: x}\n", c)))
	}
	set := compile(t, texts...)
	rapid.Check(t, func(t *rapid.T) {
		e := car("e", 0)
		if c := rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "camera"); c != "" {
			attr("camera", c)(e)
		}
		if v := rapid.IntRange(-1, 4).Draw(t, "speed"); v >= 0 {
			attr("speed_kmh", float64(v))(e)
		}
		in(rapid.SampledFrom([]string{"", "x"}).Draw(t, "area"))(e)
		var wanted []string
		for _, r := range set.Rules() {
			if r.Fills(e, lists{}) != nil {
				wanted = append(wanted, r.ID)
			}
		}
		var got []string
		for _, m := range newRoom(set).send(e) {
			got = append(got, m.Rule.ID)
		}
		if !slices.Equal(got, wanted) {
			t.Fatalf("got %v, want %v", got, wanted)
		}
	})
}

// TestOneBadRuleChangesNothingForOthers runs a set with and without a rule
// that fails on every event.
func TestOneBadRuleChangesNothingForOthers(t *testing.T) {
	good := twoStep(propertyMatches[0])
	bad := ruleText("bad", "events: {x: {type: sensor.anpr.passage, when: 'inside(\"boom\")'}}\nmatch: {event: x}\n")
	rng := rand.New(rand.NewPCG(1, 2))
	alone, beside := newRoom(compile(t, good)), newRoom(compile(t, good, bad))
	beside.world = panicking{}
	for i := range 40 {
		e := raid(fmt.Sprint(i), time.Duration(rng.IntN(60))*time.Second, north(0))
		if i%2 == 1 {
			e.Type = anpr
		}
		if a, b := summary(alone.send(e)), summary(beside.send(e)); a != b {
			t.Fatalf("event %d: alone %q, beside a bad rule %q", i, a, b)
		}
	}
	if s := beside.stats(t, "bad"); s.Failures != 5 || !s.Quarantined {
		t.Errorf("%+v, want quarantine after 5 failures", s)
	}
	if s := beside.stats(t, "s"); s.Failures != 0 || s.Hits == 0 {
		t.Errorf("%+v, want hits and no failure of the good rule", s)
	}
}

type panicking struct{ lists }

func (panicking) Inside(string, *fusion.Geometry) bool { panic("boom") }
