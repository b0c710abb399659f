package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

const (
	maxHits     = 50  // a picture shows in full
	maxTimeline = 500 // entries a picture keeps
	maxEntities = 100
)

// join brings a match into a picture: its events as evidence, its hit with
// the score parts, and its kind when it says something graver.
func (s *step) join(c *touched, m *rules.Match, why []fusion.ScorePart) error {
	p := c.p
	for _, n := range m.Events {
		if other := s.elsewhere(p, n.Event); other != nil {
			s.offerLink(c, other, []fusion.ScorePart{{Points: s.bundle.Params.SameEvidence, Because: "shares evidence, by rule " + m.Hit.Rule}})
			continue
		}
		s.addEvidence(c, n, m, why)
	}
	if !slices.ContainsFunc(p.Hits, func(h fusion.Hit) bool { return h.ID == m.Hit.ID }) {
		hit := m.Hit
		hit.Picture = p.ID
		p.Hits = keepHits(append(slices.Clip(p.Hits), hit))
		if !c.fresh {
			s.note(c, "hit", fmt.Sprintf("rule %s: %s", hit.Rule, hit.Title))
		}
	}
	s.graver(c, m)
	p.QuietFrom = s.now
	c.alert = true
	return s.reindex(c)
}

// keepHits drops the oldest hits of too many, but of each version of a rule
// keeps one as long as there is room, so that an outcome counts for all that
// contributed.
func keepHits(hits []fusion.Hit) []fusion.Hit {
	for len(hits) > maxHits {
		oldest := max(0, firstRepeated(hits))
		hits = slices.Delete(slices.Clone(hits), oldest, oldest+1)
	}
	return hits
}

// firstRepeated is the oldest hit whose version of a rule has a newer one, -1
// for none.
func firstRepeated(hits []fusion.Hit) int {
	last := map[[2]string]int{}
	for i, h := range hits {
		last[[2]string{h.Rule, h.Version}] = i
	}
	for i, h := range hits {
		if last[[2]string{h.Rule, h.Version}] > i {
			return i
		}
	}
	return -1
}

// elsewhere is another open incident that an event is evidence of already, nil
// for none. Evidence stays where it came first; a rule that sees it in two
// incidents makes a possible link of them.
func (s *step) elsewhere(p *fusion.Picture, e *fusion.Event) *fusion.Picture {
	if evidenceIndex(p, e) >= 0 {
		return nil
	}
	for _, id := range s.tx.WithEvent(e.ID) {
		if other := s.open[id]; other != nil && other != p && s.isKnown(other.Kind) {
			return other
		}
	}
	return nil
}

// isKnown tells kinds of incidents of which params.yaml says what they are about
// from others: those keep to themselves and share what they rest on.
func (s *step) isKnown(kind string) bool {
	_, known := s.bundle.matters.byKind[kind]
	return known || kind == kindAny
}

// kindAny is the kind of incidents that no rule knows more of; it gives way to
// any other.
const kindAny = "incident"

// graver takes over kind, title and severity of a match that may open
// pictures and is graver than what the picture is about.
func (s *step) graver(c *touched, m *rules.Match) {
	p := c.p
	if m.Open && p.Kind == kindAny {
		p.Kind = m.Kind
	}
	if !m.Open || rank(m.Severity) >= rank(p.Severity) {
		return
	}
	kind := m.Kind
	if kind == kindAny {
		kind = p.Kind
	}
	s.note(c, "severity", fmt.Sprintf("raised from %s %s to %s %s by rule %s", p.Severity, p.Kind, m.Severity, kind, m.Hit.Rule))
	p.Kind, p.Title, p.Severity = kind, m.Title, m.Severity
	if m.After.EscalateTo != "" {
		p.EscalateTo = m.After.EscalateTo
	}
	if p.Status == fusion.PictureNew && p.AcknowledgeBy.IsZero() && m.After.AcknowledgeWithin > 0 {
		p.AcknowledgeBy = s.now.Add(asTime(m.After.AcknowledgeWithin))
	}
}

