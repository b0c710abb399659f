package rules

import (
	"fmt"
	"slices"
)

// chain is a match of a sequence while its partners are searched.
type chain struct {
	*sequenceMatcher
	x         *execution
	z         *entry // the anchor
	at        int    // the step of the anchor
	order     []int  // in which steps are filled
	runs      [][]*entry
	fixed     *entry // must be in fixedStep; nil: nothing is fixed
	fixedStep int
}

// newChain fills the step of the anchor first, then the latest partners from
// the end of the sequence or the first ones from its beginning.
func newChain(s *sequenceMatcher, x *execution, z *entry, at int) *chain {
	c := &chain{sequenceMatcher: s, x: x, z: z, at: at, runs: make([][]*entry, len(s.steps)), order: []int{at}}
	for i := range s.steps {
		if s.pick == pickLatest {
			i = s.last() - i
		}
		if i != at {
			c.order = append(c.order, i)
		}
	}
	return c
}

// fill picks events for the steps from the n-th to be filled on, and reports
// whether the search is over.
func (c *chain) fill(n int) bool {
	if n == len(c.order) {
		return c.finish()
	}
	step := c.order[n]
	for e := range c.candidates(step) {
		if !c.x.step(1) {
			return true
		}
		if c.fits(step, e) && c.fillRun(n, step, e) {
			return true
		}
	}
	return c.steps[step].low == 0 && c.fill(n+1)
}

// candidates are the entries that a step may begin with, in the order in
// which they are tried.
func (c *chain) candidates(step int) func(yield func(*entry) bool) {
	list := c.x.window.entries
	switch {
	case step == c.at:
		list = []*entry{c.z}
	case c.fixed != nil && step == c.fixedStep && c.steps[step].high == 1:
		list = []*entry{c.fixed}
	}
	return func(yield func(*entry) bool) {
		for i := range list {
			e := list[i]
			if c.pick == pickLatest {
				e = list[len(list)-1-i]
			}
			if !yield(e) {
				return
			}
		}
	}
}

// fillRun fills a step with as many events from e on as fit, or with fewer
// when the rest does not go with that.
func (c *chain) fillRun(n, step int, e *entry) bool {
	run := c.longest(step, e)
	for size := len(run); size >= max(1, c.steps[step].low); size-- {
		c.runs[step] = run[:size]
		if c.fill(n + 1) {
			return true
		}
	}
	c.runs[step] = nil
	return false
}

// longest is the run of a step that begins with e and takes whatever fits
// next: backwards from the anchor and with pick: latest, else forwards.
func (c *chain) longest(step int, e *entry) []*entry {
	c.runs[step] = []*entry{e}
	if c.steps[step].high > 1 {
		list := c.x.window.entries
		at := slices.Index(list, e)
		for len(c.runs[step]) < c.steps[step].high && c.x.step(1) {
			if step == c.at || c.pick == pickLatest {
				at--
			} else {
				at++
			}
			if at < 0 || at >= len(list) {
				break
			}
			if c.fits(step, list[at]) {
				c.runs[step] = append(c.runs[step], list[at])
			}
		}
	}
	run := c.runs[step]
	c.runs[step] = nil
	return run
}

// fits reports whether the event can fill the step beside those picked.
func (c *chain) fits(step int, e *entry) bool {
	if e.spent || !e.roles.has(c.steps[step].slot) || !c.inOrder(e, c.z) || apart(e, c.z) > c.x.rule.Within || c.strict && c.crowded(e) {
		return false
	}
	for at, run := range c.runs {
		for _, p := range run {
			order := e.time().Compare(p.time())
			if c.anyOrder {
				order = 0
			}
			if p.id() == e.id() || at < step && order < 0 || at > step && order > 0 || !near(e, p, c.x.rule.near) {
				return false
			}
		}
	}
	return true
}

