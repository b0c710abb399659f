package engine_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

const callsRule = `
rule: fire-reported
title: Several people report a fire
description: Two calls about a fire close together.
owner: test
purpose: {basis: wpg-8, text: test}
mode: live
events:
  call: {type: police.dispatch.call, when: attrs.nature == "fire.building"}
match: {count: call, atleast: 2, within: 10m, near: 300}
incident: {kind: fire, severity: medium, title: "Fire reported by {{ count }} callers"}
after: {acknowledge_within: 2m, escalate_to: high, close_when_quiet: 1h}
`

const joinRule = `
rule: fire-more
title: More about a fire
description: Calls and smoke join a fire.
owner: test
purpose: {basis: wpg-8, text: test}
mode: live
events:
  more:
    - {type: police.dispatch.call, when: attrs.nature == "fire.building"}
    - {type: sensor.camera.object, when: attrs.label == "smoke"}
match: {event: more}
incident: {open: false, join: [fire]}
`

const graveRule = `
rule: officer-emergency
title: Officer emergency
description: An officer asks for help.
owner: test
purpose: {basis: wpg-8, text: test}
mode: live
events:
  call: {type: police.dispatch.call, when: attrs.nature == "officer.emergency"}
match: {event: call}
incident: {kind: officer-emergency, severity: critical, title: "Officer emergency"}
`

const shadowRule = `
rule: any-call
title: Any call
description: Measures calls.
owner: test
purpose: {basis: wpg-8, text: test}
mode: shadow
events:
  call: {type: police.dispatch.call}
match: {event: call}
incident: {kind: call, severity: low, title: "Call"}
`

var (
	start = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	home  = orb.Point{5.987, 51.194}
)

// bench is an engine with the messages it was given.
type bench struct {
	t       testing.TB
	e       *engine.Engine
	now     time.Time
	log     []engine.Message
	outputs []engine.Output
	refused []engine.Refusal
	bundles map[string][]byte
	fusion  engine.Params
}

func newBench(t testing.TB) *bench {
	b := &bench{t: t, now: start, bundles: map[string][]byte{}}
	b.e = b.engine()
	b.activate(callsRule, joinRule, graveRule, shadowRule)
	return b
}

func (b *bench) resolve(hash string) (*engine.Bundle, error) {
	content, ok := b.bundles[hash]
	if !ok {
		return nil, fmt.Errorf("no bundle %s", hash)
	}
	return engine.CompileBundle(content)
}

func (b *bench) engine() *engine.Engine {
	e, err := engine.New(b.resolve)
	if err != nil {
		b.t.Fatal(err)
	}
	return e
}

func (b *bench) activate(ruleTexts ...string) {
	c := engine.Content{Rules: map[string]string{}, Areas: geojson.NewFeatureCollection(), Fusion: b.fusion}
	for i, text := range ruleTexts {
		c.Rules[fmt.Sprintf("r%d.yaml", i)] = text
	}
	f := geojson.NewFeature(orb.Bound{Min: orb.Point{5.9, 51.1}, Max: orb.Point{6.1, 51.3}}.ToPolygon())
	f.Properties["id"] = "roermond"
	c.Areas.Append(f)
	content, hash, err := engine.EncodeContent(c)
	if err != nil {
		b.t.Fatal(err)
	}
	b.bundles[hash] = content
	b.send(fusion.SubjectConfig, []byte(`{"bundle":"`+hash+`","engine":"1"}`))
}

func (b *bench) send(subject string, data []byte) {
	b.t.Helper()
	m := engine.Message{Seq: uint64(len(b.log) + 1), Subject: subject, Time: b.now, Data: data}
	b.log = append(b.log, m)
	effects, err := b.e.Step(m)
	if err != nil {
		b.t.Fatal(err)
	}
	b.outputs = append(b.outputs, effects.Outputs...)
	b.refused = append(b.refused, effects.Refused...)
}

func (b *bench) events(events ...*fusion.Event) {
	b.t.Helper()
	parts := make([][]byte, len(events))
	for i, e := range events {
		var err error
		if parts[i], err = fusion.Encode(e); err != nil {
			b.t.Fatal(err)
		}
	}
	b.send(fusion.EventSubject(fusion.PublisherRoom, "month"), fusion.EncodeBatch(parts))
}

