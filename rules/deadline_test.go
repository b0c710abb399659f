package rules

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

// silent sends the events and then waits for so long; what fires then.
func (r *room) silent(d time.Duration, events ...*fusion.Event) []Match {
	out := r.all(events...)
	return append(out, r.wait(d)...)
}

func silence(by string) string {
	return ruleText("q", "events: {x: {type: sensor.unit.position}}\nmatch: {silence: {of: x, for: 5m}"+by+"}\n")
}

func TestDeadlinesRunInOrder(t *testing.T) {
	r := newRoom(compile(t, silence(", by: area"), absenceRule(""), ruleText("b", "events: {h: {type: rule.q}}\nmatch: {event: h}\n")))
	r.all(raid("r", time.Second+1), unit("y", time.Second, in("y")), unit("x", time.Second, in("x")), unit("z", 0, in("z")))
	if at, ok := r.state.NextDeadline(); !ok || !at.Equal(start.Add(7*time.Minute)) {
		t.Errorf("next deadline %s, %v", at, ok)
	}
	got := r.wait(time.Hour)
	var order []string
	for _, m := range got {
		order = append(order, fmt.Sprintf("%s/%s %s", m.Rule.ID, m.Hit.Key, m.At.Sub(start)))
	}
	want := "[q/z 7m0s b/ 7m0s q/x 7m1s b/ 7m1s q/y 7m1s b/ 7m1s a/ 7m1.000000001s]"
	if fmt.Sprint(order) != want {
		t.Errorf("got  %s\nwant %s", order, want)
	}
	if at, ok := r.state.NextDeadline(); ok {
		t.Errorf("something still waits for %s", at)
	}
}

func TestAHitOfADeadlineSaysWhen(t *testing.T) {
	r := newRoom(compile(t, absenceRule("")))
	got := r.silent(time.Hour, raid("r", 0))
	if len(got) != 1 || !got[0].At.Equal(start.Add(7*time.Minute)) || !got[0].Hit.Time.Equal(start.Add(5*time.Minute)) {
		t.Fatalf("%+v", got)
	}
	if m := newRoom(compile(t, ruleText("a", baseRule))).send(car("c", 0))[0]; !m.At.IsZero() {
		t.Errorf("a hit made at once has the deadline %s", m.At)
	}
}

func TestBlindTime(t *testing.T) {
	const m = time.Minute
	blind := func(r *room, from, to time.Duration) {
		r.clock = start.Add(from)
		r.set.Advance(r.state, r.clock, r.world)
		r.state.Blind(r.clock, start.Add(to))
		r.clock = start.Add(to)
	}
	t.Run("a deadline inside is extended by the gap", func(t *testing.T) {
		r := newRoom(compile(t, silence("")))
		r.send(unit("u", 0))
		blind(r, 3*m, 30*m)
		want(t, r.wait(4*m-1), "")
		want(t, r.wait(1), "q/@u[u]")
	})
	t.Run("what comes in the extension counts", func(t *testing.T) {
		r := newRoom(compile(t, silence("")))
		r.send(unit("u", 0))
		blind(r, 3*m, 30*m)
		want(t, r.silent(6*m, unit("v", 32*m)), "")
	})
	t.Run("a deadline after it is not", func(t *testing.T) {
		r := newRoom(compile(t, silence("")))
		r.send(unit("u", 0))
		blind(r, 3*m, 7*m-1)
		want(t, r.wait(1), "q/@u[u]")
	})
	t.Run("it is part of the state, and forgotten", func(t *testing.T) {
		r := newRoom(compile(t, silence("")))
		r.send(unit("u", 0))
		blind(r, 3*m, 30*m)
		r.state = recode(t, r.state)
		want(t, r.wait(4*m-1), "")
		want(t, r.wait(time.Hour), "q/@u[u]")
		r.wait(time.Hour)
		if len(r.state.gaps) != 0 || len(r.state.held.ids) != 0 {
			t.Errorf("gaps %v, holders %v are left", r.state.gaps, r.state.held.ids)
		}
	})
}

