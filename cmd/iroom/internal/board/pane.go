package board

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// roomy is the height of a pane that shows each part of a score on a line.
const roomy = 16

// pane tells about the shown incident: what it is, why it is one, and its
// newest evidence. It has exactly height lines.
func (m Model) pane(width, height int) []string {
	p, ok := m.pictures[m.shown()]
	if !ok {
		return window(nil, 0, height)
	}
	lines := []string{" " + colored(p.Severity, symbol(p.Severity)) + " " + bold.Render(clean(p.Title))}
	if what, how := identity(p), m.measure(p); height < roomy {
		lines = append(lines, " "+faint.Render(what+" · "+how))
	} else {
		lines = append(lines, " "+faint.Render(what), " "+faint.Render(how), "")
	}
	why := whyLines(p, height >= roomy)
	lines = append(lines, why[:min(len(why), max(1, (height-len(lines))/2))]...)
	if height >= roomy {
		lines = append(lines, "")
	}
	for _, e := range newest(p.Evidence) {
		lines = append(lines, m.evidence(e))
	}
	for i, line := range lines {
		lines[i] = fit(line, width)
	}
	return window(lines, 0, height)
}

// identity says which incident it is, and where.
func identity(p fusion.Picture) string {
	return strings.Join([]string{string(p.ID), string(p.Status), clean(p.Kind), cmp.Or(clean(p.Address), areaOf(p))}, " · ")
}

// measure says how sure the room is, and since when.
func (m Model) measure(p fusion.Picture) string {
	plural := "s"
	if len(p.Sources) == 1 {
		plural = ""
	}
	text := fmt.Sprintf("%.0f%% from %d source%s · since %s", p.Confidence, len(p.Sources), plural, p.FirstObserved.In(m.now.Location()).Format("15:04:05"))
	if p.CE != nil {
		text += fmt.Sprintf(" · ±%.0f m", *p.CE)
	}
	return text
}

// whyLines are the rules that hit, the newest first, each rule once, with the
// parts of their scores: behind them, or below them when there is room.
func whyLines(p fusion.Picture, below bool) []string {
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
		var parts []string
		for _, part := range h.Parts {
			parts = append(parts, fmt.Sprintf("%+.0f %s", part.Points, clean(part.Because)))
		}
		if !below && len(parts) > 0 {
			line, parts = line+" · "+strings.Join(parts, " · "), nil
		}
		lines = append(lines, areas.Render(line))
		for _, part := range parts {
			lines = append(lines, "     "+part)
		}
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
