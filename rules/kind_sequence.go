package rules

import (
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// sequenceKind: events in the order of their times.
var sequenceKind = kind{
	name:  "sequence",
	keys:  []string{"within", "by", "near", "where", "pick", "then"},
	parse: parseSequence,
}

// pick says which partners make a match with the last event.
type pick string

const (
	pickLatest pick = "latest"
	pickFirst  pick = "first"
	pickEach   pick = "each"
)

const (
	maxOthers = 20 // other possible partners that a hit lists
	maxEach   = 64 // hits of one arriving event with pick: each
)

type sequenceMatcher struct {
	last    int // slot of the anchor
	pick    pick
	consume bool
}

func parseSequence(p *ruleParser, n ast.Node, beside entries) matcher {
	names := p.list(n)
	if len(names) < 2 {
		p.bad(n, "write it like [raid, car]", "a sequence needs at least two events")
	}
	for _, name := range names {
		p.use(name)
	}
	p.need(beside, "a sequence", "within")
	s := &sequenceMatcher{last: len(names) - 1, pick: pickLatest}
	if v := p.choice(beside.get("pick"), "pick", string(pickLatest), string(pickFirst), string(pickEach)); v != "" {
		s.pick = pick(v)
	}
	s.consume = p.choice(beside.get("then"), "then", "keep", "consume") == "consume"
	return s
}

// arrive completes what the event completes as the last of a sequence, or as
// an earlier one that came late.
func (s *sequenceMatcher) arrive(x *execution, e *entry, roles roleSet) {
	for slot := range s.last {
		if !roles.has(slot) {
			continue
		}
		for _, z := range slices.Clone(x.window.entries) {
			if z != e && z.roles.has(s.last) && !z.event.Time.Before(e.event.Time) {
				s.complete(x, z, slot, e)
			}
		}
	}
	if roles.has(s.last) {
		s.complete(x, e, s.last, e)
	}
}

// complete looks for the sequences that end with the anchor z and have e in
// the slot.
func (s *sequenceMatcher) complete(x *execution, z *entry, slot int, e *entry) {
	if z.hit.has(s.last) && s.pick != pickEach {
		return
	}
	c := &chain{sequenceMatcher: s, x: x, picked: make([]*entry, s.last+1)}
	c.picked[s.last] = z
	if slot != s.last {
		if !c.fits(slot, e) {
			return
		}
		c.fixed, c.fixedSlot = e, slot
	}
	c.fill(0)
}

// chain is a sequence while its partners are searched.
type chain struct {
	*sequenceMatcher
	x         *execution
	picked    []*entry // by slot; nil: still open
	fixed     *entry   // must fill fixedSlot, nil: nothing is fixed
	fixedSlot int
}

// fill picks partners for the slots that are open, n of which are done, and
// reports whether the search is over. The latest partners are found from the
// end of the sequence, the first from its beginning.
func (c *chain) fill(n int) bool {
	if n == c.last {
		return c.finish()
	}
	slot, candidates := n, c.x.window.entries
	if c.pick == pickLatest {
		slot = c.last - 1 - n
	}
	if c.fixed != nil && slot == c.fixedSlot {
		candidates = []*entry{c.fixed}
	}
	for i := range candidates {
		e := candidates[i]
		if c.pick == pickLatest {
			e = candidates[len(candidates)-1-i]
		}
		if !c.x.step(1) {
			return true
		}
		if !c.fits(slot, e) {
			continue
		}
		c.picked[slot] = e
		if c.fill(n + 1) {
			return true
		}
		c.picked[slot] = nil
	}
	return false
}

// fits reports whether the event can fill the slot beside those picked.
func (c *chain) fits(slot int, e *entry) bool {
	z := c.picked[c.last]
	if e.spent || z.spent || !e.roles.has(slot) || e.event.Time.After(z.event.Time) || apart(e, z) > c.x.rule.Within {
		return false
	}
	for at, p := range c.picked {
		if p == nil || at == slot {
			continue
		}
		order := e.event.Time.Compare(p.event.Time)
		if p.event.ID == e.event.ID || at < slot && order < 0 || at > slot && order > 0 || !near(e, p, c.x.rule.near) {
			return false
		}
	}
	return true
}

// finish makes the match of the picked partners; true ends the search.
func (c *chain) finish() bool {
	if c.pick == pickEach && len(c.x.out) == maxEach {
		c.x.cut = true
		return true
	}
	if !c.x.step(evalSteps) {
		return true
	}
	f := found{anchor: c.picked[c.last], count: len(c.picked), members: c.members()}
	if c.pick == pickEach {
		f.suffix = c.suffix()
	} else {
		f.others = c.others
	}
	members, ok := c.x.hit(f)
	if !ok {
		return false
	}
	if c.consume {
		consume(members)
	}
	return c.pick != pickEach || c.consume
}

// suffix tells the combinations of one anchor apart.
func (c *chain) suffix() string {
	var s string
	for _, e := range c.picked[:c.last] {
		s += "\x00" + strconv.Itoa(len(e.event.ID)) + ":" + string(e.event.ID)
	}
	return s
}

// others are the events that could stand in for one of those picked.
func (c *chain) others() []member {
	var out []member
	for slot := range c.last {
		kept := c.picked[slot]
		for _, e := range slices.Backward(c.x.window.entries) {
			if len(out) == maxOthers {
				break
			}
			if e == kept || !c.fits(slot, e) {
				continue
			}
			c.picked[slot] = e
			if c.x.holds(c.x.rule.where, c.x.frame(found{members: c.members()})) {
				out = append(out, member{slot, e})
			}
			c.picked[slot] = kept
		}
	}
	return out
}

func (c *chain) members() []member {
	out := make([]member, len(c.picked))
	for slot, e := range c.picked {
		out[slot] = member{slot, e}
	}
	return out
}