// TestLatenessOfRulesAndSources: the rule's own lateness counts before the
// source's, and that before the set's.
func TestLatenessOfRulesAndSources(t *testing.T) {
	own := ruleText("q", "events: {x: {type: sensor.unit.position}}\nmatch: {silence: {of: x, for: 5m}, lateness: 0s}\n")
	slow := Options{Sources: map[string]time.Duration{"sat": 10 * time.Minute}}
	from := func(s string) option { return func(e *fusion.Event) { e.Source = s } }
	for name, c := range map[string]struct {
		set  *Set
		from string
		at   time.Duration
	}{
		"the rule":              {compile(t, own).With(slow), "sat", 5 * time.Minute},
		"the source":            {compile(t, silence("")).With(slow), "sat", 15 * time.Minute},
		"a part of its name":    {compile(t, silence("")).With(slow), "sat/3", 15 * time.Minute},
		"another source":        {compile(t, silence("")).With(slow), "satellite", 7 * time.Minute},
		"the set when no other": {compile(t, silence("")), "sat", 7 * time.Minute},
	} {
		got := newRoom(c.set).silent(time.Hour, unit("u", 0, from(c.from)))
		if len(got) != 1 || !got[0].At.Equal(start.Add(c.at)) {
			t.Errorf("%s: %+v, want one hit after %s", name, got, c.at)
		}
	}
}

// delayed are rules that wait for the clock.
var delayed = []string{
	absenceRule(""),
	silence(", by: area"),
	sequenceRule("{sequence: [raid, {not: unit}, car], within: 40s, by: area}"),
	sequenceRule("{sequence: [raid, car, {not: unit, within: 30s}], within: 40s}"),
	sequenceRule("{sequence: [raid, {event: car, times: 1..3}, unit], within: 60s, contiguity: strict}"),
}

// TestDelayedOrderOfArrival: what waits for the clock gives the same hits, by
// rule, key, anchor, inputs and deadline, in whatever order the events come.
func TestDelayedOrderOfArrival(t *testing.T) {
	for i, text := range delayed {
		set := compile(t, text)
		t.Run(fmt.Sprint(i), rapid.MakeCheck(func(t *rapid.T) {
			events := drawEvents(t)
			a := newRoom(set).silent(time.Hour, events...)
			b := newRoom(set).silent(time.Hour, rapid.Permutation(events).Draw(t, "arrival")...)
			if x, y := full(a), full(b); x != y {
				t.Fatalf("%s\n%s", x, y)
			}
		}))
	}
}

func full(matches []Match) string {
	var s string
	for _, m := range matches {
		s += m.At.Format(time.TimeOnly) + " " + summary([]Match{m}) + "\n"
	}
	return s
}

// TestContinueWaiting: a state that was written and read while it waits goes
// on exactly as the one it was written from.
func TestContinueWaiting(t *testing.T) {
	var texts []string
	for i, text := range delayed {
		id := []byte(text)[len("rule: "):]
		texts = append(texts, fmt.Sprintf("rule: r%d", i)+string(id[1:]))
	}
	set := compile(t, texts...)
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		straight, resumed := newRoom(set), newRoom(set)
		straight.all(events[:cut]...)
		resumed.all(events[:cut]...)
		gap := straight.clock.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "blind")) * time.Second)
		straight.state.Blind(straight.clock, gap)
		resumed.state.Blind(resumed.clock, gap)
		resumed.state = recode(t, resumed.state)
		a, b := full(straight.silent(time.Hour, events[cut:]...)), full(resumed.silent(time.Hour, events[cut:]...))
		if a != b {
			t.Fatalf("straight %s\nresumed  %s", a, b)
		}
		if x, y := encode(t, straight.state), encode(t, resumed.state); !bytes.Equal(x, y) {
			t.Fatalf("straight %s\nresumed  %s", x, y)
		}
	})
}
