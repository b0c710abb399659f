package engine_test

import (
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// TestEvidenceSaysWhereItStands opens a picture by an event that waited in a
// window over a restart and one that comes now, and replaces one later.
func TestEvidenceSaysWhereItStands(t *testing.T) {
	b := newBench(t)
	claims := b.call(1, "fire.building", home)
	claims.Provenance = &fusion.Provenance{Connector: "lmk", Log: fusion.LogPlace{Sequence: 99, Index: 9}}
	b.events(b.call(7, "public.nuisance", home), claims)
	first := uint64(len(b.log))
	c, err := store.DecodeCheckpoint(snapshot(t, b.e))
	if err != nil {
		t.Fatal(err)
	}
	if b.e, err = engine.Resume(c, b.resolve); err != nil {
		t.Fatal(err)
	}
	b.tick(time.Second)
	b.events(b.call(2, "fire.building", home))
	second := uint64(len(b.log))
	p := b.one()
	for subject, want := range map[string]fusion.LogPlace{"call-1": {Sequence: first, Index: 1}, "call-2": {Sequence: second}} {
		if got := evidence(p, subject).Log; got != want {
			t.Errorf("%s stands at %+v, want %+v", subject, got, want)
		}
	}
	if evidence(p, "call-1").Connector != "lmk" {
		t.Errorf("the connector is lost")
	}
	b.now = b.now.Add(time.Second)
	later := b.call(1, "fire.building", home)
	later.ID = fusion.NewEventID("dispatch", "1", "2")
	b.events(later)
	if got, want := evidence(b.one(), "call-1").Log, (fusion.LogPlace{Sequence: second + 1}); got != want {
		t.Errorf("the later version stands at %+v, want %+v", got, want)
	}
}

// TestALaterVersionIsHandledAsStrictly wants a picture to be as strict as the
// strictest version of its evidence.
func TestALaterVersionIsHandledAsStrictly(t *testing.T) {
	b := newBench(t)
	b.fires(0)
	b.now = b.now.Add(time.Second)
	later := b.call(1, "fire.building", home)
	later.ID = fusion.NewEventID("dispatch", "1", "2")
	later.Handling = &fusion.Handling{TLP: "red"}
	b.events(later)
	if h := b.one().Handling; h == nil || h.TLP != "red" {
		t.Errorf("the picture is handled as %+v", h)
	}
}
