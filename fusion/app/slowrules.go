package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/rules"
)

// What a rule may take. Within a step its work is bounded in steps, which a
// replay repeats; the time of the wall it does not, so a rule that is too slow
// for this machine is taken out by a message on the log.
const (
	watchEvery   = 64                    // messages, of which one is watched
	slowMean     = 50 * time.Millisecond // for one event, over slowSamples of them or more
	slowSamples  = 100
	slowOnce     = time.Second // for one event
	slowOnceMost = 2           // times; the first may be a machine that slept
)

// slowRules takes the time of the rules while some messages are applied: one
// in watchEvery, and those that follow one that took long.
type slowRules struct {
	now    func() time.Time // nil: time.Now
	bundle string
	seen   int // messages
	close  int // messages that are watched yet, because one took long
	began  time.Time
	rule   time.Time // when the rule at work began
	times  map[string]*ruleTime
	taken  []string // out of use, by id
}

type ruleTime struct {
	n     int
	total time.Duration
	worst time.Duration
	long  int // times that it took longer than slowOnce
	out   bool
}

func (t *ruleTime) mean() time.Duration { return t.total / time.Duration(max(1, t.n)) }

func (t *ruleTime) slow() bool {
	return t.long >= slowOnceMost || t.n >= slowSamples && t.mean() > slowMean
}

func (s *slowRules) clock() time.Time {
	if s.now == nil {
		return time.Now()
	}
	return s.now()
}

// before is called before a message is applied; of another bundle nothing is
// known yet.
func (s *slowRules) before(e *engine.Engine) {
	if s.times == nil || s.bundle != e.Bundle() {
		s.bundle, s.times, s.taken = e.Bundle(), map[string]*ruleTime{}, nil
	}
	var watch rules.Watch
	if s.seen%watchEvery == 0 || s.close > 0 {
		watch = s
	}
	e.Watch(watch)
	s.seen++
	s.close = max(0, s.close-1)
	s.began = s.clock()
}

// after is called when the message was applied.
func (s *slowRules) after() {
	if s.clock().Sub(s.began) > slowOnce {
		s.close = watchEvery
	}
}

// Begins is for [rules.Watch].
func (s *slowRules) Begins(string) { s.rule = s.clock() }

// Ends is for [rules.Watch].
func (s *slowRules) Ends(rule string) {
	took := s.clock().Sub(s.rule)
	t := s.times[rule]
	if t == nil {
		t = &ruleTime{}
		s.times[rule] = t
	}
	t.n++
	t.total += took
	t.worst = max(t.worst, took)
	if took > slowOnce {
		t.long++
	}
}

// found are the rules that are too slow and still in use, by id.
func (s *slowRules) found() (ids []string) {
	for _, id := range slices.Sorted(maps.Keys(s.times)) {
		if t := s.times[id]; t.slow() && !t.out {
			ids = append(ids, id)
		}
	}
	return ids
}

// alarms say which rules were taken out of use.
func (s *slowRules) alarms() (list []string) {
	for _, id := range s.taken {
		t := s.times[id]
		list = append(list, fmt.Sprintf("the rule %s is out of use until it is changed: it took %v for an event on average, %v at most",
			id, t.mean().Round(time.Millisecond), t.worst.Round(time.Millisecond)))
	}
	return list
}

// takeOut writes the quarantine of each rule that is too slow to the log. One
// that cannot be written now is tried again after the next message.
func (l *loop) takeOut(ctx context.Context) {
	for _, id := range l.slow.found() {
		message, err := fusion.Encode(engine.Quarantine{Rule: id})
		if err == nil {
			_, err = l.roomLog.Publish(ctx, fusion.SubjectQuarantine, message, 0, nil)
		}
		if err != nil {
			l.log.WarnContext(ctx, "a slow rule is still in use", "rule", id, "error", err)
			continue
		}
		t := l.slow.times[id]
		t.out = true
		l.slow.taken = append(l.slow.taken, id)
		l.log.ErrorContext(ctx, "ALARM: a rule was too slow and is out of use", "rule", id, "mean", t.mean(), "worst", t.worst, "samples", t.n)
	}
}
