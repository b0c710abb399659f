package board

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// pane tells about the shown incident: what it is, why it is one, and its
// newest evidence. It has exactly height lines.
func (m Model) pane(width, height int) []string {
	p, ok := m.pictures[m.shown()]
	if !ok {
		return window(nil, 0, height)
	}
	lines := []string{
		" " + colored(p.Severity, symbol(p.Severity)) + " " + bold.Render(fit(clean(p.Title), width-6)),
		" " + faint.Render(fit(m.facts(p), width-1)),
	}
	why := whyLines(p)
	if room := max(1, (height-len(lines))/2); len(why) > room {
		why = why[:room]
	}
	lines = append(lines, why...)
	for _, e := range newest(p.Evidence) {
		lines = append(lines, m.evidence(e))
	}
	for i, line := range lines {
		lines[i] = fit(line, width)
	}
	return window(lines, 0, height)
}

func (m Model) facts(p fusion.Picture) string {
	facts := []string{string(p.ID), string(p.Status), clean(p.Kind), cmp.Or(clean(p.Address), areaOf(p))}
	if p.CE != nil {
		facts = append(facts, fmt.Sprintf("±%.0f m", *p.CE))
	}
	facts = append(facts, fmt.Sprintf("%.0f%% from %d sources", p.Confidence, len(p.Sources)), "since "+p.FirstObserved.In(m.now.Location()).Format("15:04:05"))
	return strings.Join(facts, " · ")
}

// whyLines are the rules that hit, the newest first, with the parts of their
// scores, each rule once.
func whyLines(p fusion.Picture) []string {
	var lines, rules []string
	for _, h := range slices.Backward(p.Hits) {
		if slices.Contains(rules, h.Rule) {
			continue
		}
		rules = append(rules, h.Rule)
		line := " why " + cmp.Or(clean(h.Title), clean(h.Rule))
		if h.Score != 0 {
			line += fmt.Sprintf(" · score %.0f", h.Score)
		}
		for _, part := range h.Parts {
			line += fmt.Sprintf(" · %+.0f %s", part.Points, clean(part.Because))
		}
		lines = append(lines, areas.Render(line))
	}
	return lines
}

// newest orders evidence, the newest first.
func newest(all []fusion.Evidence) []fusion.Evidence {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b fusion.Evidence) int { return b.Time.Compare(a.Time) })
	return all
}

func (m Model) evidence(e fusion.Evidence) string {
	text := clean(e.Text)
	if e.Struck {
		text = "withdrawn: " + text
	}
	return " " + faint.Render(e.Time.In(m.now.Location()).Format("15:04:05")) + " " + fit(cmp.Or(clean(e.Connector), clean(e.Source)), 9) + " " + text
}

// connector is one line of how a connector does.
func (m Model) connector(s connectors.Status, width int) string {
	last := "no event yet"
	if !s.LastEvent.IsZero() {
		last = fmt.Sprintf("last %s ago", age(m.now.Sub(s.LastEvent)))
	}
	dead := fmt.Sprintf("%3d dead", s.Dead)
	if s.Dead > 0 {
		dead = bad.Render(dead)
	}
	line := " " + fit(clean(s.Name), 10) + stateStyle(s.State).Render(fit(string(s.State), 12)) +
		right(fmt.Sprintf("%.1f/s", s.Rate), 8) + "  " + fit(last, 14) + right(count(s.Events), 9) + " events  " + dead
	if s.Problem != "" {
		line += "  " + bad.Render(clean(s.Problem))
	}
	return fit(line, width)
}
