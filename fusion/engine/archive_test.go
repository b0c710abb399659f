package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// emergencies opens n pictures far from each other.
func (b *bench) emergencies(n int) {
	for i := range n {
		b.events(b.call(len(b.log), "officer.emergency", metres(home, float64(i)*8000)))
	}
}

// closed opens a picture and closes it.
func (b *bench) closed() fusion.PictureID {
	b.t.Helper()
	b.emergencies(1)
	id := b.one().ID
	b.done(fusion.VerbClose, fusion.Command{Incident: id, Outcome: fusion.OutcomeConfirmed, Reason: "over"})
	return id
}

func (b *bench) archived(id fusion.PictureID) (is bool) {
	b.t.Helper()
	err := b.e.Store().View(func(tx *store.Tx) error {
		is = tx.Archived(id)
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return is
}

func TestClosedPictureIsArchivedAfterItsTime(t *testing.T) {
	b := newBench(t)
	id := b.closed()
	b.tick(24*time.Hour - time.Second)
	if p := b.picture(id); p.Open() || b.archived(id) {
		t.Fatalf("%s is archived before its time", id)
	}
	b.tick(2 * time.Second)
	if _, err := b.find(id); err == nil || !b.archived(id) {
		t.Fatalf("%s is not archived: %v", id, err)
	}
	for _, c := range []struct {
		verb fusion.Verb
		fusion.Command
	}{
		{fusion.VerbReopen, fusion.Command{Reason: "more of it"}},
		{fusion.VerbNote, fusion.Command{Text: "late"}},
		{fusion.VerbAddEvidence, fusion.Command{Text: "late"}},
	} {
		c.Incident, c.Revision = id, 3
		if r := b.give(c.verb, c.Command); r.Applied || r.Kind != fusion.KindConflict || !strings.Contains(r.Problem, "is archived") {
			t.Errorf("%s: %+v", c.verb, r)
		}
	}
	if r := b.give(fusion.VerbNote, fusion.Command{Incident: "261124-0002", Revision: 1, Text: "x"}); r.Kind != fusion.KindNotFound {
		t.Errorf("an id that was never given: %+v", r)
	}
}

func TestReopenedPictureIsNotArchived(t *testing.T) {
	b := newBench(t)
	id := b.closed()
	b.tick(23 * time.Hour)
	b.done(fusion.VerbReopen, fusion.Command{Incident: id, Reason: "more of it"})
	b.tick(30 * time.Hour)
	if p := b.picture(id); !p.Open() {
		t.Fatalf("%s is %s", id, p.Status)
	}
}

func TestArchivedIDStillLeadsToWhereItGoesOn(t *testing.T) {
	b := newBench(t)
	b.emergencies(2)
	from, into := fusion.PictureID("261124-0001"), fusion.PictureID("261124-0002")
	b.done(fusion.VerbMerge, fusion.Command{Incident: from, Into: into, Reason: "the same"})
	b.tick(25 * time.Hour)
	if !b.archived(from) || b.resolved(from) != into {
		t.Errorf("%s leads to %s", from, b.resolved(from))
	}
	r := b.give(fusion.VerbNote, fusion.Command{Incident: from, Revision: 2, Text: "x"})
	if r.Applied || !strings.Contains(r.Problem, "goes on as 261124-0002") {
		t.Errorf("%+v", r)
	}
	if r := b.give(fusion.VerbUndo, fusion.Command{Incident: into, Of: r.Command, Reason: "x"}); r.Applied {
		t.Errorf("%+v", r)
	}
}

func TestManyAreArchivedAFewAtATime(t *testing.T) {
	b := newBench(t)
	b.emergencies(250)
	for _, p := range b.open() {
		b.done(fusion.VerbClose, fusion.Command{Incident: p.ID, Outcome: fusion.OutcomeUnfounded, Reason: "over"})
	}
	b.now = b.now.Add(48 * time.Hour)
	b.send(fusion.SubjectTick, nil)
	if n := b.e.Store().Table().Len(); n != 150 {
		t.Errorf("%d pictures are left after one step, want 150", n)
	}
	b.tick(time.Second)
	b.tick(time.Second)
	if n := b.e.Store().Table().Len(); n != 0 || !b.archived("261124-0250") || b.archived("261124-0251") {
		t.Errorf("%d pictures are left", n)
	}
}

// TestWeekIsFlat runs a week of incidents that close by themselves through the
// engine. What the state holds after the second day is what it holds after the
// seventh, and a replay from any day gives the same.
func TestWeekIsFlat(t *testing.T) {
	b := newBench(t)
	b.activate(callsRule, strings.Replace(graveRule, "severity: critical", "severity: high", 1))
	var sizes []int
	var heaps []uint64
	var saved *store.Checkpoint
	var from int
	for day := range 7 {
		b.day(day, 400)
		c, err := b.e.Snapshot().Checkpoint()
		if err != nil {
			t.Fatal(err)
		}
		sizes, heaps = append(sizes, len(snapshot(t, b.e))), append(heaps, heapMB())
		if day == 3 {
			saved, from = c, len(b.log)
		}
	}
	if sizes[6] > sizes[1]+sizes[1]/20 {
		t.Errorf("the state grows from day to day: %v bytes", sizes)
	}
	t.Logf("%d pictures; state %v bytes, heap with the log of the test %v MB", b.e.Counts().Pictures, sizes, heaps)
	again, err := engine.Resume(saved, b.resolve)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range b.log[from:] {
		if _, err := again.Step(m); err != nil {
			t.Fatal(err)
		}
	}
	if string(snapshot(t, again)) != string(snapshot(t, b.e)) {
		t.Error("a replay from the fourth day gives another state")
	}
}

// day is one of n incidents, spread over it.
func (b *bench) day(day, n int) {
	b.outputs = nil
	for i := range n {
		c := b.call(i, "officer.emergency", metres(home, float64(i)*5000))
		c.ID = fusion.NewEventID("dispatch", fmt.Sprint(day, i), "")
		b.tick(24 * time.Hour / time.Duration(n))
		b.events(c)
	}
}
