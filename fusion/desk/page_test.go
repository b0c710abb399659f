package desk_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

// mutate changes a picture in a way that moves it in some order or filter.
func mutate(rt *rapid.T, p *fusion.Picture, clock *time.Time) {
	*clock = clock.Add(time.Second)
	p.Changed = *clock
	switch rapid.IntRange(0, 4).Draw(rt, "change") {
	case 0:
		p.Severity = rapid.SampledFrom(fusion.Severities).Draw(rt, "severity")
	case 1:
		p.Status = rapid.SampledFrom(fusion.PictureStatuses).Draw(rt, "status")
		if p.Closed = (time.Time{}); !p.Open() {
			p.Closed = *clock
		}
	case 2:
		p.Area = rapid.SampledFrom(areas).Draw(rt, "area")
	case 3:
		p.Kind = rapid.SampledFrom(kinds).Draw(rt, "kind")
	}
}

// TestPagesAreStableUnderChange turns pages of every order while pictures move
// in it, come and go: none comes twice, and none is missing that was there at
// the first page and matched all the time.
func TestPagesAreStableUnderChange(t *testing.T) {
	h := newHarness(t, newStore(t))
	rapid.Check(t, func(rt *rapid.T) {
		h.room.use(newStore(t))
		clock := start.Add(24 * time.Hour)
		var pictures []*fusion.Picture
		for i := range rapid.IntRange(1, 30).Draw(rt, "pictures") {
			pictures = append(pictures, scaled(i))
		}
		put(t, h.room.store, 1, pictures...)
		q := desk.IncidentsRequest{
			Sort:   rapid.SampledFrom([]desk.Sort{desk.SortNewest, desk.SortOldest, desk.SortSeverity, desk.SortChanged, desk.SortWaiting}).Draw(rt, "sort"),
			Limit:  rapid.IntRange(1, 7).Draw(rt, "limit"),
			Filter: desk.Filter{Areas: rapid.SliceOfN(rapid.SampledFrom([]string{"centrum", "maas", "none"}), 0, 2).Draw(rt, "areas")},
		}
		matches := func(p *fusion.Picture) bool {
			area := p.Area
			if area == "" {
				area = "none"
			}
			return p.Open() && (len(q.Areas) == 0 || slices.Contains(q.Areas, area))
		}
		always := map[fusion.PictureID]bool{}
		for _, p := range pictures {
			always[p.ID] = matches(p)
		}
		seen := map[fusion.PictureID]int{}
		for page := 0; ; page++ {
			reply := ask[desk.IncidentsReply](h, "wall", desk.EndpointIncidents, q)
			for _, s := range reply.Incidents {
				if seen[s.ID]++; seen[s.ID] > 1 {
					rt.Fatalf("%s comes twice, again on page %d", s.ID, page)
				}
				i := slices.IndexFunc(pictures, func(p *fusion.Picture) bool { return p.ID == s.ID })
				if !matches(pictures[i]) || s.Revision != pictures[i].Revision {
					rt.Fatalf("%s is shown as revision %d, it is %d and matches: %t", s.ID, s.Revision, pictures[i].Revision, matches(pictures[i]))
				}
			}
			if q.Cursor = reply.Next; q.Cursor == "" {
				break
			}
			for range rapid.IntRange(0, 5).Draw(rt, "changes") {
				p := rapid.SampledFrom(pictures).Draw(rt, "picture")
				mutate(rt, p, &clock)
				p.Revision++
				put(t, h.room.store, h.room.store.Table().Applied+1, p)
				always[p.ID] = always[p.ID] && matches(p)
			}
			if rapid.Bool().Draw(rt, "another comes") {
				pictures = append(pictures, scaled(len(pictures)))
				put(t, h.room.store, h.room.store.Table().Applied+1, pictures[len(pictures)-1])
			}
		}
		for id, matched := range always {
			if matched && seen[id] == 0 {
				rt.Fatalf("%s is on no page", id)
			}
		}
	})
}

func TestPagesAreInOrder(t *testing.T) {
	s := scaledStore(t, 500)
	h := newHarness(t, s)
	for sort, before := range map[desk.Sort]func(a, b desk.Summary) bool{
		desk.SortNewest:  func(a, b desk.Summary) bool { return !a.Opened.Before(b.Opened) },
		desk.SortOldest:  func(a, b desk.Summary) bool { return !b.Opened.Before(a.Opened) },
		desk.SortChanged: func(a, b desk.Summary) bool { return !a.Changed.Before(b.Changed) },
		desk.SortSeverity: func(a, b desk.Summary) bool {
			x, y := slices.Index(fusion.Severities, a.Severity), slices.Index(fusion.Severities, b.Severity)
			return x < y || x == y && !a.Opened.Before(b.Opened)
		},
		desk.SortWaiting: func(a, b desk.Summary) bool {
			x, y := a.Status == fusion.PictureNew, b.Status == fusion.PictureNew
			return x && !y || x == y && !b.Opened.Before(a.Opened)
		},
	} {
		var all []desk.Summary
		for q := (desk.IncidentsRequest{Sort: sort, Limit: 90}); ; {
			reply := ask[desk.IncidentsReply](h, "wall", desk.EndpointIncidents, q)
			all = append(all, reply.Incidents...)
			if q.Cursor = reply.Next; q.Cursor == "" {
				break
			}
		}
		if len(all) != 500 {
			t.Errorf("%s: %d incidents", sort, len(all))
		}
		for i := 1; i < len(all); i++ {
			if !before(all[i-1], all[i]) {
				t.Errorf("%s: %s before %s", sort, all[i-1].ID, all[i].ID)
				break
			}
		}
	}
}

