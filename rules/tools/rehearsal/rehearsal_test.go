package rehearsal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/rules/tools/rehearsal"
)

const silent = `rule: no-answer
title: Nobody answers
description: D
owner: O
purpose: {basis: wpg-8, text: P}
mode: live
events:
  call: {type: police.dispatch.call, when: attrs.nature == "fire.building"}
  answer: {type: police.unit.status, when: attrs.state == "en route"}
match: {absence: {after: call, no: answer, within: 10m}}
incident: {kind: fire, severity: high, title: Nobody answers}
`

var start = time.Date(2026, 1, 14, 13, 0, 0, 0, time.UTC)

func line(id, typ, attrs string, at time.Duration) string {
	t := start.Add(at).Format(time.RFC3339)
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"s","type":%q,"time":%q,"recordedtime":%q,"data":{"status":"actual","msgtype":"alert","attrs":%s}}`,
		id, typ, t, t, attrs)
}

func room(t *testing.T) *rehearsal.Room {
	t.Helper()
	r, err := rehearsal.New(engine.Content{Rules: map[string]string{"r.yaml": silent}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTimePassesWhereTheEventsEnd(t *testing.T) {
	for answered, want := range map[bool]int{true: 0, false: 1} {
		text := line("call", "police.dispatch.call", `{"nature":"fire.building"}`, 0) + "\n\n"
		if answered {
			text += line("unit", "police.unit.status", `{"state":"en route"}`, 9*time.Minute) + "\n"
		}
		r, heard := room(t), 0
		r.Heard = func(hits []fusion.Hit) { heard += len(hits) }
		for e, err := range rehearsal.Events(strings.NewReader(text)) {
			if err != nil {
				t.Fatal(err)
			}
			if hits, err := r.Send(e); err != nil || len(hits) > 0 {
				t.Fatalf("%v at once, %v", hits, err)
			}
		}
		hits, err := r.Settle()
		if err != nil || len(hits) != want || heard != want {
			t.Errorf("answered %t: %d hits, %d heard, %v", answered, len(hits), heard, err)
		}
		if blind := r.Engine.Counts().Blind; blind > 0 {
			t.Errorf("the room was blind %d times", blind)
		}
	}
}

func TestEventsSayWhichLineIsWrong(t *testing.T) {
	good := line("a", "police.dispatch.call", "{}", 0)
	for text, want := range map[string]string{
		good + "\n{":                              "line 2: ",
		good + "\n\n" + `{"specversion":"1.0"}`:   "line 3",
		line("b", "police.dispatch.cal", "{}", 0): "line 1, event b",
	} {
		n := 0
		var last error
		for _, err := range rehearsal.Events(strings.NewReader(text)) {
			n++
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), want) {
			t.Errorf("%q: %d events, %v, want %q", text, n, last, want)
		}
	}
}

func TestEventsTakeABatchInALine(t *testing.T) {
	n := 0
	for _, err := range rehearsal.Events(strings.NewReader("[" + line("a", "police.dispatch.call", "{}", 0) + "," + line("b", "police.dispatch.call", "{}", 0) + "]")) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 2 {
		t.Errorf("%d events, want 2", n)
	}
}

func TestNewRefusesRulesThatAreWrong(t *testing.T) {
	if _, err := rehearsal.New(engine.Content{Rules: map[string]string{"r.yaml": "rule: x"}}, nil); fusion.KindOf(err) != fusion.KindInvalid {
		t.Errorf("%v", err)
	}
}
