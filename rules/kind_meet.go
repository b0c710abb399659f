package rules

import (
	"time"

	"github.com/goccy/go-yaml/ast"
)

// meetKind: two moving things near each other.
var meetKind = kind{
	name:  "meet",
	own:   FormKeys,
	inner: meetKeys,
	keys:  beside("by", "where", "lateness", "reset", "quiet"),
	parse: parseMeet,
}

var meetKeys = []Key{need("of", FormEvents), need("within", FormDistance), {Name: "fresh", Form: FormSpan}}

// defaultFresh is how old the latest position of a thing may be in a meeting.
const defaultFresh = 2 * time.Minute

// meetMatcher keeps the latest position of every thing.
type meetMatcher struct {
	a, b  int     // slots
	reach float64 // m
	fresh time.Duration
}

func parseMeet(p *ruleParser, n ast.Node, _ entries) matcher {
	c := &meetMatcher{fresh: defaultFresh}
	m, ok := p.mapping(n, "a meet", namesOf(meetKeys...)...)
	if !ok {
		return c
	}
	p.keyed(m, "a meet", meetKeys)
	names := p.list(m.get("of"))
	if len(names) != 2 {
		p.bad(n, "write of: [unit, suspect]", "a meet is of two events")
		return c
	}
	c.a, c.b = p.things(names[0]), p.things(names[1])
	if w := m.get("within"); w != nil {
		c.reach = p.distance(w, "within")
	}
	if f := m.get("fresh"); f != nil {
		c.fresh = time.Duration(p.duration(f, "fresh"))
	}
	p.rule.tail = c.fresh
	return c
}

// arrive compares the new position of a thing with those of the others. Who
// was together already at its last position does not meet again.
func (c *meetMatcher) arrive(x *execution, e *entry, _ roleSet) {
	last := c.newest(x, e)
	if last != nil && compareEntries(last, e) > 0 {
		x.rs.stats.Late++
		x.forget([]*entry{e})
		return
	}
	for _, o := range x.window.entries {
		if o.value != e.value && c.together(e, o) && (last == nil || !c.together(last, o)) {
			x.hit(c.found(e, o))
		}
	}
	if last != nil {
		x.forget([]*entry{last})
	}
}

// newest is the other position of the thing, nil when there is none.
func (c *meetMatcher) newest(x *execution, e *entry) *entry {
	for _, o := range x.window.entries {
		if o != e && o.value == e.value {
			return o
		}
	}
	return nil
}

func (c *meetMatcher) together(e, o *entry) bool {
	pair := e.roles.has(c.a) && o.roles.has(c.b) || e.roles.has(c.b) && o.roles.has(c.a)
	return pair && apart(e, o) <= c.fresh && near(e, o, c.reach)
}

func (c *meetMatcher) found(e, o *entry) found {
	a, b := e, o
	if !e.roles.has(c.a) || !o.roles.has(c.b) {
		a, b = o, e
	}
	return found{anchor: e, members: []member{{c.a, a}, {c.b, b}}, count: 2, suffix: "\x00" + o.value}
}
