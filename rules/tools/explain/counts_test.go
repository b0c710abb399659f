package explain

import (
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/rules"
)

const plain = `rule: r
title: T
description: D
owner: O
purpose: {basis: wpg-8, text: P}
mode: live
events: {car: {type: sensor.anpr.passage}}
match: {count: car, within: 10m, exactly: 2}
incident: {kind: k, severity: low, title: T}
`

// TestWhatTheCountsSay: an event that counted against the rule, or for
// nothing, says so.
func TestWhatTheCountsSay(t *testing.T) {
	set, _ := rules.Compile(map[string][]byte{"r.yaml": []byte(plain)})
	r := &run{anatomy: &rules.Anatomy{Rule: set.Rule("r")}}
	for want, c := range map[string]rules.Stats{
		"":                                 {Hits: 1, Below: 1},
		"counts against the rule":          {Failures: 1},
		"meets no event until":             {Failures: 1, Quarantined: true},
		"meets a rule that is quarantined": {Quarantined: true},
		"was dropped to make room":         {Evicted: 1},
		"took too many steps":              {Cut: 1},
	} {
		got := r.dropped(&Account{counts: since(rules.Stats{Failures: 4}, rules.Stats{
			Hits: c.Hits, Below: c.Below, Failures: 4 + c.Failures, Quarantined: c.Quarantined, Evicted: c.Evicted, Cut: c.Cut,
		})})
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%+v: %q, want %q", c, got, want)
		}
	}
	if got := countsLine(rules.Stats{Late: 1, Quiet: 2, Quarantined: true}); got != "1 too late, 2 hits left out by quiet, the rule is quarantined" {
		t.Error(got)
	}
}

// TestAFullWindowSaysSo with as many events as a window holds, and one more.
func TestAFullWindowSaysSo(t *testing.T) {
	start := time.Date(2026, 1, 14, 13, 0, 0, 0, time.UTC)
	x, err := Run(Request{Rule: "r", Content: engine.Content{Rules: map[string]string{"r.yaml": plain}}, Events: func(yield func(*fusion.Event, error) bool) {
		for i := range rules.DefaultOptions.MaxEntries + 1 {
			at := start.Add(time.Duration(i) * time.Millisecond)
			e := &fusion.Event{
				ID: fusion.NewEventID("s", at.String(), ""), Source: "s", Type: fusion.TypeANPR, Time: at, RecordedTime: at,
				Status: fusion.StatusActual, MsgType: fusion.MsgAlert,
			}
			if !yield(e, nil) {
				return
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	says := x.Accounts[len(x.Accounts)-1].Says
	if len(says) != 1 || !strings.Contains(says[0], "the oldest was dropped") || !strings.Contains(x.Text(), "counted: 1 dropped for lack of room") {
		t.Errorf("%q\n%.400s", says, x.Text())
	}
}
