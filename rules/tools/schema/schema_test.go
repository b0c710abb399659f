package schema_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/library"
	"github.com/openiroom/iroom/rules/tools/schema"
)

var update = flag.Bool("update", false, "write the published schema anew")

const published = "../../rule.schema.json"

func TestPublished(t *testing.T) {
	want, err := json.Marshal(schema.Schema(), json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(published, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(published)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("rules/rule.schema.json is not what the loader knows (%v); go test ./rules/tools/schema -update writes it", err)
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schema.ID, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schema.ID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// accepts says what the schema makes of a rule file.
func accepts(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestTakesEveryShippedRule(t *testing.T) {
	s := compiled(t)
	names, err := fs.Glob(library.FS, "*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("%d rules: %v", len(names), err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.yaml") {
			continue
		}
		text, err := fs.ReadFile(library.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		if err := accepts(t, s, string(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const rule = `rule: fast
title: A fast car
description: Cars.
owner: test
purpose: {basis: wpg-8, text: test}
mode: live
events:
  car: {type: sensor.anpr.passage, when: attrs.speed_kmh > 100}
match: {count: car, within: 5m, atleast: 3, by: [vehicle], near: 500, where: count > 3, then: keep}
score: {base: 1, add: [{points: 1, when: count > 4, because: many}], threshold: 1}
incident: {kind: speeding, severity: low, title: Fast}
after: {acknowledge_within: 2m, escalate_to: high, close_when_quiet: 2h}
`

// TestAgreesWithTheLoader changes a rule in one place; the loader and the
// schema both take it, or both refuse it.
func TestAgreesWithTheLoader(t *testing.T) {
	s := compiled(t)
	cases := map[string][2]string{
		"unchanged":        {"", ""},
		"no score":         {rule[strings.Index(rule, "score:"):strings.Index(rule, "incident:")], ""},
		"no after":         {rule[strings.Index(rule, "after:"):], ""},
		"another basis":    {"wpg-8", "wpg-13"},
		"a wrong basis":    {"wpg-8", "wpg-99"},
		"a wrong mode":     {"mode: live", "mode: on"},
		"a wrong severity": {"severity: low", "severity: mild"},
		"a wrong type":     {"sensor.anpr.passage", "sensor.anpr.pasage"},
		"a wrong id":       {"rule: fast", "rule: Fast Car"},
		"a wrong kind":     {"match: {count", "match: {cuont"},
		"a wrong time":     {"within: 5m", "within: soon"},
		"a wrong choice":   {"close_when_quiet: 2h", "close_when_quiet: later"},
		"joins":            {"incident: {kind: speeding, severity: low, title: Fast}", "incident: {open: false, join: [speeding]}"},
		"joins nothing":    {"incident: {kind: speeding, severity: low, title: Fast}", "incident: {open: false}"},
		"opens and joins":  {"title: Fast}", "title: Fast, join: [speeding]}"},
		"points in words":  {"points: 1", "points: many"},
		"near in words":    {"near: 500", "near: far"},
	}
	sensitive := "sensitive: {characteristics: [country], justification: j, approved_by: a}\nmode: live"
	uses := func(s string) string {
		return s + "\nevents:\n  car: {type: sensor.anpr.passage, when: 'country(\"vehicle\") == \"PL\"'}"
	}
	events := rule[strings.Index(rule, "mode:"):strings.Index(rule, "match:")]
	cases["sensitive"] = [2]string{events, uses(sensitive) + "\n"}
	for _, change := range []string{"approved_by: a", "characteristics: [country]", "justification: j"} {
		cases["sensitive without "+change] = [2]string{events, uses(strings.Replace(sensitive, change, "x: 1", 1)) + "\n"}
	}
	for line := range strings.SplitSeq(strings.TrimSpace(rule), "\n") {
		if key, _, ok := strings.Cut(line, ":"); ok && key != "events" && key[0] != ' ' {
			cases["without "+key] = [2]string{line + "\n", ""}
			cases["misspelt "+key] = [2]string{key + ":", key + "x:"}
		}
	}
	for _, place := range []string{"purpose: {", "car: {", "match: {", "score: {", "add: [{", "incident: {", "after: {"} {
		cases["unknown in "+place] = [2]string{place, place + "unheard: 1, "}
	}
	for name, c := range cases {
		text := strings.Replace(rule, c[0], c[1], 1)
		_, problems := rules.Compile(map[string][]byte{"fast.yaml": []byte(text)})
		if err := accepts(t, s, text); (err == nil) != (len(problems) == 0) {
			t.Errorf("%s: the loader says %v, the schema %v\n%s", name, problems, err, text)
		}
	}
}

// kinds are matches that use every key of their kind.
var kinds = map[string]string{
	"event":    "{event: a, by: vehicle, where: 'a.speed > 1', quiet: 1m}",
	"any":      "{any: [a, b], by: [vehicle, area], where: 'a.speed > 1', quiet: 1m}",
	"all":      "{all: [a, b], within: 1m, by: {k: {a: area, b: source, c: area}}, near: 5, where: 'a.speed > 1', pick: first, then: consume, lateness: 0s, reset: c, quiet: 1m}",
	"sequence": "{sequence: [a, {event: b, times: 2..5}, {not: d, within: 1m}], within: 1m, by: vehicle, near: 5, where: 'a.speed > 1', pick: each, then: keep, contiguity: strict, lateness: 1s, reset: c, quiet: 1m}",
	"count":    "{count: a, within: 1m, atleast: 2, atmost: 5, window: session, gap: 1s, by: vehicle, where: 'a.speed > 1', then: keep, lateness: 1s, reset: c, quiet: 1m}",
	"distinct": "{distinct: a, of: attrs.camera, within: 1m, atleast: 2, window: tumbling, by: vehicle, near: 5, where: 'a.speed > 1', then: keep, lateness: 1s, reset: c, quiet: 1m}",
	"measure":  "{measure: a, of: attrs.speed_kmh, take: percentile, percentile: 95, above: 3.5, within: 1m, window: session, gap: 1s, by: vehicle, where: 'measured > 1', then: once, lateness: 1s, reset: c, quiet: 1m}",
	"surge":    "{surge: a, over: 1h, times: 2.5, atleast: 5, by: vehicle, where: 'expected > 1', then: keep, lateness: 1s, reset: c, quiet: 1m}",
	"absence":  "{absence: {after: a, no: b, within: 1m}, by: vehicle, near: 5, where: 'a.speed > 1', lateness: 1s, reset: c, quiet: 1m}",
	"silence":  "{silence: {of: a, for: 1m}, by: source, where: 'a.speed > 1', lateness: 1s, reset: c, quiet: 1m}",
	"fence":    "{fence: {of: a, area: stadium, when: dwell, for: 1m, lost: 5m}, by: vehicle, where: 'a.speed > 1', lateness: 1s, reset: c, quiet: 1m}",
	"meet":     "{meet: {of: [a, b], within: 200, fresh: 1m}, by: area, where: 'a.speed > 1', lateness: 1s, reset: c, quiet: 1m}",
	"empty":    "{empty: {of: a, near: [5.98, 51.19], radius: 500, for: 1m, lost: 5m}, by: area, where: 'a.speed > 1', lateness: 1s, reset: c, quiet: 1m}",
}

// ofMatch is a rule with this match, and the events that it speaks of.
func ofMatch(match string) string {
	events := "events:\n"
	for _, name := range []string{"a", "b", "c", "d"} {
		if regexp.MustCompile(`(\[|: |, )` + name + `[],}]`).MatchString(match) {
			events += "  " + name + ": {type: sensor.anpr.passage}\n"
		}
	}
	head := rule[:strings.Index(rule, "events:")]
	return head + events + "match: " + match + "\nincident: {kind: k, severity: low, title: T}\n"
}

// TestAgreesWithTheLoaderOnEveryKind misspells each key of each kind, and
// gives each the value of another form; the loader and the schema both refuse
// it.
func TestAgreesWithTheLoaderOnEveryKind(t *testing.T) {
	s := compiled(t)
	loads := func(text string) bool {
		_, problems := rules.Compile(map[string][]byte{"fast.yaml": []byte(text)})
		return len(problems) == 0
	}
	for _, g := range rules.Grammars() {
		match := kinds[g.Kind]
		if text := ofMatch(match); !loads(text) || accepts(t, s, text) != nil {
			t.Errorf("%s is refused: %v", match, accepts(t, s, text))
			continue
		}
		wrong := []string{strings.Replace(match, "{"+g.Kind, "{x"+g.Kind, 1)}
		for _, at := range regexp.MustCompile(`[a-z]+: `).FindAllStringIndex(match, -1) {
			if own := strings.Index(match, "{k: "); own < 0 || at[0] < own || at[0] > own+len("{k: {a: area, b: source, c: area}}") {
				wrong = append(wrong, match[:at[0]]+"x"+match[at[0]:])
			}
		}
		for _, k := range slices.Concat(g.Inner, g.Beside) {
			if k.Form != rules.FormValue && k.Form != rules.FormJoin && k.Form != rules.FormEvent && strings.Contains(match, k.Name+": ") {
				wrong = append(wrong, regexp.MustCompile(`([{ ])`+k.Name+`: ('[^']*'|\[[^]]*\]|[^,}]*)`).ReplaceAllString(match, "${1}"+k.Name+": {bad: [value]}"))
			}
		}
		for _, match := range wrong {
			text := ofMatch(match)
			if loads(text) || accepts(t, s, text) == nil {
				t.Errorf("%s: the loader takes it: %v, the schema: %v", match, loads(text), accepts(t, s, text))
			}
		}
	}
}
