package explain

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the host may have no time zones

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

func hitLine(h HitReport) string {
	line := fmt.Sprintf("%q", h.Title)
	if len(h.Parts) > 0 {
		var parts []string
		for _, p := range h.Parts {
			parts = append(parts, fmt.Sprintf("%g %s", p.Points, p.Because))
		}
		line += fmt.Sprintf(", %g points: %s", h.Score, strings.Join(parts, ", "))
	}
	lines := []string{line}
	for _, m := range h.Matched {
		on := fmt.Sprintf("%s is on %s", m.Value, m.List)
		if m.Entry != "" {
			on += ": " + m.Entry
		}
		lines = append(lines, on)
	}
	return strings.Join(lines, "; ")
}

// Text is the explanation for a person.
func (x *Explanation) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", x.Rule, x.Title)
	fmt.Fprintf(&b, "waits for: %s\n", x.Asks)
	if x.Mode != rules.ModeLive {
		fmt.Fprintf(&b, "its mode is %s: %s\n", x.Mode, map[rules.Mode]string{
			rules.ModeShadow: "it is measured, and opens nothing", rules.ModeOff: "it does not run",
		}[x.Mode])
	}
	fmt.Fprintf(&b, "%s, %d of types that it looks at, %s\n", many(x.Events, "event"), x.Concerned, many(len(x.hits), "hit"))
	if counts := countsLine(x.Stats); counts != "" {
		fmt.Fprintf(&b, "counted: %s\n", counts)
	}
	for _, a := range x.Accounts {
		a.write(&b)
	}
	for _, h := range x.Late {
		fmt.Fprintf(&b, "\nwhen time had passed: %s\n", hitLine(h))
	}
	return b.String()
}

// Only keeps the account of one event, or those of the inputs of one hit;
// false: the rule looks at no such event, and made no such hit.
func (x *Explanation) Only(id fusion.EventID) bool {
	wanted := []fusion.EventID{id}
	for _, h := range x.hits {
		if h.ID == id {
			for _, in := range h.Inputs {
				wanted = append(wanted, in.Event)
			}
		}
	}
	x.Accounts = slices.DeleteFunc(x.Accounts, func(a Account) bool { return !slices.Contains(wanted, a.Event) })
	return len(x.Accounts) > 0
}

func (a *Account) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s  %s  %s\n", local(a.Time).Format("2006-01-02 15:04:05"), a.Event, a.Text)
	for _, line := range a.Says {
		fmt.Fprintf(b, "  %s\n", line)
	}
	for _, x := range a.Readings {
		fmt.Fprintf(b, "    %s %s, %s\n", mark(x.Fills), x.Name, a.Type)
		if x.When != nil {
			writePart(b, *x.When, 3)
		}
	}
	if a.Where != nil {
		fmt.Fprintf(b, "    %s where\n", mark(a.Where.Holds))
		writePart(b, *a.Where, 3)
	}
	if a.Score == nil {
		return
	}
	fmt.Fprintf(b, "    %s score %g, threshold %g\n", mark(a.Score.Total >= a.Score.Threshold), a.Score.Total, a.Score.Threshold)
	for _, t := range a.Score.Terms {
		fmt.Fprintf(b, "      %s %g %s\n", mark(t.When == nil || t.When.Holds), t.Points, t.Because)
		if t.When != nil {
			writePart(b, *t.When, 4)
		}
	}
}

func writePart(b *strings.Builder, p rules.Part, depth int) {
	indent := strings.Repeat("  ", depth)
	if p.Operator == "" {
		fmt.Fprintf(b, "%s%s %s%s\n", indent, mark(p.Holds), p.Text, values(p))
		return
	}
	fmt.Fprintf(b, "%s%s %s\n", indent, mark(p.Holds), map[string]string{"and": "all of", "or": "any of", "not": "not"}[p.Operator])
	for _, x := range p.Parts {
		writePart(b, x, depth+1)
	}
}

func mark(holds bool) string {
	if holds {
		return "+"
	}
	return "-"
}

// clock is a time of day in Dutch civil time, with the date when it is not
// that of beside.
func clock(t, beside time.Time) string {
	t, beside = local(t), local(beside)
	layout := "15:04:05"
	if t.Nanosecond() != 0 {
		layout = "15:04:05.000"
	}
	if t.YearDay() != beside.YearDay() || t.Year() != beside.Year() {
		layout = "2006-01-02 " + layout
	}
	return t.Format(layout)
}

var amsterdam = sync.OnceValue(func() *time.Location {
	zone, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		return time.UTC
	}
	return zone
})

func local(t time.Time) time.Time { return t.In(amsterdam()) }
