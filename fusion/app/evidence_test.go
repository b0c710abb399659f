package app_test

import (
	"testing"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

// TestEvidenceAfterARestart reads back the events of each picture of a whole
// room, before and after it was stopped.
func TestEvidenceAfterARestart(t *testing.T) {
	h := newHome(t)
	for run := range 2 {
		r, err := h.start(false)
		if err != nil {
			t.Fatal(err)
		}
		nc := h.asker(r)
		if run == 0 {
			h.report(r, nc, 5)
		}
		seen := map[fusion.EventID]bool{}
		for id := range listed(t, nc, desk.IncidentsRequest{}) {
			reply, err := desk.Ask[desk.EvidenceReply](t.Context(), nc, desk.EndpointEvidence, desk.EvidenceRequest{ID: id})
			if err != nil || len(reply.Items) != 1 || reply.Items[0].Event == nil || reply.Items[0].Event.ID != reply.Items[0].Kept.Event {
				t.Fatalf("run %d, %s: %+v, %v", run, id, reply, err)
			}
			seen[reply.Items[0].Event.ID] = true
		}
		if len(seen) != 5 {
			t.Errorf("run %d: %d different events, want 5", run, len(seen))
		}
		r.Stop()
	}
}
