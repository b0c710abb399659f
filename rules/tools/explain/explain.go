// Package explain says why a rule fired on events, or why not: every part of
// its conditions with its value, and for windows and sequences what was waited
// for and until when.
//
// The hits are those of the room's own engine, which a [rehearsal.Room] runs
// over the events; this package reads the rule beside it and puts what it
// finds into words. It changes nothing and knows no more than the events it
// is given.
package explain

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/tools/rehearsal"
)

// Request says what is to be explained.
type Request struct {
	Rule    string
	Content engine.Content // the rule and those that it is among
	Lists   map[string][]store.ListEntry
	Events  iter.Seq2[*fusion.Event, error]
}

// Explanation is what a rule made of events.
type Explanation struct {
	Rule      string      `json:"rule"`
	Version   string      `json:"version"`
	Title     string      `json:"title"`
	Mode      rules.Mode  `json:"mode"`
	Asks      string      `json:"asks"`           // what it waits for, in words
	Events    int         `json:"events"`         // all that were given
	Concerned int         `json:"concerned"`      // of types that the rule looks at
	Accounts  []Account   `json:"accounts"`       // of those that the rule looks at, in the order in which they came
	Late      []HitReport `json:"late,omitempty"` // hits that no event completed, but a time that passed
	Stats     rules.Stats `json:"stats"`

	hits []HitReport // all, in their order
}

// Account is what became of one event.
type Account struct {
	Event    fusion.EventID   `json:"event"`
	Type     fusion.EventType `json:"type"`
	Time     time.Time        `json:"time"`
	Recorded time.Time        `json:"recorded"`
	Text     string           `json:"text"`
	Fired    bool             `json:"fired"` // it completed a hit
	Says     []string         `json:"says"`  // in words, the most important first
	Readings []rules.Reading  `json:"readings"`
	Where    *rules.Part      `json:"where,omitempty"` // for the nearest match that did not become a hit
	Score    *Score           `json:"score,omitempty"` // the same
	Hits     []HitReport      `json:"hits,omitempty"`  // that it completed

	e       *fusion.Event
	first   bool // of its id
	stopped string
	counts  rules.Stats // what came to the rule's counts with it
}

// HitReport is a hit with what made it.
type HitReport struct {
	ID      fusion.EventID     `json:"id"`
	Title   string             `json:"title"`
	Key     string             `json:"key,omitempty"`
	Time    time.Time          `json:"time"`
	Score   float64            `json:"score"`
	Parts   []fusion.ScorePart `json:"parts,omitempty"`
	Inputs  []fusion.Input     `json:"inputs"`
	Matched []fusion.ListMatch `json:"matched,omitempty"`
	Picture fusion.PictureID   `json:"picture,omitempty"`
}

// Score is what a match would have scored.
type Score struct {
	Total     float64 `json:"total"`
	Threshold float64 `json:"threshold"`
	Terms     []Term  `json:"terms"`
}

// Term is a part of a score, with why it counts or not.
type Term struct {
	Points  float64     `json:"points"`
	Because string      `json:"because"`
	When    *rules.Part `json:"when,omitempty"`
}

// run is a rule while its events are explained.
type run struct {
	anatomy  *rules.Anatomy
	room     *rehearsal.Room
	world    rules.World
	out      *Explanation
	accounts map[fusion.EventID]int // index of the first account of an event
}

// Run explains a rule over events.
func Run(q Request) (*Explanation, error) {
	room, err := rehearsal.New(q.Content, q.Lists)
	if err != nil {
		return nil, err
	}
	rule := room.Bundle.Rules.Rule(q.Rule)
	if rule == nil {
		return nil, fusion.Errorf(fusion.KindNotFound, "", "there is no rule %q", q.Rule).WithHint("iroom rules graph shows those that there are")
	}
	anatomy, err := rules.Dissect(rule, []byte(q.Content.Rules[rule.File]))
	if err != nil {
		return nil, err
	}
	r := &run{
		anatomy: anatomy, room: room, world: room.Engine.World(), accounts: map[fusion.EventID]int{},
		out: &Explanation{Rule: rule.ID, Version: rule.Version, Title: rule.Title, Mode: rule.Mode},
	}
	r.out.Asks = r.asks()
	if err := r.collect(q.Events); err != nil {
		return nil, err
	}
	for i := range r.out.Accounts {
		r.explain(&r.out.Accounts[i])
	}
	for _, h := range r.out.hits {
		if !slices.ContainsFunc(r.out.Accounts, func(a Account) bool { return a.completed(h) }) {
			r.out.Late = append(r.out.Late, h)
		}
	}
	r.out.Stats = r.stats()
	return r.out, nil
}

