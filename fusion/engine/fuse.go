package engine

import (
	"cmp"
	"fmt"
	"maps"
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
	apart float64 // m, whole; 0 when no distance is known
	join  float64 // the bound of its kind
	offer float64
	why   []fusion.ScorePart
}

// fuse finds the picture that a match belongs to: the best candidate above
// the join bound, of those at work, then of those resolved a short while ago;
// else a new one if the rule may open one. It returns "" when
// a rule that only joins found nothing to join.
func (s *step) fuse(m *rules.Match) (id fusion.PictureID, err error) {
	if joinsNothing(m) {
		return "", nil
	}
	all, err := s.candidates(m)
	if err != nil {
		return "", err
	}
	opened := s.st.opened
	defer func() { s.decided(m, id, s.st.opened != opened, all) }()
	resolved, candidates := divide(all, func(c candidate) bool { return c.p.Status == fusion.PictureResolved })
	over, recent := divide(resolved, func(c candidate) bool { return s.st.clock.After(c.p.ReopenUntil) })
	if c, ok := best(candidates); ok {
		return c.p.ID, s.joinAnd(s.touch(c.p), m, c.why, s.join)
	}
	if c, ok := best(recent); ok {
		return c.p.ID, s.joinAnd(s.touch(c.p), m, c.why, s.joinResolved)
	}
	if !m.Open {
		s.wait(m)
		return "", nil
	}
	c := s.openPicture(m)
	if err := s.join(c, m, nil); err != nil {
		return "", err
	}
	s.offerLinks(c, slices.Concat(candidates, recent))
	if len(over) > 0 && over[0].score >= over[0].offer {
		s.relateTo(c, over[0])
	}
	return c.p.ID, s.callWaiting(c)
}

// joinAnd joins, and brings in what waited for that.
func (s *step) joinAnd(c *touched, m *rules.Match, why []fusion.ScorePart, join func(*touched, *rules.Match, []fusion.ScorePart) error) error {
	before := c.p.EvidenceCount
	if err := join(c, m, why); err != nil || c.p.EvidenceCount == before {
		return err
	}
	return s.callWaiting(c)
}

// best is the first candidate that a match may join.
func best(list []candidate) (candidate, bool) {
	for _, c := range list {
		if c.score >= c.join {
			return c, true
		}
	}
	return candidate{}, false
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
	in := s.incoming(m)
	ids := map[fusion.PictureID]bool{}
	for i := range in.events {
		if err := s.collect(ids, &in.events[i]); err != nil {
			return nil, err
		}
	}
	var list []candidate
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		p := s.open[id]
		if p == nil {
			continue
		}
		if c, ok := s.score(p, in); ok {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, compareCandidates)
	return list, nil
}

// compareCandidates puts the best first, of equals the nearest, then the one
// that was opened first.
func compareCandidates(a, b candidate) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.apart, b.apart), cmp.Compare(a.p.ID, b.p.ID))
}

func (s *step) collect(ids map[fusion.PictureID]bool, n *incomingEvent) error {
	e := n.Event
	found := s.tx.WithEvidence(e)
	if n.repeats != "" {
		found = append(found, s.tx.WithEvent(n.repeats)...)
	}
	for _, ent := range e.Entities {
		for _, value := range readings(ent) {
			more, err := s.tx.WithEntity(ent.Type, value)
			if err != nil {
				return err
			}
			found = append(found, more...)
		}
	}
	if e.Geometry != nil {
		more, err := s.tx.Within(geo.BoundPad(e.Geometry.Bound(), s.bundle.reach))
		if err != nil {
			return err
		}
		found = append(found, more...)
	}
	for _, id := range found {
		ids[id] = true
	}
	if !moves(e) {
		for id, p := range s.open {
			if e.Geometry == nil || p.Place == nil {
				ids[id] = true
			}
		}
	}
	return nil
}

// readings are the value of an entity and what it may be instead.
func readings(e fusion.Entity) []string {
	list := []string{e.Value}
	for _, c := range e.Candidates {
		list = append(list, c.Value)
	}
	return list
}

// evidenceIndex finds the evidence that is this event or another version of
// the same thing, -1 when there is none.
func evidenceIndex(p *fusion.Picture, e *fusion.Event) int {
	return slices.IndexFunc(p.Evidence, func(v fusion.Evidence) bool {
		return v.Event == e.ID || (e.Subject != "" && v.Subject == e.Subject && v.Source == e.Source && v.Type == e.Type) ||
			slices.Contains(e.References, string(v.Event))
	})
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
		if other.score >= other.offer {
			s.offerLink(c, other.p, other.why)
		}
	}
}

// offerLink links two pictures that may be the same incident, once.
func (s *step) offerLink(c *touched, other *fusion.Picture, why []fusion.ScorePart) {
	if slices.ContainsFunc(c.p.Links, func(l fusion.Link) bool { return l.Picture == other.ID }) {
		return
	}
	score := 0.0
	for _, part := range why {
		score += part.Points
	}
	c.p.Links = append(c.p.Links, fusion.Link{Kind: fusion.LinkPossible, Picture: other.ID, Score: score, Why: why})
	s.note(c, "possible-link", fmt.Sprintf("may be the same as %s (%.0f points)", other.ID, score))
	back := s.touch(other)
	back.p.Links = append(back.p.Links, fusion.Link{Kind: fusion.LinkPossible, Picture: c.p.ID, Score: score, Why: why})
	s.note(back, "possible-link", fmt.Sprintf("may be the same as %s (%.0f points)", c.p.ID, score))
}
