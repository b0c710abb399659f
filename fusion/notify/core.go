package notify

import (
	"maps"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// The prefixes of keys in the bucket.
const (
	ticketPrefix  = "ticket."
	inboxPrefix   = "inbox."
	silencePrefix = "silence."
	cursorKey     = "cursor"
)

// times are the two clocks at one moment.
type times struct {
	room time.Time // decides who is told of what
	wall time.Time // decides rates and when to try again
}

// cursor is where reading the alerts stands.
type cursor struct {
	Created time.Time `json:"created"` // of the stream
	Seq     uint64    `json:"seq"`
}

// core decides. It has no clock, no goroutine and no I/O; what of its state
// changed is in changed, by key of the bucket, until it was recorded.
type core struct {
	plan     *Plan
	links    *signer                       // nil: no links
	tickets  map[string]*ticket            // by key
	routed   map[string]map[string]*ticket // the same, by route and key
	inboxes  map[string]*inbox
	silences map[string]*silence
	cursor   cursor // of what was taken
	changed  map[string]bool
	recorded uint64 // sequence of the cursor in the bucket
}

func newCore(p *Plan, links *signer) *core {
	return &core{
		plan: p, links: links, tickets: map[string]*ticket{}, routed: map[string]map[string]*ticket{}, inboxes: map[string]*inbox{},
		silences: map[string]*silence{}, changed: map[string]bool{},
	}
}

func (c *core) addTicket(t *ticket) {
	c.tickets[t.key()] = t
	if c.routed[t.Route] == nil {
		c.routed[t.Route] = map[string]*ticket{}
	}
	c.routed[t.Route][t.key()] = t
}

func (c *core) removeTicket(t *ticket) {
	delete(c.tickets, t.key())
	delete(c.routed[t.Route], t.key())
	c.change(ticketPrefix + t.key())
}

func (c *core) change(key string) { c.changed[key] = true }

// take brings an alert to the routes. A sequence that was taken before changes
// nothing.
func (c *core) take(a fusion.Alert, seq uint64) {
	for _, r := range c.plan.routes {
		key := ticketKey(r.Name, a.Incident)
		t := c.tickets[key]
		if t == nil {
			if seq <= c.cursor.Seq || a.Action == fusion.AlertLeft || a.Status == fusion.PictureClosed || !r.matches(&a) {
				continue
			}
			t = &ticket{Route: r.Name, Incident: a.Incident, Told: map[string]telling{}}
			c.addTicket(t)
		}
		t.take(r, a, seq)
		c.change(ticketPrefix + key)
	}
	c.cursor.Seq = max(c.cursor.Seq, seq)
}

// next makes the messages that are due: at most one for each receiver, none
// for one that has a message on its way.
func (c *core) next(now times) {
	c.expireSilences(now.room)
	for name, r := range c.plan.receivers {
		box := c.inbox(name)
		if box.Out != nil {
			continue
		}
		groups, summary := choose(c.ready(name, now.room), box.free(r.Rate, now.wall))
		if len(groups) > 0 {
			c.put(box, c.compose(r, groups, summary, now))
		}
	}
	c.clean(now.room)
}

func (c *core) inbox(receiver string) *inbox {
	box := c.inboxes[receiver]
	if box == nil {
		box = &inbox{}
		c.inboxes[receiver] = box
	}
	return box
}

// put puts a message on its way: from here on its items are told.
func (c *core) put(box *inbox, m *Message) {
	box.Out = m
	c.change(inboxPrefix + m.Receiver)
	c.tell(m)
}

// tell notes in the tickets what a message says. It may be done again.
func (c *core) tell(m *Message) {
	for _, i := range m.Items {
		t := c.tickets[ticketKey(i.Route, i.Incident)]
		if t == nil {
			continue
		}
		if told := t.Told[m.Receiver]; told.Seq > i.Seq || told.At.After(m.Made) {
			continue
		}
		t.Told[m.Receiver] = telling{Seq: i.Seq, N: i.N, At: m.Made}
		t.Stage = max(t.Stage, i.Stage)
		if t.First.IsZero() {
			t.First = m.Made
		}
		c.change(ticketPrefix + t.key())
	}
}

// sent ends a message that went out.
func (c *core) sent(m *Message, wall time.Time) {
	box := c.inbox(m.Receiver)
	box.Out = nil
	if !m.Test {
		box.Sent = append(box.Sent, wall)
	}
	c.change(inboxPrefix + m.Receiver)
}

// failed notes that a message did not go out, and reports whether it must be
// given up: trying it again cannot help, or took too long.
func (c *core) failed(m *Message, wall time.Time, permanent bool) (hopeless bool) {
	m.Attempts++
	m.Next = wall.Add(backOff(m.Attempts))
	c.change(inboxPrefix + m.Receiver)
	r := c.plan.receivers[m.Receiver]
	return permanent || r == nil || wall.Sub(m.Wall) >= time.Duration(r.GiveUp)
}

// giveUp ends a message that did not go out. What waits for an acknowledgement
// goes to the next stage at once.
func (c *core) giveUp(m *Message, wall time.Time) {
	for _, i := range m.Items {
		if t := c.tickets[ticketKey(i.Route, i.Incident)]; t != nil && t.waits() {
			t.Stage++
			c.change(ticketPrefix + t.key())
		}
	}
	c.sent(m, wall)
}

// backOff is how long to wait after so many attempts.
func backOff(attempts int) time.Duration {
	return min(time.Second<<min(attempts-1, 10), 5*time.Minute)
}

// clean forgets tickets that are over, when all who had to know were told, a
// while ago, and their alerts will not be read again; and those that nobody
// was told of because of a silence.
func (c *core) clean(now time.Time) {
	for _, t := range c.tickets {
		r := c.plan.route(t.Route)
		if !t.gone() || t.Seq > c.recorded || r == nil {
			continue
		}
		quietly := len(t.Told) == 0 && c.silenced(t, now)
		if quietly || c.allTold(t) && now.Sub(t.lastTold().At) > time.Duration(r.Interval) {
			c.removeTicket(t)
		}
	}
}

// allTold reports whether all who heard of a ticket heard the newest.
func (c *core) allTold(t *ticket) bool {
	for name, told := range t.Told {
		if told.Seq < t.News && c.plan.receivers[name] != nil {
			return false
		}
	}
	return len(t.Told) > 0
}

// mayClean reports whether clean could forget something if the cursor were
// recorded.
func (c *core) mayClean() bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(c.tickets)), func(t *ticket) bool { return t.gone() && t.Seq > c.recorded })
}
