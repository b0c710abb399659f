package lint_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/library"
	"github.com/openiroom/iroom/rules/tools/lint"
)

// rule is one with a condition on a passage, on line 8 of its file.
func rule(id, mode, typ, when string) string {
	return `rule: ` + id + `
title: T
description: D
owner: O
purpose: {basis: wpg-8, text: P}
mode: ` + mode + `
events:
  e: {type: ` + typ + `, when: '` + when + `'}
match: {event: e}
incident: {kind: k, severity: low, title: T}
`
}

func warnings(t *testing.T, files map[string]string) string {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	set, problems := rules.Load(fsys)
	if set == nil {
		t.Fatal(problems)
	}
	list, err := lint.Warnings(fsys, set)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range list {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

const passage = "sensor.anpr.passage"

func TestImpossibleConditions(t *testing.T) {
	for when, says := range map[string]string{
		`attrs.lane == "1" && attrs.lane == "2"`:                                                      `never holds: attrs.lane == "2", but attrs.lane is 1`,
		`attrs.lane in ["1", "2"] && attrs.lane == "3"`:                                               `attrs.lane is one of [1 2]`,
		`attrs.lane in ["1"] && attrs.lane != "1"`:                                                    `attrs.lane is 1`,
		`attrs.lane == "1" && attrs.speed_kmh > 100 && attrs.speed_kmh < 50`:                          `attrs.speed_kmh is more than 100`,
		`attrs.lane == "1" && attrs.speed_kmh > 50 && attrs.speed_kmh < 50`:                           `never holds`,
		`attrs.lane == "1" && attrs.speed_kmh >= 50 && attrs.speed_kmh <= 50`:                         "",
		`attrs.lane == "1" && confidence > 100`:                                                       `confidence lies between 0 and 100`,
		`attrs.lane == "1" && 24 <= hour`:                                                             `hour lies between 0 and 23`,
		`attrs.lane == "1" && (hour > 25 || weekday == 9)`:                                            "never holds",
		`attrs.lane == "1" && (hour > 25 || weekday == 6)`:                                            "",
		`attrs.lane == "1" && type == "police.dispatch.call"`:                                         `type is sensor.anpr.passage`,
		`attrs.lane in ["1", "2"] && (attrs.lane == "1" && attrs.camera == "a" || attrs.lane == "2")`: "",
		`attrs.lane == "1" && not (attrs.lane == "1")`:                                                "",
		`attrs.lane == "1" && attrs.camera != "1" && attrs.camera != "2"`:                             "",
		`attrs.lane == "1" && attrs.speed_kmh in [10, 20] && attrs.speed_kmh > 20`:                    "attrs.speed_kmh is one of [10 20]",
	} {
		got := warnings(t, map[string]string{"r.yaml": rule("r", "live", passage, when), "r_test.yaml": "- {name: x}"})
		if (got == "") != (says == "") || !strings.Contains(got, says) {
			t.Errorf("%s: want %q in %q", when, says, got)
		}
	}
}

func TestWarningsPointAtTheirPlace(t *testing.T) {
	got := warnings(t, map[string]string{"r.yaml": rule("r", "live", passage, `attrs.lane == "1" && hour > 30`), "r_test.yaml": "- {name: x}"})
	// The operator > of the comparison that cannot hold.
	if !strings.HasPrefix(got, "r.yaml:8:") {
		t.Errorf("%q", got)
	}
}

func TestRulesThatNothingReaches(t *testing.T) {
	off, shadow := rule("off", "off", passage, `attrs.lane == "1"`), rule("shade", "shadow", passage, `attrs.lane == "1"`)
	tests := "- {name: x}"
	got := warnings(t, map[string]string{
		"off.yaml": off, "shade.yaml": shadow, "off_test.yaml": tests, "shade_test.yaml": tests, "a_test.yaml": tests, "b_test.yaml": tests,
		"a.yaml": rule("a", "live", "rule.off", "attrs.score > 1"), "b.yaml": rule("b", "live", "rule.shade", "attrs.score > 1"),
	})
	for _, want := range []string{"a.yaml:8:13: looks at the hits of off, a rule that is off", "b.yaml:8:13: is live and looks at the hits of shade"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n") + 1; n != 2 {
		t.Errorf("%d warnings, want 2:\n%s", n, got)
	}
}

func TestRulesWithoutConstantOrTest(t *testing.T) {
	got := warnings(t, map[string]string{"r.yaml": rule("r", "live", passage, "attrs.speed_kmh > 100")})
	for _, want := range []string{"r.yaml: the rule r has no test (write r_test.yaml)", "r.yaml:8:13: the rule tries every sensor.anpr.passage"} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
	listed := rule("r", "live", passage, `listed("stolen-plates", entity("vehicle"))`)
	if got := warnings(t, map[string]string{"r.yaml": listed, "r_test.yaml": "- {name: x}"}); got != "" {
		t.Errorf("a list selects the events, and it warns %q", got)
	}
}

func TestScoresAndKindsThatAreNeverMet(t *testing.T) {
	text := strings.Replace(rule("r", "live", passage, `attrs.lane == "1"`), "incident: {kind: k, severity: low, title: T}",
		"score: {base: 10, add: [{points: 5, when: e.confidence > 50, because: b}], threshold: 16}\nincident: {open: false, join: [fire]}", 1)
	got := warnings(t, map[string]string{"r.yaml": text, "r_test.yaml": "- {name: x}"})
	for _, want := range []string{"the score is at most 15 and its threshold is 16", `joins pictures of the kind "fire", which no rule here opens`} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in\n%s", want, got)
		}
	}
}

func TestShippedRulesHoldSomewhere(t *testing.T) {
	set, problems := rules.Load(library.FS)
	if set == nil {
		t.Fatal(problems)
	}
	list, err := lint.Warnings(library.FS, set)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if !strings.Contains(p.Message, "no constant selects them") {
			t.Error(p)
		}
	}
}
