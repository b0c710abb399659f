package notify

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/openiroom/iroom/fusion"
)

// Language of messages.
type Language string

// The languages.
const (
	Dutch   Language = "nl"
	English Language = "en"
)

// Languages lists the languages.
var Languages = []Language{Dutch, English}

// wording is what messages say in one language.
type wording struct {
	severity map[fusion.Severity]string
	action   map[fusion.AlertAction]string

	resolved, acknowledged, repeated, escalated, takeOver string

	where, what, newest, sure, sources, since, observed string
	more, moreLines, incidents, acknowledge, reference  string
	test, testBody                                      string
	clock                                               string // layout of time.Format
}

var words = map[Language]*wording{
	Dutch: {
		severity: map[fusion.Severity]string{
			fusion.SeverityCritical: "ACUUT", fusion.SeverityHigh: "HOOG", fusion.SeverityMedium: "MIDDEL", fusion.SeverityLow: "LAAG",
		},
		action: map[fusion.AlertAction]string{
			fusion.AlertOpened: "nieuw", fusion.AlertEscalated: "ernstiger", fusion.AlertChanged: "gewijzigd",
			fusion.AlertLeft: "gaat elders verder", fusion.AlertClosed: "gesloten",
		},
		resolved: "opgelost", acknowledged: "in behandeling", repeated: "nog niet bevestigd", escalated: "niet bevestigd, nu ook aan u", takeOver: "loopt nog",
		where: "Waar", what: "Wat", newest: "Nieuw", sure: "Zekerheid", sources: "bronnen", since: "sinds", observed: "Gemeld",
		more: "%d meldingen sinds %s", moreLines: "en nog %d", incidents: "%d incidenten", acknowledge: "Bevestig", reference: "Bericht",
		test: "Proefbericht van de meldkamer", testBody: "Dit is een proef. U hoeft niets te doen.", clock: "02-01 15:04",
	},
	English: {
		severity: map[fusion.Severity]string{
			fusion.SeverityCritical: "CRITICAL", fusion.SeverityHigh: "HIGH", fusion.SeverityMedium: "MEDIUM", fusion.SeverityLow: "LOW",
		},
		action: map[fusion.AlertAction]string{
			fusion.AlertOpened: "new", fusion.AlertEscalated: "graver", fusion.AlertChanged: "changed",
			fusion.AlertLeft: "goes on elsewhere", fusion.AlertClosed: "closed",
		},
		resolved: "resolved", acknowledged: "acknowledged", repeated: "not acknowledged yet", escalated: "not acknowledged, now to you too", takeOver: "still going on",
		where: "Where", what: "What", newest: "New", sure: "Sure", sources: "sources", since: "since", observed: "Reported",
		more: "%d more since %s", moreLines: "and %d more", incidents: "%d incidents", acknowledge: "Acknowledge", reference: "Message",
		test: "Test message of the operations room", testBody: "This is a test. You need not do anything.", clock: "2 Jan 15:04",
	},
}

// writer writes the messages of one receiver.
type writer struct {
	words    *wording
	zone     *time.Location
	receiver string
	now      time.Time
}

// single is a message about one incident: a title that is enough on a locked
// phone, and a line for each thing that a duty officer asks next.
func (w *writer) single(t *ticket, i Item) (title, body string) {
	var b strings.Builder
	a := &t.Alert
	w.field(&b, w.words.what, fmt.Sprintf("%s (%s)", a.Title, a.Kind))
	w.field(&b, w.words.where, where(a))
	news, all := t.news(w.receiver)
	for _, l := range news {
		w.field(&b, w.words.newest, l)
	}
	if hidden := all - len(news); hidden > 0 {
		fmt.Fprintf(&b, w.words.moreLines+"\n", hidden)
	}
	w.field(&b, w.words.sure, fmt.Sprintf("%.0f %%, %d %s: %s", a.Confidence, len(a.Sources), w.words.sources, strings.Join(a.Sources, ", ")))
	fmt.Fprintf(&b, "%s: %s, %s", w.words.observed, w.at(a.Time), a.Incident)
	return w.line(t, i.Reason, i.Stage), b.String()
}

// group is a message about several incidents.
func (w *writer) group(list []*ticket) (title, body string) {
	title = fmt.Sprintf(w.words.incidents, len(list)) + ": " + w.line(list[0], ReasonNews, 0)
	return plain(title), w.list(list)
}

// summary is a message about what a rate held back.
func (w *writer) summary(list []*ticket, since time.Time) (title, body string) {
	return fmt.Sprintf(w.words.more, len(list), since.In(w.zone).Format("15:04")), w.list(list)
}

func (w *writer) list(list []*ticket) string {
	var b strings.Builder
	for n, t := range list {
		if n == maxShown {
			fmt.Fprintf(&b, w.words.moreLines+"\n", len(list)-n)
			break
		}
		fmt.Fprintf(&b, "%s  %s\n", t.Incident, w.line(t, ReasonNews, 0))
	}
	return strings.TrimRight(b.String(), "\n")
}

// line is one incident in one line.
func (w *writer) line(t *ticket, reason Reason, stage int) string {
	a := &t.Alert
	parts := []string{w.words.severity[a.Severity], w.state(t, reason, stage), strings.TrimSpace(a.Kind), a.Title}
	if place := cmp.Or(a.Address, area(a)); place != "" {
		parts = append(parts, place)
	}
	return plain(strings.Join(parts, " · "))
}

// state says in few words why the receiver reads this.
func (w *writer) state(t *ticket, reason Reason, stage int) string {
	_, before := t.Told[w.receiver]
	switch {
	case t.Alert.Status == fusion.PictureResolved && t.Over:
		return w.words.resolved
	case t.Over:
		return w.words.action[t.Alert.Action]
	case reason == ReasonRepeat:
		return w.words.repeated
	case !before && stage > 0 && t.waits():
		return w.words.escalated
	case !before && len(t.Told) > 0:
		return w.words.takeOver
	case t.Alert.Status == fusion.PictureAcknowledged:
		return w.words.acknowledged
	}
	return w.words.action[t.Alert.Action]
}

func (w *writer) field(b *strings.Builder, name, value string) {
	if value = plain(value); value != "" {
		fmt.Fprintf(b, "%s: %s\n", name, value)
	}
}

func (w *writer) at(t time.Time) string { return t.In(w.zone).Format(w.words.clock) }

// plain makes one line of a text, without characters that control a terminal,
// the header of a mail or the direction of writing.
func plain(text string) string {
	return fusion.Line(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, text))
}

func area(a *fusion.Alert) string {
	if a.Area == "none" {
		return ""
	}
	return a.Area
}

// where is the address, the area and the place in degrees, with its error in
// metres when that is known.
func where(a *fusion.Alert) string {
	var parts []string
	for _, s := range []string{a.Address, area(a)} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if at, ok := a.Place.Center(); ok {
		place := fmt.Sprintf("%.5f N %.5f E", at[1], at[0])
		if a.CE != nil {
			place += fmt.Sprintf(" ± %.0f m", *a.CE)
		}
		parts = append(parts, place)
	}
	return strings.Join(parts, ", ")
}
