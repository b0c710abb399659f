package app_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/desk"
)

// asker is a client of a running room, as the command line is one.
func (h *home) asker(r *app.Room) *nats.Conn {
	h.t.Helper()
	a := r.LocalAccess()
	nc, err := nats.Connect(a.URL, nats.UserInfo(a.User, a.Password), nats.CustomInboxPrefix(bus.InboxPrefix(a.User)))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(nc.Close)
	return nc
}

// report puts incidents of a dispatch system on the log, far apart, and waits
// until they are pictures.
func (h *home) report(r *app.Room, nc *nats.Conn, n int) {
	h.t.Helper()
	var events []*fusion.Event
	now := time.Now().UTC()
	for i := range n {
		events = append(events, &fusion.Event{
			ID: fusion.NewEventID("test", fmt.Sprint(i), ""), Source: "test", Type: fusion.TypeIncident, Subject: fmt.Sprint(i),
			Time: now, RecordedTime: now, Status: fusion.StatusActual, MsgType: fusion.MsgAlert, Headline: "Overlast",
			Geometry: fusion.NewPoint(5+float64(i)/10, 51), Attrs: map[string]any{"nature": "public.nuisance", "state": "dispatched"},
		})
	}
	done := make(chan error, 1)
	if err := r.Sink().Submit(h.t.Context(), connectors.Item{Connector: "test", Events: events}, func(err error) { done <- err }); err != nil {
		h.t.Fatal(err)
	}
	if err := <-done; err != nil {
		h.t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		room, err := desk.Ask[desk.Room](h.t.Context(), nc, desk.EndpointRoom, struct{}{})
		if err != nil || time.Now().After(deadline) {
			h.t.Fatalf("%+v: %v", room, err)
		}
		if room.Counts.Events >= uint64(n) && room.Applied == room.Last {
			return
		}
	}
}

func TestDeskPagesFromNewToOld(t *testing.T) {
	h := newHome(t)
	r, err := h.start(false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	nc := h.asker(r)
	h.report(r, nc, 7)
	var ids []fusion.PictureID
	request := desk.IncidentsRequest{Limit: 3}
	for pages := 0; ; pages++ {
		page, err := desk.Ask[desk.IncidentsReply](t.Context(), nc, desk.EndpointIncidents, request)
		if err != nil || pages > 3 {
			t.Fatalf("page %d: %v", pages, err)
		}
		for _, s := range page.Incidents {
			ids = append(ids, s.ID)
		}
		if request.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	if len(ids) != 7 {
		t.Fatalf("%d incidents on all pages: %v", len(ids), ids)
	}
	for i := 1; i < len(ids); i++ {
		if ids[i] >= ids[i-1] {
			t.Errorf("%s comes after %s", ids[i], ids[i-1])
		}
	}
}

func TestDeskSaysWhatIsWrong(t *testing.T) {
	h := newHome(t)
	r, err := h.start(false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	nc := h.asker(r)
	for name, c := range map[string]struct {
		endpoint string
		request  any
		kind     fusion.Kind
	}{
		"no such incident": {desk.EndpointIncident, desk.IncidentRequest{ID: "010101-0001"}, fusion.KindNotFound},
		"unknown field":    {desk.EndpointIncidents, map[string]any{"colour": "red"}, fusion.KindInvalid},
		"not an object":    {desk.EndpointIncidents, []int{1}, fusion.KindInvalid},
		"bad list name":    {desk.EndpointListChange, desk.ListChangeRequest{List: "Stolen Plates"}, fusion.KindInvalid},
		"no dead letter":   {desk.EndpointDeadShow, desk.DeadLetterRequest{Sequence: 99}, fusion.KindNotFound},
		"no endpoint":      {"weather", struct{}{}, fusion.KindUnavailable},
	} {
		if _, err := desk.Ask[map[string]any](t.Context(), nc, c.endpoint, c.request); fusion.KindOf(err) != c.kind {
			t.Errorf("%s: %v is of kind %s, want %s", name, err, fusion.KindOf(err), c.kind)
		}
	}
}
