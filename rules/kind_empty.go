package rules

import (
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// emptyKind: the last thing has left an area or a circle.
var emptyKind = kind{
	name:  "empty",
	own:   FormKeys,
	inner: emptyKeys,
	keys:  beside("by", "where", "lateness", "reset", "quiet"),
	parse: parseEmpty,
}

// emptyMatcher decides for each position with which a thing has left whether
// nothing was inside from then on for so long.
type emptyMatcher struct {
	zone
	span  time.Duration
	exits bool // being lost inside is leaving
	lost  time.Duration
}

var emptyKeys = append([]Key{need("of", FormEvent), {Name: "for", Form: FormSpan}, {Name: "lost", Form: FormSpan}}, zoneKeys...)

func parseEmpty(p *ruleParser, n ast.Node, _ entries) matcher {
	c := &emptyMatcher{lost: defaultLost}
	m, ok := p.mapping(n, "an empty", namesOf(emptyKeys...)...)
	if !ok {
		return c
	}
	p.keyed(m, "an empty", emptyKeys)
	p.things(m.get("of"))
	c.zone = p.zone(m)
	c.span = time.Duration(p.duration(m.get("for"), "for"))
	if l := m.get("lost"); l != nil {
		c.lost, c.exits = time.Duration(p.duration(l, "lost")), true
	}
	p.rule.tail = c.lost + c.span
	return c
}

// late: a position before others that are decided does not count.
func (c *emptyMatcher) late(x *execution, e *entry) bool { return x.unordered(e) }

// arrive forgets the positions that do not matter any more.
func (c *emptyMatcher) arrive(x *execution, e *entry, _ roleSet) {
	e.in = c.holds(x.world, e)
	var old []*entry
	last := map[string]*entry{}
	for _, o := range x.window.entries {
		if before := last[o.value]; before != nil && x.settledPosition(o, c.wait()) {
			old = append(old, before)
		}
		last[o.value] = o
	}
	if len(old) > 0 {
		x.forget(old)
	}
}

// wait is how long after a position it may be decided that the area is empty.
func (c *emptyMatcher) wait() time.Duration {
	if c.exits {
		return c.lost + c.span
	}
	return c.span
}

// departure is when the area may have become empty.
type departure struct {
	entry    *entry
	at, due  time.Time
	lostHere bool
}

// departures are the moments at which something left: a position outside, or
// being lost inside, which a later position in time rules out.
func (c *emptyMatcher) departures(x *execution) (out []departure) {
	last := map[string]*entry{}
	heard := map[*entry]bool{}
	for _, e := range x.window.entries {
		if p := last[e.value]; p != nil && p.in && !x.gone(p, e.time(), c.lost) {
			heard[p] = true
			if !e.in {
				out = append(out, departure{entry: e, at: e.time(), due: x.unheard(e, c.span)})
			}
		}
		last[e.value] = e
	}
	if !c.exits {
		return out
	}
	for _, e := range x.window.entries {
		if e.in && !heard[e] {
			lost := x.unheard(e, c.lost).Add(-x.lateness(e))
			out = append(out, departure{entry: e, at: lost, due: x.unheard(e, c.lost+c.span), lostHere: true})
		}
	}
	return out
}

func (c *emptyMatcher) waits() bool { return true }

func (c *emptyMatcher) due(x *execution) (first time.Time) {
	for _, d := range c.departures(x) {
		first = x.earlier(first, d.due)
	}
	return first
}

func (c *emptyMatcher) decide(x *execution) {
	for _, d := range slices.Backward(c.departures(x)) {
		if d.due.Equal(x.due) && !c.occupied(x, d) {
			x.hit(found{anchor: d.entry, members: []member{{0, d.entry}}, count: 1, ended: x.end(d.entry)})
			return
		}
	}
}

// occupied reports whether anything was inside from the departure on.
func (c *emptyMatcher) occupied(x *execution, d departure) bool {
	end := x.end(d.entry)
	last := map[string]*entry{}
	for _, e := range x.window.entries {
		switch {
		case !e.time().After(d.at):
			last[e.value] = e
		case e.in && !e.time().After(end):
			return true
		}
	}
	for _, e := range last {
		if e.in && !(d.lostHere && e == d.entry) && !x.gone(e, d.at, c.lost) {
			return true
		}
	}
	return false
}