// stats are the counts of the rule so far.
func (r *run) stats() rules.Stats {
	for _, s := range r.room.Engine.RuleStats() {
		if s.Rule == r.anatomy.Rule.ID {
			return s
		}
	}
	return rules.Stats{}
}

// collect runs the engine over the events and notes what the rule reads in
// each as it comes.
func (r *run) collect(events iter.Seq2[*fusion.Event, error]) error {
	for e, err := range events {
		if err != nil {
			return err
		}
		r.out.Events++
		hits, err := r.room.Until(rehearsal.Recorded(e))
		if err != nil {
			return err
		}
		r.took(hits)
		before, at := r.stats(), len(r.out.Accounts)
		r.note(r.room.Engine.AsSeen(e, rehearsal.Recorded(e)))
		if hits, err = r.room.Send(e); err != nil {
			return err
		}
		if at < len(r.out.Accounts) {
			r.out.Accounts[at].counts = since(before, r.stats())
		}
		r.took(hits)
	}
	if r.out.Events == 0 {
		return nil
	}
	hits, err := r.room.Settle()
	r.took(hits)
	return err
}

// note opens the account of an event that the rule looks at.
func (r *run) note(e *fusion.Event) {
	if !slices.Contains(r.anatomy.Rule.Types, e.Type) {
		return
	}
	a := Account{
		Event: e.ID, Type: e.Type, Time: e.Time, Recorded: rehearsal.Recorded(e), Text: fusion.Describe(e),
		Readings: r.anatomy.Read(e, r.world), e: e,
	}
	_, again := r.accounts[e.ID]
	switch {
	case again:
		a.stopped = "came before; a duplicate changes nothing"
	case e.Status == fusion.StatusTest || e.Status == fusion.StatusExercise:
		a.stopped = fmt.Sprintf("has the status %s; tests and exercises meet no rule", e.Status)
	case e.MsgType == fusion.MsgCancel:
		a.stopped = "withdraws what came before, and meets no rule itself"
	}
	if !again {
		a.first = true
		r.accounts[e.ID] = len(r.out.Accounts)
	}
	r.out.Accounts = append(r.out.Accounts, a)
	r.out.Concerned++
}

// took keeps the hits of the rule, and gives those of others to it when it
// looks at them.
func (r *run) took(hits []fusion.Hit) {
	for _, h := range hits {
		if slices.Contains(r.anatomy.Rule.Types, fusion.HitType(h.Rule)) {
			r.note(r.asEvent(h))
		}
		if h.Rule != r.anatomy.Rule.ID {
			continue
		}
		r.out.hits = append(r.out.hits, HitReport{
			h.ID, h.Title, h.Key, h.Time, h.Score, h.Parts, h.Inputs, h.Matched, h.Picture,
		})
	}
}

// asEvent is a hit as the rules see it that look at hits: with the place and
// the entities of the event that completed it.
func (r *run) asEvent(h fusion.Hit) *fusion.Event {
	e := &fusion.Event{
		ID: h.ID, Source: "room/rules", Type: fusion.HitType(h.Rule), Time: h.Time, RecordedTime: r.room.Engine.Clock(),
		Attrs: map[string]any{"rule": h.Rule, "version": h.Version, "score": h.Score, "key": h.Key},
	}
	for _, in := range h.Inputs {
		if i, ok := r.accounts[in.Event]; ok && in.Time.Equal(h.Time) {
			by := r.out.Accounts[i].e
			e.Status, e.Geometry, e.Location, e.Entities = by.Status, by.Geometry, by.Location, by.Entities
		}
	}
	return e
}
