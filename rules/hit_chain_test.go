package rules

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// onAbsence are rules that wait and look at the hits of the absence rule "a".
func onAbsence(id, match string) string {
	return ruleText(id, `
events:
  lost: {type: rule.a}
  `+map[bool]string{true: "car: {type: sensor.anpr.passage}", false: "# lost alone"}[strings.Contains(match, "car")]+`
match: `+match+"\n")
}

const (
	hitThenNoCar  = "{absence: {after: lost, no: car, within: 1m}}"
	hitNoCarAfter = "{sequence: [lost, {not: car, within: 1m}], within: 1m}"
	hitsInAMinute = "{count: lost, within: 1m, exactly: 1}"
	hitsMeasured  = "{measure: lost, of: attrs.score, take: sum, atleast: 0, within: 1m}"
	hitsSilent    = "{silence: {of: lost, for: 1m}}"
)

// TestRulesThatWaitSeeHitsOfTheClock: the hit of an absence comes exactly at
// the moment that is settled then, whatever the rules are called.
func TestRulesThatWaitSeeHitsOfTheClock(t *testing.T) {
	const m = time.Minute
	for match, at := range map[string]time.Duration{
		hitThenNoCar: 8 * m, hitNoCarAfter: 8 * m, hitsInAMinute: 8 * m, hitsMeasured: 7 * m, hitsSilent: 8 * m,
	} {
		for _, id := range []string{"0", "z"} {
			r := newRoom(compile(t, absenceRule(""), onAbsence(id, match)))
			got := r.silent(time.Hour, raid("r", 0))
			if len(got) != 2 || got[1].Rule.ID != id || !got[1].At.Equal(start.Add(at)) {
				t.Errorf("%s as %s: %s", match, id, full(got))
			}
		}
	}
}

// TestTheMomentOfAHitIsStillOpen: a sequence that ends with the hit of an
// absence is decided at the moment at which that hit is made.
func TestTheMomentOfAHitIsStillOpen(t *testing.T) {
	for _, id := range []string{"0", "z"} {
		r := newRoom(compile(t, absenceRule(""), onAbsence(id, "{sequence: [car, lost], within: 10m, contiguity: strict}")))
		got := r.silent(time.Hour, raid("r", 0), car("c", time.Minute))
		want(t, got, "a/@r[r] "+id+"/@"+string(got[0].Hit.ID)+"[c "+string(got[0].Hit.ID)+"]")
		if !got[1].At.Equal(start.Add(7 * time.Minute)) {
			t.Errorf("decided at %s", got[1].At)
		}
	}
}

// TestARuleOnHitsWaitsAsLongAsTheyDo: its own lateness may be shorter than
// that of the rule whose hits it looks at, and counts for other rules only.
func TestARuleOnHitsWaitsAsLongAsTheyDo(t *testing.T) {
	third := ruleText("third", "events: {x: {type: rule.second}}\nmatch: {silence: {of: x, for: 1m}, lateness: 0s}\n")
	second := onAbsence("second", "{sequence: [car, lost], within: 10m, contiguity: strict, lateness: 0s}")
	set := compile(t, absenceRule(", lateness: 3m"), second, third)
	got := newRoom(set).silent(time.Hour, raid("r", 0), car("c", time.Minute))
	if len(got) != 3 || got[2].Rule.ID != "third" || !got[2].At.Equal(start.Add(9*time.Minute)) {
		t.Errorf("%s", full(got))
	}
	quick := ruleText("second", "events: {x: {type: rule.e}}\nmatch: {silence: {of: x, for: 1m}, lateness: 0s}\n")
	set = compile(t, ruleText("e", baseRule), quick)
	if d := set.Lateness(set.Rule("second"), "s"); d != 0 {
		t.Errorf("hits that are made at once need %s", d)
	}
}

// waitingChain are rules that wait on hits of rules that wait, with names that
// sort in both ways.
func waitingChain() []string {
	return []string{
		absenceRule(", by: area"),
		onAbsence("0", "{sequence: [lost, {not: car, within: 40s}], within: 40s, by: area}"),
		onAbsence("b", "{sequence: [car, lost], within: 10m, by: area, contiguity: strict, lateness: 0s}"),
		onAbsence("c", "{count: lost, within: 1m, exactly: 2}"),
		ruleText("9", "events: {x: [{type: rule.0}, {type: rule.c}]}\nmatch: {silence: {of: x, for: 30s}}\n"),
		ruleText("d", "events: {x: {type: rule.9}}\nmatch: {measure: x, of: attrs.score, take: sum, atleast: 0, within: 1m, then: keep}\n"),
	}
}

// TestWaitingChainOrderOfArrival: the hits and their deadlines are the same
// for any order of arrival, and with a state that was written and read at any
// place on the way.
func TestWaitingChainOrderOfArrival(t *testing.T) {
	set := compile(t, waitingChain()...)
	seen := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		straight := newRoom(set)
		a := straight.silent(time.Hour, events...)
		for _, m := range a {
			seen[m.Rule.ID] = true
		}
		shuffled := newRoom(set).silent(time.Hour, rapid.Permutation(events).Draw(t, "arrival")...)
		if x, y := full(a), full(shuffled); x != y {
			t.Fatalf("%s\n%s", x, y)
		}
		resumed := newRoom(set)
		cut := rapid.IntRange(0, len(events)).Draw(t, "cut")
		b := resumed.all(events[:cut]...)
		resumed.state = recode(t, resumed.state)
		b = append(b, resumed.all(events[cut:]...)...)
		for range 60 {
			b = append(b, resumed.wait(time.Minute)...)
			resumed.state = recode(t, resumed.state)
		}
		if x, y := full(a), full(b); x != y {
			t.Fatalf("straight %s\nresumed  %s", x, y)
		}
		if x, y := encode(t, straight.state), encode(t, resumed.state); !bytes.Equal(x, y) {
			t.Fatalf("straight %s\nresumed  %s", x, y)
		}
	})
	for _, r := range set.Rules() {
		if !seen[r.ID] {
			t.Errorf("the rule %s never fired, so it was not tried", r.ID)
		}
	}
}
