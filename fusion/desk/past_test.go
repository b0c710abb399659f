package desk_test

import (
	"maps"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

// moment is what a room knew at a time.
type moment struct {
	at    time.Time
	knows map[fusion.PictureID]fusion.Severity
}

// live changes pictures in rounds and notes after each what is known.
func live(h *harness, pictures, rounds int) (list []*fusion.Picture, moments []moment) {
	for i := range pictures {
		p := scaled(i)
		p.Revision = 0
		list = append(list, p)
	}
	knows := map[fusion.PictureID]fusion.Severity{}
	for round := range rounds {
		for i, p := range list {
			if i%rounds > round || (i+round)%3 == 0 {
				continue
			}
			p.Severity = fusion.Severities[(i+round)%4]
			h.change(p)
			knows[p.ID] = p.Severity
		}
		h.flush()
		moments = append(moments, moment{time.Now(), maps.Clone(knows)})
	}
	return list, moments
}

// TestThePastIsWhatWasKnownThen asks lists, counts and single pictures of past
// times, after all has changed.
func TestThePastIsWhatWasKnownThen(t *testing.T) {
	h := newHarness(t, newStore(t))
	before := time.Now()
	pictures, moments := live(h, 30, 4)
	for i, m := range moments {
		got := map[fusion.PictureID]fusion.Severity{}
		for q := (desk.IncidentsRequest{AsOf: m.at, Limit: 7, Sort: desk.SortSeverity}); ; {
			reply := ask[desk.IncidentsReply](h, "wall", desk.EndpointIncidents, q)
			if reply.Total != len(m.knows) || reply.Partial != "" {
				t.Fatalf("moment %d: total %d, want %d; partial %q", i, reply.Total, len(m.knows), reply.Partial)
			}
			for _, s := range reply.Incidents {
				got[s.ID] = s.Severity
			}
			if q.Cursor = reply.Next; q.Cursor == "" {
				break
			}
		}
		if !maps.Equal(got, m.knows) {
			t.Errorf("at moment %d the room knew %v, not %v", i, m.knows, got)
		}
		counts := ask[desk.CountsReply](h, "wall", desk.EndpointCounts, desk.CountsRequest{AsOf: m.at})
		if counts.Total != len(m.knows) {
			t.Errorf("moment %d counts %d", i, counts.Total)
		}
		for id, severity := range m.knows {
			p := ask[desk.IncidentReply](h, "wall", desk.EndpointIncident, desk.IncidentRequest{ID: id, AsOf: m.at})
			if p.Severity != severity {
				t.Errorf("%s was %s at moment %d, not %s", id, severity, i, p.Severity)
			}
		}
	}
	_, err := try[desk.IncidentReply](h, "wall", desk.EndpointIncident, desk.IncidentRequest{ID: pictures[1].ID, AsOf: before})
	if fusion.KindOf(err) != fusion.KindNotFound {
		t.Errorf("before anything: %v", err)
	}
	if reply := ask[desk.IncidentsReply](h, "wall", desk.EndpointIncidents, desk.IncidentsRequest{AsOf: before}); reply.Total != 0 {
		t.Errorf("before anything there are %d", reply.Total)
	}
}

// TestThePastSaysWhatIsGone asks when the stream has dropped the oldest.
func TestThePastSaysWhatIsGone(t *testing.T) {
	h := newHarness(t, newStore(t))
	_, moments := live(h, 10, 3)
	stream, err := h.bus.JS().Stream(t.Context(), fusion.StreamPictures)
	if err == nil {
		err = stream.Purge(t.Context(), jetstream.WithPurgeKeep(3))
	}
	if err != nil {
		t.Fatal(err)
	}
	if reply := ask[desk.IncidentsReply](h, "wall", desk.EndpointIncidents, desk.IncidentsRequest{AsOf: moments[0].at}); reply.Partial == "" {
		t.Errorf("it does not say that something is missing: %+v", reply)
	}
}

func TestRevisions(t *testing.T) {
	h := newHarness(t, newStore(t))
	p, other := scaled(1), scaled(2)
	p.Revision, other.Revision = 0, 0
	for i := range 7 {
		p.EvidenceCount = i
		p.Timeline = append(p.Timeline, fusion.TimelineEntry{What: "evidence", Text: "more", Revision: p.Revision + 1})
		h.change(p, other)
	}
	h.flush()
	var got []desk.RevisionLine
	for q := (desk.RevisionsRequest{ID: p.ID, Limit: 3}); ; {
		reply := ask[desk.RevisionsReply](h, "wall", desk.EndpointRevisions, q)
		got = append(got, reply.Revisions...)
		if q.After = reply.Next; q.After == 0 {
			break
		}
	}
	if len(got) != 7 {
		t.Fatalf("%d revisions", len(got))
	}
	for i, r := range got {
		if r.Summary.Revision != uint64(i+1) || r.Summary.Evidence != i || len(r.New) != 1 || r.Stored.IsZero() {
			t.Errorf("revision %d is %+v", i, r)
		}
	}
	if _, err := try[desk.RevisionsReply](h, "wall", desk.EndpointRevisions, desk.RevisionsRequest{ID: "010101-0001"}); fusion.KindOf(err) != fusion.KindNotFound {
		t.Errorf("of no incident: %v", err)
	}
	if _, err := try[desk.RevisionsReply](h, "wall", desk.EndpointRevisions, desk.RevisionsRequest{ID: "*"}); fusion.KindOf(err) != fusion.KindNotFound {
		t.Errorf("of a wildcard: %v", err)
	}
}
