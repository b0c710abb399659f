package ruletest

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestRunPasses(t *testing.T) {
	report := Run(os.DirFS("../testdata/good"), "")
	if !report.OK() || len(report.Cases) != 5 || report.Untested != nil {
		t.Errorf("%s untested %v", report, report.Untested)
	}
	if filtered := Run(os.DirFS("../testdata/good"), "scores less"); len(filtered.Cases) != 1 {
		t.Errorf("the filter keeps %d cases, want 1", len(filtered.Cases))
	}
}

const rule = `
rule: fire
title: Fire
description: D
owner: O
purpose: {basis: wpg-8, text: P}
mode: live
events:
  a: {type: police.dispatch.call, when: 'attrs.nature == "fire.building" && inside("centre")'}
  b: {type: sensor.camera.object, when: attrs.label == "smoke"}
match: {sequence: [a, b], within: 5m}
score: {base: 10, add: [{points: 5, when: b.confidence > 50, because: clear}], threshold: 15}
incident: {kind: fire, severity: high, title: "Fire in {{ a.area }}"}
`

const events = `
  areas: {centre: {type: Polygon, coordinates: [[[5, 51], [6, 51], [6, 52], [5, 52], [5, 51]]]}}
  events:
    - {name: call, type: police.dispatch.call, lon: 5.5, lat: 51.5, area: east, attrs: {nature: fire.building}}
    - {name: smoke, at: 1m, type: sensor.camera.object, confidence: 90, attrs: {label: smoke, count: 2}}
`

func TestRunSaysWhatFailed(t *testing.T) {
	for name, c := range map[string]struct{ test, says string }{
		"passes":      {"- name: x" + events + "  expect: [{at: smoke, score: 15, title: Fire in east}]", ""},
		"score":       {"- name: x" + events + "  expect: [{at: smoke, score: 16}]", "score is 15, not 16"},
		"anchor":      {"- name: x" + events + "  expect: [{at: 0}]", `at is "smoke", not "call"`},
		"unexpected":  {"- name: x" + events + "  expect: none", "came and was not expected: fire at smoke, score 15"},
		"twice":       {"- name: x" + events + "  expect: [{at: smoke}, {at: smoke}]", "expected and did not come: fire at smoke"},
		"nothing":     {"- name: x" + events, "says nothing of what to expect"},
		"no event":    {"- {name: x, events: [{type: police.dispatch.call}], expect: [{at: 0}]}", "no event fills a"},
		"threshold":   {"- name: x" + strings.Replace(events, "90", "10", 1) + "  expect: [{at: smoke}]", "score below the threshold"},
		"outside":     {"- name: x" + strings.Replace(events, "lon: 5.5", "lon: 7", 1) + "  expect: [{at: smoke}]", "no event fills a"},
		"invalid":     {"- {name: x, events: [{type: police.dispatch.cal}], expect: none}", "the room does not know"},
		"bad time":    {"- {name: x, events: [{type: police.dispatch.call, at: soon}], expect: none}", "neither an offset"},
		"same name":   {"- {name: x, events: [{name: a, type: police.dispatch.call}, {name: a, type: police.dispatch.call}], expect: none}", "stands twice"},
		"unknown key": {"- {name: x, evnts: [], expect: none}", "is not a list of cases"},
		"late": {
			"- name: x" + strings.Replace(events, "name: call,", "name: call, at: -10m, received: 1h,", 1) + "  expect: [{at: smoke}]",
			"after their window was gone",
		},
	} {
		t.Run(name, func(t *testing.T) {
			report := Run(fstest.MapFS{"fire.yaml": {Data: []byte(rule)}, "fire_test.yaml": {Data: []byte(c.test)}}, "")
			if report.OK() != (c.says == "") || !strings.Contains(report.String(), c.says) {
				t.Errorf("want %q in\n%s", c.says, report)
			}
		})
	}
}

func TestRunReportsBadRulesAndOrphans(t *testing.T) {
	report := Run(fstest.MapFS{"fire.yaml": {Data: []byte("rule: x")}}, "")
	if report.OK() || len(report.Cases) != 0 {
		t.Error("bad rules passed")
	}
	report = Run(fstest.MapFS{"fire.yaml": {Data: []byte(rule)}, "smoke_test.yaml": {Data: []byte("[]")}}, "")
	if report.OK() || !strings.Contains(report.String(), "has no rule beside it") || len(report.Untested) != 1 {
		t.Errorf("%s untested %v", report, report.Untested)
	}
}
