package engine_test

import (
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

// lostRule is about an officer who gave an emergency and is heard no more.
const lostRule = `
rule: officer-lost
title: Officer lost
description: An emergency, then no unit position for five minutes.
owner: test
purpose: {basis: wpg-8, text: test}
mode: live
events:
  call: {type: police.dispatch.call, when: attrs.nature == "officer.lost"}
  unit: {type: sensor.unit.position}
match: {absence: {after: call, no: unit, within: 5m}}
incident: {kind: officer-lost, severity: high, title: "Officer lost"}
after: {acknowledge_within: 1m, escalate_to: critical}
`

// onLostRule builds on the hits of lostRule.
const onLostRule = `
rule: lost-twice
title: Two officers lost
description: Two emergencies that nobody was heard after.
owner: test
purpose: {basis: wpg-8, text: test}
mode: live
events:
  lost: {type: rule.officer-lost}
match: {count: lost, within: 1h, atleast: 2}
incident: {kind: lost-twice, severity: critical, title: "{{ count }} officers lost"}
`

func TestRuleDeadlinesOpenPicturesAtTheirTime(t *testing.T) {
	b := newBench(t)
	b.activate(lostRule, onLostRule)
	at := b.now
	b.events(b.call(1, "officer.lost", home))
	b.tick(7*time.Minute - time.Second)
	if n := len(b.open()); n != 0 {
		t.Fatalf("%d pictures before the deadline", n)
	}
	b.tick(50 * time.Second)
	p := b.one()
	if due := at.Add(7 * time.Minute); !p.Opened.Equal(due) || !p.AcknowledgeBy.Equal(due.Add(time.Minute)) {
		t.Errorf("opened at %s, to acknowledge by %s; the deadline was %s", p.Opened, p.AcknowledgeBy, due)
	}
	if h := p.Hits[0]; h.Rule != "officer-lost" || !h.Time.Equal(at.Add(5*time.Minute)) {
		t.Errorf("hit %+v", h)
	}
	b.events(b.call(2, "officer.lost", home))
	b.tick(8 * time.Minute)
	if p := b.open()[0]; p.Kind != "lost-twice" {
		t.Errorf("the picture is about %s, not about what the rule on hits found", p.Kind)
	}
}

// TestTimersAndRuleDeadlinesInterleave: in one step the rule opens a picture
// and the picture's own deadline, which is earlier than the message, raises it.
func TestTimersAndRuleDeadlinesInterleave(t *testing.T) {
	b := newBench(t)
	b.activate(lostRule)
	at := b.now
	b.events(b.call(1, "officer.lost", home))
	b.tick(7*time.Minute - 20*time.Second)
	b.now = at.Add(7*time.Minute - time.Second)
	b.send(fusion.SubjectTick, nil)
	b.now = b.now.Add(25 * time.Second)
	b.send(fusion.SubjectTick, nil)
	b.now = b.now.Add(28 * time.Second)
	b.send(fusion.SubjectTick, nil)
	if p := b.one(); p.Severity != fusion.SeverityHigh {
		t.Fatalf("severity %s before anything was due", p.Severity)
	}
	b.now = b.now.Add(28 * time.Second)
	b.send(fusion.SubjectTick, nil)
	if p := b.one(); p.Severity != fusion.SeverityCritical || !p.Opened.Equal(at.Add(7*time.Minute)) {
		t.Errorf("severity %s, opened %s", p.Severity, p.Opened)
	}
}

func TestBlindTimeExtendsRuleDeadlines(t *testing.T) {
	b := newBench(t)
	b.activate(lostRule)
	at := b.now
	b.events(b.call(1, "officer.lost", home))
	b.tick(2 * time.Minute)
	from := b.now
	b.now = b.now.Add(30 * time.Minute)
	b.send(fusion.SubjectTick, nil)
	if n := len(b.open()); n != 0 {
		t.Fatal("a picture was opened for what the room could not hear")
	}
	b.tick(8 * time.Minute)
	if p, due := b.one(), at.Add(7*time.Minute).Add(30*time.Minute); !p.Opened.Equal(due) {
		t.Errorf("opened %s, want %s; blind from %s", p.Opened, due, from)
	}
}

const crossRule = `
rule: crossed
title: Crossed the town
description: A unit whose way leads through the town.
owner: test
purpose: {basis: wpg-8, text: test}
mode: live
events: {unit: {type: sensor.unit.position}}
match: {fence: {of: unit, area: roermond, when: cross}}
incident: {kind: crossed, severity: low, title: "Crossed"}
`

func TestRulesSeeTheAreasOfTheRoom(t *testing.T) {
	b := newBench(t)
	b.activate(crossRule)
	at := func(id fusion.EventID, lon, lat float64) *fusion.Event {
		e := b.call(1, "", orb.Point{lon, lat})
		e.ID, e.Type, e.Subject, e.Attrs = id, fusion.TypeUnitPosition, "unit-1", nil
		return e
	}
	b.events(at("00000000-0000-5000-8000-000000000001", 5.8, 51.2))
	b.tick(time.Second)
	b.events(at("00000000-0000-5000-8000-000000000002", 5.8, 51.4))
	b.tick(time.Second)
	if n := len(b.open()); n != 0 {
		t.Fatalf("%d pictures for a way beside the area", n)
	}
	b.events(at("00000000-0000-5000-8000-000000000003", 6.2, 51.0))
	if p := b.one(); p.Kind != "crossed" {
		t.Errorf("a picture of kind %s", p.Kind)
	}
}