func (b *bench) tick(after time.Duration) {
	b.t.Helper()
	for b.now = b.now.Add(after % (20 * time.Second)); after >= 20*time.Second; after -= 20 * time.Second {
		b.send(fusion.SubjectTick, nil)
		b.now = b.now.Add(20 * time.Second)
	}
	b.send(fusion.SubjectTick, nil)
}

func (b *bench) call(n int, nature string, at orb.Point) *fusion.Event {
	ce := 60.0
	return &fusion.Event{
		ID: fusion.NewEventID("dispatch", fmt.Sprint(n), ""), Source: "dispatch", Type: fusion.TypeCall, Time: b.now,
		RecordedTime: b.now, Status: fusion.StatusActual, MsgType: fusion.MsgAlert, Geometry: fusion.NewPoint(at[0], at[1]),
		Subject: fmt.Sprint("call-", n), Location: &fusion.Location{CE: &ce, Method: "human"}, Reliability: "C", Credibility: 3,
		Entities: []fusion.Entity{{Type: fusion.EntityPhone, Role: "caller", Value: fmt.Sprintf("+3161234%04d", n)}},
		Attrs:    map[string]any{"nature": nature, "text": fmt.Sprint("beller ", n)},
	}
}

// metres moves a point to the north.
func metres(p orb.Point, north float64) orb.Point { return orb.Point{p[0], p[1] + north/111_195} }

