package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// page writes a picture as somebody reads it who has to act on it.
func page(p *fusion.Picture, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", p.ID, p.Title)
	fmt.Fprintf(&b, "%s\n\n", strings.Repeat("─", min(78, len([]rune(p.Title))+len(p.ID)+2)))
	fmt.Fprintf(&b, "  what      %s, %s, %s%s\n", p.Kind, p.Severity, p.Status, outcome(p))
	fmt.Fprintf(&b, "  where     %s\n", where(p))
	fmt.Fprintf(&b, "  since     %s (%s ago), last seen %s\n", clock(p.FirstObserved), age(now.Sub(p.FirstObserved)), clock(p.LastObserved))
	fmt.Fprintf(&b, "  how sure  %.0f %%, from %d pieces of evidence of %s\n", p.Confidence, p.EvidenceCount, strings.Join(p.Sources, ", "))
	if p.Handling != nil {
		fmt.Fprintf(&b, "  handling  %s\n", handling(p.Handling))
	}
	if !p.AcknowledgeBy.IsZero() && p.Status == fusion.PictureNew {
		fmt.Fprintf(&b, "  waiting   for somebody to acknowledge it by %s\n", clock(p.AcknowledgeBy))
	}
	if p.Assignee != "" {
		fmt.Fprintf(&b, "  assigned  to %s\n", p.Assignee)
	}
	if len(p.Labels) > 0 {
		fmt.Fprintf(&b, "  labels    %s\n", strings.Join(p.Labels, ", "))
	}
	writeWhy(&b, p)
	writeEvidence(&b, p)
	writeLinks(&b, p)
	writeNotes(&b, p)
	writeDecisions(&b, p)
	b.WriteString("\nWhat happened\n")
	for _, t := range p.Timeline {
		b.WriteString(timelineLine(t) + "\n")
	}
	return b.String()
}

func where(p *fusion.Picture) string {
	parts := []string{}
	for _, s := range []string{p.Address, p.Area} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if at, ok := p.Place.Center(); ok {
		place := fmt.Sprintf("%.5f N %.5f E", at.Lat(), at.Lon())
		if p.CE != nil {
			place += fmt.Sprintf(" ± %.0f m", *p.CE)
		}
		parts = append(parts, place)
	}
	if len(parts) == 0 {
		return "not known"
	}
	return strings.Join(parts, ", ")
}

func handling(h *fusion.Handling) string {
	var parts []string
	for _, s := range []string{strings.ToUpper("tlp:" + h.TLP), h.Basis, h.Purpose} {
		if s != "" && s != "TLP:" {
			parts = append(parts, s)
		}
	}
	return strings.Join(append(parts, h.Caveats...), ", ")
}

// writeWhy shows each rule once, by its hit with the highest score.
func writeWhy(b *strings.Builder, p *fusion.Picture) {
	b.WriteString("\nWhy\n")
	var order []string
	best, times := map[string]fusion.Hit{}, map[string]int{}
	for _, h := range p.Hits {
		if times[h.Rule]++; times[h.Rule] == 1 {
			order = append(order, h.Rule)
		}
		if times[h.Rule] == 1 || h.Score > best[h.Rule].Score {
			best[h.Rule] = h
		}
	}
	for _, rule := range order {
		writeHit(b, best[rule], times[rule])
	}
}

func writeHit(b *strings.Builder, h fusion.Hit, times int) {
	again := ""
	if times > 1 {
		again = fmt.Sprintf(", the best of %d hits", times)
	}
	fmt.Fprintf(b, "  %s  %s (rule %s, version %s%s)\n", clock(h.Time), h.Title, h.Rule, h.Version[:min(8, len(h.Version))], again)
	for _, part := range h.Parts {
		fmt.Fprintf(b, "            %+4.0f  %s\n", part.Points, part.Because)
	}
	if len(h.Parts) > 0 {
		fmt.Fprintf(b, "            %4.0f  in all\n", h.Score)
	}
	for _, m := range h.Matched {
		how := "exactly"
		if !m.Exact {
			how = "by another reading of " + m.Read
		}
		fmt.Fprintf(b, "            on list %s: %s, %s\n", m.List, m.Value, how)
	}
	for _, in := range h.Inputs {
		fmt.Fprintf(b, "            %s is a %s of %s%s\n", in.Name, in.Type, clock(in.Time), fields(in.Fields))
	}
}

func fields(m map[string]string) string {
	if len(m) == 0 {
		return ""
	}
	parts := make([]string, 0, len(m))
	for k, v := range m {
		parts = append(parts, k+"="+v)
	}
	slices.Sort(parts)
	return "  (" + strings.Join(parts, ", ") + ")"
}

func writeEvidence(b *strings.Builder, p *fusion.Picture) {
	b.WriteString("\nEvidence\n")
	for _, v := range p.Evidence {
		mark := ""
		if v.Struck {
			mark = "  [withdrawn]"
		}
		fmt.Fprintf(b, "  %s  %s%s\n", clock(v.Time), v.Text, mark)
		fmt.Fprintf(b, "            %s by %s, role %s, weight %.2f\n", v.Source, orDash(v.Connector), v.Role, v.Weight)
		for _, why := range v.Why {
			fmt.Fprintf(b, "            %+4.0f  %s\n", why.Points, why.Because)
		}
	}
	if more := p.EvidenceCount - len(p.Evidence); more > 0 {
		fmt.Fprintf(b, "  and %d more\n", more)
	}
}

func writeLinks(b *strings.Builder, p *fusion.Picture) {
	if len(p.Links) == 0 {
		return
	}
	b.WriteString("\nLinks\n")
	for _, l := range p.Links {
		fmt.Fprintf(b, "  %s %s", l.Kind, l.Picture)
		var why []string
		for _, part := range l.Why {
			why = append(why, fmt.Sprintf("%s %+.0f", part.Because, part.Points))
		}
		if len(why) > 0 {
			fmt.Fprintf(b, ": %s = %.0f", strings.Join(why, ", "), l.Score)
		}
		b.WriteByte('\n')
	}
}

// clock is a time of day where the room stands; times travel as UTC.
func clock(t time.Time) string { return t.Local().Format("15:04:05") }

func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
