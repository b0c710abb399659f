package schema_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
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

func TestHasEveryKindAndKey(t *testing.T) {
	text, err := os.ReadFile(published)
	if err != nil {
		t.Fatal(err)
	}
	for kind, keys := range rules.KindKeys() {
		for _, key := range append(keys, kind) {
			if !bytes.Contains(text, []byte(`"`+key+`": `)) {
				t.Errorf("the schema has no %s of %s", key, kind)
			}
		}
	}
}