// TestFilters counts with each filter and compares with the pictures.
func TestFilters(t *testing.T) {
	h := newHarness(t, scaledStore(t, 300))
	from, to := start.Add(40*time.Second), start.Add(80*time.Second)
	within := func(v time.Time) bool { return !v.Before(from) && !v.After(to) }
	for name, c := range map[string]struct {
		filter desk.Filter
		want   func(*fusion.Picture) bool
	}{
		"areas":      {desk.Filter{Areas: []string{"maas", "none"}}, func(p *fusion.Picture) bool { return p.Area == "maas" || p.Area == "" }},
		"kinds":      {desk.Filter{Kinds: []string{"fire"}}, func(p *fusion.Picture) bool { return p.Kind == "fire" }},
		"severities": {desk.Filter{Severities: []fusion.Severity{"high"}}, func(p *fusion.Picture) bool { return p.Severity == "high" }},
		"statuses":   {desk.Filter{Statuses: []fusion.PictureStatus{"active"}}, func(p *fusion.Picture) bool { return p.Status == "active" }},
		"labels":     {desk.Filter{Labels: []string{"smoke"}}, func(p *fusion.Picture) bool { return slices.Contains(p.Labels, "smoke") }},
		"assignees":  {desk.Filter{Assignees: []string{"none"}}, func(p *fusion.Picture) bool { return p.Assignee == "" }},
		"text":       {desk.Filter{Text: "KERKSTRAAT 77,"}, func(p *fusion.Picture) bool { return p.Address == "Kerkstraat 77, Roermond" }},
		"box": {desk.Filter{Box: []float64{5.0095, 50, 5.0205, 52}}, func(p *fusion.Picture) bool {
			at, _ := p.Place.Center()
			return at.Lon() >= 5.0095 && at.Lon() <= 5.0205
		}},
		"opened":   {desk.Filter{Opened: desk.Span{From: from, To: to}}, func(p *fusion.Picture) bool { return within(p.Opened) }},
		"changed":  {desk.Filter{Changed: desk.Span{From: from, To: to}}, func(p *fusion.Picture) bool { return within(p.Changed) }},
		"observed": {desk.Filter{Observed: desk.Span{To: to}}, func(p *fusion.Picture) bool { return !p.FirstObserved.After(to) }},
		"all of two": {desk.Filter{Kinds: []string{"fire"}, Areas: []string{"maas"}}, func(p *fusion.Picture) bool {
			return p.Kind == "fire" && p.Area == "maas"
		}},
	} {
		want := 0
		for i := range 300 {
			if c.want(scaled(i)) {
				want++
			}
		}
		reply := ask[desk.IncidentsReply](h, "wall", desk.EndpointIncidents, desk.IncidentsRequest{Filter: c.filter})
		counted := ask[desk.CountsReply](h, "wall", desk.EndpointCounts, desk.CountsRequest{Filter: c.filter})
		if want == 0 || reply.Total != want || counted.Total != want {
			t.Errorf("%s: %d incidents, %d counted, want %d", name, reply.Total, counted.Total, want)
		}
	}
}

func TestWrongQuestions(t *testing.T) {
	h := newHarness(t, scaledStore(t, 60))
	first := ask[desk.IncidentsReply](h, "wall", desk.EndpointIncidents, desk.IncidentsRequest{Limit: 10})
	for name, c := range map[string]struct {
		request desk.IncidentsRequest
		kind    fusion.Kind
	}{
		"order":             {desk.IncidentsRequest{Sort: "best"}, fusion.KindInvalid},
		"severity":          {desk.IncidentsRequest{Filter: desk.Filter{Severities: []fusion.Severity{"huge"}}}, fusion.KindInvalid},
		"status":            {desk.IncidentsRequest{Filter: desk.Filter{Statuses: []fusion.PictureStatus{"odd"}}}, fusion.KindInvalid},
		"half a box":        {desk.IncidentsRequest{Filter: desk.Filter{Box: []float64{1, 2}}}, fusion.KindInvalid},
		"box upside down":   {desk.IncidentsRequest{Filter: desk.Filter{Box: []float64{5, 52, 6, 51}}}, fusion.KindInvalid},
		"span backwards":    {desk.IncidentsRequest{Filter: desk.Filter{Opened: desk.Span{From: start.Add(1), To: start}}}, fusion.KindInvalid},
		"cursor":            {desk.IncidentsRequest{Cursor: "x"}, fusion.KindInvalid},
		"another question":  {desk.IncidentsRequest{Cursor: first.Next, Sort: desk.SortOldest}, fusion.KindInvalid},
		"the same question": {desk.IncidentsRequest{Cursor: first.Next}, ""},
	} {
		_, err := try[desk.IncidentsReply](h, "wall", desk.EndpointIncidents, c.request)
		if err == nil && c.kind == "" {
			continue
		}
		if fusion.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}
