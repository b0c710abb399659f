package rules

import (
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// fenceKind: a moving thing and an area or a circle.
var fenceKind = kind{
	name:  "fence",
	own:   FormKeys,
	inner: fenceKeys,
	keys:  beside("by", "where", "lateness", "reset", "quiet"),
	parse: parseFence,
}

// What a fence can be about.
const (
	fenceEnter   = "enter"
	fenceExit    = "exit"
	fenceInside  = "inside"
	fenceOutside = "outside"
	fenceCross   = "cross"
	fenceDwell   = "dwell"
)

var fenceKeys = append([]Key{
	need("of", FormEvent),
	{Name: "when", Form: FormChoice, Needed: true, Values: []string{fenceEnter, fenceExit, fenceInside, fenceOutside, fenceCross, fenceDwell}},
	{Name: "for", Form: FormSpan},
	choice("first", fenceEnter),
	{Name: "lost", Form: FormSpan},
}, zoneKeys...)

// fenceMatcher looks at each two consecutive positions of a thing.
type fenceMatcher struct {
	zone
	when     string
	span     time.Duration // of a dwell
	arriving bool          // being inside when first seen is entering
	exits    bool          // being lost inside is leaving
	lost     time.Duration
}

func parseFence(p *ruleParser, n ast.Node, _ entries) matcher {
	f := &fenceMatcher{lost: defaultLost}
	m, ok := p.mapping(n, "a fence", namesOf(fenceKeys...)...)
	if !ok {
		return f
	}
	p.keyed(m, "a fence", fenceKeys)
	p.things(m.get("of"))
	p.rule.thingKey = true
	f.zone = p.zone(m)
	f.when = p.chosen(m, fenceKeys, "when")
	f.span = time.Duration(p.duration(m.get("for"), "for"))
	f.arriving = p.chosen(m, fenceKeys, "first") != ""
	if l := m.get("lost"); l != nil {
		f.lost, f.exits = time.Duration(p.duration(l, "lost")), f.when == fenceExit
	}
	switch {
	case f.when == fenceDwell && f.span == 0:
		p.need(m, "a dwell", "for")
	case f.when != fenceDwell && f.span != 0:
		p.bad(m.get("for"), "add when: dwell", "only a dwell lasts for a time")
	case f.arriving && f.when != fenceEnter:
		p.bad(m.get("first"), "", "first: enter goes with when: enter")
	}
	p.rule.tail = f.lost + f.span
	return f
}

// things makes the event of that name a slot for positions of things, every
// one of which counts.
func (p *ruleParser) things(n ast.Node) int {
	if n == nil {
		return 0
	}
	slot := p.use(n)
	p.rule.things, p.rule.placed = true, true
	p.rule.everyVersion |= roleOf(slot)
	return slot
}

// late: a position before others that are decided does not count.
func (f *fenceMatcher) late(x *execution, e *entry) bool { return x.unordered(e) }

// arrive finds what happened between the positions before and after the new
// one. What was found before between those two is not found again.
func (f *fenceMatcher) arrive(x *execution, e *entry, _ roleSet) {
	e.in = f.holds(x.world, e)
	at := slices.Index(x.window.entries, e)
	var prev, next *entry
	if at > 0 {
		prev = x.window.entries[at-1]
	}
	if at+1 < len(x.window.entries) {
		next = x.window.entries[at+1]
	}
	found := next != nil && f.happens(x, prev, next)
	for _, step := range [][2]*entry{{prev, e}, {e, next}} {
		if step[1] == nil || !f.happens(x, step[0], step[1]) {
			continue
		}
		if found {
			found = false
			continue
		}
		f.hit(x, step[0], step[1], time.Time{})
	}
	x.thin(f.span, f.remembered)
}

// remembered keeps, of a crossing, where the thing went in.
func (f *fenceMatcher) remembered(o, next *entry) bool {
	return f.when == fenceCross && o.in != next.in
}

// happens reports whether what the fence is about happens at q, behind p; p is
// nil when the thing was not seen before.
func (f *fenceMatcher) happens(x *execution, p, q *entry) bool {
	if p != nil && x.gone(p, q.time(), f.lost) {
		p = nil
	}
	switch f.when {
	case fenceEnter:
		return q.in && (p == nil && f.arriving || p != nil && !p.in)
	case fenceExit:
		return p != nil && p.in && !q.in
	case fenceInside:
		return q.in && (p == nil || !p.in)
	case fenceOutside:
		return !q.in && (p == nil || p.in)
	case fenceCross:
		return p != nil && !q.in && (p.in && f.entered(x, p, q) || !p.in && f.crossed(x.world, p.center, q.center))
	}
	return false
}

// entered reports whether the thing was seen going in before p, not too long
// before q.
func (f *fenceMatcher) entered(x *execution, p, q *entry) bool {
	list := x.window.entries
	for i := slices.Index(list, p); i > 0 && list[i].in; i-- {
		before := list[i-1]
		if x.gone(before, list[i].time(), f.lost) || apart(before, q) > f.lost {
			return false
		}
		if !before.in {
			return true
		}
	}
	return false
}

func (f *fenceMatcher) hit(x *execution, p, e *entry, end time.Time) {
	h := found{anchor: e, members: []member{{0, e}}, count: 1, ended: end}
	if f.when == fenceCross {
		h.members = []member{{0, p}, {0, e}}
	}
	x.hit(h)
}

// begins reports whether the i-th position begins a stay.
func (f *fenceMatcher) begins(x *execution, i int) bool {
	list := x.window.entries
	return list[i].in && (i == 0 || !list[i-1].in || x.gone(list[i-1], list[i].time(), f.lost))
}

func (f *fenceMatcher) waits() bool { return f.when == fenceDwell || f.exits }

func (f *fenceMatcher) due(x *execution) (first time.Time) {
	for i, e := range x.window.entries {
		switch {
		case f.when == fenceDwell && f.begins(x, i):
			first = x.earlier(first, x.unheard(e, f.span))
		case f.exits && e.in:
			first = x.earlier(first, x.unheard(e, f.lost))
		}
	}
	return first
}

func (f *fenceMatcher) decide(x *execution) {
	list := x.window.entries
	for i, e := range list {
		switch {
		case f.when == fenceDwell && f.begins(x, i) && x.unheard(e, f.span).Equal(x.due):
			if f.stays(x, list[i:]) {
				f.hit(x, nil, e, x.end(e))
			}
		case f.exits && e.in && x.unheard(e, f.lost).Equal(x.due):
			if i+1 == len(list) || list[i+1].time().After(x.end(e)) {
				f.hit(x, nil, e, x.end(e))
			}
		}
	}
}

// stays reports whether the thing stayed inside from the first position on.
func (f *fenceMatcher) stays(x *execution, list []*entry) bool {
	end := x.end(list[0])
	for i, e := range list {
		switch {
		case e.time().After(end):
			return !x.gone(list[i-1], end, f.lost)
		case !e.in || i > 0 && x.gone(list[i-1], e.time(), f.lost):
			return false
		}
	}
	return !x.gone(list[len(list)-1], end, f.lost)
}
