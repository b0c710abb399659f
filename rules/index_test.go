package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

// indexedParts are conditions of which the index looks some up and must leave
// the others alone.
var indexedParts = []string{
	`attrs.camera == "a"`, `attrs.camera in ["a", "ab"]`, `attrs.camera startsWith "a"`, `attrs.camera startsWith "ab"`,
	`attrs.camera startsWith ""`, `not (attrs.camera startsWith "a")`, `"abc" startsWith attrs.camera`, `area == "x"`,
	`area in ["x", "y"]`, `source startsWith "s"`, `subject startsWith "é"`, `attrs.speed_kmh == 2`, `true`, `holiday == false`,
	`listed("one", entity("vehicle"))`, `listed_exact("one", entity("vehicle"))`, `listed("two", entity("phone"))`,
	`any(entities("vehicle"), listed("one", #))`, `all(entities("vehicle"), listed("one", #))`, `none(entities("vehicle"), listed("one", #))`,
	`any(entities("vehicle"), # startsWith "A" && listed("one", #))`, `any(category, listed("two", #))`, `not listed("one", entity("vehicle"))`,
	`listed("one", attrs.camera)`, `listed("two", "A")`, `listed("two", lower(entity("vehicle")))`, `(listed("one", entity("vehicle")) || area == "x")`,
}

// TestIndexOfAnyConditionMissesNothing: whatever the conditions are made of,
// the index finds what a look at every rule finds.
func TestIndexOfAnyConditionMissesNothing(t *testing.T) {
	values := rapid.SampledFrom([]string{"", "A", "B", "a", "ab", "abc", "éa"})
	rapid.Check(t, func(t *rapid.T) {
		var texts []string
		for i := range rapid.IntRange(1, 8).Draw(t, "rules") {
			parts := rapid.SliceOfN(rapid.SampledFrom(indexedParts), 1, 3).Draw(t, "parts")
			texts = append(texts, oneEvent(fmt.Sprintf("r%d", i), strings.Join(parts, " && ")))
		}
		set := compileAll(t, texts)
		world := lists{"one": rapid.SliceOfN(values, 0, 2).Draw(t, "one"), "two": rapid.SliceOfN(values, 0, 2).Draw(t, "two")}
		for range 3 {
			e := car("e", 0, attr("camera", values.Draw(t, "camera")), attr("speed_kmh", float64(rapid.IntRange(1, 3).Draw(t, "speed"))),
				in(rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "area")), subject(values.Draw(t, "subject")))
			e.Category = []string{values.Draw(t, "category")}
			for range rapid.IntRange(0, 2).Draw(t, "vehicles") {
				vehicle(values.Draw(t, "plate"), values.Draw(t, "candidate"))(e)
			}
			e.Entities = append(e.Entities, fusion.Entity{Type: fusion.EntityPhone, Value: values.Draw(t, "phone")})
			var wanted []string
			for _, r := range set.Rules() {
				if r.Fills(e, world) != nil {
					wanted = append(wanted, r.ID)
				}
			}
			room := newRoom(set)
			room.world = world
			var got []string
			for _, m := range room.send(e) {
				got = append(got, m.Rule.ID)
			}
			if !slices.Equal(got, wanted) {
				t.Fatalf("got %v, want %v", got, wanted)
			}
		}
	})
}

func oneEvent(id, when string) string {
	return ruleText(id, fmt.Sprintf("events: {x: {type: sensor.anpr.passage, when: '%s'}}\nmatch: {event: x}\n", when))
}

func compileAll(t *rapid.T, texts []string) *Set {
	files := map[string][]byte{}
	for i, text := range texts {
		files[fmt.Sprintf("%d.yaml", i)] = []byte(text)
	}
	set, problems := Compile(files)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return set
}

// asked counts how often lists are asked.
type asked struct {
	lists
	times *int
}

func (a asked) Listed(list, value string) (string, bool) {
	*a.times++
	return a.lists.Listed(list, value)
}

// overOneList makes rules that all ask one list for the vehicle.
func overOneList(n int) (texts []string) {
	for i := range n {
		texts = append(texts, oneEvent(fmt.Sprintf("r%05d", i), fmt.Sprintf(`attrs.speed_kmh > %d && listed("stolen", entity("vehicle"))`, i%50)))
	}
	return texts
}

func TestAListIsAskedOnceForAllItsRules(t *testing.T) {
	times := 0
	r := newRoom(compile(t, overOneList(100)...))
	r.world = asked{lists{"stolen": {"B"}}, &times}
	speed := attr("speed_kmh", 200.0)
	if hits := r.send(car("1", 0, speed, vehicle("A", "C"))); len(hits) != 0 || times != 2 {
		t.Errorf("%d hits, asked %d times, want none and once for each reading", len(hits), times)
	}
	if hits := r.send(car("2", 0, speed, vehicle("A", "B"))); len(hits) != 100 {
		t.Errorf("%d hits of a listed car, want 100", len(hits))
	}
}

// damaged is a world whose lists cannot be read.
type damaged struct{ lists }

func (damaged) Listed(string, string) (string, bool) { panic("damaged") }

func TestAListThatFailsCountsAgainstItsRules(t *testing.T) {
	r := newRoom(compile(t, oneEvent("lists", `listed("stolen", entity("vehicle"))`), oneEvent("other", "true")))
	r.world = damaged{}
	want(t, r.send(car("1", 0, vehicle("A"))), "other/@1[1]")
	if s := r.stats(t, "lists"); s.Failures != 1 {
		t.Errorf("%+v, want a failure of the rule that asks", s)
	}
}

// BenchmarkOneList: a car that is not on the list that a thousand rules ask.
func BenchmarkOneList(b *testing.B) {
	r := newRoom(compile(b, overOneList(1000)...))
	r.world = lists{"stolen": {"B"}}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		r.send(car(fmt.Sprint(i), time.Duration(i)*100*time.Millisecond, attr("speed_kmh", 80.0), vehicle("A", "C")))
	}
}
