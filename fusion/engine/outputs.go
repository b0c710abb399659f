package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// subjectParts are what the topic of a picture's alerts is made of.
type subjectParts struct {
	area, kind string
	severity   fusion.Severity
	status     fusion.PictureStatus
	known      bool // false: the picture did not exist
}

func partsOf(p *fusion.Picture) subjectParts {
	return subjectParts{p.Area, p.Kind, p.Severity, p.Status, true}
}

func (s subjectParts) subject(id fusion.PictureID) string {
	return fusion.AlertSubject(s.area, s.kind, s.severity, id)
}

// HitBatch is the message on the topic of a rule: its hits of one log message.
type HitBatch struct {
	Hits []fusion.Hit `json:"hits"`
}

// outputs are what this step tells: each changed picture, what happened to
// it, and the hits by rule.
func (s *step) outputs() ([]Output, error) {
	out := &outputList{seq: s.msg.Seq}
	for _, id := range s.changedIDs() {
		if err := s.tellPicture(out, s.touched[id]); err != nil {
			return nil, err
		}
	}
	byRule := map[string][]fusion.Hit{}
	for _, h := range s.hits {
		byRule[h.Rule] = append(byRule[h.Rule], h)
	}
	for _, rule := range slices.Sorted(maps.Keys(byRule)) {
		if _, err := out.add(fusion.StreamHits, fusion.HitSubject(rule), HitBatch{byRule[rule]}); err != nil {
			return nil, err
		}
	}
	return out.list, nil
}

func (s *step) tellPicture(out *outputList, c *touched) error {
	p := c.p
	p.Revision++
	p.Changed = s.now
	p.At = out.next().String()
	encoded, err := out.add(fusion.StreamPictures, fusion.PictureSubject(p.ID), p)
	if err != nil {
		return err
	}
	if err := s.tx.PutPicture(p.ID, encoded); err != nil {
		return err
	}
	s.tx.PutRow(store.RowOf(p))
	subject := partsOf(p).subject(p.ID)
	if c.goesOn != nil {
		return c.tellGoesOn(out)
	}
	if c.before.known && c.before.subject(p.ID) != subject {
		left := alertOf(p, fusion.AlertLeft, "goes on as "+string(p.Severity)+" "+p.Kind)
		left.NewSubject = subject
		if _, err := out.add(fusion.StreamAlerts, c.before.subject(p.ID), left); err != nil {
			return err
		}
	}
	if !c.alert {
		return nil
	}
	text := p.Title
	if len(c.news) > 0 {
		text = c.news[len(c.news)-1]
	}
	_, err = out.add(fusion.StreamAlerts, subject, alertOf(p, c.action(), text))
	return err
}

// tellGoesOn tells those who follow a merged picture where it goes on.
func (c *touched) tellGoesOn(out *outputList) error {
	left := alertOf(c.p, fusion.AlertLeft, "goes on as "+string(c.goesOn.ID))
	left.NewSubject = partsOf(c.goesOn).subject(c.goesOn.ID)
	_, err := out.add(fusion.StreamAlerts, c.before.subject(c.p.ID), left)
	return err
}

// action names what happened to a picture in this step.
func (c *touched) action() fusion.AlertAction {
	switch {
	case c.fresh:
		return fusion.AlertOpened
	case c.p.Status == fusion.PictureClosed && c.before.status != fusion.PictureClosed:
		return fusion.AlertClosed
	case rank(c.p.Severity) < rank(c.before.severity):
		return fusion.AlertEscalated
	}
	return fusion.AlertChanged
}

func alertOf(p *fusion.Picture, action fusion.AlertAction, text string) fusion.Alert {
	return fusion.Alert{
		Action: action, Incident: p.ID, Revision: p.Revision, Time: p.Changed, Kind: p.Kind, Title: p.Title,
		Severity: p.Severity, Status: p.Status, Area: cmp.Or(p.Area, "none"), Address: p.Address, Place: p.Place, CE: p.CE,
		Confidence: p.Confidence, Evidence: p.EvidenceCount, Sources: p.Sources, Text: text,
	}
}

// outputList numbers the outputs of a step.
type outputList struct {
	seq  uint64
	list []Output
}

func (o *outputList) add(stream, subject string, v any) ([]byte, error) {
	data, err := fusion.Encode(v)
	if err != nil {
		return nil, fmt.Errorf("encode an output for %s: %w", subject, err)
	}
	o.list = append(o.list, Output{Stream: stream, Subject: subject, Place: o.next(), Data: data})
	return data, nil
}

func (o *outputList) next() fusion.Place { return fusion.Place{Seq: o.seq, N: len(o.list) + 1} }
