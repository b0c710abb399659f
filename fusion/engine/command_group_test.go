package engine_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

func (b *bench) resolved(id fusion.PictureID) (to fusion.PictureID) {
	b.t.Helper()
	err := b.e.Store().View(func(tx *store.Tx) (err error) {
		to, err = tx.Resolve(id)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return to
}

func TestMergeAndUndo(t *testing.T) {
	b := newBench(t)
	ids := b.fires(0, 2000)
	from, into := ids[0], ids[1]
	b.done(fusion.VerbNote, fusion.Command{Incident: from, Text: "of the first"})
	a, t0 := b.picture(from), b.picture(into)
	n := len(b.alerts())
	merged := b.done(fusion.VerbMerge, fusion.Command{Incident: from, Into: into})
	p := b.picture(into)
	if p.EvidenceCount != 4 || len(p.Evidence) != 4 || len(p.Notes) != 1 || merged.Other != into || len(p.Entities) != 4 {
		t.Errorf("merged: %d pieces of evidence, %d notes, %d entities, answer %+v", p.EvidenceCount, len(p.Notes), len(p.Entities), merged)
	}
	gone := b.picture(from)
	if gone.Open() || gone.Outcome != "duplicate" || !hasLink(gone, "merged-into", into) || b.resolved(from) != into {
		t.Errorf("the merged one is %s as %s, links %+v", gone.Status, gone.Outcome, gone.Links)
	}
	if got := strings.Join(b.alerts()[n:], ", "); !strings.Contains(got, "left roermond.fire.medium."+string(from)) || strings.Contains(got, "closed") {
		t.Errorf("alerts %s", got)
	}
	if r := b.give(fusion.VerbNote, fusion.Command{Incident: from, Text: "x"}); r.Applied || !strings.Contains(r.Problem, string(into)) {
		t.Errorf("a command on the merged one: %+v", r)
	}

	// What comes at the place of the merged one joins nothing that is closed;
	// a new version of its evidence goes to the one that holds it.
	b.now = b.now.Add(time.Second)
	v2 := b.call(1, "fire.building", home)
	v2.ID = fusion.NewEventID("dispatch", "1", "2")
	b.events(v2)
	b.done(fusion.VerbUndo, fusion.Command{Incident: from, Of: merged.Command})
	back, rest := b.picture(from), b.picture(into)
	if !slices.Equal(eventsOf(rest), eventsOf(t0)) || rest.EvidenceCount != t0.EvidenceCount || len(rest.Notes) != 0 {
		t.Errorf("the target has %v, had %v, %d notes", eventsOf(rest), eventsOf(t0), len(rest.Notes))
	}
	if len(back.Evidence) != len(a.Evidence) || evidence(back, "call-1").Event != v2.ID || back.Status != a.Status || len(back.Notes) != 1 {
		t.Errorf("the merged one is %s with %v", back.Status, eventsOf(back))
	}
	if b.resolved(from) != from || hasLink(back, "merged-into", into) || hasLink(rest, "merged-from", from) {
		t.Error("the merge left a trace in links or redirects")
	}
	if r := b.give(fusion.VerbUndo, fusion.Command{Incident: into, Of: merged.Command}); r.Applied {
		t.Error("a merge was undone twice")
	}
}

func TestOnlyTheNewestRegroupingIsUndone(t *testing.T) {
	b := newBench(t)
	ids := b.fires(0, 2000, 4000)
	first := b.done(fusion.VerbMerge, fusion.Command{Incident: ids[0], Into: ids[1]})
	second := b.done(fusion.VerbMerge, fusion.Command{Incident: ids[1], Into: ids[2]})
	if to := b.resolved(ids[0]); to != ids[2] {
		t.Errorf("the first goes on as %s", to)
	}
	if r := b.give(fusion.VerbUndo, fusion.Command{Incident: ids[1], Of: first.Command}); r.Kind != fusion.KindConflict {
		t.Errorf("undoing the former first: %+v", r)
	}
	b.done(fusion.VerbUndo, fusion.Command{Incident: ids[2], Of: second.Command})
	b.done(fusion.VerbUndo, fusion.Command{Incident: ids[1], Of: first.Command})
	if n := len(b.open()); n != 3 {
		t.Errorf("%d are open, want 3", n)
	}
}

func TestGraverOfMergedCounts(t *testing.T) {
	b := newBench(t)
	ids := b.fires(0, 2000)
	b.done(fusion.VerbSeverity, fusion.Command{Incident: ids[0], To: "critical"})
	m := b.done(fusion.VerbMerge, fusion.Command{Incident: ids[0], Into: ids[1]})
	if p := b.picture(ids[1]); p.Severity != fusion.SeverityCritical {
		t.Errorf("severity %s", p.Severity)
	}
	b.done(fusion.VerbUndo, fusion.Command{Incident: ids[1], Of: m.Command})
	if p := b.picture(ids[1]); p.Severity != fusion.SeverityMedium {
		t.Errorf("severity %s after the undo", p.Severity)
	}
}

func TestSplitAndUndo(t *testing.T) {
	b := newBench(t)
	id := b.fires(0)[0]
	b.events(b.call(3, "fire.building", metres(home, 100)))
	before := b.picture(id)
	moved := evidence(before, "call-3")
	r := b.done(fusion.VerbSplit, fusion.Command{Incident: id, Evidence: []fusion.EventID{moved.Event}, Title: "Another fire", Kind: "smoke"})
	p, n := b.picture(id), b.picture(r.Other)
	if p.EvidenceCount != 2 || n.EvidenceCount != 1 || n.Evidence[0].Event != moved.Event || n.Kind != "smoke" || n.Status != fusion.PictureAcknowledged {
		t.Errorf("%d and %d pieces of evidence, the new one %+v", p.EvidenceCount, n.EvidenceCount, n)
	}
	if !hasLink(n, "split-from", id) || !hasLink(p, "split-into", n.ID) || len(n.Entities) != 1 || len(p.Entities) != 2 {
		t.Errorf("links %+v and %+v, entities %v and %v", n.Links, p.Links, n.Entities, p.Entities)
	}
	if n.Area != "roermond" || n.FirstObserved.IsZero() || n.Confidence != 60 {
		t.Errorf("the new one is in %q since %v, sure %v", n.Area, n.FirstObserved, n.Confidence)
	}
	b.done(fusion.VerbUndo, fusion.Command{Incident: id, Of: r.Command})
	after := b.one()
	if !slices.Equal(eventsOf(after), eventsOf(before)) || after.EvidenceCount != 3 || len(after.Hits) != len(before.Hits) || b.resolved(n.ID) != id {
		t.Errorf("after the undo %v, before %v", eventsOf(after), eventsOf(before))
	}
}

func TestLinks(t *testing.T) {
	b := newBench(t)
	ids := b.fires(0, 2000)
	both := func(kind string) bool {
		return hasLink(b.picture(ids[0]), kind, ids[1]) && hasLink(b.picture(ids[1]), kind, ids[0])
	}
	b.done(fusion.VerbLink, fusion.Command{Incident: ids[0], To: string(ids[1])})
	if !both("related") {
		t.Error("they are not linked")
	}
	b.done(fusion.VerbUnlink, fusion.Command{Incident: ids[1], To: string(ids[0])})
	if both("related") {
		t.Error("they are still linked")
	}
}

func TestPossibleLinks(t *testing.T) {
	for verb, kind := range map[fusion.Verb]string{fusion.VerbConfirmLink: "related", fusion.VerbRejectLink: "rejected"} {
		b := newBench(t)
		ids := b.fires(0, 400)
		if !hasLink(b.picture(ids[1]), "possible", ids[0]) {
			t.Fatalf("no possible link: %+v", b.picture(ids[1]).Links)
		}
		b.done(verb, fusion.Command{Incident: ids[1], To: string(ids[0])})
		if !hasLink(b.picture(ids[0]), kind, ids[1]) || !hasLink(b.picture(ids[1]), kind, ids[0]) || hasLink(b.picture(ids[0]), "possible", ids[1]) {
			t.Errorf("%s: links %+v", verb, b.picture(ids[0]).Links)
		}
	}
}

// TestUndoneMergeRestoresEvidence merges and undoes random pictures that get
// events meanwhile: nothing is lost, and nothing stands in two.
func TestUndoneMergeRestoresEvidence(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t)
		ids := b.fires(0, 2000)
		for i := range rapid.IntRange(0, 5).Draw(rt, "calls") {
			b.events(b.call(100+i, "fire.building", metres(home, rapid.SampledFrom([]float64{0, 50, 2000, 2050}).Draw(rt, "north"))))
		}
		from, into := ids[0], ids[1]
		if rapid.Bool().Draw(rt, "swap") {
			from, into = into, from
		}
		a, target := eventsOf(b.picture(from)), eventsOf(b.picture(into))
		m := b.done(fusion.VerbMerge, fusion.Command{Incident: from, Into: into})
		meanwhile := rapid.IntRange(0, 3).Draw(rt, "meanwhile")
		for i := range meanwhile {
			b.events(b.call(200+i, "fire.building", metres(home, 1000)))
		}
		gained := slices.DeleteFunc(eventsOf(b.picture(into)), func(id fusion.EventID) bool { return slices.Contains(a, id) })
		b.done(fusion.VerbUndo, fusion.Command{Incident: into, Of: m.Command})
		if got := eventsOf(b.picture(from)); !slices.Equal(got, a) {
			rt.Fatalf("the merged one has %v, had %v", got, a)
		}
		got := b.picture(into)
		if !slices.Equal(eventsOf(got), gained) || got.EvidenceCount != len(gained) {
			rt.Fatalf("the target has %v, had %v and gained %v", eventsOf(got), target, gained)
		}
	})
}