func (b *bench) open() []*fusion.Picture {
	b.t.Helper()
	var list []*fusion.Picture
	err := b.e.Store().View(func(tx *store.Tx) error {
		for p, err := range tx.PicturesBefore("") {
			if err != nil {
				return err
			}
			if p.Open() {
				list = append(list, p)
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return list
}

func (b *bench) one() *fusion.Picture {
	b.t.Helper()
	list := b.open()
	if len(list) != 1 {
		b.t.Fatalf("%d pictures are open, want 1", len(list))
	}
	return list[0]
}

func (b *bench) alerts() []string {
	var list []string
	for _, o := range b.outputs {
		if o.Stream == fusion.StreamAlerts {
			var a fusion.Alert
			if err := json.Unmarshal(o.Data, &a); err != nil {
				b.t.Fatal(err)
			}
			list = append(list, string(a.Action)+" "+strings.TrimPrefix(o.Subject, "iroom.alert."))
		}
	}
	return list
}

func TestTenCallersOneFire(t *testing.T) {
	b := newBench(t)
	for i := range 10 {
		b.events(b.call(i, "fire.building", metres(home, float64(i*15))))
		b.now = b.now.Add(10 * time.Second)
	}
	p := b.one()
	if p.EvidenceCount != 10 || len(p.Evidence) != 10 {
		t.Errorf("%d pieces of evidence, want 10", p.EvidenceCount)
	}
	if p.Area != "roermond" || p.Kind != "fire" || p.Confidence < 95 {
		t.Errorf("area %q, kind %q, confidence %v", p.Area, p.Kind, p.Confidence)
	}
	if at, _ := p.Place.Center(); fusion.Distance(at, metres(home, 67)) > 30 {
		t.Errorf("place %v", at)
	}
}

func TestTwoFiresStayTwo(t *testing.T) {
	b := newBench(t)
	for i := range 3 {
		b.events(b.call(i, "fire.building", metres(home, float64(i*10))), b.call(100+i, "fire.building", metres(home, 800+float64(i*10))))
	}
	if n := len(b.open()); n != 2 {
		t.Errorf("%d pictures, want 2", n)
	}
}

func TestRepeatsOfOneCallerAreOneSource(t *testing.T) {
	b := newBench(t)
	for i := range 4 {
		c := b.call(i, "fire.building", home)
		c.Entities[0].Value = "+31612340000"
		b.events(c)
	}
	if got := b.one().Confidence; got != 60 {
		t.Errorf("confidence %v, want that of one caller: 60", got)
	}
}

func TestDuplicateChangesNothing(t *testing.T) {
	b := newBench(t)
	b.events(b.call(1, "fire.building", home), b.call(2, "fire.building", home))
	before := b.one()
	n := len(b.outputs)
	b.events(b.call(1, "fire.building", home))
	if after := b.one(); after.Revision != before.Revision || len(b.outputs) != n || b.e.Counts().Duplicates != 1 {
		t.Errorf("revision %d to %d, %d more outputs, %d duplicates", before.Revision, after.Revision, len(b.outputs)-n, b.e.Counts().Duplicates)
	}
}

func TestLaterVersionReplacesAndCancelStrikes(t *testing.T) {
	b := newBench(t)
	b.events(b.call(1, "fire.building", home), b.call(2, "fire.building", home))
	v2 := b.call(1, "fire.building", home)
	v2.ID, v2.Attrs["text"] = fusion.NewEventID("dispatch", "1", "2"), "beller 1: vlammen uit het dak"
	b.now = b.now.Add(time.Second)
	v2.Time = b.now
	b.events(v2)
	p := b.one()
	if p.EvidenceCount != 2 || len(p.Evidence) != 2 || evidence(p, "call-1").Event != v2.ID {
		t.Fatalf("%d pieces of evidence, that of the call is %q", p.EvidenceCount, evidence(p, "call-1").Text)
	}
	cancel := b.call(1, "fire.building", home)
	cancel.ID, cancel.MsgType, cancel.Attrs = fusion.NewEventID("dispatch", "1", "3"), fusion.MsgCancel, nil
	b.now = b.now.Add(time.Second)
	cancel.Time = b.now
	b.events(cancel)
	after := b.one()
	if !evidence(after, "call-1").Struck || evidence(after, "call-2").Struck || after.Confidence >= p.Confidence {
		t.Errorf("struck %v, confidence %v was %v", evidence(after, "call-1").Struck, after.Confidence, p.Confidence)
	}
}

func evidence(p *fusion.Picture, subject string) fusion.Evidence {
	for _, v := range p.Evidence {
		if v.Subject == subject {
			return v
		}
	}
	return fusion.Evidence{}
}

func TestUnacknowledgedIsRaisedAndQuietIsClosed(t *testing.T) {
	b := newBench(t)
	b.events(b.call(1, "fire.building", home), b.call(2, "fire.building", home))
	b.tick(2*time.Minute + time.Second)
	p := b.one()
	if p.Severity != fusion.SeverityHigh {
		t.Errorf("severity %s, want high", p.Severity)
	}
	last := p.Timeline[len(p.Timeline)-1]
	if want := start.Add(2 * time.Minute); last.What != "overdue" || !last.Time.Equal(want) {
		t.Errorf("last line %+v, want overdue at its deadline %v", last, want)
	}
	b.tick(time.Hour)
	if n := len(b.open()); n != 0 {
		t.Errorf("%d are open after an hour of quiet", n)
	}
	want := []string{
		"opened roermond.fire.medium.261124-0001", "left roermond.fire.medium.261124-0001",
		"escalated roermond.fire.high.261124-0001", "closed roermond.fire.high.261124-0001",
	}
	if got := b.alerts(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("alerts\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestCriticalNeverClosesByItself(t *testing.T) {
	b := newBench(t)
	b.events(b.call(1, "officer.emergency", home))
	b.tick(6 * time.Hour)
	if p := b.one(); p.Severity != fusion.SeverityCritical {
		t.Errorf("severity %s", p.Severity)
	}
}

func TestBlindTimeExtendsDeadlines(t *testing.T) {
	b := newBench(t)
	b.events(b.call(1, "fire.building", home), b.call(2, "fire.building", home))
	b.now = b.now.Add(30 * time.Minute)
	b.send(fusion.SubjectTick, nil)
	p := b.one()
	if p.Severity != fusion.SeverityMedium {
		t.Error("an incident was raised for a time in which the room saw nothing")
	}
	if last := p.Timeline[len(p.Timeline)-1]; last.What != "blind" || !strings.Contains(last.Text, "03:00:00 to 03:30:00") {
		t.Errorf("last line %+v", last)
	}
	b.tick(2*time.Minute + time.Second)
	if p := b.one(); p.Severity != fusion.SeverityHigh {
		t.Error("the extended deadline did not fire")
	}
}

func TestShadowHitsOpenNothing(t *testing.T) {
	b := newBench(t)
	b.events(b.call(1, "public.nuisance", home))
	if n := len(b.open()); n != 0 {
		t.Errorf("a shadow rule opened %d pictures", n)
	}
	hits := 0
	for _, o := range b.outputs {
		if o.Stream == fusion.StreamHits {
			hits++
		}
	}
	if hits != 1 {
		t.Errorf("%d hits are told, want 1", hits)
	}
}

func TestMalformedEventKeepsNoOtherOut(t *testing.T) {
	b := newBench(t)
	c1, err := fusion.Encode(b.call(1, "fire.building", home))
	if err != nil {
		t.Fatal(err)
	}
	c2, err := fusion.Encode(b.call(2, "fire.building", home))
	if err != nil {
		t.Fatal(err)
	}
	b.send(fusion.EventSubject("partner", "month"), fusion.EncodeBatch([][]byte{c1, []byte(`{"specversion":"1.0","id":7}`), c2}))
	b.send(fusion.EventSubject("partner", "month"), []byte(`{"half":`))
	b.one()
	if len(b.refused) != 2 || b.refused[0].Place.Index != 1 || b.refused[1].Place.Seq != 3 {
		t.Errorf("refused %+v", b.refused)
	}
}

func TestPlacesOfOutputsGrow(t *testing.T) {
	b := newBench(t)
	b.events(b.call(1, "fire.building", home), b.call(2, "fire.building", home), b.call(3, "officer.emergency", metres(home, 3000)))
	for i := 1; i < len(b.outputs); i++ {
		if b.outputs[i-1].Place.Compare(b.outputs[i].Place) >= 0 {
			t.Errorf("%v comes before %v", b.outputs[i-1].Place, b.outputs[i].Place)
		}
	}
}

// TestReplayAndResumeAreEqual feeds random logs and checks that a replay from
// the start, and one from a checkpoint taken anywhere, give the same state and
// the same outputs, byte for byte.
func TestReplayAndResumeAreEqual(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t)
		b.activate(callsRule, joinRule, graveRule, shadowRule, lostRule, onLostRule)
		cut := rapid.IntRange(1, 12).Draw(rt, "cut")
		var saved []byte
		for i := range rapid.IntRange(2, 14).Draw(rt, "messages") {
			randomMessage(rt, b, i)
			if len(b.log) == cut {
				saved = snapshot(t, b.e)
			}
		}
		want := snapshot(t, b.e)
		again := &bench{t: t, bundles: b.bundles}
		again.e = again.engine()
		again.replay(b.log)
		if !bytes.Equal(want, snapshot(t, again.e)) || !equalOutputs(b.outputs, again.outputs) {
			rt.Fatal("a replay from the start is different")
		}
		if saved == nil {
			return
		}
		c, err := store.DecodeCheckpoint(saved)
		if err != nil {
			rt.Fatal(err)
		}
		if again.e, err = engine.Resume(c, b.resolve); err != nil {
			rt.Fatal(err)
		}
		again.replay(b.log[cut:])
		if got := snapshot(t, again.e); !bytes.Equal(want, got) {
			rt.Fatalf("a replay from the checkpoint at %d is different:\n%s\n%s", cut, want, got)
		}
	})
}

func randomMessage(rt *rapid.T, b *bench, i int) {
	b.now = b.now.Add(time.Duration(rapid.IntRange(0, 200).Draw(rt, "seconds")) * time.Second)
	switch rapid.IntRange(0, 5).Draw(rt, "what") {
	case 0:
		b.send(fusion.SubjectTick, nil)
	case 1:
		b.send(fusion.ListSubject("stolen"), []byte(`{"put":[{"list":"stolen","value":"AB12CD"}]}`))
	default:
		var list []*fusion.Event
		for j := range rapid.IntRange(1, 4).Draw(rt, "events") {
			nature := rapid.SampledFrom([]string{"fire.building", "officer.emergency", "public.nuisance", "officer.lost"}).Draw(rt, "nature")
			c := b.call(rapid.IntRange(0, 6).Draw(rt, "caller"), nature, metres(home, rapid.Float64Range(0, 900).Draw(rt, "north")))
			c.ID = fusion.NewEventID("dispatch", fmt.Sprint(i, j), "")
			list = append(list, c)
		}
		b.events(list...)
	}
}

func (b *bench) replay(log []engine.Message) {
	b.t.Helper()
	for _, m := range log {
		effects, err := b.e.Step(m)
		if err != nil {
			b.t.Fatal(err)
		}
		b.outputs = append(b.outputs, effects.Outputs...)
	}
}

func snapshot(t testing.TB, e *engine.Engine) []byte {
	t.Helper()
	c, err := e.Snapshot().Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func equalOutputs(a, b []engine.Output) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Place != b[i].Place || a[i].Subject != b[i].Subject || !bytes.Equal(a[i].Data, b[i].Data) {
			return false
		}
	}
	return true
}
