package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// maxDecisions are the decisions that a picture shows: the first tenth and
// the newest.
const maxDecisions = 200

// maxChanged are the lines of a timeline that a refusal shows.
const maxChanged = 50

// order is the work on one command.
type order struct {
	*step
	fusion.Command
	verb  fusion.Verb
	p     *fusion.Picture // the incident, not to be changed before take
	text  string          // what was done
	other fusion.PictureID

	handed []fusion.PictureID // by a hand-over
}

// verbs are what commands do. Each decides whether it can before it changes
// anything.
var verbs = map[fusion.Verb]func(*order) error{
	fusion.VerbAcknowledge: (*order).acknowledge,
	fusion.VerbAssign:      (*order).assign,
	fusion.VerbNote:        (*order).write,
	fusion.VerbLabel:       (*order).label,
	fusion.VerbSeverity:    (*order).setSeverity,
	fusion.VerbStatus:      (*order).setStatus,
	fusion.VerbResolve:     (*order).resolve,
	fusion.VerbReopen:      (*order).reopen,
	fusion.VerbClose:       (*order).close,
	fusion.VerbLink:        (*order).link,
	fusion.VerbUnlink:      (*order).unlink,
	fusion.VerbConfirmLink: (*order).confirmLink,
	fusion.VerbRejectLink:  (*order).rejectLink,
	fusion.VerbMerge:       (*order).merge,
	fusion.VerbSplit:       (*order).split,
	fusion.VerbLocate:      (*order).locate,
	fusion.VerbAddEvidence: (*order).addByHand,
	fusion.VerbUndo:        (*order).undo,
}

// The verbs that a stale base revision does not hurt, and those that a closed
// incident takes.
var (
	takesStale  = []fusion.Verb{fusion.VerbNote, fusion.VerbLabel, fusion.VerbAddEvidence}
	takesClosed = []fusion.Verb{fusion.VerbNote, fusion.VerbLabel, fusion.VerbReopen, fusion.VerbUndo}
)

// harmless are the timeline entries after which a command based on an earlier
// revision is still what its operator meant.
var harmless = []string{"evidence", "hit", "update", "blind", "possible-link", "note", "label"}

// refusal says that a command cannot be obeyed. It changed nothing.
type refusal struct{ why error }

func (r refusal) Error() string { return r.why.Error() }

func refuse(kind fusion.Kind, format string, args ...any) error {
	return refusal{fusion.Errorf(kind, "", format, args...)}
}

// command obeys an operator's command or refuses it, and keeps the answer. A
// command that was answered before changes nothing.
func (s *step) command(verb string) error {
	o := order{step: s, verb: fusion.Verb(verb)}
	err := json.Unmarshal(s.msg.Data, &o.Command, json.RejectUnknownMembers(true))
	if err == nil && !fusion.IsCommandID(o.ID) {
		err = &fusion.FieldError{Field: "id", Problem: "is not a UUID in lower case"}
	}
	if err != nil {
		s.refuse(0, s.msg.Data, fusion.Reject("syntax", "", "not a command: %w", err))
		return nil
	}
	if _, err := s.tx.Answer(o.ID); !errors.Is(err, store.ErrNotFound) {
		return err
	}
	result, err := o.answer()
	if err != nil {
		return fmt.Errorf("command %s: %w", o.ID, err)
	}
	return s.tx.PutAnswer(result, s.st.clock)
}

// answer is what becomes of the command; an error means that the state is not
// sound.
func (o *order) answer() (fusion.CommandResult, error) {
	r := fusion.CommandResult{Command: o.ID, Verb: o.verb, Incident: o.Incident}
	err := o.obey()
	if no, refused := errors.AsType[refusal](err); refused {
		r.Kind, r.Problem = fusion.KindOf(no.why), no.Error()
	} else if err != nil {
		return r, err
	} else {
		r.Applied, r.Text, r.Other, r.Handed = true, o.text, o.other, o.handed
	}
	if o.p != nil {
		r.Revision = o.revision(o.p)
		if r.Kind == fusion.KindConflict {
			r.Changed = since(o.p, o.Revision)
		}
	}
	return r, nil
}

func (o *order) obey() (err error) {
	if err := o.Validate(o.verb); err != nil {
		return refusal{err}
	}
	if o.verb == fusion.VerbHandover {
		return o.handover()
	}
	if o.p, err = o.lookup(o.Incident); err != nil {
		return err
	}
	if err := o.standing(); err != nil {
		return err
	}
	return verbs[o.verb](o)
}

// standing refuses a command whose incident is gone, or is not what the
// operator saw.
func (o *order) standing() error {
	into, err := o.tx.Resolve(o.p.ID)
	now := o.revision(o.p)
	switch {
	case err != nil:
		return err
	case into != o.p.ID && o.verb != fusion.VerbUndo:
		return refuse(fusion.KindConflict, "incident %s was merged and goes on as %s", o.p.ID, into)
	case !o.p.Open() && !slices.Contains(takesClosed, o.verb):
		return refuse(fusion.KindConflict, "incident %s is closed; reopen it first", o.p.ID)
	case o.Revision > now:
		return refuse(fusion.KindInvalid, "incident %s has no revision %d; its newest is %d", o.p.ID, o.Revision, now)
	case o.Revision < o.p.Decided && !slices.Contains(takesStale, o.verb):
		return refuse(fusion.KindConflict, "incident %s was changed since revision %d; it is at revision %d", o.p.ID, o.Revision, now)
	}
	return nil
}

// since are the lines of the timeline after a revision, the newest when there
// are many.
func since(p *fusion.Picture, revision uint64) (list []fusion.TimelineEntry) {
	for _, t := range p.Timeline {
		if t.Revision > revision {
			list = append(list, t)
		}
	}
	return list[max(0, len(list)-maxChanged):]
}

// revision is the one that the picture has, or gets with this step.
func (s *step) revision(p *fusion.Picture) uint64 {
	if _, changing := s.touched[p.ID]; changing {
		return p.Revision + 1
	}
	return p.Revision
}

// take makes the incident of the command one that this step changes.
func (o *order) take() *touched { return o.touch(o.p) }

// done records the decision in the picture, whose content has been changed.
func (o *order) done(c *touched, what, text string) error {
	text = fusion.Line(text)
	if c.p == o.p {
		o.text = text
	}
	o.line(c, what, text, o.Actor)
	c.p.Decisions = append(c.p.Decisions, fusion.Decision{
		Command: o.ID, Time: o.st.clock, Who: o.Actor, What: o.verb, Text: text, Reason: o.Reason, Purpose: o.Purpose,
		Revision: c.p.Revision + 1,
	})
	if over := len(c.p.Decisions) - maxDecisions; over > 0 {
		c.p.Decisions = slices.Delete(c.p.Decisions, maxDecisions/10, maxDecisions/10+over)
	}
	return o.reindex(c)
}

// line adds a line to the picture's timeline; who is "" for the room itself.
func (s *step) line(c *touched, what, text, who string) {
	p := c.p
	p.Timeline = append(p.Timeline, fusion.TimelineEntry{Time: s.st.clock, What: what, Text: text, Who: who, Revision: p.Revision + 1})
	if over := len(p.Timeline) - maxTimeline; over > 0 {
		p.Timeline = slices.Delete(p.Timeline, maxTimeline/10, maxTimeline/10+over)
	}
	if !slices.Contains(harmless, what) {
		p.Decided = p.Revision + 1
	}
	c.news = append(c.news, text)
	c.alert = true
}
