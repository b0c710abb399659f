package board

import (
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// The colours are the terminal's own, so that they suit its background.
var (
	bold   = lipgloss.NewStyle().Bold(true)
	faint  = lipgloss.NewStyle().Faint(true)
	chosen = lipgloss.NewStyle().Reverse(true)
	fresh  = lipgloss.NewStyle().Foreground(lipgloss.BrightYellow).Bold(true)
	good   = lipgloss.NewStyle().Foreground(lipgloss.Green)
	bad    = lipgloss.NewStyle().Foreground(lipgloss.BrightRed)
	areas  = lipgloss.NewStyle().Foreground(lipgloss.Cyan).Bold(true)

	severities = map[fusion.Severity]lipgloss.Style{
		fusion.SeverityCritical: lipgloss.NewStyle().Foreground(lipgloss.BrightRed).Bold(true),
		fusion.SeverityHigh:     lipgloss.NewStyle().Foreground(lipgloss.BrightYellow).Bold(true),
		fusion.SeverityMedium:   lipgloss.NewStyle().Foreground(lipgloss.BrightBlue),
		fusion.SeverityLow:      lipgloss.NewStyle().Foreground(lipgloss.BrightBlack),
	}
)

// symbol tells the severity without colour: the more bars the graver.
func symbol(s fusion.Severity) string {
	bars := len(fusion.Severities) - rank(s)
	return strings.Repeat("▮", bars) + strings.Repeat("▯", len(fusion.Severities)-bars)
}

func colored(s fusion.Severity, text string) string { return severities[s].Render(text) }

func stateStyle(s connectors.State) lipgloss.Style {
	switch s {
	case connectors.StateConnected, connectors.StateComplete:
		return good
	case connectors.StateUnreachable:
		return bad
	}
	return faint
}
