package rules

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

func passage() *fusion.Event {
	e := car("e", 0, attr("camera", "k1"), attr("speed_kmh", 80.0), vehicle("AB12CD", "AB12CO"), vehicle("XX11YY"), north(0))
	e.Confidence, e.Track = new(90.0), &fusion.Track{Speed: new(12.5)}
	e.Severity, e.Category = "severe", []string{"Fire", "Security"}
	return e
}

func TestConditionValues(t *testing.T) {
	world := lists{"stolen": {"AB12CO", "XX11YY"}, "areas": {"centre"}}
	s := &scope{names: []string{"e"}, types: [][]fusion.EventType{{anpr}}, bare: true}
	for text, want := range map[string]bool{
		`attrs.camera == "k1"`:                                      true,
		`attrs?.camera == "k1"`:                                     true,
		`attrs.lane == ""`:                                          true,
		`attrs.speed_kmh == 80`:                                     true,
		`attrs.speed_kmh in [70, 80]`:                               true,
		`attrs.speed_kmh in 70..80`:                                 false, // refused, see below
		`confidence >= 90 && speed > 12 && speed < 13`:              true,
		`course > 0 || course <= 0`:                                 false,
		`entity("vehicle") == "AB12CD"`:                             true,
		`entity("phone") == ""`:                                     true,
		`any(entities("vehicle"), # startsWith "XX")`:               true,
		`len(entities("vehicle")) == 2`:                             true,
		`"Fire" in category`:                                        true,
		`listed("stolen", entity("vehicle"))`:                       true,
		`listed_exact("stolen", entity("vehicle"))`:                 false,
		`listed_exact("stolen", "XX11YY")`:                          true,
		`inside("centre")`:                                          true,
		`inside("north")`:                                           false,
		`hour == 13 && weekday == 3`:                                true,
		`distance(5.98712, 51.19433) < 1`:                           true,
		`distance(6, 52) > 50000`:                                   true,
		`severity matches "^sev" && lower("ABC") == "abc"`:          true,
		`reliability == "" && not (credibility <= 6) && area == ""`: true,
	} {
		p, err := s.compile(text, reflect.Bool)
		if strings.Contains(text, "..") {
			if err == nil {
				t.Errorf("%s: accepted", text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %s", text, err)
			continue
		}
		x := &execution{state: NewState()}
		if got := x.holds(p, &frame{events: []*fusion.Event{passage()}, world: world}); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
}

func TestConditionRefusals(t *testing.T) {
	bare := &scope{names: []string{"e"}, types: [][]fusion.EventType{{anpr}}, bare: true}
	named := &scope{names: []string{"raid", "car"}, types: [][]fusion.EventType{{alarm, call}, {anpr}}}
	for _, c := range []struct {
		scope         *scope
		text, message string
	}{
		{bare, `attrs.nature == "x"`, `has no attribute "nature"`},
		{bare, `attrs.speed_kmh == "x"`, "mismatched types number and text"},
		{bare, `attrs.camera`, "must be true or false"},
		{bare, `country == "PL"`, "protected characteristic"},
		{bare, `attrs.nationality == "x"`, "protected characteristic"},
		{bare, `entity("vehicle").country == "PL"`, "protected characteristic"},
		{named, `car.country == "PL"`, "protected characteristic"},
		{bare, `severty == "severe"`, `the field "severty" is not known`},
		{bare, `handling == ""`, `the field "handling" is not known`},
		{bare, `$env == 1`, `the field "$env" is not known`},
		{bare, `now() > time`, "not known"},
		{bare, `reduce([1,2], #acc + #, 0) > 1`, "not allowed"},
		{bare, `repeat("x", 9) == ""`, "not known"},
		{bare, `any([1], any([2], # == 1))`, "a loop inside a loop"},
		{bare, `severity matches source`, "must be a constant"},
		{bare, `severity matches "("`, "regular expression"},
		{bare, `let x = 1; x == 1`, "no variables"},
		{bare, `{"a": 1} == nil`, "no variables, maps"},
		{bare, `time.Local().Hour() == 1`, "cannot be called"},
		{bare, `entity(source) == ""`, "needs one constant text"},
		{bare, `entity("plate") == ""`, "not a type of entity"},
		{bare, `listed("no such list", source)`, "must be a constant name"},
		{bare, strings.Repeat("(", 33) + "true" + strings.Repeat(")", 33), "nested deeper"},
		{bare, `source == "` + strings.Repeat("x", 5000) + `"`, "bytes"},
		{bare, "true" + strings.Repeat(" && true", 400), "nodes"},
		{bare, `source == nil`, "nothing is ever nil"},
		{bare, `attrs.speed_kmh % 0 == 1`, "not allowed"},
		{named, `severity == "x"`, `the name "severity" is not known`},
		{named, `raid == car`, "is an event, not a value"},
		{named, `raid.attrs.camera == ""`, "has no attribute"},
		{named, `distance(raid, raid) < 1`, "two different events"},
		{named, `entity("vehicle") == ""`, "needs an event"},
		{named, `count > 1`, `the name "count" is not known`},
	} {
		_, err := c.scope.compile(c.text, reflect.Bool)
		if err == nil || !strings.Contains(err.message, c.message) {
			t.Errorf("%.60s: got %v, want …%s…", c.text, err, c.message)
		}
	}
}

func TestNamedConditions(t *testing.T) {
	s := &scope{names: []string{"raid", "car"}, types: [][]fusion.EventType{{alarm, call}, {anpr}}}
	r := raid("r", 0, north(0), attr("alarm", "burglary"))
	c := car("c", time.Minute, north(100), vehicle("A"))
	for text, want := range map[string]bool{
		`raid.attrs.alarm == "burglary" && raid.attrs.nature == ""`: true,
		`raid.attrs.priority < 3`:                                   false,
		`distance(raid, car) > 99 && distance(car, raid) < 101`:     true,
		`car.time - raid.time == duration("1m")`:                    true,
		`car.time > raid.time`:                                      true,
		`car.entity("vehicle") == "A"`:                              true,
	} {
		p, err := s.compile(text, reflect.Bool)
		if err != nil {
			t.Errorf("%s: %s", text, err)
			continue
		}
		x := &execution{state: NewState()}
		if got := x.holds(p, &frame{events: []*fusion.Event{r, c}, world: lists{}}); got != want {
			t.Errorf("%s is %v", text, got)
		}
	}
}

// lateFailures would pass the expression language's own checks and fail when
// they run.
var lateFailures = []string{
	`min([]) > 1`, `max(entities("vehicle")) == 1`, `min(entities("vehicle"), [1]) == 1`, `(hour > 1 ? "a" : 1) > 2`,
	`not (hour > 1 ? 1 : true)`, `len(filter([1, "a"], # > 1)) > 0`, `any([1, "a"], # contains "x")`,
	`any([severity, 1], # < 2)`, `duration("1m") * 2.5 > duration("1m")`, `count([1]) == 1`,
}

func TestWhatLoadsDoesNotFailOnATypeLater(t *testing.T) {
	s := &scope{names: []string{"e"}, types: [][]fusion.EventType{{anpr}}, bare: true}
	for _, text := range lateFailures {
		if _, err := s.compile(text, reflect.Bool); err == nil {
			t.Errorf("%s: accepted", text)
		}
	}
}