func (s *step) addEvidence(c *touched, n rules.Named, m *rules.Match, why []fusion.ScorePart) {
	p := c.p
	v := s.evidenceOf(n.Event)
	v.Role, v.Why = n.Name, why
	for _, in := range m.Hit.Inputs {
		if in.Event == n.Event.ID {
			v.Fields = in.Fields
		}
	}
	if i := evidenceIndex(p, n.Event); i >= 0 {
		v.Role, v.Why = p.Evidence[i].Role, p.Evidence[i].Why
		p.Evidence[i] = v
	} else {
		p.Evidence = append(p.Evidence, v)
		p.EvidenceCount++
		s.trimEvidence(p)
		s.note(c, "evidence", v.Text)
	}
	s.takeEntities(p, n.Event)
	s.follow(p, n.Event)
	if l := n.Event.Location; p.Address == "" && l != nil {
		p.Address = l.Address
	}
	p.Handling = strictest(p.Handling, n.Event.Handling)
}

// trimEvidence keeps the first tenth and the newest rest in full.
func (s *step) trimEvidence(p *fusion.Picture) {
	trim(p, s.bundle.Params.KeepEvidence)
}

func trim(p *fusion.Picture, limit int) {
	if over := len(p.Evidence) - limit; over > 0 {
		p.Evidence = slices.Delete(p.Evidence, limit/10, limit/10+over)
	}
}

func (s *step) takeEntities(p *fusion.Picture, e *fusion.Event) {
	for _, ent := range e.Entities {
		if len(p.Entities) < maxEntities && !hasEntity(p, ent) {
			p.Entities = append(p.Entities, ent)
		}
	}
}

func (s *step) evidenceOf(e *fusion.Event) fusion.Evidence {
	v := fusion.Evidence{
		Event: e.ID, Type: e.Type, Source: e.Source, Subject: e.Subject, Time: e.Time, Text: fusion.Describe(e),
		Place: e.Geometry, Reliability: e.Reliability, Credibility: e.Credibility, Confidence: e.Confidence,
		Group: sourceGroup(e), Weight: weight(e, s.bundle.Params.Unjudged),
	}
	for _, ent := range e.Entities {
		v.Entities = append(v.Entities, fusion.Entity{Type: ent.Type, Role: ent.Role, Value: ent.Value})
	}
	if e.Location != nil {
		v.CE, v.Address = e.Location.CE, e.Location.Address
	}
	if !moves(e) {
		v.Matters = s.bundle.matters.of(e)
	}
	if e.Provenance != nil {
		v.Connector, v.Log = e.Provenance.Connector, e.Provenance.Log
	}
	return v
}

// replaceEvidence puts a later version of a thing in the place of the earlier
// one in every open picture that has it; a cancel strikes it through.
func (s *step) replaceEvidence(e *fusion.Event) error {
	ids := s.tx.WithEvidence(e)
	for _, ref := range e.References {
		ids = append(ids, s.tx.WithEvent(fusion.EventID(ref))...)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		p := s.open[id]
		i := -1
		if p != nil {
			i = evidenceIndex(p, e)
		}
		if i < 0 || p.Evidence[i].Event == e.ID || e.Time.Before(p.Evidence[i].Time) {
			continue
		}
		c := s.touch(p)
		s.newVersion(c, i, e)
		if err := s.reindex(c); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) newVersion(c *touched, i int, e *fusion.Event) {
	old := c.p.Evidence[i]
	v := s.evidenceOf(e)
	v.Role, v.Why, v.Fields = old.Role, old.Why, old.Fields
	if e.MsgType == fusion.MsgCancel {
		v = old
		v.Struck = true
		s.note(c, "withdrawn", fusion.Describe(e))
		c.alert = true
	} else if v.Text != old.Text && e.Type.Domain() != "sensor" {
		s.note(c, "update", v.Text)
		c.alert = true
	}
	c.p.Evidence[i] = v
	c.p.Handling = strictest(c.p.Handling, e.Handling)
	c.p.QuietFrom = s.now
	s.follow(c.p, e)
}

// note adds a line to the picture's timeline and to the text of its alert.
func (s *step) note(c *touched, what, text string) {
	s.line(c, what, text, "")
}

// reindex makes the picture findable by what it is now, for the rest of this
// step and for the desk.
func (s *step) reindex(c *touched) (err error) {
	derive(c.p, s.bundle)
	s.Engine.involved = nil
	c.finders, err = s.tx.Refind(c.finders, c.p)
	s.timers.watch(c.p)
	if !c.p.Open() {
		delete(s.open, c.p.ID)
	}
	return err
}

// rank orders severities, 0 the gravest.
func rank(sev fusion.Severity) int {
	if i := slices.Index(fusion.Severities, sev); i >= 0 {
		return i
	}
	return len(fusion.Severities)
}

func asTime(d fusion.Duration) time.Duration { return time.Duration(d) }
