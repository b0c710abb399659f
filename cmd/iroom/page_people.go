package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

// outcome says how a closed incident ended.
func outcome(p *fusion.Picture) string {
	if p.Outcome == "" {
		return ""
	}
	return " as " + p.Outcome
}

func timelineLine(t fusion.TimelineEntry) string {
	line := fmt.Sprintf("  %s  %-13s %s", clock(t.Time), t.What, t.Text)
	if t.Who != "" && !strings.Contains(t.Text, t.Who) {
		line += " (" + t.Who + ")"
	}
	return line
}

func writeNotes(b *strings.Builder, p *fusion.Picture) {
	if len(p.Notes) == 0 {
		return
	}
	b.WriteString("\nNotes\n")
	for _, n := range p.Notes {
		fmt.Fprintf(b, "  %s  %s: %s\n", clock(n.Time), n.Who, n.Text)
	}
}

// writeDecisions shows who decided what and why.
func writeDecisions(b *strings.Builder, p *fusion.Picture) {
	if len(p.Decisions) == 0 {
		return
	}
	b.WriteString("\nDecisions\n")
	for _, d := range p.Decisions {
		fmt.Fprintf(b, "  %s  %-13s %s: %s\n", clock(d.Time), d.What, d.Who, cmp.Or(d.Reason, "no reason given"))
	}
}
