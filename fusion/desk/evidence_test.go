package desk_test

import (
	"fmt"
	"testing"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

// onTheLog puts events into one message of the log and returns its sequence.
func (h *harness) onTheLog(events ...*fusion.Event) uint64 {
	h.t.Helper()
	parts := make([][]byte, len(events))
	for i, e := range events {
		var err error
		if parts[i], err = fusion.Encode(e); err != nil {
			h.t.Fatal(err)
		}
	}
	seq, err := h.room.log.Publish(h.t.Context(), fusion.EventSubject(fusion.PublisherRoom, "week"), fusion.EncodeBatch(parts), 0, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return seq
}

// forget removes a message of the log, as its time does.
func (h *harness) forget(seq uint64) {
	h.t.Helper()
	s, err := h.bus.JS().Stream(h.t.Context(), fusion.StreamRoom)
	if err == nil {
		err = s.DeleteMsg(h.t.Context(), seq)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// witnessed is a picture whose evidence stands on the log: a batch of three,
// of which the last is handled red, and one alone.
func witnessed(h *harness) (p *fusion.Picture, events []*fusion.Event) {
	p = scaled(1)
	p.Revision, p.Area, p.Evidence, p.EvidenceCount = 0, "maas", nil, 7
	for i := range 4 {
		events = append(events, &fusion.Event{
			ID: fusion.NewEventID("lmk", fmt.Sprint(i), ""), Source: "lmk", Type: fusion.TypeCall, Time: start, Status: fusion.StatusActual,
			Description: fmt.Sprint("caller ", i), Attrs: map[string]any{"text": "smoke"},
		})
	}
	events[2].Handling = &fusion.Handling{TLP: "red"}
	batch, alone := h.onTheLog(events[:3]...), h.onTheLog(events[3])
	for i, e := range events {
		at := fusion.LogPlace{Sequence: batch, Index: i}
		if i == 3 {
			at = fusion.LogPlace{Sequence: alone}
		}
		p.Evidence = append(p.Evidence, fusion.Evidence{Event: e.ID, Log: at, Type: e.Type, Source: e.Source, Time: e.Time, Text: "call"})
	}
	p.Evidence = append(p.Evidence, fusion.Evidence{Event: "by-hand", Type: fusion.TypeByHand, Source: "operator", Time: start, Text: "seen"})
	h.change(p)
	h.flush()
	return p, events
}

// TestEvidenceIsReadBack turns the pages of the events of a picture, before
// and after some have expired.
func TestEvidenceIsReadBack(t *testing.T) {
	h := newHarness(t, newStore(t))
	p, events := witnessed(h)
	for _, expired := range []bool{false, true} {
		if expired {
			h.forget(p.Evidence[3].Log.Sequence)
		}
		var items []desk.EvidenceItem
		request := desk.EvidenceRequest{ID: p.ID, Limit: 2}
		for {
			page := ask[desk.EvidenceReply](h, "jan", desk.EndpointEvidence, request)
			if page.Total != 5 || page.Dropped != 2 || page.Revision != 1 || len(page.Items) > 2 {
				t.Fatalf("a page is %+v", page)
			}
			items = append(items, page.Items...)
			if request.After = page.Next; page.Next == "" {
				break
			}
		}
		if len(items) != 5 {
			t.Fatalf("%d items on all pages", len(items))
		}
		for i, item := range items {
			gone := i == 4 || i == 3 && expired
			if (item.Event == nil) != gone || (item.Missing != "") != gone || item.Kept.Event != p.Evidence[i].Event || item.Kept.Text == "" {
				t.Errorf("expired %t: item %d is %+v", expired, i, item)
			}
			if !gone && (item.Event.ID != events[i].ID || item.Event.Description != events[i].Description) {
				t.Errorf("item %d is event %+v", i, item.Event)
			}
		}
	}
	entry := h.room.audited()[0]
	if entry.What != desk.EndpointEvidence || entry.Incident != p.ID || entry.Results != 2 || entry.Who != "jan" {
		t.Errorf("the audit has %+v", entry)
	}
	for name, c := range map[string]struct {
		request desk.EvidenceRequest
		kind    fusion.Kind
	}{
		"no incident":      {desk.EvidenceRequest{ID: "010101-0001"}, fusion.KindNotFound},
		"not an id":        {desk.EvidenceRequest{ID: "*"}, fusion.KindNotFound},
		"no such evidence": {desk.EvidenceRequest{ID: p.ID, After: "x"}, fusion.KindExpired},
		"before it":        {desk.EvidenceRequest{ID: p.ID, AsOf: start}, fusion.KindNotFound},
	} {
		if _, err := try[desk.EvidenceReply](h, "jan", desk.EndpointEvidence, c.request); fusion.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEvidenceIsLimited reads as users that may see only a part.
func TestEvidenceIsLimited(t *testing.T) {
	h := newHarness(t, newStore(t))
	p, _ := witnessed(h)
	request := desk.EvidenceRequest{ID: p.ID}
	if page := ask[desk.EvidenceReply](h, "maas", desk.EndpointEvidence, request); len(page.Items) != 5 {
		t.Errorf("its own area: %+v", page)
	}
	if _, err := try[desk.EvidenceReply](h, "fires", desk.EndpointEvidence, request); (p.Kind == "fire") != (err == nil) {
		t.Errorf("a %s for the user of fires: %v", p.Kind, err)
	}
	h.room.audited()
	page := ask[desk.EvidenceReply](h, "green", desk.EndpointEvidence, request)
	if len(page.Items) != 5 || page.Items[2].Event != nil || page.Items[2].Kept.Text != "" || page.Items[2].Withheld == nil || page.Items[1].Event == nil {
		t.Errorf("one is above the user: %+v", page.Items)
	}
	if e := h.room.audited()[0]; e.Results != 5 || e.Withheld != 1 {
		t.Errorf("the audit has %+v", e)
	}
	p.Handling = &fusion.Handling{TLP: "red"}
	h.change(p)
	page = ask[desk.EvidenceReply](h, "green", desk.EndpointEvidence, request)
	if len(page.Items) != 0 || page.Withheld == nil || page.Total != 0 {
		t.Errorf("the incident is above the user: %+v", page)
	}
}

// TestEvidenceOfAnotherLog has a place at which another event stands.
func TestEvidenceOfAnotherLog(t *testing.T) {
	h := newHarness(t, newStore(t))
	p, _ := witnessed(h)
	p.Evidence[0].Log.Index = 1
	h.change(p)
	if _, err := try[desk.EvidenceReply](h, "jan", desk.EndpointEvidence, desk.EvidenceRequest{ID: p.ID}); fusion.KindOf(err) != fusion.KindCorrupt {
		t.Errorf("another event: %v", err)
	}
}
