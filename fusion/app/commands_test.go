package app_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
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
	if _, err := desk.Ask[fusion.CommandResult](t.Context(), nc, endpoint, c); fusion.KindOf(err) != fusion.KindDenied {
		t.Errorf("without an actor: %v", err)
	}
	c.Actor = "jan"
	for range 2 {
		got, err := desk.Ask[fusion.CommandResult](t.Context(), nc, endpoint, c)
		if err != nil || got.Applied || got.Kind != fusion.KindNotFound {
			t.Fatalf("about no incident: %+v, %v", got, err)
		}
	}
	r.Stop()

	want := []desk.Audit{
		{What: "note", Incident: c.Incident, Purpose: "wpg-8", Command: c.ID},
		{What: "note", Incident: c.Incident, Purpose: "wpg-8", Command: c.ID, Who: "jan"},
		{What: "note", Incident: c.Incident, Purpose: "wpg-8", Command: c.ID, Who: "jan"},
	}
	got := h.audited()
	if len(got) != len(want) {
		t.Fatalf("the audit holds %d entries, want %d", len(got), len(want))
	}
	for i, a := range got {
		if a.Problem == "" || a.Time.IsZero() {
			t.Errorf("entry %d does not say why or when: %+v", i, a)
		}
		want[i].Problem, want[i].Time = a.Problem, a.Time
		if a != want[i] {
			t.Errorf("entry %d is %+v, want %+v", i, a, want[i])
		}
	}
}

// audited reads the audit of a stopped room.
func (h *home) audited() (list []desk.Audit) {
	h.t.Helper()
	b, err := bus.Start(h.t.Context(), bus.Options{Dir: filepath.Join(h.dir, "data", "bus")}, quiet)
	if err != nil {
		h.t.Fatal(err)
	}
	defer b.Close()
	s, err := b.JS().Stream(h.t.Context(), fusion.StreamAudit)
	for seq := uint64(1); err == nil; seq++ {
		var m *jetstream.RawStreamMsg
		if m, err = s.GetMsg(h.t.Context(), seq); err == nil {
			var a desk.Audit
			err = json.Unmarshal(m.Data, &a)
			list = append(list, a)
		}
	}
	if !errors.Is(err, jetstream.ErrMsgNotFound) {
		h.t.Fatal(err)
	}
	return list
}
