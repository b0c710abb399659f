package desk_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/store"
)

// secret is a picture that names a person and is handled red.
func secret() *fusion.Picture {
	p := scaled(1)
	p.Title, p.Area, p.Handling = "Informer in danger", "maas", &fusion.Handling{TLP: "red"}
	p.Timeline = []fusion.TimelineEntry{{What: "evidence", Text: "Informer in danger"}}
	return p
}

// TestLimits asks everything as users that may see only a part.
func TestLimits(t *testing.T) {
	h := newHarness(t, scaledStore(t, 100))
	for user, sees := range map[string]func(*fusion.Picture) bool{
		"maas":  func(p *fusion.Picture) bool { return p.Area == "maas" },
		"fires": func(p *fusion.Picture) bool { return p.Kind == "fire" },
		"wall":  func(*fusion.Picture) bool { return true },
	} {
		want := 0
		for i := range 100 {
			p := scaled(i)
			_, err := try[desk.IncidentReply](h, user, desk.EndpointIncident, desk.IncidentRequest{ID: p.ID})
			if (err == nil) != sees(p) || err != nil && fusion.KindOf(err) != fusion.KindDenied {
				t.Fatalf("%s asks for a %s in %q: %v", user, p.Kind, p.Area, err)
			}
			if sees(p) {
				want++
			}
		}
		list := ask[desk.IncidentsReply](h, user, desk.EndpointIncidents, desk.IncidentsRequest{})
		counts := ask[desk.CountsReply](h, user, desk.EndpointCounts, desk.CountsRequest{})
		points := ask[desk.MapReply](h, user, desk.EndpointMap, desk.MapRequest{})
		feed := ask[desk.FeedSnapshotReply](h, user, desk.EndpointFeedSnapshot, desk.FeedSnapshotRequest{})
		for what, got := range map[string]int{"list": list.Total, "counts": counts.Total, "map": points.Total, "feed": feed.Total} {
			if got != want {
				t.Errorf("%s sees %d in %s, want %d", user, got, what, want)
			}
		}
		if (user == "wall") != (list.Limits == "") {
			t.Errorf("%s is told of its limits: %q", user, list.Limits)
		}
	}
}

// TestWithheld asks for a picture that is handled above the user, directly and
// by the ways around.
func TestWithheld(t *testing.T) {
	s := newStore(t)
	h := newHarness(t, s)
	p := secret()
	p.Revision = 0
	h.change(p)
	h.flush()
	shown := ask[desk.IncidentReply](h, "green", desk.EndpointIncident, desk.IncidentRequest{ID: p.ID})
	if shown.Title != "" || shown.Place != nil || len(shown.Evidence) > 0 || len(shown.Entities) > 0 || len(shown.Timeline) > 0 ||
		!slices.Contains(shown.Withheld, "title") || shown.Kind != p.Kind {
		t.Errorf("it is shown as %+v", shown)
	}
	for name, r := range map[string]desk.IncidentsRequest{
		"text": {Filter: desk.Filter{Text: "informer"}}, "box": {Filter: desk.Filter{Box: []float64{4, 50, 7, 53}}},
	} {
		if reply := ask[desk.IncidentsReply](h, "green", desk.EndpointIncidents, r); reply.Total != 0 {
			t.Errorf("it is found by its %s", name)
		}
		if reply := ask[desk.IncidentsReply](h, "wall", desk.EndpointIncidents, r); reply.Total != 1 {
			t.Errorf("who may see it does not find it by its %s", name)
		}
	}
	list := ask[desk.IncidentsReply](h, "green", desk.EndpointIncidents, desk.IncidentsRequest{})
	if len(list.Incidents) != 1 || list.Incidents[0].Title != "" || list.Incidents[0].Lon != nil || list.Incidents[0].Withheld == nil {
		t.Errorf("the list shows %+v", list.Incidents)
	}
	revisions := ask[desk.RevisionsReply](h, "green", desk.EndpointRevisions, desk.RevisionsRequest{ID: p.ID})
	if r := revisions.Revisions[0]; r.Summary.Title != "" || len(r.New) > 0 {
		t.Errorf("its revision shows %+v", r)
	}
	entity := ask[desk.EntityReply](h, "green", desk.EndpointEntity, desk.EntityRequest{Value: p.Entities[0].Value})
	if len(entity.Incidents)+len(entity.Entities) > 0 {
		t.Errorf("its entity leads to %+v", entity)
	}
	if points := ask[desk.MapReply](h, "green", desk.EndpointMap, desk.MapRequest{}); points.Total != 0 {
		t.Errorf("the map shows it")
	}
	command := fusion.Command{ID: fusion.NewCommandID(), Incident: p.ID, Text: "x"}
	if _, err := try[fusion.CommandResult](h, "green", desk.EndpointCommand(fusion.VerbNote), command); fusion.KindOf(err) != fusion.KindDenied {
		t.Errorf("a command about it: %v", err)
	}
}

