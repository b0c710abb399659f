package ruletest

import (
	"encoding/xml"
	"strings"
	"testing"
	"testing/fstest"
)

const stale = `# Cases of fire.
- name: scores  # as it was
` + events + `
  # what comes of it
  expect:
    # the hit
    - {at: smoke, score: 99, title: Old title}

# nothing
- {name: "flow, with [brackets]", events: [{type: police.dispatch.call}], expect: [{at: 0, title: "a ] b"}]}  # kept
- name: holds
  events:
    - {type: police.dispatch.call}
  expect: none # as it is
- name: says nothing
  events:
    - {type: police.dispatch.call}
`

const renewed = `# Cases of fire.
- name: scores  # as it was
` + events + `
  # what comes of it
  expect: [{at: smoke, score: 15, title: "Fire in east"}]

# nothing
- {name: "flow, with [brackets]", events: [{type: police.dispatch.call}], expect: none}  # kept
- name: holds
  events:
    - {type: police.dispatch.call}
  expect: none # as it is
- name: says nothing
  events:
    - {type: police.dispatch.call}
  expect: none
`

func TestUpdated(t *testing.T) {
	fsys := fstest.MapFS{"fire.yaml": {Data: []byte(rule)}, "fire_test.yaml": {Data: []byte(stale)}}
	files, err := Updated(fsys, Run(fsys, ""))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(files["fire_test.yaml"]); got != renewed {
		t.Errorf("got\n%s\nwant\n%s", got, renewed)
	}
	fsys["fire_test.yaml"].Data = files["fire_test.yaml"]
	if report := Run(fsys, ""); !report.OK() || len(report.Cases) != 4 {
		t.Errorf("what was written does not hold:\n%s", report)
	}
	if files, err := Updated(fsys, Run(fsys, "")); err != nil || len(files) != 0 {
		t.Errorf("cases that hold were rewritten: %v, %v", files, err)
	}
}

func TestUpdatedDividesLongLists(t *testing.T) {
	text := "- name: many\n" + events
	for range 6 {
		text = strings.Replace(text, "{name: smoke,", "{type: sensor.camera.object, at: 1m, confidence: 90, attrs: {label: smoke}}\n    - {name: smoke,", 1)
	}
	fsys := fstest.MapFS{"fire.yaml": {Data: []byte(rule)}, "fire_test.yaml": {Data: []byte(text + "  expect: [{at: smoke, title: x, key: x, kind: x}]\n")}}
	files, err := Updated(fsys, Run(fsys, ""))
	if err != nil {
		t.Fatal(err)
	}
	got := string(files["fire_test.yaml"])
	if n := strings.Count(got, "\n    - {at: "); n != 7 {
		t.Errorf("%d lines, want 7:\n%s", n, got)
	}
	fsys["fire_test.yaml"].Data = []byte(got)
	if report := Run(fsys, ""); !report.OK() {
		t.Errorf("%s\n%s", got, report)
	}
}

func TestUpdatedRefuses(t *testing.T) {
	for _, text := range []string{"- {name: a, events: [{type: police.dispatch.call}]}\n"} {
		fsys := fstest.MapFS{"fire.yaml": {Data: []byte(rule)}, "fire_test.yaml": {Data: []byte(text)}}
		if files, err := Updated(fsys, Run(fsys, "")); err == nil {
			t.Errorf("%q became %q", text, files)
		}
	}
}

func TestJUnit(t *testing.T) {
	fsys := fstest.MapFS{
		"fire.yaml": {Data: []byte(rule)}, "fire_test.yaml": {Data: []byte(stale)}, "orphan_test.yaml": {Data: []byte("[]")},
	}
	var b strings.Builder
	if err := Run(fsys, "").JUnit(&b); err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if got.Tests != 5 || got.Failures != 3 || got.Errors != 1 || len(got.Suites) != 2 {
		t.Errorf("%d tests, %d failures, %d errors in %d suites:\n%s", got.Tests, got.Failures, got.Errors, len(got.Suites), &b)
	}
	first := got.Suites[0].Cases[0]
	if first.Class != "fire" || first.Name != "scores" || first.Failure == nil || !strings.Contains(first.Failure.Text, "score is 15, not 99") {
		t.Errorf("%+v", first)
	}
	if e := got.Suites[1].Cases[0].Error; e == nil || !strings.Contains(e.Text, "has no rule beside it") {
		t.Errorf("%s", &b)
	}
}
