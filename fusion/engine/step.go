package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// step is the work on one message.
type step struct {
	*Engine
	msg     Message
	tx      *store.Tx
	now     time.Time
	touched map[fusion.PictureID]*touched
	hits    []fusion.Hit
	refused []Refusal
}

// touched is a picture that this step changes, with what it was before.
type touched struct {
	p       *fusion.Picture
	before  subjectParts
	finders store.Finders
	news    []string // what is new, for the alert
	fresh   bool     // opened in this step
	alert   bool
	goesOn  *fusion.Picture // the one that it was merged into in this step
}

// Step applies the next message of the log. An error means that the state is
// no longer sound: the engine must be made anew from a checkpoint.
func (e *Engine) Step(msg Message) (Effects, error) {
	tx, err := e.store.Begin()
	if err != nil {
		return Effects{}, err
	}
	s := &step{Engine: e, msg: msg, tx: tx, now: later(e.st.clock, msg.Time), touched: map[fusion.PictureID]*touched{}}
	outputs, err := s.run()
	if err != nil {
		return Effects{}, errors.Join(fmt.Errorf("apply message %d (%s): %w", msg.Seq, msg.Subject, err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return Effects{}, fmt.Errorf("apply message %d: %w", msg.Seq, err)
	}
	e.applied = msg.Seq
	return Effects{Seq: msg.Seq, Outputs: outputs, Refused: s.refused}, nil
}

func later(a, b time.Time) time.Time {
	if b = b.UTC(); b.After(a) {
		return b
	}
	return a
}

func (s *step) run() ([]Output, error) {
	s.st.counts.Messages++
	s.foreseen()
	if err := s.advance(); err != nil {
		return nil, err
	}
	if err := s.archive(); err != nil {
		return nil, err
	}
	if err := s.apply(); err != nil {
		return nil, err
	}
	if err := s.tx.SetApplied(s.msg.Seq); err != nil {
		return nil, err
	}
	return s.outputs()
}

// advance moves the clock to the message: blind time first, then what is due,
// each at its own deadline. Of equal deadlines those of rules come first, so
// that a hit keeps a picture from closing.
func (s *step) advance() error {
	if gap := s.now.Sub(s.st.clock); !s.st.clock.IsZero() && gap > time.Duration(s.bundle.Params.BlindAfter) {
		s.st.counts.Blind++
		s.st.windows.Blind(s.st.clock, s.now)
		if err := s.wasBlind(s.st.clock, gap); err != nil {
			return err
		}
	}
	until := s.now
	defer func() { s.now = until }()
	for {
		more, err := s.nextDue(until)
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	return s.decide(until)
}

// nextDue does what is due first, and reports whether anything was.
func (s *step) nextDue(until time.Time) (bool, error) {
	rule, waits := s.st.windows.NextDeadline()
	if waits && rule.After(until) {
		waits = false
	}
	limit := until
	if waits {
		limit = rule.Add(-1)
	}
	if t, ok := s.timers.due(limit, s.open); ok {
		s.moveTo(t.deadline)
		return true, s.fire(t)
	}
	if waits {
		return true, s.decide(rule)
	}
	return false, nil
}

// moveTo moves the clock to a deadline; one that an earlier message should
// have met is met now.
func (s *step) moveTo(deadline time.Time) {
	s.st.clock = later(s.st.clock, deadline)
	s.now = s.st.clock
}

// decide lets the rules decide what waited for that moment.
func (s *step) decide(at time.Time) error {
	s.moveTo(at)
	return s.fuseAll(s.bundle.Rules.Advance(s.st.windows, s.st.clock, world{s}))
}

func (s *step) apply() error {
	subject := s.msg.Subject
	switch {
	case fusion.IsEventSubject(subject):
		return s.events()
	case subject == fusion.SubjectConfig:
		return s.activate()
	case subject == fusion.SubjectQuarantine:
		return s.quarantine()
	}
	if verb, ok := fusion.CommandOf(subject); ok {
		return s.command(verb)
	}
	if list, ok := fusion.ListOf(subject); ok {
		return s.changeList(list)
	}
	return nil
}

// Activation is the message that makes a bundle the active one.
type Activation struct {
	Bundle string `json:"bundle"` // hash
	Engine string `json:"engine"` // version of the engine that activated it
}

func (s *step) activate() error {
	var a Activation
	if err := json.Unmarshal(s.msg.Data, &a, json.RejectUnknownMembers(true)); err != nil || a.Bundle == "" {
		s.refuse(0, s.msg.Data, fusion.Reject("syntax", "bundle", "not an activation: %v", err))
		return nil
	}
	b, err := s.bundles(a.Bundle)
	if err != nil {
		return fmt.Errorf("activate bundle %s: %w", a.Bundle, err)
	}
	s.bundle = b
	s.st.windows.Retain(b.Rules)
	return nil
}

func (s *step) refuse(index int, data []byte, r *fusion.Rejection) {
	r.Stage = "log"
	s.st.counts.Refused++
	s.refused = append(s.refused, Refusal{fusion.Place{Seq: s.msg.Seq, Index: index}, r, data})
}

// touch returns a picture to be changed in this step.
func (s *step) touch(p *fusion.Picture) *touched {
	if t, ok := s.touched[p.ID]; ok {
		return t
	}
	t := &touched{p: p, before: partsOf(p), finders: store.FindersOf(p)}
	s.touched[p.ID] = t
	return t
}

// changedIDs lists the touched pictures in order.
func (s *step) changedIDs() []fusion.PictureID { return slices.Sorted(maps.Keys(s.touched)) }
