package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

const (
	maxNotes  = 500 // of a picture
	maxLabels = 32  // of a picture
	maxLinks  = 100 // of a picture, that operators make
)

func (o *order) assign() error {
	if o.p.Assignee == o.To {
		return refuse(fusion.KindConflict, "incident %s is assigned so already", o.p.ID)
	}
	c := o.take()
	o.p.Assignee = o.To
	text := "assigned to " + o.To
	if o.To == "" {
		text = "assigned to nobody"
	}
	return o.done(c, "assigned", text+" by "+o.Actor)
}

func (o *order) write() error {
	if len(o.p.Notes) >= maxNotes {
		return refuse(fusion.KindLimit, "incident %s has %d notes already", o.p.ID, maxNotes)
	}
	c := o.take()
	o.p.Notes = append(o.p.Notes, fusion.Note{ID: o.ID, Time: o.st.clock, Who: o.Actor, Text: o.Text})
	return o.done(c, "note", o.Text)
}

func (o *order) label() error {
	labels := slices.Concat(o.p.Labels, o.Add)
	labels = slices.DeleteFunc(labels, func(l string) bool { return slices.Contains(o.Remove, l) })
	slices.Sort(labels)
	if labels = slices.Compact(labels); len(labels) > maxLabels {
		return refuse(fusion.KindLimit, "incident %s would have %d labels; at most %d fit", o.p.ID, len(labels), maxLabels)
	}
	c := o.take()
	o.p.Labels = labels
	return o.done(c, "label", "labels: "+cmp.Or(strings.Join(labels, ", "), "none"))
}

func (o *order) setSeverity() error {
	to := fusion.Severity(o.To)
	if to == o.p.Severity {
		return refuse(fusion.KindConflict, "incident %s is %s already", o.p.ID, to)
	}
	c := o.take()
	text := fmt.Sprintf("from %s to %s by %s", o.p.Severity, to, o.Actor)
	o.p.Severity = to
	return o.done(c, "severity", text)
}

func (o *order) locate() error {
	c := o.take()
	o.p.Place, o.p.CE, o.p.PlacedBy = fusion.NewPoint(quantise(*o.Lon), quantise(*o.Lat)), o.CE, o.Actor
	return o.done(c, "located", "placed by "+o.Actor)
}

// addByHand adds what an operator knows as evidence. All that one operator
// adds is one source.
func (o *order) addByHand() error {
	c := o.take()
	v := fusion.Evidence{
		Event: fusion.NewEventID("operator", o.ID, ""), Role: "by-hand", Type: fusion.TypeByHand, Source: "operator",
		Time: o.st.clock, Text: fusion.Line(o.Text), Group: "operator/" + o.Actor, Weight: unjudged,
	}
	if o.Lon != nil {
		v.Place, v.CE = fusion.NewPoint(quantise(*o.Lon), quantise(*o.Lat)), o.CE
	}
	o.p.Evidence = append(o.p.Evidence, v)
	o.p.EvidenceCount++
	o.trimEvidence(o.p)
	o.p.QuietFrom = o.st.clock
	return o.done(c, "evidence", o.Text)
}

func (o *order) link() error {
	return o.relate("linked", "linked with", func(p *fusion.Picture, to fusion.PictureID) error {
		switch {
		case hasLink(p, fusion.LinkRelated, to):
			return refuse(fusion.KindConflict, "incidents %s and %s are linked already", p.ID, to)
		case len(p.Links) >= maxLinks:
			return refuse(fusion.KindLimit, "incident %s has %d links already", p.ID, len(p.Links))
		}
		return nil
	}, func(p *fusion.Picture, to fusion.PictureID) {
		p.Links = append(p.Links, fusion.Link{Kind: fusion.LinkRelated, Picture: to})
	})
}

func (o *order) unlink() error {
	return o.relate("unlinked", "no longer linked with", needs(fusion.LinkRelated), func(p *fusion.Picture, to fusion.PictureID) {
		dropLinks(p, fusion.LinkRelated, to)
	})
}

func (o *order) confirmLink() error {
	return o.relate("linked", "confirmed: related to", needs(fusion.LinkPossible), renames(fusion.LinkRelated))
}

func (o *order) rejectLink() error {
	return o.relate("unlinked", "rejected: not related to", needs(fusion.LinkPossible), renames(fusion.LinkRejected))
}

func needs(kind string) func(*fusion.Picture, fusion.PictureID) error {
	return func(p *fusion.Picture, to fusion.PictureID) error {
		if !hasLink(p, kind, to) {
			return refuse(fusion.KindConflict, "incidents %s and %s have no link of kind %s", p.ID, to, kind)
		}
		return nil
	}
}

func renames(kind string) func(*fusion.Picture, fusion.PictureID) {
	return func(p *fusion.Picture, to fusion.PictureID) {
		for i, l := range p.Links {
			if l.Kind == fusion.LinkPossible && l.Picture == to {
				p.Links[i].Kind = kind
			}
		}
	}
}

// relate changes the links of two incidents in the same way.
func (o *order) relate(what, text string, may func(*fusion.Picture, fusion.PictureID) error, change func(*fusion.Picture, fusion.PictureID)) error {
	other, err := o.lookup(fusion.PictureID(o.To))
	if err != nil {
		return err
	}
	if err := may(o.p, other.ID); err != nil {
		return err
	}
	c, back := o.take(), o.touch(other)
	change(o.p, other.ID)
	change(other, o.p.ID)
	o.other = other.ID
	if err := o.done(back, what, fmt.Sprintf("%s %s by %s", text, o.p.ID, o.Actor)); err != nil {
		return err
	}
	return o.done(c, what, fmt.Sprintf("%s %s by %s", text, other.ID, o.Actor))
}

func hasLink(p *fusion.Picture, kind string, to fusion.PictureID) bool {
	return slices.ContainsFunc(p.Links, func(l fusion.Link) bool { return l.Kind == kind && l.Picture == to })
}

func dropLinks(p *fusion.Picture, kind string, to fusion.PictureID) {
	p.Links = slices.DeleteFunc(p.Links, func(l fusion.Link) bool { return l.Kind == kind && l.Picture == to })
}
