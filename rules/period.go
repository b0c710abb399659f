package rules

import (
	"slices"
	"time"
)

// The ways in which a window lies in time.
const (
	sliding  = "sliding"  // anywhere
	tumbling = "tumbling" // one after the other, aligned to the epoch
	session  = "session"  // from an event to the last before a gap
)

// division divides the events of a window into periods, unless it slides. A
// period whose lateness has passed is decided and forgotten.
type division struct {
	kind string
	gap  time.Duration // of a session: the longest between two of its events
}

// division reads `window` and `gap`.
func (p *ruleParser) division(beside entries) division {
	d := division{kind: p.chosen(beside, countKeys, "window")}
	if d.kind == "" {
		d.kind = sliding
	}
	gap := beside.get("gap")
	switch {
	case d.kind == session:
		p.need(beside, "a session", "gap")
		d.gap = time.Duration(p.duration(gap, "gap"))
	case gap != nil:
		p.bad(gap, "add window: session", "only a session has a gap")
	}
	return d
}

// starts reports whether e begins another period than the one that began with
// first and has last as its last event so far.
func (d division) starts(within time.Duration, first, last, e *entry) bool {
	if d.kind == tumbling {
		return begin(within, e) != begin(within, first)
	}
	return apart(last, e) > d.gap || apart(first, e) > within
}

// begin is when the tumbling window of an event begins, in ns since 1970.
func begin(within time.Duration, e *entry) int64 {
	into := e.at % int64(within)
	if into < 0 {
		into += int64(within)
	}
	return e.at - into
}

// periods divides the entries of the window.
func (d division) periods(x *execution) (out [][]*entry) {
	list := slices.Clone(x.window.entries)
	from := 0
	for i := 1; i <= len(list); i++ {
		if i == len(list) || d.starts(x.rule.Within, list[from], list[i-1], list[i]) {
			out = append(out, list[from:i])
			from = i
		}
	}
	return out
}

func (d division) periodOf(x *execution, e *entry) []*entry {
	for _, p := range d.periods(x) {
		if slices.Contains(p, e) {
			return p
		}
	}
	return nil
}

// end is the event time at which a period is over.
func (d division) end(within time.Duration, period []*entry) time.Time {
	first, last := period[0].time(), period[len(period)-1].time()
	if d.kind == tumbling {
		return time.Unix(0, begin(within, period[0])).UTC().Add(within)
	}
	if whole := first.Add(within); whole.Before(last.Add(d.gap)) {
		return whole
	}
	return last.Add(d.gap)
}

// deadline is when all events of a period have come.
func (d division) deadline(x *execution, period []*entry) time.Time {
	var wait time.Duration
	for _, e := range period {
		wait = max(wait, x.lateness(e))
	}
	return d.end(x.rule.Within, period).Add(wait)
}

func (d division) nextEnd(x *execution) (first time.Time) {
	if d.kind == sliding {
		return time.Time{}
	}
	for _, p := range d.periods(x) {
		first = x.earlier(first, d.deadline(x, p))
	}
	return first
}

// over visits the periods that are decided now, and forgets them.
func (d division) over(x *execution, visit func(period []*entry, end time.Time)) {
	if d.kind == sliding {
		return
	}
	for _, p := range d.periods(x) {
		if d.deadline(x, p).After(x.due) {
			continue
		}
		visit(p, d.end(x.rule.Within, p))
		x.forget(p)
	}
}

// forget takes the entries out of the window.
func (x *execution) forget(list []*entry) {
	for _, e := range list {
		x.state.held.remove(e)
	}
	x.window.entries = slices.DeleteFunc(x.window.entries, func(e *entry) bool { return slices.Contains(list, e) })
	x.rs.drop(x.key, x.window)
}

// late: an event of a period that is over comes too late.
func (d division) late(x *execution, e *entry) bool {
	allowed := x.lateness(e)
	switch d.kind {
	case tumbling:
		return !d.end(x.rule.Within, []*entry{e}).Add(allowed).After(x.clock)
	case session:
		return x.unordered(e)
	}
	return e.time().Before(x.clock.Add(-x.rule.span - allowed))
}
