package engine

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb/geo"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// candidate is a picture that a match may belong to, with the named parts of
// its score.
type candidate struct {
	p     *fusion.Picture
	score float64
	why   []fusion.ScorePart
}

// fuse finds the picture that a match belongs to: the best candidate above
// the join bound, of those at work, then of those resolved a short while ago;
// else a new one if the rule may open one. It returns "" when
// a rule that only joins found nothing to join.
func (s *step) fuse(m *rules.Match) (fusion.PictureID, error) {
	if joinsNothing(m) {
		return "", nil
	}
	all, err := s.candidates(m)
	if err != nil {
		return "", err
	}
	resolved, candidates := divide(all, func(c candidate) bool { return c.p.Status == fusion.PictureResolved })
	over, recent := divide(resolved, func(c candidate) bool { return s.st.clock.After(c.p.ReopenUntil) })
	if best, ok := s.best(candidates); ok {
		return best.p.ID, s.join(s.touch(best.p), m, best.why)
	}
	if best, ok := s.best(recent); ok {
		return best.p.ID, s.joinResolved(s.touch(best.p), m, best.why)
	}
	if !m.Open {
		return "", nil
	}
	c := s.openPicture(m)
	if err := s.join(c, m, nil); err != nil {
		return "", err
	}
	s.offerLinks(c, slices.Concat(candidates, recent))
	if len(over) > 0 && over[0].score >= s.bundle.Params.Possible {
		s.relateTo(c, over[0])
	}
	return c.p.ID, nil
}

// best is the first candidate, if a match may join it.
func (s *step) best(list []candidate) (candidate, bool) {
	if len(list) == 0 || list[0].score < s.bundle.Params.Join {
		return candidate{}, false
	}
	return list[0], true
}

// joinResolved reopens a picture that was resolved too soon.
func (s *step) joinResolved(c *touched, m *rules.Match, why []fusion.ScorePart) error {
	c.p.Status, c.p.ReopenUntil = fusion.PictureActive, time.Time{}
	s.note(c, "reopened", "reopened by itself: something new of the same")
	return s.join(c, m, why)
}

// relateTo links a new picture with the resolved one that it may go on from.
func (s *step) relateTo(c *touched, former candidate) {
	back := s.touch(former.p)
	c.p.Links = append(c.p.Links, fusion.Link{Kind: fusion.LinkRelated, Picture: former.p.ID, Score: former.score, Why: former.why})
	back.p.Links = append(back.p.Links, fusion.Link{Kind: fusion.LinkRelated, Picture: c.p.ID, Score: former.score, Why: former.why})
	s.note(c, "linked", fmt.Sprintf("related to %s, which was resolved", former.p.ID))
	s.note(back, "linked", fmt.Sprintf("goes on in %s", c.p.ID))
}

// joinsNothing reports whether a match asks for no picture at all.
func joinsNothing(m *rules.Match) bool { return !m.Open && len(m.Join) == 0 }