// TestWhoMayCommand gives commands that are not the user's to give. None
// reaches the log: the harness has none.
func TestWhoMayCommand(t *testing.T) {
	h := newHarness(t, newStore(t))
	mine, other, closed := scaled(1), scaled(2), scaled(3)
	mine.Assignee, other.Assignee, closed.Status = "jan", "piet", fusion.PictureClosed
	put(t, h.room.store, 1, mine, other, closed)
	for name, c := range map[string]struct {
		user    string
		verb    fusion.Verb
		command fusion.Command
		says    string
	}{
		"a reader":                {"wall", fusion.VerbNote, fusion.Command{Incident: mine.ID, Text: "x"}, ""}, // the bus refuses it
		"a forged actor":          {"jan", fusion.VerbNote, fusion.Command{Incident: mine.ID, Text: "x", Actor: "chief"}, "may not speak for"},
		"a gateway for another":   {"gateway", fusion.VerbNote, fusion.Command{Incident: mine.ID, Text: "x", Actor: "chief"}, "may not speak for"},
		"undo":                    {"jan", fusion.VerbUndo, fusion.Command{Incident: mine.ID, Of: "x"}, "takes supervisor"},
		"reopen a closed one":     {"jan", fusion.VerbReopen, fusion.Command{Incident: closed.ID}, "takes supervisor"},
		"merge another's":         {"jan", fusion.VerbMerge, fusion.Command{Incident: mine.ID, Into: other.ID}, "takes supervisor"},
		"split another's":         {"jan", fusion.VerbSplit, fusion.Command{Incident: other.ID, Title: "x", Evidence: []fusion.EventID{"e"}}, "takes supervisor"},
		"hand over what piet has": {"jan", fusion.VerbHandover, fusion.Command{From: "piet", To: "jan"}, "takes supervisor"},
	} {
		c.command.ID = fusion.NewCommandID()
		ctx := t.Context()
		if name == "a reader" {
			before := len(h.room.audited())
			_, err := desk.Ask[fusion.CommandResult](shortly(t), h.as(c.user), desk.EndpointCommand(c.verb), c.command)
			if err == nil || before != 0 {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		_, err := desk.Ask[fusion.CommandResult](ctx, h.as(c.user), desk.EndpointCommand(c.verb), c.command)
		if fusion.KindOf(err) != fusion.KindDenied || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		entries := h.room.audited()
		if len(entries) != 1 || entries[0].Problem == "" || entries[0].User != c.user || entries[0].Verb != c.verb {
			t.Errorf("%s: the audit has %+v", name, entries)
		}
	}
}

// TestReadsAreAudited reads and looks what the audit has; without it nothing
// is shown.
func TestReadsAreAudited(t *testing.T) {
	h := newHarness(t, scaledStore(t, 5))
	id := scaled(1).ID
	ask[desk.IncidentReply](h, "wall", desk.EndpointIncident, desk.IncidentRequest{ID: id})
	ask[desk.IncidentsReply](h, "jan", desk.EndpointIncidents, desk.IncidentsRequest{Limit: 3})
	ask[desk.EntityReply](h, "jan", desk.EndpointEntity, desk.EntityRequest{Value: "+31600000001"})
	ask[desk.CountsReply](h, "jan", desk.EndpointCounts, desk.CountsRequest{})
	got := h.room.audited()
	if len(got) != 3 {
		t.Fatalf("the audit has %+v", got)
	}
	if e := got[0]; e.Who != "wall" || e.What != "incident" || e.Incident != id || e.Purpose != "wall" || e.Results != 1 || e.Time.IsZero() {
		t.Errorf("of a picture: %+v", e)
	}
	if e := got[1]; e.Who != "jan" || e.Results != 3 || e.Asked != `{"limit":3}` {
		t.Errorf("of a list: %+v", e)
	}
	if e := got[2]; e.Entity != " +31600000001" || e.Results != 1 {
		t.Errorf("of an entity: %+v", e)
	}
	h.room.fill(true)
	if _, err := try[desk.IncidentReply](h, "wall", desk.EndpointIncident, desk.IncidentRequest{ID: id}); fusion.KindOf(err) != fusion.KindUnavailable {
		t.Errorf("without an audit: %v", err)
	}
}

// TestEntities follows a plate over incidents that share it, written as people
// write it.
func TestEntities(t *testing.T) {
	s := newStore(t)
	h := newHarness(t, s)
	name := func(i int, entities ...store.Named) *fusion.Picture {
		p := scaled(i)
		p.Entities = nil
		for _, e := range entities {
			p.Entities = append(p.Entities, fusion.Entity{Type: e.Type, Value: e.Value})
		}
		return p
	}
	car, phone, house := store.Named{Type: "vehicle", Value: "AB123C"}, store.Named{Type: "phone", Value: "+31612345678"}, store.Named{Type: "address", Value: "6041AA-1"}
	closed := name(4, car)
	closed.Status = fusion.PictureClosed
	put(t, s, 1, name(1, car, phone), name(2, phone, house), name(3, house), closed)
	for _, c := range []struct {
		request             desk.EntityRequest
		incidents, entities int
	}{
		{desk.EntityRequest{Value: "ab-123-c"}, 1, 2},
		{desk.EntityRequest{Value: "ab-123-c", Type: "phone"}, 0, 0},
		{desk.EntityRequest{Value: "AB 123 C", Closed: true}, 2, 2},
		{desk.EntityRequest{Value: "06 1234 5678"}, 2, 3},
		{desk.EntityRequest{Value: "ab-123-c", Depth: 2}, 2, 3},
		{desk.EntityRequest{Value: "6041AA-1", Depth: 2}, 3, 3},
		{desk.EntityRequest{Value: "nothing"}, 0, 0},
	} {
		reply := ask[desk.EntityReply](h, "wall", desk.EndpointEntity, c.request)
		if len(reply.Incidents) != c.incidents || len(reply.Entities) != c.entities || reply.Cut {
			t.Errorf("%+v: %d incidents, entities %+v", c.request, len(reply.Incidents), reply.Entities)
		}
	}
}

func TestLargeGraphIsCut(t *testing.T) {
	s := newStore(t)
	h := newHarness(t, s)
	var list []*fusion.Picture
	for i := range 250 {
		p := scaled(i)
		p.Entities = append(p.Entities, fusion.Entity{Type: "vehicle", Value: "XX"})
		list = append(list, p)
	}
	put(t, s, 1, list...)
	reply := ask[desk.EntityReply](h, "wall", desk.EndpointEntity, desk.EntityRequest{Value: "xx", Depth: 2})
	if len(reply.Incidents) != 200 || !reply.Cut {
		t.Errorf("%d incidents, cut: %t", len(reply.Incidents), reply.Cut)
	}
}
