package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/openiroom/iroom/rules"
)

// since is what came to the counts between two moments; Quarantined is as it
// was after.
func since(before, after rules.Stats) rules.Stats {
	return rules.Stats{
		Hits: after.Hits - before.Hits, Below: after.Below - before.Below, Quiet: after.Quiet - before.Quiet, Late: after.Late - before.Late,
		Evicted: after.Evicted - before.Evicted, Cut: after.Cut - before.Cut, Failures: after.Failures - before.Failures,
		Quarantined: after.Quarantined,
	}
}

// dropped says why the rule did not look at the event, or gave it up; "" when
// it did look.
func (r *run) dropped(a *Account) string {
	rule := r.anatomy.Rule
	switch c := a.counts; {
	case rule.Mode == rules.ModeOff:
		return "the rule is off, so it meets no event"
	case c.Failures > 0:
		return "a condition failed on it, which counts against the rule" + quarantined(c)
	case c.Quarantined:
		return "meets a rule that is quarantined" + quarantined(c)
	case c.Late > 0:
		return r.late(a)
	case c.Evicted > 0:
		return "the window, or the rule, holds as much as it may, so the oldest was dropped to make room"
	case c.Cut > 0:
		return "the search for what belongs to it took too many steps and was given up"
	}
	return ""
}

func quarantined(c rules.Stats) string {
	if !c.Quarantined {
		return ""
	}
	return "; too many failed, so it meets no event until its version changes"
}

// late says why the event came too late for the rule.
func (r *run) late(a *Account) string {
	rule := r.anatomy.Rule
	if rule.Kind == "meet" {
		return fmt.Sprintf("came in at %s, behind a newer position of the same thing; a meeting looks at the newest alone", clock(a.Recorded, a.Time))
	}
	waits := r.room.Bundle.Rules.Lateness(rule, a.e.Source)
	if w := rule.Window(); w > 0 && r.anatomy.Match["window"] == nil && rule.Kind != "fence" && rule.Kind != "empty" {
		return fmt.Sprintf("came in %s after it happened; the window keeps %s and %s for what is late, so it counts no more",
			words(a.Recorded.Sub(a.Time)), words(w), words(waits))
	}
	return fmt.Sprintf("came in %s after it happened; the rule waits %s for what is late, so it counts no more", words(a.Recorded.Sub(a.Time)), words(waits))
}

// hushed says that a hit was left out because the key had one shortly before.
func (r *run) hushed(a *Account) string {
	if a.counts.Quiet == 0 {
		return ""
	}
	text := fmt.Sprintf("would be a hit, but is left out: the rule keeps quiet for %v after one", r.anatomy.Match["quiet"])
	before := slices.DeleteFunc(slices.Clone(r.out.hits), func(h HitReport) bool { return h.Time.After(a.Time) })
	if len(before) == 0 {
		return text
	}
	return text + ", and the last was at " + clock(before[len(before)-1].Time, a.Time)
}

// inShadow says of a hit that nothing follows from it.
func (r *run) inShadow() string {
	if r.anatomy.Rule.Mode == rules.ModeShadow {
		return " (in shadow: measured, nothing is opened)"
	}
	return ""
}

// countsLine is what was left out, in words; "" when nothing was.
func countsLine(s rules.Stats) string {
	var parts []string
	for _, c := range []struct {
		n    uint64
		what string
	}{
		{s.Late, "too late"},
		{s.Quiet, "hits left out by quiet"},
		{s.Below, "under the threshold"},
		{s.Evicted, "dropped for lack of room"},
		{s.Cut, "searches given up"},
		{s.Failures, "conditions failed"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if s.Quarantined {
		parts = append(parts, "the rule is quarantined")
	}
	return strings.Join(parts, ", ")
}
