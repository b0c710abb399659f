package rules

import (
	"math"
	"slices"

	"github.com/openiroom/iroom/fusion"
)

// maxFields bounds the fields of an input that a hit shows.
const maxFields = 12

// score sums the parts whose conditions hold, rounded to 0.01 so that all
// processors agree.
func (x *execution) score(fr *frame) (float64, []fusion.ScorePart) {
	s := x.rule.score
	if s == nil {
		return 0, nil
	}
	total := s.base
	var parts []fusion.ScorePart
	if s.base != 0 {
		parts = append(parts, fusion.ScorePart{Points: s.base, Because: "base"})
	}
	for _, t := range s.add {
		if x.holds(t.when, fr) {
			total += t.points
			parts = append(parts, fusion.ScorePart{Points: t.points, Because: t.because})
		}
	}
	return math.Round(total*100) / 100, parts
}

// match makes the match, score aside.
func (x *execution) match(f found, fr *frame) Match {
	r := x.rule
	title := x.title(fr)
	m := Match{
		Rule: r, Kind: r.Incident.Kind, Severity: r.Incident.Severity, Title: title,
		Open: r.Incident.Open, Join: slices.Clone(r.Incident.Join), After: r.After, anchor: f.anchor.event(),
		Hit: fusion.Hit{
			ID:   fusion.NewHitID(r.ID, r.Version, x.key+f.suffix, f.anchor.id()),
			Rule: r.ID, Version: r.Version, Title: title, Mode: string(r.Mode), Key: x.key, Time: f.anchor.time(),
		},
	}
	if !f.ended.IsZero() {
		m.Hit.Time = f.ended
	}
	matched := slices.Clone(fr.matched)
	m.Events, m.Hit.Inputs = make([]Named, 0, len(f.members)), make([]fusion.Input, 0, len(f.members))
	for _, p := range f.members {
		e := p.entry.event()
		m.Events = append(m.Events, Named{r.events[p.slot].name, e})
		m.Hit.Inputs = append(m.Hit.Inputs, fusion.Input{
			Name: r.events[p.slot].name, Event: e.ID, Type: e.Type, Source: e.Source, Time: e.Time, Fields: r.fieldsOf(p.slot, e),
		})
		for _, l := range p.entry.matched {
			if !slices.Contains(matched, l) {
				matched = append(matched, l)
			}
		}
	}
	m.Hit.Matched = matched
	return m
}

// fieldsOf are the fields that the rule's conditions read of the event in the
// slot, so that a person sees why it matched.
func (r *Rule) fieldsOf(slot int, e *fusion.Event) map[string]string {
	shown := map[string]string{}
	add := func(p *program, at int) {
		if p == nil {
			return
		}
		for _, m := range p.mentions {
			if m.slot == at && len(shown) < maxFields {
				if text := m.text(e); text != "" {
					shown[m.label] = text
				}
			}
		}
	}
	for _, a := range r.events[slot].alternatives {
		if a.typ == e.Type {
			add(a.when, 0)
			for _, p := range a.by {
				add(p, 0)
			}
		}
	}
	add(r.where, slot)
	if r.score != nil {
		for _, t := range r.score.add {
			add(t.when, slot)
		}
	}
	for _, piece := range r.title {
		add(piece.expr, slot)
	}
	if len(shown) == 0 {
		return nil
	}
	return shown
}