// crowded reports whether more events lie between e and the anchor than the
// sequence can take.
func (c *chain) crowded(e *entry) bool {
	room := 0
	for _, st := range c.steps {
		room += st.high
	}
	w := c.x.window
	return w.before(c.z.time())-w.until(e.time()) > room
}

// clear reports whether nothing occurs between the picked events that must
// not.
func (c *chain) clear() bool {
	for _, b := range c.not {
		lo, hi := c.neighbours(b.after)
		if lo != nil && slices.ContainsFunc(c.x.window.entries, func(o *entry) bool {
			return o.roles.has(b.slot) && o.id() != lo.id() && o.id() != hi.id() && !o.time().Before(lo.time()) &&
				!o.time().After(hi.time()) && near(o, lo, c.x.rule.near) && near(o, hi, c.x.rule.near)
		}) {
			return false
		}
	}
	return !c.strict || c.contiguous()
}

// neighbours are the picked events around the place behind a step; nil when
// no event fills the steps before it.
func (c *chain) neighbours(step int) (lo, hi *entry) {
	for _, run := range c.runs[:step+1] {
		for _, e := range run {
			if lo == nil || compareEntries(e, lo) > 0 {
				lo = e
			}
		}
	}
	for _, run := range c.runs[step+1:] {
		for _, e := range run {
			if hi == nil || compareEntries(e, hi) < 0 {
				hi = e
			}
		}
	}
	return lo, hi
}

// contiguous reports whether every event of the window between the first and
// the last picked one is picked too.
func (c *chain) contiguous() bool {
	members := c.members()
	first := slices.MinFunc(members, func(a, b member) int { return compareEntries(a.entry, b.entry) }).entry
	inside := func(o *entry) bool {
		return o.time().After(first.time()) && o.time().Before(c.z.time())
	}
	return !slices.ContainsFunc(c.x.window.entries, func(o *entry) bool {
		return inside(o) && !slices.ContainsFunc(members, func(m member) bool { return m.entry == o })
	})
}

// finish makes the match of the picked partners; true ends the search.
func (c *chain) finish() bool {
	if c.waits() && !c.x.step(len(c.x.window.entries)/8) {
		return true
	}
	if c.fixed != nil && !slices.Contains(c.runs[c.fixedStep], c.fixed) || !c.clear() {
		return false
	}
	if c.pick == pickEach && c.x.hits == maxEach {
		c.x.cut = true
		return true
	}
	if !c.x.step(evalSteps) {
		return true
	}
	f := found{anchor: c.z, members: c.members()}
	f.count = len(f.members)
	if c.tail != nil {
		f.ended = c.x.end(c.z)
	}
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
	var s []byte
	for _, m := range c.members() {
		switch {
		case m.entry != c.z:
			s = fmt.Appendf(s, "\x00%d:%s", len(m.entry.id()), m.entry.id())
		case c.anyOrder:
			s = fmt.Appendf(s, "\x00%d", m.slot)
		}
	}
	return string(s)
}

// others are the events that could stand in for one of those picked.
func (c *chain) others() []member {
	var out []member
	for step, kept := range c.runs {
		if step == c.at || len(kept) != 1 || c.steps[step].high > 1 {
			continue
		}
		for _, e := range slices.Backward(c.x.window.entries) {
			if len(out) == maxOthers {
				break
			}
			c.runs[step] = nil
			if e == kept[0] || !c.fits(step, e) {
				continue
			}
			c.runs[step] = []*entry{e}
			if c.clear() && c.x.holds(c.x.rule.where, c.x.frame(found{anchor: c.z, members: c.members()})) {
				out = append(out, member{c.steps[step].slot, e})
			}
		}
		c.runs[step] = kept
	}
	return out
}

// members are the picked events by step, in each by time.
func (c *chain) members() []member {
	var out []member
	for step, run := range c.runs {
		for _, e := range slices.SortedFunc(slices.Values(run), compareEntries) {
			out = append(out, member{c.steps[step].slot, e})
		}
	}
	return out
}
