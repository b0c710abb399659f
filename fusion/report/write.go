package report

import (
	_ "embed"
	"fmt"
	html "html/template"
	"io"
	"strings"
	text "text/template"
	"time"

	"github.com/openiroom/iroom/fusion"
)

//go:embed shift.md.tmpl
var markdownSource string

//go:embed shift.html.tmpl
var htmlSource string

// stamp is how a moment is written: in the zone of the report, which its head
// names once.
const stamp = "2 Jan 15:04"

var words = map[string]any{
	"stamp": func(t time.Time) string { return t.Format(stamp) },
	"full":  func(t time.Time) string { return t.Format("Monday 2 January 2006 15:04 MST") },
	"age":   age,
	"upper": strings.ToUpper,
	"kind":  func(kind string) string { return strings.ReplaceAll(kind, "-", " ") },
	"sure":  func(confidence float64) string { return fmt.Sprintf("%.0f %%", confidence) },
	"who":   func(t fusion.TimelineEntry) string { return orRoom(t.Who) },
	"many":  many,
	"cell":  cell,
}

var (
	markdownTemplate = text.Must(text.New("shift").Funcs(words).Parse(markdownSource))
	htmlTemplate     = html.Must(html.New("shift").Funcs(words).Parse(htmlSource))
)

// Markdown writes the report as Markdown with tables.
func (s Shift) Markdown(w io.Writer) error { return markdownTemplate.Execute(w, s) }

// HTML writes the report as one page that needs nothing else, and that prints
// on A4.
func (s Shift) HTML(w io.Writer) error { return htmlTemplate.Execute(w, s) }

// cell makes a text harmless in a table of Markdown.
func cell(v any) string {
	line := strings.Join(strings.Fields(fmt.Sprint(v)), " ")
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`).Replace(line)
}

func many(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func orRoom(who string) string {
	if who == "" {
		return "the room"
	}
	return who
}

// age writes a duration as people say it.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "under a minute"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
