package engine_test

import (
	"slices"
	"testing"

	"github.com/openiroom/iroom/fusion"
)

func TestHandoverMovesWhatSomebodyHas(t *testing.T) {
	b := newBench(t)
	ids := b.fires(0, 2000, 4000, 6000)
	for i, to := range []string{"ann", "ann", "piet", "ann"} {
		b.done(fusion.VerbAssign, fusion.Command{Incident: ids[i], To: to})
	}
	b.done(fusion.VerbClose, fusion.Command{Incident: ids[3], Outcome: "confirmed"})
	before := b.picture(ids[0]).Revision

	r := b.done(fusion.VerbHandover, fusion.Command{From: "ann", To: "bob", Reason: "end of the night shift"})
	if !slices.Equal(r.Handed, ids[:2]) || r.Text != "2 incidents handed over from ann to bob" || r.Incident != "" || r.Revision != 0 {
		t.Errorf("answer %+v", r)
	}
	for i, want := range []string{"bob", "bob", "piet", "ann"} {
		if got := b.picture(ids[i]).Assignee; got != want {
			t.Errorf("%s is assigned to %s, want %s", ids[i], got, want)
		}
	}
	p := b.picture(ids[0])
	d := p.Decisions[len(p.Decisions)-1]
	if d.What != fusion.VerbHandover || d.Who != "jan" || d.Reason != "end of the night shift" || p.Revision != before+1 {
		t.Errorf("revision %d after %d, decision %+v", p.Revision, before, d)
	}
	if stale := b.give(fusion.VerbResolve, fusion.Command{Incident: ids[0], Revision: before}); stale.Kind != fusion.KindConflict {
		t.Errorf("a command based on what was before the hand-over: %+v", stale)
	}
	if again := b.done(fusion.VerbHandover, fusion.Command{From: "ann", To: "bob"}); len(again.Handed) != 0 {
		t.Errorf("handed over again: %+v", again)
	}
}

func TestHandoverNeedsTwoNamesAndNoIncident(t *testing.T) {
	b := newBench(t)
	id := b.fires(0)[0]
	for name, c := range map[string]fusion.Command{
		"from nobody":    {To: "bob"},
		"to nobody":      {From: "ann"},
		"to the same":    {From: "ann", To: "ann"},
		"of an incident": {From: "ann", To: "bob", Incident: id},
	} {
		if r := b.give(fusion.VerbHandover, c); r.Applied || r.Kind != fusion.KindInvalid {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
