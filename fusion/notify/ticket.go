package notify

import (
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// keepLines bounds the lines of news that a ticket keeps for those who were
// not told yet; how many there were is kept as well.
const keepLines = 8

// ticket is what one route knows of one incident, and whom it told of it.
type ticket struct {
	Route    string             `json:"route"`
	Incident fusion.PictureID   `json:"incident"`
	Alert    fusion.Alert       `json:"alert"` // the newest
	Seq      uint64             `json:"seq"`   // of the newest alert, on the stream
	News     uint64             `json:"news"`  // sequence of the newest alert that people should hear of
	NewsAt   time.Time          `json:"news_at"`
	Over     bool               `json:"over,omitzero"`  // closed, resolved, or gone on elsewhere
	First    time.Time          `json:"first,omitzero"` // when the first message was made
	Stage    int                `json:"stage,omitzero"` // of escalation that was reached
	Lines    []line             `json:"lines,omitempty"`
	Told     map[string]telling `json:"told,omitempty"` // by receiver
}

// line is one line of news.
type line struct {
	Seq  uint64 `json:"seq"`
	N    int    `json:"n"` // of the lines of the ticket
	Text string `json:"text"`
}

// telling is what a receiver was told last.
type telling struct {
	Seq uint64    `json:"seq"`
	N   int       `json:"n"` // lines
	At  time.Time `json:"at"`
}

func ticketKey(route string, id fusion.PictureID) string { return route + "." + string(id) }

func (t *ticket) key() string { return ticketKey(t.Route, t.Incident) }

// take brings an alert into the ticket. What does not match the route any more
// is no news, unless it is the end.
func (t *ticket) take(r *route, a fusion.Alert, seq uint64) {
	if seq <= t.Seq {
		return
	}
	before := t.Alert
	t.Alert, t.Seq = a, seq
	matches := r.matches(&a)
	switch {
	case a.Action == fusion.AlertLeft:
		if elsewhere := leftFor(&a) != a.Incident; !elsewhere && matches || t.Over {
			return
		}
		t.Over = true
	case a.Status == fusion.PictureClosed || a.Status == fusion.PictureResolved:
		if same(&before, &a) || t.Over && !matches {
			return
		}
		t.Over = true
	case !matches || same(&before, &a):
		return
	case t.Over: // it was taken up again, and escalates anew
		t.Over, t.First, t.Stage = false, time.Time{}, 0
	}
	t.addNews(a, seq)
}

func (t *ticket) addNews(a fusion.Alert, seq uint64) {
	if t.News <= t.lastTold().Seq {
		t.NewsAt = a.Time
	}
	n := 1
	if len(t.Lines) > 0 {
		n = t.Lines[len(t.Lines)-1].N + 1
	}
	t.News = seq
	t.Lines = append(t.Lines, line{seq, n, plain(a.Text)})
	t.Lines = t.Lines[max(0, len(t.Lines)-keepLines):]
}

// same reports whether people would read the same of two alerts.
func same(a, b *fusion.Alert) bool {
	return a.Action == b.Action && a.Kind == b.Kind && a.Title == b.Title && a.Severity == b.Severity && a.Status == b.Status &&
		a.Area == b.Area && a.Address == b.Address && a.Text == b.Text && a.Evidence == b.Evidence && a.Confidence == b.Confidence
}

// leftFor is the incident under which one goes on.
func leftFor(a *fusion.Alert) fusion.PictureID {
	return fusion.PictureID(a.NewSubject[strings.LastIndexByte(a.NewSubject, '.')+1:])
}

// gone reports whether no alert of it is expected any more.
func (t *ticket) gone() bool {
	return t.Over && (t.Alert.Status == fusion.PictureClosed || t.Alert.Action == fusion.AlertLeft)
}

// waits reports whether nobody acknowledged yet.
func (t *ticket) waits() bool { return !t.Over && t.Alert.Status == fusion.PictureNew }

// lastTold is the newest telling to anybody.
func (t *ticket) lastTold() (last telling) {
	for _, told := range t.Told {
		if told.Seq > last.Seq {
			last.Seq, last.N = told.Seq, told.N
		}
		if told.At.After(last.At) {
			last.At = told.At
		}
	}
	return last
}

// stages are how many stages of escalation concern it at a time.
func (t *ticket) stages(r *route, now time.Time) int {
	if !t.waits() {
		return t.Stage
	}
	return max(t.Stage, r.due(t.First, now))
}

// news are the lines that a receiver was not told, oldest first, and how many
// there were in all.
func (t *ticket) news(receiver string) (lines []string, all int) {
	told := t.Told[receiver]
	for _, l := range t.Lines {
		if l.N > told.N {
			lines = append(lines, l.Text)
			all = l.N - told.N
		}
	}
	return lines, all
}
