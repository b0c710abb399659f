package board

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/openiroom/iroom/fusion"
)

// wideRow is the width from which a row shows the kind and the day.
const wideRow = 96

// list shows the open incidents by area, scrolled so that the shown one is in
// sight. It has exactly height lines.
func (m Model) list(width, height int) []string {
	var lines []string
	at, area := 0, ""
	shown := m.shown()
	order := m.order()
	for _, p := range order {
		if a := areaOf(p); a != area || len(lines) == 0 {
			area = a
			lines = append(lines, m.areaLine(area, order, width))
		}
		if p.ID == shown {
			at = len(lines)
		}
		lines = append(lines, m.row(p, width, p.ID == shown))
	}
	if len(lines) == 0 {
		lines = []string{faint.Render(" no open incidents")}
	}
	return window(lines, at, height)
}

// window cuts so many lines around one, and fills up.
func window(lines []string, at, height int) []string {
	from := 0
	if len(lines) > height {
		from = min(max(0, at-height/2), len(lines)-height)
	}
	out := append([]string{}, lines[from:min(len(lines), from+height)]...)
	for len(out) < height {
		out = append(out, "")
	}
	return out
}

func (m Model) areaLine(area string, order []fusion.Picture, width int) string {
	n := 0
	for _, p := range order {
		if areaOf(p) == area {
			n++
		}
	}
	text := fmt.Sprintf(" %s %d ", area, n)
	return areas.Render(text) + faint.Render(strings.Repeat("─", max(0, width-ansi.StringWidth(text))))
}

// row is one incident. Narrow terminals get the number without its day and no
// kind.
func (m Model) row(p fusion.Picture, width int, shown bool) string {
	id, kind, sources := string(p.ID), "", 18
	if width >= wideRow {
		kind, sources = fit(clean(p.Kind), 15)+" ", 24
	} else if _, number, ok := strings.Cut(id, "-"); ok {
		id = number
	}
	mark := " "
	if m.now.Sub(m.changed[p.ID]) < markFor {
		mark = "●"
	}
	start := []string{right(age(m.now.Sub(p.Opened)), 3), id}
	end := fmt.Sprintf(" %3.0f%% %3d× ", p.Confidence, p.EvidenceCount) + fit(short(connectorsOf(p), sources), sources)
	head := strings.Join(start, " ") + "  " + kind
	title := fit(clean(p.Title), width-7-ansi.StringWidth(head)-ansi.StringWidth(end))
	if shown {
		return fresh.Render(mark) + colored(p.Severity, symbol(p.Severity)) + " " + chosen.Render(head+title+end)
	}
	return fresh.Render(mark) + colored(p.Severity, symbol(p.Severity)) + " " + faint.Render(head) + title + end
}

// short joins names, each cut to four letters when they do not fit.
func short(names []string, width int) string {
	if all := strings.Join(names, " "); ansi.StringWidth(all) <= width {
		return all
	}
	cut := make([]string, len(names))
	for i, n := range names {
		cut[i] = ansi.Truncate(n, 4, "")
	}
	return strings.Join(cut, " ")
}
