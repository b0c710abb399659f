package rules

import (
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// countKind: so many events within a time, and near each other.
var countKind = kind{
	name:  "count",
	own:   FormEvent,
	keys:  countKeys,
	parse: parseCount,
}

var countKeys = slices.Concat([]Key{need("within", FormSpan)},
	beside("atleast", "atmost", "exactly", "window", "gap", "by", "near", "where"), []Key{choice("then", "consume", "keep")},
	beside("lateness", "reset", "quiet"))

// maxInputs bounds the events that a hit of a count lists.
const maxInputs = 100

type countMatcher struct {
	atLeast  int
	atMost   int // 0: it is decided by atLeast alone, at once
	consume  bool
	distinct bool // count different values, not events
	division
}

func parseCount(p *ruleParser, n ast.Node, beside entries) matcher {
	p.use(n)
	p.rule.scope.count = true
	p.keyed(beside, "a count", countKeys)
	c := &countMatcher{consume: p.chosen(beside, countKeys, "then") != "keep"}
	c.division = p.division(beside)
	c.bounds(p, n, beside)
	if c.atMost > 0 {
		if near := beside.get("near"); near != nil {
			p.bad(near, "", "near goes with atleast alone")
		}
		if c.kind == sliding {
			c.kind, c.gap = session, maxWithin
		}
	}
	return c
}

// bounds reads how many events make a hit.
func (c *countMatcher) bounds(p *ruleParser, n ast.Node, beside entries) {
	exact := p.whole(beside.get("exactly"), "exactly", 1)
	c.atLeast, c.atMost = p.whole(beside.get("atleast"), "atleast", 2), p.whole(beside.get("atmost"), "atmost", 1)
	switch {
	case exact > 0 && (c.atLeast > 0 || c.atMost > 0):
		p.bad(beside.get("exactly"), "", "exactly stands alone, without atleast and atmost")
	case exact > 0:
		c.atLeast, c.atMost = exact, exact
	case beside.get("atleast") == nil && beside.get("atmost") == nil && beside.get("exactly") == nil:
		p.bad(n, "add atleast: 3", "a count says how many: atleast, atmost or exactly")
	case c.atMost > 0 && c.atMost < c.atLeast:
		p.bad(beside.get("atmost"), "", "atmost is less than atleast")
	}
}

// whole is a whole number from least to 1000; 0 when it is missing.
func (p *ruleParser) whole(n ast.Node, what string, least int) int {
	if n == nil {
		return 0
	}
	v := p.number(n, what)
	if i := int(v); float64(i) == v && i >= least && i <= 1000 {
		return i
	}
	p.bad(n, "for one event use event", "%s must be a whole number from %d to 1000", what, least)
	return least
}

// arrive looks for a window of the rule's length that holds the new event and
// enough others.
func (c *countMatcher) arrive(x *execution, e *entry, _ roleSet) {
	switch {
	case c.atMost > 0:
	case c.kind == sliding:
		c.inWindow(x, e, c.atLeast, func(*entry) bool { return true })
	default:
		c.inPeriod(x, e)
	}
}

// inWindow makes a hit of the largest window around e of the entries that
// count, when they are as many as are needed.
func (c *countMatcher) inWindow(x *execution, e *entry, need int, counts func(*entry) bool) {
	var around []*entry
	for _, o := range x.window.entries {
		if !o.spent && apart(o, e) <= x.rule.Within && counts(o) && near(o, e, x.rule.near) {
			around = append(around, o)
		}
	}
	if set := c.best(x, around, e, need); set != nil {
		c.make(x, e, set, around)
	}
}

// inPeriod makes a hit of the period that e is in, once when its events are
// used up.
func (c *countMatcher) inPeriod(x *execution, e *entry) {
	period := c.periodOf(x, e)
	set := period
	for _, o := range period {
		if o.spent {
			return
		}
	}
	switch {
	case x.rule.near > 0:
		set = c.mutual(x, period, e, c.atLeast)
	case c.distinct:
		set = representatives(period, e)
	}
	if len(set) >= c.atLeast {
		c.make(x, e, set, period)
	}
}

func (c *countMatcher) make(x *execution, e *entry, set, around []*entry) {
	if _, ok := x.hit(counted(e, set)); ok && c.consume {
		c.spend(set, around)
	}
}

// counted is a match of the events, of which the latest are listed.
func counted(anchor *entry, set []*entry) found {
	f := found{anchor: anchor, count: len(set), members: make([]member, 0, min(len(set), maxInputs+1))}
	for i, m := range set {
		if i >= len(set)-maxInputs || m == anchor {
			f.members = append(f.members, member{0, m})
		}
	}
	return f
}

func (c *countMatcher) waits() bool { return c.atMost > 0 }

// due is when the next period is over.
func (c *countMatcher) due(x *execution) time.Time { return c.nextEnd(x) }

// decide counts what is in the periods that are over, and forgets them.
func (c *countMatcher) decide(x *execution) {
	c.over(x, func(period []*entry, end time.Time) {
		e, set := period[len(period)-1], period
		if c.distinct {
			set = representatives(period, e)
		}
		if c.atMost > 0 && len(set) >= c.atLeast && len(set) <= c.atMost {
			f := counted(e, set)
			f.ended = end
			x.hit(f)
		}
	})
}

func apart(a, b *entry) time.Duration { return time.Duration(a.at - b.at).Abs() }

// best is the largest set of events in one window with e, the earliest among
// equals, in order of time; nil when none is large enough. Of a distinct the
// set has one event for each value.
func (c *countMatcher) best(x *execution, around []*entry, e *entry, need int) []*entry {
	var best []*entry
	size, end := need-1, 0
	values := map[string]int{}
	for i, first := range around {
		if first.time().After(e.time()) {
			break
		}
		for end < len(around) && around[end].time().Sub(first.time()) <= x.rule.Within {
			values[around[end].value]++
			end++
		}
		window, n := around[i:end], end-i
		if c.distinct {
			n = len(values)
		}
		if n > size && x.rule.near > 0 {
			if size >= maxInputs {
				break
			}
			window = c.mutual(x, window, e, need)
			n = len(window)
		}
		if n > size {
			best, size = window, n
		}
		if values[first.value]--; values[first.value] == 0 {
			delete(values, first.value)
		}
	}
	if c.distinct && best != nil {
		return representatives(best, e)
	}
	return best
}

// spend uses up the events of a hit, and of a distinct all those around it
// with one of its values.
func (c *countMatcher) spend(set, around []*entry) {
	values := map[string]bool{}
	for _, m := range set {
		m.spent = true
		values[m.value] = true
	}
	for _, o := range around {
		o.spent = o.spent || c.distinct && values[o.value]
	}
}
