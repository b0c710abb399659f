package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// maxShown bounds the incidents that one message shows; it says how many more
// there are.
const maxShown = 10

// Message is one message to one receiver, as it is recorded before it is sent
// and as topics carry it. Links are made when it is sent, and stand nowhere.
type Message struct {
	ID       string    `json:"id"` // idempotency key: the same each time that it is sent
	Receiver string    `json:"receiver"`
	Title    string    `json:"title"`
	Body     string    `json:"body"`
	Made     time.Time `json:"made"` // by the room's clock
	Wall     time.Time `json:"wall"` // the same moment by the clock on the wall
	Items    []Item    `json:"items"`
	Test     bool      `json:"test,omitzero"`
	Attempts int       `json:"attempts,omitzero"` // that failed
	Next     time.Time `json:"next,omitzero"`     // attempt, by the clock on the wall
}

// Item is what a message says of one incident.
type Item struct {
	Route    string               `json:"route"`
	Incident fusion.PictureID     `json:"incident"`
	Revision uint64               `json:"revision"`
	Action   fusion.AlertAction   `json:"action"`
	Status   fusion.PictureStatus `json:"status"`
	Severity fusion.Severity      `json:"severity"`
	Reason   Reason               `json:"reason"`
	Seq      uint64               `json:"seq"`   // of the alert, on the stream ALERTS
	N        int                  `json:"n"`     // of the line of news
	Stage    int                  `json:"stage"` // of escalation
	Link     bool                 `json:"link,omitzero"`
}

// compose makes the message of some groups. Other routes that would tell the
// receiver the same of one of the incidents are part of it.
func (c *core) compose(r *Receiver, groups []*group, summary bool, now times) *Message {
	m := &Message{Receiver: r.Name, Made: now.room, Wall: now.wall}
	var shown []*ticket
	since := groups[0].since
	for _, g := range groups {
		if g.since.Before(since) {
			since = g.since
		}
		for _, t := range g.tickets {
			if c.addItem(m, t, len(shown) < maxShown) {
				shown = append(shown, t)
			}
		}
	}
	c.addTwins(m, now.room)
	w := writer{words: words[r.Language], zone: c.plan.zone, receiver: r.Name, now: now.room}
	switch {
	case summary:
		m.Title, m.Body = w.summary(shown, since)
	case len(shown) == 1:
		m.Title, m.Body = w.single(shown[0], m.Items[0])
	default:
		m.Title, m.Body = w.group(shown)
	}
	m.ID = m.key()
	return m
}

// addItem reports whether the incident was not in the message yet.
func (c *core) addItem(m *Message, t *ticket, link bool) bool {
	fresh := true
	for _, i := range m.Items {
		fresh = fresh && i.Incident != t.Incident
		if i.Incident == t.Incident && i.Route == t.Route {
			return false
		}
	}
	r := c.plan.route(t.Route)
	item := Item{
		Route: t.Route, Incident: t.Incident, Revision: t.Alert.Revision, Action: t.Alert.Action, Status: t.Alert.Status,
		Severity: t.Alert.Severity, Reason: t.reason(r, m.Receiver, m.Made), Seq: t.News, Stage: t.stages(r, m.Made),
		Link: fresh && link && c.links != nil && t.waits(),
	}
	if len(t.Lines) > 0 {
		item.N = t.Lines[len(t.Lines)-1].N
	}
	m.Items = append(m.Items, item)
	return fresh
}

// addTwins adds the tickets of other routes about the same incidents.
func (c *core) addTwins(m *Message, now time.Time) {
	for _, i := range m.Items {
		for _, r := range c.plan.routes {
			t := c.tickets[ticketKey(r.Name, i.Incident)]
			if t != nil && t.News <= i.Seq && c.concerns(t, r, m.Receiver, now) {
				c.addItem(m, t, false)
			}
		}
	}
}

// key is what makes a message this one.
func (m *Message) key() string {
	var b strings.Builder
	fmt.Fprint(&b, m.Receiver, m.Made.UnixNano(), m.Wall.UnixNano())
	for _, i := range m.Items {
		fmt.Fprintf(&b, "|%s %s %d %s", i.Route, i.Incident, i.Seq, i.Reason)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:16])
}

// text is the body as it is sent, with links.
func (m *Message) text(w *wording, links *signer) string {
	var b strings.Builder
	b.WriteString(m.Body)
	for _, i := range m.Items {
		if i.Link && links != nil {
			fmt.Fprintf(&b, "\n%s %s: %s", w.acknowledge, i.Incident, links.url(i.Incident, m.Receiver, m.Wall))
		}
	}
	fmt.Fprintf(&b, "\n%s %s", w.reference, m.ID[:8])
	return b.String()
}
