package app_test

import (
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/desk"
)

// listed are all incidents of a room by their revision.
func listed(t *testing.T, nc *nats.Conn, request desk.IncidentsRequest) map[fusion.PictureID]uint64 {
	t.Helper()
	found := map[fusion.PictureID]uint64{}
	for {
		reply, err := desk.Ask[desk.IncidentsReply](t.Context(), nc, desk.EndpointIncidents, request)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range reply.Incidents {
			found[s.ID] = s.Revision
		}
		if request.Cursor = reply.Next; request.Cursor == "" {
			return found
		}
	}
}

// write gives commands about incidents as fast as the room takes them.
func write(t *testing.T, nc *nats.Conn, ids []fusion.PictureID, n int) {
	for i := range n {
		c := fusion.Command{ID: fusion.NewCommandID(), Incident: ids[i%len(ids)], Text: fmt.Sprint(i), Actor: "jan"}
		r, err := desk.Ask[fusion.CommandResult](t.Context(), nc, desk.EndpointCommand(fusion.VerbNote), c)
		if err != nil || !r.Applied {
			t.Errorf("note %d: %+v, %v", i, r, err)
			return
		}
	}
}

// TestFeedOfARoom follows a whole room from a snapshot on while operators give
// commands, stops it, starts it again, and goes on with the same cursor.
func TestFeedOfARoom(t *testing.T) {
	h := newHome(t)
	r, err := h.start(false)
	if err != nil {
		t.Fatal(err)
	}
	nc := h.asker(r)
	h.report(r, nc, 12)
	var ids []fusion.PictureID
	for id := range listed(t, nc, desk.IncidentsRequest{}) {
		ids = append(ids, id)
	}
	var writers sync.WaitGroup
	for range 3 {
		writers.Go(func() { write(t, nc, ids, 40) })
	}
	knows := map[fusion.PictureID]uint64{}
	request := desk.FeedSnapshotRequest{Limit: 5}
	var cursor string
	for {
		page, err := desk.Ask[desk.FeedSnapshotReply](t.Context(), nc, desk.EndpointFeedSnapshot, request)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page.Incidents {
			knows[s.ID] = s.Revision
		}
		cursor = page.Cursor
		if request.Page = page.Next; request.Page == "" {
			break
		}
	}
	cursor = followed(t, nc, cursor, knows, false)
	writers.Wait()
	want := listed(t, nc, desk.IncidentsRequest{})
	r.Stop() // after which every revision is stored
	moment := time.Now()

	if r, err = h.start(false); err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	nc = h.asker(r)
	cursor = followed(t, nc, cursor, knows, true)
	if !maps.Equal(knows, want) {
		t.Errorf("the subscriber knows %v, the room had %v", knows, want)
	}
	write(t, nc, ids[:1], 2)
	followed(t, nc, cursor, knows, true)
	if knows[ids[0]] != want[ids[0]]+2 {
		t.Errorf("after two more notes revision %d is known, want %d", knows[ids[0]], want[ids[0]]+2)
	}
	if past := listed(t, nc, desk.IncidentsRequest{AsOf: moment}); !maps.Equal(past, want) {
		t.Errorf("of that moment the room says %v, but it knew %v", past, want)
	}
}

// followed takes changes until there are no more, and insists on each
// revision once.
func followed(t *testing.T, nc *nats.Conn, cursor string, knows map[fusion.PictureID]uint64, toTheEnd bool) string {
	t.Helper()
	for {
		reply, err := desk.Ask[desk.FeedChangesReply](t.Context(), nc, desk.EndpointFeedChanges, desk.FeedChangesRequest{Cursor: cursor, Wait: 200})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range reply.Changes {
			if c.Summary == nil || c.Summary.Revision <= knows[c.ID] {
				t.Errorf("%s comes as %+v after revision %d", c.ID, c.Summary, knows[c.ID])
				continue
			}
			knows[c.ID] = c.Summary.Revision
		}
		cursor = reply.Cursor
		if !toTheEnd || len(reply.Changes) == 0 {
			return cursor
		}
	}
}

// TestAuditIsOneChain asks a room before and after a restart and checks its
// audit off-line.
func TestAuditIsOneChain(t *testing.T) {
	h := newHome(t)
	for range 2 {
		r, err := h.start(false)
		if err != nil {
			t.Fatal(err)
		}
		nc := h.asker(r)
		for range 3 {
			listed(t, nc, desk.IncidentsRequest{})
		}
		reply, err := desk.Ask[desk.AuditReply](t.Context(), nc, desk.EndpointAudit, desk.AuditRequest{Limit: 2})
		if err != nil || len(reply.Entries) != 2 || reply.Entries[0].N != reply.Entries[1].N+1 || reply.Next != reply.Entries[1].N {
			t.Errorf("%+v: %v", reply, err)
		}
		r.Stop()
	}
	chain, _, err := app.VerifyAudit(t.Context(), h.cfg, "", quiet)
	if err != nil || chain.From != 1 || chain.Entries != 8 {
		t.Errorf("%+v: %v", chain, err)
	}
	if _, found, err := app.VerifyAudit(t.Context(), h.cfg, chain.Head.Hash, quiet); err != nil || !found {
		t.Errorf("its head is found: %t, %v", found, err)
	}
}
