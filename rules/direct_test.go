package rules

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

var (
	textTerms = []string{
		`attrs.camera`, `attrs.lane`, `severity`, `source`, `area`, `entity("vehicle")`, `entity("phone")`, `"k1"`, `"k"`, `""`, `"AB12CD"`,
	}
	numberTerms = []string{
		`attrs.speed_kmh`, `confidence`, `credibility`, `speed`, `course`, `hour`, `weekday`, `80`, `12.5`, `0`, `13`, `-1`,
	}
	questions = []string{
		`listed("stolen", entity("vehicle"))`, `listed_exact("stolen", "XX11YY")`, `listed("none", attrs.camera)`, `inside("centre")`,
		`inside("north")`, `holiday`, `attrs.camera in ["k1", "k2"]`, `attrs.lane in ["2"]`, `attrs.speed_kmh in [70, 80]`, `true`,
	}
)

// drawCondition makes a condition of comparisons and questions.
func drawCondition(t *rapid.T, depth int) string {
	one := func(list ...string) string { return rapid.SampledFrom(list).Draw(t, "one") }
	kind := rapid.IntRange(0, 5).Draw(t, "kind")
	switch {
	case depth > 0 && kind == 0:
		return "not (" + drawCondition(t, depth-1) + ")"
	case depth > 0 && kind <= 2:
		return fmt.Sprintf("(%s) %s (%s)", drawCondition(t, depth-1), one("&&", "||", "and", "or", "=="), drawCondition(t, depth-1))
	case kind == 3:
		return one(questions...)
	case kind == 4:
		return one(textTerms...) + " " + one("==", "!=", "contains", "startsWith", "endsWith") + " " + one(textTerms...)
	}
	return one(numberTerms...) + " " + one("==", "!=", "<", "<=", ">", ">=") + " " + one(numberTerms...)
}

// drawPassage makes an event of which anything may be missing.
func drawPassage(t *rapid.T) *fusion.Event {
	full := passage()
	full.Credibility, full.Location = 3, &fusion.Location{Area: "k1"}
	full.Attrs["lane"] = "2"
	e := &fusion.Event{Type: full.Type, Time: full.Time, Attrs: map[string]any{}}
	from, into := reflect.ValueOf(full).Elem(), reflect.ValueOf(e).Elem()
	for i := range from.NumField() {
		if name := from.Type().Field(i).Name; name != "Attrs" && rapid.Bool().Draw(t, name) {
			into.Field(i).Set(from.Field(i))
		}
	}
	for name, v := range full.Attrs {
		if rapid.Bool().Draw(t, name) {
			e.Attrs[name] = rapid.SampledFrom([]any{v, 7.0, true, "other"}).Draw(t, name)
		}
	}
	return e
}

// TestDirectAgreesWithTheMachine: what runs without the machine gives what the
// machine gives, and records the same lists.
func TestDirectAgreesWithTheMachine(t *testing.T) {
	s := &scope{names: []string{"e"}, types: [][]fusion.EventType{{anpr}}, bare: true}
	world := lists{"stolen": {"AB12CO", "XX11YY"}, "areas": {"centre"}}
	ran := 0
	rapid.Check(t, func(t *rapid.T) {
		text := drawCondition(t, 2)
		p, err := s.assemble(text, reflect.Bool)
		if err != nil {
			t.Fatalf("%s: %s", text, err)
		}
		if p.test == nil {
			return
		}
		ran++
		e := drawPassage(t)
		own, machine := &frame{events: []*fusion.Event{e}, world: world}, &frame{events: []*fusion.Event{e}, world: world}
		want, runErr := NewState().machine.Run(p.code, machine)
		if runErr != nil {
			t.Fatalf("%s: %s", text, runErr)
		}
		if got := p.test(own); got != want || !slices.Equal(own.matched, machine.matched) {
			t.Fatalf("%s: %v %v, the machine says %v %v", text, got, own.matched, want, machine.matched)
		}
	})
	if ran == 0 {
		t.Error("no condition ran without the machine")
	}
}

// TestDirectTexts: texts that stand alone, as in join keys.
func TestDirectTexts(t *testing.T) {
	s := &scope{names: []string{"e"}, types: [][]fusion.EventType{{anpr}}, bare: true}
	for text, want := range map[string]string{`entity("vehicle")`: "AB12CD", `attrs.camera`: "k1", `attrs.lane`: "", `type`: ""} {
		p, err := s.compile(text, reflect.Interface)
		if err != nil {
			t.Errorf("%s: %s", text, err)
			continue
		}
		if text == "type" {
			want = string(anpr)
		}
		if p.text == nil {
			t.Errorf("%s needs the machine", text)
		} else if got := p.text(&frame{events: []*fusion.Event{passage()}}); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}
