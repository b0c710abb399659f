package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
)

// opens is a rule that opens a picture for each report of a nature.
func opens(kind, nature string) string {
	return fmt.Sprintf(`
rule: report-%s
title: Report
description: Opens a picture.
owner: test
purpose: {basis: wpg-8, text: test}
mode: live
events:
  report: {type: police.dispatch.call, when: attrs.nature == %q}
match: {event: report}
incident: {kind: %s, severity: low, title: Report}
after: {close_when_quiet: 6h}
`, kind, nature, kind)
}

const relatedRule = `
rule: related
title: Related
description: Joins what belongs to it.
owner: test
purpose: {basis: wpg-8, text: test}
mode: live
events:
  report:
    - type: police.dispatch.call
    - type: open.social.post
    - type: sensor.camera.object
    - {type: sensor.anpr.passage, when: 'listed("in-open-incidents", entity("vehicle"))'}
match: {event: report}
incident: {open: false, join: [fire, collision, burglary, stolen-vehicle]}
`

// fused is a room in which single reports open pictures.
func fused(t *testing.T) *bench {
	b := newBench(t)
	b.activate(opens("fire", "fire.building"), opens("collision", "traffic.collision"), opens("burglary", "theft.burglary"),
		opens("stolen-vehicle", "theft.vehicle"), relatedRule)
	return b
}

// said is a call with its words and without a phone.
func (b *bench) said(n int, nature, text string, north float64) *fusion.Event {
	e := b.call(n, nature, metres(home, north))
	e.Entities, e.Attrs = nil, map[string]any{"nature": nature, "text": text}
	return e
}

func at(e *fusion.Event, address string) *fusion.Event { e.Location.Address = address; return e }

func nowhere(e *fusion.Event) *fusion.Event { e.Geometry = nil; return e }

func TestWhatBelongsTogether(t *testing.T) {
	for name, c := range map[string]struct {
		events func(b *bench) []*fusion.Event
		want   []int // pieces of evidence of the pictures, in the order of their opening
	}{
		"two fires 400 m apart, in the same words": {func(b *bench) []*fusion.Event {
			return []*fusion.Event{b.said(1, "fire.building", "Woningbrand", 0), b.said(2, "fire.building", "Woningbrand", 400)}
		}, []int{1, 1}},
		"a caller by a mast 700 m away": {func(b *bench) []*fusion.Event {
			far := b.said(2, "fire.building", "Brand in de straat", 700)
			far.Location.CE = new(1500.0)
			return []*fusion.Event{b.said(1, "fire.building", "Woningbrand", 0), far}
		}, []int{2}},
		"noise beside a burglary": {func(b *bench) []*fusion.Event {
			return []*fusion.Event{b.said(1, "theft.burglary", "Inbraak", 0), b.said(2, "public.nuisance", "Harde muziek", 20)}
		}, []int{1}},
		"a caller who says not what": {func(b *bench) []*fusion.Event {
			return []*fusion.Event{b.said(1, "theft.burglary", "Inbraak", 0), b.said(2, "", "Hoe laat bent u open?", 20)}
		}, []int{1}},
		"opposite ways of a motorway": {func(b *bench) []*fusion.Event {
			return []*fusion.Event{
				b.said(1, "traffic.collision", "Ongeval A73 richting Venlo", 0), b.said(2, "traffic.collision", "Botsing A73 richting Maastricht", 40),
				b.said(3, "traffic.collision", "Auto's op elkaar, richting Nijmegen", 60),
			}
		}, []int{2, 1}},
		"an address without a place": {func(b *bench) []*fusion.Event {
			return []*fusion.Event{
				at(b.said(1, "fire.building", "Woningbrand", 0), "Kapellerlaan 112, Roermond"),
				at(b.said(2, "fire.building", "Containerbrand", 900), "Oranjelaan 3, Roermond"),
				nowhere(at(b.said(3, "fire.building", "Het dak staat in brand", 0), "Kapellerlaan 114, Roermond")),
			}
		}, []int{2, 1}},
		"a post that names the street": {func(b *bench) []*fusion.Event {
			post := nowhere(b.said(3, "", "", 0))
			post.Type, post.Attrs = fusion.TypeSocial, map[string]any{"text": "Heftige brand hier op de Kapellerlaan"}
			return []*fusion.Event{
				at(b.said(1, "fire.building", "Woningbrand", 0), "Kapellerlaan 112, Roermond"),
				at(b.said(2, "fire.building", "Containerbrand", 900), "Oranjelaan 3, Roermond"), post,
			}
		}, []int{2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			b := fused(t)
			for _, e := range c.events(b) {
				b.events(e)
				b.now = b.now.Add(time.Minute)
			}
			var got []int
			for _, p := range b.open() {
				got = append(got, p.EvidenceCount)
			}
			slices.Reverse(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("pictures with %v pieces of evidence, want %v", got, c.want)
			}
		})
	}
}

