package app_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/audit"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/desk"
)

// TestEveryCommandIsAudited gives a command that nobody answers for and one
// about no incident, stops the room and reads what the audit holds of them.
func TestEveryCommandIsAudited(t *testing.T) {
	h := newHome(t)
	r, err := h.start(false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	nc := h.asker(r)
	endpoint := desk.EndpointCommand(fusion.VerbNote)
	c := fusion.Command{ID: fusion.NewCommandID(), Incident: "010101-0001", Text: "text", Purpose: "wpg-8"}
	if _, err := desk.Ask[fusion.CommandResult](t.Context(), nc, endpoint, fusion.Command{ID: "1", Incident: c.Incident}); fusion.KindOf(err) != fusion.KindInvalid {
		t.Errorf("with a bad id: %v", err)
	}
	c.Actor = "jan"
	for range 2 {
		got, err := desk.Ask[fusion.CommandResult](t.Context(), nc, endpoint, c)
		if err != nil || got.Applied || got.Kind != fusion.KindNotFound {
			t.Fatalf("about no incident: %+v, %v", got, err)
		}
	}
	r.Stop()

	want := []audit.Entry{
		{Who: "local", Command: "1"},
		{Who: "jan", Command: c.ID, Purpose: "wpg-8"},
		{Who: "jan", Command: c.ID, Purpose: "wpg-8"},
	}
	got := h.audited()
	if len(got) != len(want) {
		t.Fatalf("the audit holds %d entries, want %d", len(got), len(want))
	}
	for i, e := range got {
		if e.Problem == "" || e.Time.IsZero() {
			t.Errorf("entry %d does not say why or when: %+v", i, e)
		}
		w := want[i]
		w.N, w.Prev, w.Time, w.Problem = uint64(i+1), e.Prev, e.Time, e.Problem
		w.User, w.What, w.Verb, w.Incident = "local", endpoint, fusion.VerbNote, c.Incident
		if e != w {
			t.Errorf("entry %d is %+v, want %+v", i, e, w)
		}
	}
}

// audited reads the audit of a stopped room.
func (h *home) audited() (list []audit.Entry) {
	h.t.Helper()
	b, err := bus.Start(h.t.Context(), bus.Options{Dir: filepath.Join(h.dir, "data", "bus")}, quiet)
	if err != nil {
		h.t.Fatal(err)
	}
	defer b.Close()
	s, err := b.JS().Stream(h.t.Context(), fusion.StreamAudit)
	var chain audit.Chain
	for seq := uint64(1); err == nil; seq++ {
		var m *jetstream.RawStreamMsg
		var entries []audit.Entry
		if m, err = s.GetMsg(h.t.Context(), seq); err == nil {
			entries, err = chain.Take(seq, m.Data)
			list = append(list, entries...)
		}
	}
	if !errors.Is(err, jetstream.ErrMsgNotFound) {
		h.t.Fatal(err)
	}
	return list
}
