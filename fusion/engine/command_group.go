package engine

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// merge makes the incident a part of another, in which it goes on.
func (o *order) merge() error {
	into, err := o.lookup(o.Into)
	if err != nil {
		return err
	}
	if !into.Open() || into.Status == fusion.PictureResolved {
		return refuse(fusion.KindConflict, "incident %s is %s; reopen it first", into.ID, into.Status)
	}
	from, target := o.take(), o.touch(into)
	if err := o.remember(from.p, target.p); err != nil {
		return err
	}
	absorb(target.p, from.p, o.bundle.Params.KeepEvidence)
	if err := o.goOnIn(from, target); err != nil {
		return err
	}
	if err := o.done(target, "merged", fmt.Sprintf("takes in %s, by %s", o.p.ID, o.Actor)); err != nil {
		return err
	}
	return o.done(from, "merged", fmt.Sprintf("merged into %s by %s", into.ID, o.Actor))
}

// remember keeps what it takes to undo a merge, or a split seen from its end.
func (o *order) remember(from, into *fusion.Picture) error {
	before := *into
	before.Timeline, before.Decisions, before.Notes = nil, nil, nil
	err := o.tx.PutUndo(o.ID, store.Undo{
		Verb: o.verb, At: o.st.clock, From: from.ID, Into: into.ID, Status: from.Status, AcknowledgeBy: from.AcknowledgeBy,
		FromRegrouped: from.Regrouped, Before: &before,
	})
	from.Regrouped, into.Regrouped = o.ID, o.ID
	return err
}

// absorb adds what a picture holds to another.
func absorb(into, from *fusion.Picture, keepEvidence int) {
	known := len(into.Evidence)
	into.Evidence = union(into.Evidence, from.Evidence, sameEvidence)
	into.EvidenceCount += len(into.Evidence) - known + from.EvidenceCount - len(from.Evidence)
	slices.SortStableFunc(into.Evidence, func(a, b fusion.Evidence) int { return a.Time.Compare(b.Time) })
	trim(into, keepEvidence)
	into.Hits = keepHits(union(into.Hits, from.Hits, sameHit))
	into.Track = byTime(union(into.Track, from.Track, samePoint))
	into.Entities = union(into.Entities, from.Entities, sameEntity)
	into.Entities = into.Entities[:min(len(into.Entities), maxEntities)]
	into.Notes = union(into.Notes, from.Notes, sameNote)
	into.Labels = union(into.Labels, from.Labels, same[string])
	slices.Sort(into.Labels)
	into.Links = union(into.Links, without(from.Links, into.ID), sameLink)
	into.Handling = strictest(into.Handling, from.Handling)
	if rank(from.Severity) < rank(into.Severity) {
		into.Severity = from.Severity
	}
	if into.Address == "" {
		into.Address = from.Address
	}
}

// without are the links that an incident takes along into the one that it
// goes on in.
func without(links []fusion.Link, id fusion.PictureID) (list []fusion.Link) {
	for _, l := range links {
		if l.Picture != id {
			list = append(list, l)
		}
	}
	return list
}

// goOnIn closes a picture of which another holds everything now.
func (o *order) goOnIn(from, target *touched) error {
	p, into := from.p, target.p
	p.Status, p.Closed, p.Outcome = fusion.PictureClosed, o.st.clock, fusion.OutcomeDuplicate
	p.AcknowledgeBy, p.ReopenUntil = time.Time{}, time.Time{}
	p.Links = append(p.Links, fusion.Link{Kind: fusion.LinkMergedInto, Picture: into.ID})
	into.Links = append(into.Links, fusion.Link{Kind: fusion.LinkMergedFrom, Picture: p.ID})
	into.QuietFrom = o.st.clock
	from.goesOn, o.other = into, into.ID
	return o.tx.Redirect(p.ID, into.ID)
}

// split moves evidence into an incident of its own.
func (o *order) split() error {
	moved, left := divide(o.p.Evidence, func(v fusion.Evidence) bool { return slices.Contains(o.Evidence, v.Event) })
	switch {
	case len(moved) < len(o.Evidence):
		return refuse(fusion.KindNotFound, "incident %s has %d of the %d pieces of evidence", o.p.ID, len(moved), len(o.Evidence))
	case len(left) == 0:
		return refuse(fusion.KindInvalid, "nothing of incident %s would be left", o.p.ID)
	case o.p.Status == fusion.PictureResolved:
		return refuse(fusion.KindConflict, "incident %s is resolved; reopen it first", o.p.ID)
	}
	c, n := o.take(), o.openByHand(moved)
	if err := o.remember(n.p, o.p); err != nil {
		return err
	}
	o.p.Evidence, o.p.EvidenceCount = left, o.p.EvidenceCount-len(moved)
	n.p.Hits, o.p.Hits = divide(o.p.Hits, func(h fusion.Hit) bool { return restsOn(h, moved) })
	n.p.Track, o.p.Track = divide(o.p.Track, func(t fusion.TrackPoint) bool { return slices.Contains(o.Evidence, t.Event) })
	n.p.Entities = entitiesOf(moved)
	o.p.Entities = slices.DeleteFunc(slices.Clone(o.p.Entities), func(e fusion.Entity) bool {
		return named(n.p.Entities, e) && !named(entitiesOf(left), e)
	})
	forgetPlace(o.p)
	o.p.Links = append(o.p.Links, fusion.Link{Kind: fusion.LinkSplitInto, Picture: n.p.ID})
	if err := o.done(n, "opened", fmt.Sprintf("split from %s by %s", o.p.ID, o.Actor)); err != nil {
		return err
	}
	return o.done(c, "split", fmt.Sprintf("%d pieces of evidence moved to %s by %s", len(moved), n.p.ID, o.Actor))
}