// TestWhatCameBeforeItsPictureWaits, also in a checkpoint.
func TestWhatCameBeforeItsPictureWaits(t *testing.T) {
	b := fused(t)
	smoke := b.said(1, "", "", 80)
	smoke.Type, smoke.Attrs = fusion.TypeCameraObject, map[string]any{"label": "smoke", "camera": "markt"}
	b.events(smoke)
	b.restart()
	b.now = b.now.Add(2 * time.Minute)
	b.events(b.said(2, "fire.building", "Woningbrand", 0))
	if p := b.one(); p.EvidenceCount != 2 {
		t.Errorf("%d pieces of evidence, want the call and the smoke before it", p.EvidenceCount)
	}
	b.now = b.now.Add(time.Hour)
	b.events(b.said(3, "traffic.collision", "Ongeval", 80))
	if n := b.open()[0].EvidenceCount; n != 1 {
		t.Errorf("%d pieces of evidence; what waited an hour is still there", n)
	}
}

func (b *bench) restart() {
	b.t.Helper()
	checkpoint, err := b.e.Snapshot().Checkpoint()
	if err != nil {
		b.t.Fatal(err)
	}
	if b.e, err = engine.Resume(checkpoint, b.resolve); err != nil {
		b.t.Fatal(err)
	}
}

// TestAVehicleIsFollowed over a region, once by a plate that was misread.
func TestAVehicleIsFollowed(t *testing.T) {
	b := fused(t)
	stolen := b.said(1, "theft.vehicle", "Auto gestolen", 0)
	stolen.Entities = []fusion.Entity{{Type: fusion.EntityVehicle, Value: "KX482B"}}
	b.events(stolen)
	pass := func(n int, north float64, e fusion.Entity) {
		b.now = b.now.Add(5 * time.Minute)
		p := b.said(n, "", "", north)
		p.Type, p.Attrs, p.Entities = fusion.TypeANPR, map[string]any{"camera": fmt.Sprint(n)}, []fusion.Entity{e}
		b.events(p)
	}
	pass(2, 4000, fusion.Entity{Type: fusion.EntityVehicle, Value: "KX482B"})
	pass(3, 9000, fusion.Entity{Type: fusion.EntityVehicle, Value: "KX4828", Candidates: []fusion.Candidate{{Value: "KX482B", Confidence: 70}}})
	pass(4, 9000, fusion.Entity{Type: fusion.EntityVehicle, Value: "ZZ99ZZ"})
	p := b.one()
	if p.EvidenceCount != 3 || len(p.Track) != 3 || !slices.IsSortedFunc(p.Track, func(a, b fusion.TrackPoint) int { return a.Time.Compare(b.Time) }) {
		t.Errorf("%d pieces of evidence, track %+v", p.EvidenceCount, p.Track)
	}
	other := b.said(5, "theft.vehicle", "Auto gestolen", 0)
	other.Entities = []fusion.Entity{{Type: fusion.EntityVehicle, Value: "AB12CD"}}
	b.events(other)
	if n := len(b.open()); n != 2 {
		t.Errorf("%d pictures; another stolen vehicle is another incident", n)
	}
}

// TestEvidenceStaysWhereItCameFirst and a rule that sees it in two incidents
// links them.
func TestEvidenceStaysWhereItCameFirst(t *testing.T) {
	b := fused(t)
	pair := strings.NewReplacer("atleast: 2, within: 10m, near: 300", "atleast: 2, within: 10m, near: 2000").Replace(callsRule)
	b.activate(opens("fire", "fire.building"), pair)
	b.events(b.said(1, "fire.building", "Woningbrand", 0))
	b.events(b.said(2, "fire.building", "Containerbrand", 900))
	list := b.open()
	if len(list) != 2 || list[0].EvidenceCount != 1 || list[1].EvidenceCount != 1 || !hasLink(list[0], fusion.LinkPossible, list[1].ID) {
		t.Errorf("%d pictures: %+v", len(list), list)
	}
}

// TestParametersOfAKind: a room's own bound for one kind leaves the rest.
func TestParametersOfAKind(t *testing.T) {
	for bound, want := range map[float64]int{0: 1, 200: 2} {
		b := fused(t)
		b.fusion = engine.Params{Kinds: map[string]engine.KindParams{"fire": {Join: bound}}}
		b.activate(opens("fire", "fire.building"), opens("burglary", "theft.burglary"))
		b.events(b.said(1, "fire.building", "Woningbrand", 0), b.said(2, "fire.building", "Brand", 30))
		if n := len(b.open()); n != want {
			t.Errorf("with the bound %v of fires there are %d pictures, want %d", bound, n, want)
		}
		b.events(b.said(3, "theft.burglary", "Inbraak", 0), b.said(4, "theft.burglary", "Inbreker", 30))
		if n := len(b.open()); n != want+1 {
			t.Errorf("the bound of fires counts for burglaries: %d pictures", n)
		}
	}
}

func TestWrongWordsOfAMatterAreRefused(t *testing.T) {
	content, _, err := engine.EncodeContent(engine.Content{Fusion: engine.Params{Matters: map[string]engine.Matter{"fire": {Words: "("}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.CompileBundle(content); err == nil || !strings.Contains(err.Error(), "the words of the matter fire") {
		t.Errorf("error %v", err)
	}
}
