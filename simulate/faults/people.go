package faults

import (
	"errors"
	"reflect"
	"slices"

	"github.com/google/uuid"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// people are operators. What they know of an incident may be old.
type people struct {
	seen   map[fusion.PictureID]*fusion.Picture
	ids    []fusion.PictureID // of seen, in the order of their coming
	orders []*order
}

// order is a command with what its operator was told.
type order struct {
	*letter
	verb    fusion.Verb
	command fusion.Command
	answer  *fusion.CommandResult
}

var names = []string{"anna", "bert", "carla"}

// look shows people the pictures as they are now, and the answers.
func (p *people) look(w *World, l *Life) {
	w.mustView(l, func(tx *store.Tx) error {
		for picture, err := range tx.PicturesBefore("") {
			if err != nil {
				return err
			}
			if w.rand.IntN(2) == 0 {
				continue // nobody looks at it now
			}
			if p.seen[picture.ID] == nil {
				p.ids = append(p.ids, picture.ID)
			}
			p.seen[picture.ID] = picture
		}
		return p.hear(w, tx)
	})
}

func (w *World) mustView(l *Life, fn func(*store.Tx) error) {
	if err := l.room.Engine().Store().View(fn); err != nil {
		w.fail("read the store: %v", err)
	}
}

// hear compares each answer with the one that was given before.
func (p *people) hear(w *World, tx *store.Tx) error {
	for _, o := range p.orders {
		r, err := tx.Answer(o.command.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			continue // not applied yet, or by this life not yet again
		case err != nil:
			return err
		case o.answer == nil:
			o.answer = &r
		case !reflect.DeepEqual(*o.answer, r):
			w.fail("command %s was answered %+v and then %+v", o.command.ID, *o.answer, r)
		}
	}
	return nil
}

// command gives a new command, or one of before again.
func (p *people) command(w *World, l *Life) {
	if len(p.orders) > 0 && w.rand.IntN(6) == 0 {
		o := p.orders[w.rand.IntN(len(p.orders))]
		w.post(o.letter)
		return
	}
	if len(p.ids) == 0 || w.rand.IntN(3) == 0 {
		p.look(w, l)
	}
	if len(p.ids) == 0 {
		return
	}
	verb := fusion.Verbs[w.rand.IntN(len(fusion.Verbs))]
	c := p.compose(w, verb)
	actors := 1
	if w.rand.IntN(5) == 0 {
		actors = 2 // both saw the same
	}
	for range actors {
		c.ID, c.Actor = w.uuid(), names[w.rand.IntN(len(names))]
		p.orders = append(p.orders, &order{
			letter: w.publish(&letter{subject: fusion.CommandSubject(string(verb)), data: w.encode(c)}), verb: verb, command: c,
		})
		w.report.Commands++
	}
}

func (w *World) uuid() string {
	var u uuid.UUID
	for i := range u {
		u[i] = byte(w.rand.Uint32())
	}
	return u.String()
}

// recent is an incident, rather a late one.
func (p *people) recent(w *World) *fusion.Picture {
	n := len(p.ids)
	if w.rand.IntN(4) > 0 {
		n = min(n, 6)
	}
	return p.seen[p.ids[len(p.ids)-1-w.rand.IntN(n)]]
}

func (p *people) compose(w *World, verb fusion.Verb) fusion.Command {
	about, other := p.recent(w), p.recent(w)
	if len(about.Links) > 0 && w.rand.IntN(2) == 0 {
		if to := p.seen[about.Links[w.rand.IntN(len(about.Links))].Picture]; to != nil {
			other = to
		}
	}
	c := fusion.Command{Incident: about.ID, Revision: about.Revision}
	someone := names[w.rand.IntN(len(names))]
	switch verb {
	case fusion.VerbHandover:
		c.Incident, c.Revision, c.From, c.To = "", 0, someone, names[w.rand.IntN(len(names))]
	case fusion.VerbAssign:
		c.To = someone
	case fusion.VerbNote:
		c.Text = "seen by " + someone
	case fusion.VerbLabel:
		c.Add, c.Remove = []string{"label-" + someone}, []string{"label-anna"}[:w.rand.IntN(2)]
	case fusion.VerbSeverity:
		c.To = string(fusion.Severities[w.rand.IntN(len(fusion.Severities))])
	case fusion.VerbStatus:
		c.To = string([]fusion.PictureStatus{fusion.PictureActive, fusion.PictureMonitoring}[w.rand.IntN(2)])
	case fusion.VerbClose:
		c.Outcome = fusion.Outcomes[w.rand.IntN(len(fusion.Outcomes))]
	case fusion.VerbLink, fusion.VerbUnlink, fusion.VerbConfirmLink, fusion.VerbRejectLink:
		c.To = string(other.ID)
	case fusion.VerbMerge:
		c.Into = other.ID
	case fusion.VerbSplit:
		c.Title = "another matter"
		for _, v := range about.Evidence {
			if w.rand.IntN(2) == 0 {
				c.Evidence = append(c.Evidence, v.Event)
			}
		}
	case fusion.VerbLocate:
		c.Lon, c.Lat, c.CE = new(5.98+w.rand.Float64()/50), new(51.19+w.rand.Float64()/50), new(float64(10+w.rand.IntN(200)))
	case fusion.VerbAddEvidence:
		c.Text = "a unit says so"
	case fusion.VerbUndo:
		c.Of, c.Incident, c.Revision = p.undoable(w, about)
	}
	return c
}

// undoable is a merge or a split of before, rather a late one.
func (p *people) undoable(w *World, about *fusion.Picture) (of string, id fusion.PictureID, revision uint64) {
	regroups := slices.DeleteFunc(slices.Clone(p.orders), func(o *order) bool {
		return (o.verb != fusion.VerbMerge && o.verb != fusion.VerbSplit) || o.answer == nil || !o.answer.Applied
	})
	if len(regroups) == 0 {
		return "none", about.ID, about.Revision
	}
	o := regroups[len(regroups)-1-w.rand.IntN(min(3, len(regroups)))]
	id = o.command.Incident
	if w.rand.IntN(2) == 0 {
		id = o.answer.Other
	}
	if seen := p.seen[id]; seen != nil {
		revision = seen.Revision
	}
	return o.command.ID, id, revision
}

// check is done at the end: every command was answered and the answer is still
// the same, what was done stands in the incident, and of those who acted on
// the same revision one was obeyed.
func (p *people) check(w *World) {
	err := w.ref.engine.Store().View(func(tx *store.Tx) error { return p.hear(w, tx) })
	if err != nil {
		w.fail("the answers: %v", err)
	}
	type base struct {
		id       fusion.PictureID
		revision uint64
	}
	obeyed := map[base]string{}
	for _, o := range p.orders {
		switch {
		case o.answer == nil:
			w.fail("command %s (%s) was never answered", o.command.ID, o.verb)
		case !o.answer.Applied || o.verb == fusion.VerbHandover:
			continue
		}
		w.report.Applied++
		p.checkDecision(w, o)
		b := base{o.command.Incident, o.command.Revision}
		if takesStale(o.verb) {
			continue
		}
		if first := obeyed[b]; first != "" {
			w.fail("commands %s and %s were both obeyed on revision %d of incident %s", first, o.command.ID, b.revision, b.id)
		}
		obeyed[b] = o.command.ID
	}
}

func takesStale(v fusion.Verb) bool {
	return v == fusion.VerbNote || v == fusion.VerbLabel || v == fusion.VerbAddEvidence
}

func (p *people) checkDecision(w *World, o *order) {
	n := 0
	for _, d := range w.ref.pictures[o.command.Incident].Decisions {
		if d.Command == o.command.ID {
			n++
		}
	}
	if n != 1 {
		w.fail("command %s (%s) stands %d times among the decisions of incident %s", o.command.ID, o.verb, n, o.command.Incident)
	}
}
