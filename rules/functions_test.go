package rules

import (
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

var (
	designEvents = regexp.MustCompile("(?s)```json\n(.*?)```")
	designRow    = regexp.MustCompile("(?m)^\\| (?:`when` of `(\\w+)`(?:, in a rule with `sensitive`)?|`where`) \\| `([^`]+)` \\| (.+) \\|$")
)

// TestExamplesOfTheDesign runs the examples of DESIGN.md. Every function has
// one.
func TestExamplesOfTheDesign(t *testing.T) {
	design, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	warning, row := designed(t, design)
	both := &scope{names: []string{"warning", "row"}, types: [][]fusion.EventType{{warning.Type}, {row.Type}}}
	alone := &scope{names: []string{"row"}, types: [][]fusion.EventType{{row.Type}}, bare: true, allowed: []string{"country"}}
	missing := functionNames()
	for _, m := range designRow.FindAllSubmatch(design, -1) {
		name, text, want := string(m[1]), string(m[2]), string(m[3])
		s, events := both, []*fusion.Event{warning, row}
		if name != "" {
			s, events = alone, events[1:]
		}
		if got := show(valueOf(t, s, text, events...)); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
		missing = slices.DeleteFunc(missing, func(f string) bool { return regexp.MustCompile(`\b` + f + `\(`).MatchString(text) })
	}
	if len(missing) > 0 {
		t.Errorf("there is no example of %v", missing)
	}
}

// designed reads the events of the examples.
func designed(t *testing.T, design []byte) (warning, row *fusion.Event) {
	t.Helper()
	var events struct{ Warning, Row *fusion.Event }
	block := designEvents.FindSubmatch(design)
	if block == nil {
		t.Fatal("DESIGN.md has no events")
	}
	if err := json.Unmarshal(block[1], &events, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatal(err)
	}
	return events.Warning, events.Row
}

func valueOf(t *testing.T, s *scope, text string, events ...*fusion.Event) any {
	t.Helper()
	p, err := s.compile(text, reflect.Interface)
	if err != nil {
		t.Errorf("%s: %s", text, err)
		return nil
	}
	x := &execution{state: NewState()}
	return x.eval(p, &frame{events: events, world: lists{"stolen-plates": {"AB12CD"}, "areas": {"centre"}}})
}

func TestPlacesThatAreMissing(t *testing.T) {
	s := &scope{names: []string{"a", "b"}, types: [][]fusion.EventType{{anpr}, {anpr}}}
	nowhere, somewhere := car("n", 0), car("s", 0, north(0))
	area := car("w", 0)
	area.Geometry = &fusion.Geometry{Geometry: orb.Polygon{{{5, 51}, {7, 51}, {7, 52}, {5, 51}}}}
	for _, pair := range [][2]*fusion.Event{{nowhere, somewhere}, {somewhere, nowhere}, {area, nowhere}, {noEvent, somewhere}, {somewhere, somewhere}} {
		for text, want := range map[string]any{"bearing(a, b) >= 0 || bearing(a, b) < 0": false, "covers(a, b)": false} {
			if got := valueOf(t, s, text, pair[0], pair[1]); got != want {
				t.Errorf("%s is %v", text, got)
			}
		}
	}
	if got := valueOf(t, s, "bearing(a, b)", nowhere, somewhere); !math.IsNaN(got.(float64)) {
		t.Errorf("the bearing from nowhere is %v", got)
	}
}

func TestFunctionRefusals(t *testing.T) {
	bare := &scope{names: []string{"e"}, types: [][]fusion.EventType{{anpr}}, bare: true}
	named := &scope{names: []string{"raid", "car"}, types: [][]fusion.EventType{{alarm}, {anpr}}}
	for _, c := range []struct {
		scope         *scope
		text, message string
	}{
		{bare, `covers(raid, car)`, "covers needs two events, and here is only one"},
		{bare, `bearing(5.98) > 1`, "needs a longitude and a latitude"},
		{bare, `bearing("x", 51) > 1`, "cannot use text as argument"},
		{bare, `plate() == ""`, "plate needs one text"},
		{bare, `plate(confidence) == ""`, "number"},
		{bare, `phone(source, "NL") == ""`, "phone needs one text"},
		{bare, `similar(source) > 0.5`, "similar needs two texts"},
		{bare, `similar(category, source) > 0.5`, "list of texts"},
		{bare, `plate(country) == ""`, "protected characteristic"},
		{bare, `holiday == 1`, "mismatched types"},
		{bare, `translate(source) == ""`, "the function translate is not known"},
		{named, `covers(raid, raid)`, "covers needs two different events"},
		{named, `bearing(raid) > 5`, "bearing needs two different events"},
		{named, `raid.bearing(car) > 5`, "needs a longitude and a latitude"},
		{named, `inside("centre")`, "inside needs an event"},
		{named, `raid.covers(car)`, "an event has no function covers"},
		{bare, `any(category, any(category, similar(#, #) > 1))`, "a loop inside a loop"},
	} {
		_, err := c.scope.compile(c.text, reflect.Bool)
		switch {
		case err == nil || !strings.Contains(err.message, c.message):
			t.Errorf("%s: got %v, want …%s…", c.text, err, c.message)
		case strings.Contains(err.message, accessorPrefix):
			t.Errorf("%s: the error %q holds the name of an accessor", c.text, err.message)
		}
	}
}
