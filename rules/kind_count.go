package rules

import (
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// countKind: at least so many events within a time, and near each other.
var countKind = kind{
	name:  "count",
	keys:  []string{"within", "atleast", "by", "near", "where", "then"},
	parse: parseCount,
}

// maxInputs bounds the events that a hit of a count lists.
const maxInputs = 100

type countMatcher struct {
	atLeast  int
	consume  bool
	distinct bool // count different values, not events
}

func parseCount(p *ruleParser, n ast.Node, beside entries) matcher {
	p.use(n)
	p.rule.scope.count = true
	p.need(beside, "a count", "within", "atleast")
	c := &countMatcher{consume: p.choice(beside.get("then"), "then", "consume", "keep") != "keep"}
	if at := beside.get("atleast"); at != nil {
		v := p.number(at, "atleast")
		if c.atLeast = int(v); v != float64(c.atLeast) || v < 2 || v > 1000 {
			p.bad(at, "for one event use event", "atleast must be a whole number from 2 to 1000")
		}
	}
	return c
}

// arrive looks for a window of the rule's length that holds the new event and
// enough others.
func (c *countMatcher) arrive(x *execution, e *entry, _ roleSet) {
	var around []*entry
	for _, o := range x.window.entries {
		if !o.spent && apart(o, e) <= x.rule.Within && near(o, e, x.rule.near) {
			around = append(around, o)
		}
	}
	set := c.best(x, around, e)
	if set == nil {
		return
	}
	f := found{anchor: e, count: len(set)}
	for i, m := range set {
		if i >= len(set)-maxInputs || m == e {
			f.members = append(f.members, member{0, m})
		}
	}
	if _, ok := x.hit(f); ok && c.consume {
		c.spend(set, around)
	}
}

func apart(a, b *entry) time.Duration { return a.event.Time.Sub(b.event.Time).Abs() }

// best is the largest set of events in one window with e, the earliest among
// equals, in order of time; nil when none is large enough. Of a distinct the
// set has one event for each value.
func (c *countMatcher) best(x *execution, around []*entry, e *entry) []*entry {
	var best []*entry
	size, end := c.atLeast-1, 0
	values := map[string]int{}
	for i, first := range around {
		if first.event.Time.After(e.event.Time) {
			break
		}
		for end < len(around) && around[end].event.Time.Sub(first.event.Time) <= x.rule.Within {
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
			window = c.mutual(x, window, e)
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

// mutual returns events of the window that are all near each other, e among
// them: as many as are needed and then as many more as fit, up to what a hit
// lists; nil when there are too few.
func (c *countMatcher) mutual(x *execution, window []*entry, e *entry) []*entry {
	s := clique{x: x, need: c.atLeast, distinct: c.distinct}
	set, ok := s.grow([]*entry{e}, slices.DeleteFunc(slices.Clone(window), func(o *entry) bool { return o == e }))
	if !ok {
		return nil
	}
	for _, o := range slices.Backward(window) {
		if len(set) < maxInputs && x.step(len(set)) && !slices.Contains(set, o) && s.fits(set, o) {
			set = append(set, o)
		}
	}
	slices.SortFunc(set, compareEntries)
	return set
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

// clique finds events that are all near each other.
type clique struct {
	x        *execution
	need     int
	distinct bool // no two with the same value
}

// grow adds members of rest to the set, the latest first, until it is large
// enough.
func (c *clique) grow(set, rest []*entry) ([]*entry, bool) {
	if len(set) >= c.need {
		return set, true
	}
	for len(set)+len(rest) >= c.need {
		if !c.x.step(len(set)) {
			return nil, false
		}
		last := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		if !c.fits(set, last) {
			continue
		}
		if grown, ok := c.grow(append(slices.Clone(set), last), rest); ok {
			return grown, true
		}
	}
	return nil, false
}

func (c *clique) fits(set []*entry, o *entry) bool {
	return !slices.ContainsFunc(set, func(m *entry) bool {
		return c.distinct && m.value == o.value || !near(m, o, c.x.rule.near)
	})
}