// candidates scores every open picture that shares evidence, an entity or the
// neighbourhood with the match, best first.
func (s *step) candidates(m *rules.Match) ([]candidate, error) {
	ids := map[fusion.PictureID]bool{}
	for _, n := range m.Events {
		if err := s.collect(ids, n.Event); err != nil {
			return nil, err
		}
	}
	var list []candidate
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		p := s.open[id]
		if p == nil {
			continue
		}
		if c, ok := s.score(p, m); ok {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	return list, nil
}

func (s *step) collect(ids map[fusion.PictureID]bool, e *fusion.Event) error {
	found, err := s.tx.WithEvidence(e)
	if err != nil {
		return err
	}
	for _, ent := range e.Entities {
		more, err := s.tx.WithEntity(ent.Type, ent.Value)
		if err != nil {
			return err
		}
		found = append(found, more...)
	}
	if e.Geometry != nil {
		more, err := s.tx.Within(geo.BoundPad(e.Geometry.Bound(), s.bundle.Params.Reach))
		if err != nil {
			return err
		}
		found = append(found, more...)
	}
	for _, id := range found {
		ids[id] = true
	}
	return nil
}

// score says how well a match fits a picture; false when their kinds do not
// go together.
func (s *step) score(p *fusion.Picture, m *rules.Match) (candidate, bool) {
	c := candidate{p: p}
	params := &s.bundle.Params
	shared := sharesEvidence(p, m)
	if shared {
		c.add(params.SameEvidence, "shares evidence")
	}
	switch {
	case m.Open && p.Kind == m.Kind, slices.Contains(m.Join, p.Kind):
		c.add(params.SameKind, "kinds go together")
	case !shared:
		return c, false
	}
	c.addEntities(m, params)
	if d, ok := distanceTo(p, m); ok {
		c.add(points(params.Distance, d), fmt.Sprintf("%.0f m apart", d))
	}
	gap := observedGap(p, m)
	c.add(points(params.Gap, gap), fmt.Sprintf("%.0f min apart", gap/60))
	return c, true
}

func (c *candidate) add(points float64, because string) {
	if points != 0 {
		c.score += points
		c.why = append(c.why, fusion.ScorePart{Points: points, Because: because})
	}
}

// addEntities counts each type of entity that both have once.
func (c *candidate) addEntities(m *rules.Match, params *Params) {
	counted := map[fusion.EntityType]bool{}
	for _, n := range m.Events {
		for _, e := range n.Event.Entities {
			if !counted[e.Type] && hasEntity(c.p, e) {
				counted[e.Type] = true
				c.add(params.SameEntity[e.Type], "same "+string(e.Type))
			}
		}
	}
}

func hasEntity(p *fusion.Picture, e fusion.Entity) bool {
	return slices.ContainsFunc(p.Entities, func(x fusion.Entity) bool { return x.Type == e.Type && x.Value == e.Value })
}

func sharesEvidence(p *fusion.Picture, m *rules.Match) bool {
	return slices.ContainsFunc(m.Events, func(n rules.Named) bool { return evidenceIndex(p, n.Event) >= 0 })
}

// evidenceIndex finds the evidence that is this event or another version of
// the same thing, -1 when there is none.
func evidenceIndex(p *fusion.Picture, e *fusion.Event) int {
	return slices.IndexFunc(p.Evidence, func(v fusion.Evidence) bool {
		return v.Event == e.ID || (e.Subject != "" && v.Subject == e.Subject && v.Source == e.Source && v.Type == e.Type) ||
			slices.Contains(e.References, string(v.Event))
	})
}

// distanceTo is the shortest distance in m from the picture to an event of
// the match, less half of the doubt about both places. An event that covers
// the place is at 0 m.
func distanceTo(p *fusion.Picture, m *rules.Match) (best float64, ok bool) {
	at, placed := p.Place.Center()
	if !placed {
		return 0, false
	}
	best = math.Inf(1)
	for _, n := range m.Events {
		if n.Event.Geometry == nil {
			continue
		}
		d := 0.0
		if !covers(n.Event.Geometry.Geometry, at) {
			center, _ := n.Event.Geometry.Center()
			d = max(0, fusion.Distance(at, center)-(n.Event.CE()+value(p.CE))/2)
		}
		best, ok = min(best, d), true
	}
	return best, ok
}

// observedGap is the time in s between the match and the observations of the
// picture, 0 when they overlap.
func observedGap(p *fusion.Picture, m *rules.Match) float64 {
	from, to := m.Events[0].Event.Time, m.Events[0].Event.Time
	for _, n := range m.Events[1:] {
		if n.Event.Time.Before(from) {
			from = n.Event.Time
		}
		if n.Event.Time.After(to) {
			to = n.Event.Time
		}
	}
	return max(0, from.Sub(p.LastObserved).Seconds(), p.FirstObserved.Sub(to).Seconds())
}

// nextID numbers the pictures of a day.
func (s *step) nextID() fusion.PictureID {
	if day := s.now.Format("060102"); day != s.st.day {
		s.st.day, s.st.opened = day, 0
	}
	s.st.opened++
	s.st.counts.Pictures++
	return fusion.PictureID(fmt.Sprintf("%s-%04d", s.st.day, s.st.opened))
}

// openPicture opens a picture for a match.
func (s *step) openPicture(m *rules.Match) *touched {
	p := &fusion.Picture{
		ID: s.nextID(), Kind: m.Kind, Title: m.Title, Status: fusion.PictureNew, Severity: m.Severity,
		Opened: s.now, QuietFrom: s.now, CloseQuiet: cmp.Or(m.After.CloseWhenQuiet, s.bundle.Params.CloseQuiet),
		EscalateTo: m.After.EscalateTo,
	}
	if m.After.AcknowledgeWithin > 0 {
		p.AcknowledgeBy = s.now.Add(asTime(m.After.AcknowledgeWithin))
	}
	s.open[p.ID] = p
	c := &touched{p: p, fresh: true}
	s.touched[p.ID] = c
	s.note(c, "opened", fmt.Sprintf("opened by rule %s: %s", m.Hit.Rule, m.Hit.Title))
	return c
}

// offerLinks tells the operator of pictures that may be the same incident.
func (s *step) offerLinks(c *touched, candidates []candidate) {
	for _, other := range candidates {
		if other.score < s.bundle.Params.Possible {
			continue
		}
		c.p.Links = append(c.p.Links, fusion.Link{Kind: "possible", Picture: other.p.ID, Score: other.score, Why: other.why})
		s.note(c, "possible-link", fmt.Sprintf("may be the same as %s (%.0f points)", other.p.ID, other.score))
		back := s.touch(other.p)
		back.p.Links = append(back.p.Links, fusion.Link{Kind: "possible", Picture: c.p.ID, Score: other.score, Why: other.why})
		s.note(back, "possible-link", fmt.Sprintf("may be the same as %s (%.0f points)", c.p.ID, other.score))
	}
}

func value(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
}
