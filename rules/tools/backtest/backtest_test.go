package backtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/rules/tools/rehearsal"
)

const rule = `rule: callers
title: T
description: D
owner: O
purpose: {basis: wpg-8, text: P}
mode: live
events:
  call: {type: police.dispatch.call, when: attrs.nature == "fire.building"}
match: {count: call, within: 10m, atleast: %d}
incident: {kind: fire, severity: high, title: Fire}
`

var start = time.Date(2026, 1, 14, 13, 0, 0, 0, time.UTC)

// side runs calls a minute apart through a rule that asks for so many.
func side(t *testing.T, atLeast, calls int) *Side {
	t.Helper()
	room, err := rehearsal.New(engine.Content{Rules: map[string]string{"r.yaml": fmt.Sprintf(rule, atLeast)}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := SideOf(room)
	for n := range calls {
		at := start.Add(time.Duration(n) * time.Minute)
		e := &fusion.Event{
			ID: fusion.EventID(fmt.Sprint("call-", n)), Source: "s", Type: fusion.TypeCall, Time: at, RecordedTime: at,
			Status: fusion.StatusActual, MsgType: fusion.MsgAlert, Geometry: fusion.NewPoint(5.987, 51.194),
			Attrs: map[string]any{"nature": "fire.building"},
		}
		if _, err := room.Send(e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestCompare(t *testing.T) {
	report, err := Compare(side(t, 2, 6), side(t, 3, 6), "")
	if err != nil {
		t.Fatal(err)
	}
	r := report.Rules[0]
	// Three hits of two calls against two hits of three, all in one incident.
	if r.Hits != 3 || *r.Against != 2 || len(r.New) != 3 || len(r.Gone) != 2 || r.Incidents != 1 || report.Events != 6 || report.Incidents != 1 {
		t.Errorf("%+v in %+v", r, report)
	}
	for _, want := range []string{
		"6 events, 1 incidents opened (before 1)", "callers: 3 hits (before 2) in 1 incidents, precision unknown",
		"new  2026-01-14 13:01:00Z Fire", "gone 2026-01-14 13:05:00Z Fire",
	} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("want %q in\n%s", want, report)
		}
	}
}

func TestCompareWithTheSameAndWithNothing(t *testing.T) {
	report, err := Compare(side(t, 2, 6), side(t, 2, 6), "call")
	if err != nil || len(report.Rules) != 1 || len(report.Rules[0].New)+len(report.Rules[0].Gone) > 0 {
		t.Errorf("%v %v", report, err)
	}
	if report, err = Compare(side(t, 2, 60), nil, "other"); err != nil || len(report.Rules) != 0 {
		t.Errorf("%v %v", report, err)
	}
	if report, err = Compare(side(t, 60, 6), side(t, 2, 60), ""); err != nil || !strings.Contains(report.String(), "and 20 more that are gone") {
		t.Errorf("%v %v", report, err)
	}
}

func TestPrecision(t *testing.T) {
	now := side(t, 2, 6)
	hits := now.of("callers")
	hits[2].Picture = "another"
	now.hits = hits
	r := compare("callers", now, nil, map[fusion.PictureID]string{hits[0].Picture: "confirmed", "another": "unfounded"})
	if p, ok := r.Outcomes.Precision(); !ok || p != 0.5 || r.Incidents != 2 {
		t.Errorf("%g %t %+v", p, ok, r)
	}
	if got := r.Outcomes.String(); got != "50 % (1 confirmed, 1 unfounded)" {
		t.Error(got)
	}
	if _, ok := (Outcomes{}).Precision(); ok {
		t.Error("the precision of nothing is known")
	}
}
