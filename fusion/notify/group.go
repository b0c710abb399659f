package notify

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// group is what goes into one message to one receiver.
type group struct {
	key     string
	tickets []*ticket // the gravest first
	since   time.Time // when the oldest news of it came
	last    time.Time // when the receiver had the last message of the group
}

// groupKey is what the tickets of one message have in common.
func groupKey(r *route, t *ticket) string {
	parts := []string{r.Name}
	for _, field := range r.Group {
		switch field {
		case "incident":
			parts = append(parts, string(t.Incident))
		case "area":
			parts = append(parts, t.Alert.Area)
		case "kind":
			parts = append(parts, t.Alert.Kind)
		case "severity":
			parts = append(parts, string(t.Alert.Severity))
		}
	}
	return strings.Join(parts, "\x00")
}

// ready reports whether the message of the group may go out.
func (g *group) ready(r *route, now time.Time) bool {
	if g.last.IsZero() {
		return !now.Before(g.since.Add(time.Duration(r.Wait)))
	}
	return !now.Before(g.last.Add(time.Duration(r.Interval)))
}

// ready are the groups that a receiver must be told of now, the gravest first.
func (c *core) ready(receiver string, now time.Time) (list []*group) {
	for _, r := range c.plan.routes {
		for _, g := range c.groups(r, receiver, now) {
			if g.ready(r, now) {
				slices.SortFunc(g.tickets, gravest)
				list = append(list, g)
			}
		}
	}
	slices.SortFunc(list, func(a, b *group) int {
		return cmp.Or(cmp.Compare(rank(a.tickets[0]), rank(b.tickets[0])), a.since.Compare(b.since), strings.Compare(a.key, b.key))
	})
	return list
}

// groups are the groups of a route with something that a receiver must be told.
func (c *core) groups(r *route, receiver string, now time.Time) map[string]*group {
	groups := map[string]*group{}
	for _, t := range c.routed[r.Name] {
		if _, was := t.Told[receiver]; !was && !r.mayTell[receiver] || !c.concerns(t, r, receiver, now) {
			continue
		}
		key := groupKey(r, t)
		if groups[key] == nil {
			groups[key] = &group{key: key}
		}
		groups[key].add(t)
	}
	if len(groups) == 0 {
		return nil
	}
	for _, t := range c.routed[r.Name] {
		told, was := t.Told[receiver]
		if g := groups[groupKey(r, t)]; was && g != nil && told.At.After(g.last) {
			g.last = told.At
		}
	}
	return groups
}

// concerns reports whether a receiver must be told of a ticket now.
func (c *core) concerns(t *ticket, r *route, receiver string, now time.Time) bool {
	return t.reason(r, receiver, now) != ReasonNone && !c.muted(t, r, now)
}

func (g *group) add(t *ticket) {
	if g.since.IsZero() || t.NewsAt.Before(g.since) {
		g.since = t.NewsAt
	}
	g.tickets = append(g.tickets, t)
}

func gravest(a, b *ticket) int {
	return cmp.Or(cmp.Compare(rank(a), rank(b)), a.NewsAt.Compare(b.NewsAt), strings.Compare(a.key(), b.key()))
}

// rank orders tickets: the gravest first, what is over last.
func rank(t *ticket) int {
	if t.Over {
		return len(fusion.Severities) + 1
	}
	if i := slices.Index(fusion.Severities, t.Alert.Severity); i >= 0 {
		return i
	}
	return len(fusion.Severities)
}
