package board

import (
	"fmt"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

// Line is an alert on one plain line in columns: time (in the location that
// it carries), severity, action, area, kind, title, confidence, evidence and
// sources. It has no control characters and no line end.
func Line(a fusion.Alert) string { return line(a, func(s string) string { return s }) }

// ColorLine is Line with the severity in colour.
func ColorLine(a fusion.Alert) string {
	return line(a, func(s string) string { return colored(a.Severity, s) })
}

func line(a fusion.Alert, severity func(string) string) string {
	area := clean(a.Area)
	if area == "" {
		area = "-"
	}
	return strings.TrimRight(fmt.Sprintf("%s  %s  %s  %s  %s  %s  %3.0f%%  %3d×  %s",
		a.Time.Format("15:04:05"), severity(symbol(a.Severity)+" "+fit(string(a.Severity), 8)), fit(string(a.Action), 9),
		fit(area, 15), fit(clean(a.Kind), 16), fit(clean(a.Title), 48), a.Confidence, a.Evidence,
		clean(strings.Join(a.Sources, " "))), " ")
}