// TestReplayOfCommandsIsEqual gives random commands and events and checks that
// a replay from the start, and one from a checkpoint, give the same bytes.
func TestReplayOfCommandsIsEqual(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t)
		b.fires(0, 400, 2000)
		cut := len(b.log) + rapid.IntRange(0, 15).Draw(rt, "cut")
		var saved []byte
		var given []string
		for i := range rapid.IntRange(2, 25).Draw(rt, "messages") {
			if len(b.log) == cut {
				saved = snapshot(t, b.e)
			}
			if rapid.IntRange(0, 3).Draw(rt, "what") == 0 {
				randomMessage(rt, b, 1000+i)
				continue
			}
			b.now = b.now.Add(time.Duration(rapid.IntRange(0, 900).Draw(rt, "pause")) * time.Second)
			given = append(given, randomCommand(rt, b, given))
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
		if !bytes.Equal(want, snapshot(t, again.e)) {
			rt.Fatal("a replay from the checkpoint is different")
		}
	})
}

func randomCommand(rt *rapid.T, b *bench, given []string) string {
	id := func(name string) fusion.PictureID {
		return fusion.PictureID(fmt.Sprintf("261124-%04d", rapid.IntRange(1, 4).Draw(rt, name)))
	}
	lon, lat := 5.98, rapid.Float64Range(51.1, 51.2).Draw(rt, "lat")
	c := fusion.Command{
		ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", len(b.log)), Incident: id("incident"), To: string(id("to")), Text: "text",
		Add: []string{"a"}, Outcome: rapid.SampledFrom(fusion.Outcomes).Draw(rt, "outcome"), Into: id("into"), Title: "Split", Lon: &lon, Lat: &lat,
	}
	v := rapid.SampledFrom(fusion.Verbs).Draw(rt, "verb")
	switch v {
	case fusion.VerbSeverity:
		c.To = string(rapid.SampledFrom(fusion.Severities).Draw(rt, "severity"))
	case fusion.VerbStatus:
		c.To = "active"
	case fusion.VerbHandover:
		c.Incident, c.From = "", string(id("from"))
	case fusion.VerbUndo:
		if len(given) > 0 {
			c.Of = rapid.SampledFrom(given).Draw(rt, "of")
		}
	case fusion.VerbSplit:
		if p, err := b.find(c.Incident); err == nil {
			c.Evidence = eventsOf(p)[:1]
		}
	}
	b.give(v, c)
	return c.ID
}
