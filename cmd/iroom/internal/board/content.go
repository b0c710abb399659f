package board

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/openiroom/iroom/fusion"
)

const (
	smallest   = 20  // cells and lines; a smaller terminal gets a part of that
	sideBySide = 132 // cells from which the pane stands beside the list
	leastPane  = 6   // lines
)

// Content is the whole board: as many lines as the terminal has, each exactly
// as wide.
func (m Model) Content() string {
	width, height := max(m.width, smallest), max(m.height, smallest/2)
	if m.help {
		return screen(m.helpLines(width), width, height)
	}
	head, foot := m.header(width), m.footer(width)
	body := m.body(width, height-len(head)-len(foot))
	return screen(slices.Concat(head, body, foot), width, height)
}

// screen makes the lines fill the terminal and no more.
func screen(lines []string, width, height int) string {
	for len(lines) < height {
		lines = append(lines, "")
	}
	lines = lines[:height]
	for i, line := range lines {
		lines[i] = fit(line, width)
	}
	return strings.Join(lines, "\n")
}

// body is the list and the pane, below each other or side by side.
func (m Model) body(width, height int) []string {
	if height < 1 {
		return nil
	}
	if width >= sideBySide {
		left := width * 11 / 20
		list, pane := m.list(left-1, height), m.pane(width-left-2, height)
		lines := make([]string, height)
		for i := range lines {
			lines[i] = fit(list[i], left-1) + faint.Render(" │ ") + fit(pane[i], width-left-2)
		}
		return lines
	}
	below := max(leastPane, height*2/5)
	if height <= below+2 {
		return m.list(width, height)
	}
	return slices.Concat(m.list(width, height-below-1), []string{rule(width)}, m.pane(width, below))
}

func rule(width int) string { return faint.Render(strings.Repeat("─", width)) }

// header says which room it is and how it goes.
func (m Model) header(width int) []string {
	left := bold.Render(" iRoom "+clean(m.room)) + "  " + m.now.Format("15:04:05")
	var open []string
	for _, s := range fusion.Severities {
		open = append(open, colored(s, fmt.Sprintf("%s %d", strings.TrimRight(symbol(s), "▯"), m.openOf(s))))
	}
	middle := "  " + strings.Join(open, "  ")
	dead := fmt.Sprintf("dead %s", count(m.counts.Dead))
	if m.counts.Dead > 0 {
		dead = bad.Render(dead)
	}
	end := fmt.Sprintf("%.1f events/s  %s ", m.counts.Rate, dead)
	if rest := width - ansi.StringWidth(left+middle+end); rest > 40 {
		end = fmt.Sprintf("%s events  %s hits  %s alerts  ", count(m.counts.Events), count(m.counts.Hits), count(m.counts.Alerts)) + end
	}
	gap := max(1, width-ansi.StringWidth(left+middle+end))
	return []string{left + middle + strings.Repeat(" ", gap) + end, rule(width)}
}

func (m *Model) openOf(s fusion.Severity) (n int) {
	for _, p := range m.pictures {
		if p.Severity == s {
			n++
		}
	}
	return n
}

// footer is a line for each connector and the keys.
func (m Model) footer(width int) []string {
	lines := []string{rule(width)}
	most := max(1, m.height/4)
	for i, s := range m.status {
		if i == most-1 && len(m.status) > most {
			lines = append(lines, faint.Render(fmt.Sprintf(" and %d more connectors", len(m.status)-i)))
			break
		}
		lines = append(lines, m.connector(s, width))
	}
	return append(lines, faint.Render(" ↑↓ select   esc follow newest   ? help   q quit"))
}

func (m Model) helpLines(width int) []string {
	lines := []string{bold.Render(" iRoom board"), rule(width), " Keys"}
	for _, k := range [][2]string{
		{"↑ k, ↓ j", "select an incident"},
		{"g, G", "first, last incident"},
		{"esc", "follow the newest incident"},
		{"?", "this page, and back"},
		{"q", "quit"},
	} {
		lines = append(lines, "   "+fit(k[0], 10)+k[1])
	}
	lines = append(lines, "", " Severity")
	for _, s := range fusion.Severities {
		lines = append(lines, "   "+colored(s, symbol(s))+"      "+string(s))
	}
	return append(lines, "", " "+fresh.Render("●")+" changed in the last seconds;  % confidence;  n× evidence",
		" Confidence grows with independent sources, not with repeats of one.")
}
