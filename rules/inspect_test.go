package rules_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

const inspected = `rule: fire
title: Fire
description: D
owner: O
purpose: {basis: wpg-8, text: P}
mode: live
events:
  call: {type: police.dispatch.call, when: 'attrs.nature == "fire.building" && (credibility <= 2 || not (attrs.priority > 1))'}
match: {event: call}
incident: {kind: fire, severity: high, title: Fire}
`

func TestDissectEvaluatesEveryPart(t *testing.T) {
	set, problems := rules.Compile(map[string][]byte{"fire.yaml": []byte(inspected)})
	if set == nil {
		t.Fatal(problems)
	}
	a, err := rules.Dissect(set.Rule("fire"), []byte(inspected))
	if err != nil {
		t.Fatal(err)
	}
	e := &fusion.Event{Type: fusion.TypeCall, Attrs: map[string]any{"nature": "fire.building", "priority": 2.0}}
	r := a.Read(e, nil)
	if len(r) != 1 || r[0].Fills || r[0].Name != "call" || r[0].When.Operator != "and" {
		t.Fatalf("%+v", r)
	}
	first, or := r[0].When.Parts[0], r[0].When.Parts[1]
	if !first.Holds || !slices.Equal(first.Values, []rules.Value{{Text: "attrs.nature", Value: "fire.building"}}) {
		t.Errorf("%+v", first)
	}
	if or.Holds || or.Operator != "or" || or.Parts[0].Values[0].Value != "" || or.Parts[1].Operator != "not" || !or.Parts[1].Parts[0].Holds {
		t.Errorf("%+v", or)
	}
	e.Attrs["priority"] = 1.0
	if r := a.Read(e, nil); !r[0].Fills {
		t.Errorf("%+v", r)
	}
	if line, column := a.Events[0].Alternatives[0].When.At(0); line != 8 || column != 45 {
		t.Errorf("the condition begins at %d:%d", line, column)
	}
}

func TestDissectRefusesAnotherText(t *testing.T) {
	set, _ := rules.Compile(map[string][]byte{"fire.yaml": []byte(inspected)})
	for _, text := range []string{strings.Replace(inspected, "wpg-8", "wpg-9", 1), "a: ["} {
		if _, err := rules.Dissect(set.Rule("fire"), []byte(text)); err == nil {
			t.Errorf("%q is taken for the text of the rule", text)
		}
	}
}

func TestTexts(t *testing.T) {
	fsys := fstest.MapFS{"a/fire.yaml": {Data: []byte(inspected)}, "a/fire_test.yaml": {Data: []byte("[]")}, "README.md": {}}
	texts, err := rules.Texts(fsys)
	if err != nil || len(texts) != 1 || texts["a/fire.yaml"] != inspected {
		t.Errorf("%v %v", texts, err)
	}
	if _, err := rules.Texts(fstest.MapFS{}); err == nil {
		t.Error("a folder without rules has texts")
	}
}
