package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/engine"
)

const twoRules = `
title: T
description: D
owner: O
purpose: {basis: wpg-8, text: P}
mode: live
events: {car: {type: sensor.anpr.passage}}
match: {event: car}
incident: {kind: k, severity: low, title: T}
`

// slowLog is a log on which the engine stands: it applies what is published.
type slowLog struct {
	loop *loop
	full bool
	seq  uint64
	said []string
}

func (s *slowLog) Read(context.Context, uint64, func(bus.Message) error) error { return nil }

func (s *slowLog) Publish(_ context.Context, subject string, data []byte, _ time.Duration, _ *uint64) (uint64, error) {
	if s.full {
		return 0, errors.New("the disk is full")
	}
	s.said = append(s.said, string(data))
	return s.apply(subject, data)
}

func (s *slowLog) apply(subject string, data []byte) (uint64, error) {
	s.seq++
	at := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC).Add(time.Duration(s.seq) * time.Second)
	_, err := s.loop.engine.Step(engine.Message{Seq: s.seq, Subject: subject, Time: at, Data: data})
	return s.seq, err
}

// newSlowLog is an engine with the rules fast and slow, whose clock goes on by
// took while the slow one is at work.
func newSlowLog(t *testing.T, took func(n int) time.Duration) *slowLog {
	t.Helper()
	content := engine.Content{Fusion: engine.DefaultParams(), Rules: map[string]string{"fast.yaml": "rule: fast" + twoRules, "slow.yaml": "rule: slow" + twoRules}}
	b, hash, err := engine.EncodeContent(content)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(func(string) (*engine.Bundle, error) { return engine.CompileBundle(b) })
	if err != nil {
		t.Fatal(err)
	}
	now, asked := time.Unix(0, 0), 0
	l := &loop{engine: e, log: slog.New(slog.DiscardHandler)}
	l.slow.now = func() time.Time {
		// The clock is asked once before a message, then twice for each rule in
		// order, and once after it: the fourth of these ends the slow one's.
		if asked++; asked%6 == 5 {
			now = now.Add(took(asked / 6))
		}
		return now
	}
	s := &slowLog{loop: l}
	l.roomLog = s
	if _, err := s.apply(fusion.SubjectConfig, []byte(`{"bundle":"`+hash+`"}`)); err != nil {
		t.Fatal(err)
	}
	return s
}

// passage applies an event while the rules are watched.
func (s *slowLog) passage(t *testing.T) {
	t.Helper()
	s.loop.slow.close = 2
	s.loop.slow.before(s.loop.engine)
	e := fmt.Sprintf(`{"specversion":"1.0","id":"e%d","source":"s","type":"sensor.anpr.passage","time":"2026-03-02T06:00:00Z","data":{}}`, s.seq)
	if _, err := s.apply(fusion.EventSubject(fusion.PublisherRoom, "normal"), []byte("["+e+"]")); err != nil {
		t.Fatal(err)
	}
	s.loop.slow.after()
	s.loop.takeOut(t.Context())
}

func (s *slowLog) quarantined() (ids []string) {
	for _, r := range s.loop.engine.RuleStats() {
		if r.Quarantined {
			ids = append(ids, r.Rule)
		}
	}
	return ids
}

func TestSlowRuleIsTakenOutByTheLog(t *testing.T) {
	s := newSlowLog(t, func(int) time.Duration { return 60 * time.Millisecond })
	for range slowSamples - 1 {
		s.passage(t)
	}
	if len(s.said) != 0 {
		t.Fatalf("%s after %d samples", s.said, slowSamples-1)
	}
	s.loop.roomLog.(*slowLog).full = true
	s.passage(t)
	if len(s.quarantined()) != 0 {
		t.Fatal("it is out of use, and the log does not know")
	}
	s.full = false
	s.passage(t)
	if want := []string{"slow"}; !slices.Equal(s.quarantined(), want) || !slices.Equal(s.said, []string{`{"rule":"slow"}`}) {
		t.Fatalf("out of use are %v by %s, want %v", s.quarantined(), s.said, want)
	}
	alarms := s.loop.slow.alarms()
	if len(alarms) != 1 || !strings.Contains(alarms[0], "the rule slow is out of use until it is changed: it took 60ms") {
		t.Errorf("alarms %q", alarms)
	}
	s.loop.takeOut(t.Context())
	if len(s.said) != 1 {
		t.Errorf("said %s", s.said)
	}
}

func TestRuleThatTookLongTwiceIsTakenOut(t *testing.T) {
	s := newSlowLog(t, func(n int) time.Duration {
		if n == 0 || n == 3 {
			return 2 * time.Second
		}
		return time.Millisecond
	})
	for n := range 4 {
		if len(s.quarantined()) != 0 {
			t.Fatalf("out of use after %d events", n)
		}
		s.passage(t)
	}
	if !slices.Equal(s.quarantined(), []string{"slow"}) {
		t.Errorf("out of use are %v", s.quarantined())
	}
}

// TestRulesAreWatchedNowAndThen: one message in watchEvery, and all after one
// that took long.
func TestRulesAreWatchedNowAndThen(t *testing.T) {
	s := newSlowLog(t, func(int) time.Duration { return 0 })
	s.loop.slow.now = func() time.Time { return time.Unix(0, 0) }
	watched := func(messages int) (n int) {
		for range messages {
			s.loop.slow.before(s.loop.engine)
			before := s.loop.slow.samples("fast")
			e := fmt.Sprintf(`[{"specversion":"1.0","id":"w%d","source":"s","type":"sensor.anpr.passage","time":"2026-03-02T06:00:00Z","data":{}}]`, s.seq)
			if _, err := s.apply(fusion.EventSubject(fusion.PublisherRoom, "normal"), []byte(e)); err != nil {
				t.Fatal(err)
			}
			s.loop.slow.after()
			n += s.loop.slow.samples("fast") - before
		}
		return n
	}
	if n := watched(3 * watchEvery); n != 3 {
		t.Errorf("%d of %d messages were watched, want 3", n, 3*watchEvery)
	}
	s.loop.slow.close = watchEvery
	if n := watched(watchEvery); n != watchEvery {
		t.Errorf("%d of %d messages were watched after a long one", n, watchEvery)
	}
}

func (s *slowRules) samples(rule string) int {
	if t := s.times[rule]; t != nil {
		return t.n
	}
	return 0
}