// openByHand opens the picture of a split. Somebody knows of it, so it is
// acknowledged.
func (o *order) openByHand(evidence []fusion.Evidence) *touched {
	p := &fusion.Picture{
		ID: o.nextID(), Kind: o.p.Kind, Title: o.Title, Status: fusion.PictureAcknowledged, Severity: o.p.Severity,
		Opened: o.st.clock, QuietFrom: o.st.clock, CloseQuiet: o.p.CloseQuiet, EscalateTo: o.p.EscalateTo,
		Evidence: evidence, EvidenceCount: len(evidence), Handling: o.p.Handling,
		Links: []fusion.Link{{Kind: fusion.LinkSplitFrom, Picture: o.p.ID}},
	}
	if o.Kind != "" {
		p.Kind = o.Kind
	}
	n := &touched{p: p, fresh: true}
	o.open[p.ID], o.touched[p.ID], o.other = p, n, p.ID
	return n
}

// forgetPlace lets place and times follow from the evidence anew, as far as
// all of it is there.
func forgetPlace(p *fusion.Picture) {
	if p.PlacedBy == "" {
		p.Place, p.CE = nil, nil
	}
	if p.EvidenceCount == len(p.Evidence) {
		p.FirstObserved, p.LastObserved = time.Time{}, time.Time{}
	}
}

// restsOn reports whether every input of a hit is among the evidence.
func restsOn(h fusion.Hit, evidence []fusion.Evidence) bool {
	return !slices.ContainsFunc(h.Inputs, func(in fusion.Input) bool {
		return !slices.ContainsFunc(evidence, func(v fusion.Evidence) bool { return v.Event == in.Event })
	})
}

// undo undoes a merge or a split, when it is the last one of both incidents.
func (o *order) undo() error {
	u, err := o.tx.Undo(o.Of)
	if errors.Is(err, store.ErrNotFound) || (err == nil && o.Incident != u.From && o.Incident != u.Into) {
		return refuse(fusion.KindNotFound, "%s is no merge or split of incident %s that can be undone", o.Of, o.Incident)
	}
	if err != nil {
		return err
	}
	from, err := o.lookup(u.From)
	if err != nil {
		return err
	}
	into, err := o.lookup(u.Into)
	if err != nil {
		return err
	}
	for _, p := range []*fusion.Picture{from, into} {
		if p.Regrouped != o.Of {
			return refuse(fusion.KindConflict, "incident %s was merged or split otherwise since; undo that first", p.ID)
		}
	}
	if u.Verb == fusion.VerbSplit && (!from.Open() || !into.Open()) {
		return refuse(fusion.KindConflict, "incidents %s and %s are not both open; reopen them first", from.ID, into.ID)
	}
	return o.regroup(u, o.touch(from), o.touch(into))
}

func (o *order) regroup(u store.Undo, from, into *touched) error {
	from.p.Regrouped, into.p.Regrouped = u.FromRegrouped, u.Before.Regrouped
	back := o.separate
	if u.Verb == fusion.VerbSplit {
		back = o.reunite
	}
	if err := back(u, from, into); err != nil {
		return err
	}
	o.other = u.From
	if o.Incident == u.From {
		o.other = u.Into
	}
	text := fmt.Sprintf("the %s of %s and %s was undone by %s", u.Verb, u.From, u.Into, o.Actor)
	if err := o.done(into, "undone", text); err != nil {
		return err
	}
	return o.done(from, "undone", text)
}

// reunite undoes a split: everything of the incident that it opened goes back.
func (o *order) reunite(_ store.Undo, from, into *touched) error {
	dropLinks(into.p, fusion.LinkSplitInto, from.p.ID)
	absorb(into.p, from.p, o.bundle.Params.KeepEvidence)
	return o.goOnIn(from, into)
}

// separate undoes a merge: the merged incident gets back what it brought, in
// its newest version, and what came since stays where it came.
func (o *order) separate(u store.Undo, from, into *touched) error {
	p, t := from.p, into.p
	mine := p.Evidence
	p.Evidence = newest(p.Evidence, t.Evidence)
	brought := len(union(u.Before.Evidence, mine, sameEvidence)) - len(u.Before.Evidence) + p.EvidenceCount - len(mine)
	t.EvidenceCount -= brought
	t.Evidence = apart(t.Evidence, u.Before.Evidence, p.Evidence, sameEvidence)
	t.Hits = apart(t.Hits, u.Before.Hits, p.Hits, sameHit)
	t.Entities = apart(t.Entities, u.Before.Entities, p.Entities, sameEntity)
	t.Track = kept(t.Track, u.Before.Track, p.Track, samePoint)
	t.Labels = kept(t.Labels, u.Before.Labels, p.Labels, same[string])
	t.Links = kept(t.Links, u.Before.Links, p.Links, sameLink)
	t.Notes = slices.DeleteFunc(slices.Clone(t.Notes), func(n fusion.Note) bool {
		return slices.ContainsFunc(p.Notes, func(m fusion.Note) bool { return sameNote(n, m) })
	})
	trim(t, o.bundle.Params.KeepEvidence)
	if t.Severity == p.Severity {
		t.Severity = u.Before.Severity
	}
	dropLinks(t, fusion.LinkMergedFrom, p.ID)
	dropLinks(p, fusion.LinkMergedInto, t.ID)
	forgetPlace(t)
	p.Status, p.Closed, p.Outcome, p.QuietFrom = u.Status, time.Time{}, "", o.st.clock
	if !u.AcknowledgeBy.IsZero() {
		p.AcknowledgeBy = u.AcknowledgeBy.Add(o.st.clock.Sub(u.At))
	}
	o.open[p.ID] = p
	return o.tx.Redirect(p.ID, "")
}
