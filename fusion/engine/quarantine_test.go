package engine_test

import (
	"bytes"
	"testing"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

func TestQuarantineHoldsFromThere(t *testing.T) {
	b := newBench(t)
	b.send(fusion.SubjectQuarantine, []byte(`{"rule":"officer-emergency"}`))
	b.events(b.call(1, "officer.emergency", home))
	if n := len(b.open()); n != 0 {
		t.Errorf("a rule in quarantine opened %d pictures", n)
	}
	b.send(fusion.SubjectQuarantine, []byte(`{"rule":""}`))
	if len(b.refused) != 1 {
		t.Errorf("refused %+v", b.refused)
	}
}

// TestForeseenQuarantineIsTheSameInEveryReplay takes a rule out of use before
// the message that says so, as a start does that must get past it, and checks
// that replays from the beginning and from a checkpoint agree.
func TestForeseenQuarantineIsTheSameInEveryReplay(t *testing.T) {
	b := newBench(t)
	b.e.Foresee([]engine.Quarantine{{Rule: "officer-emergency", From: 3}})
	b.events(b.call(1, "officer.emergency", home))
	saved := snapshot(t, b.e)
	b.events(b.call(2, "officer.emergency", metres(home, 5000)))
	b.send(fusion.SubjectQuarantine, []byte(`{"rule":"officer-emergency","from":3}`))
	b.one()
	want := snapshot(t, b.e)

	again := &bench{t: t, bundles: b.bundles}
	again.e = again.engine()
	again.e.Foresee([]engine.Quarantine{{Rule: "officer-emergency", From: 3}})
	again.replay(b.log)
	if !bytes.Equal(want, snapshot(t, again.e)) {
		t.Error("a replay from the beginning is different")
	}
	c, err := store.DecodeCheckpoint(saved)
	if err != nil {
		t.Fatal(err)
	}
	if again.e, err = engine.Resume(c, b.resolve); err != nil {
		t.Fatal(err)
	}
	again.e.Foresee([]engine.Quarantine{{Rule: "officer-emergency", From: 3}})
	again.replay(b.log[c.Seq:])
	if !bytes.Equal(want, snapshot(t, again.e)) {
		t.Error("a replay from the checkpoint is different")
	}
}
