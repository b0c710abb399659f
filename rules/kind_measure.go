package rules

import (
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// measureKind: a value of the events within a time, taken together.
var measureKind = kind{
	name:  "measure",
	own:   FormEvent,
	keys:  measureKeys,
	parse: parseMeasure,
}

var measureKeys = append([]Key{
	need("of", FormValue),
	{Name: "take", Form: FormChoice, Needed: true, Values: []string{"sum", "avg", "min", "max", "percentile"}},
	need("within", FormSpan),
	{Name: "percentile", Form: FormNumber},
	{Name: "above", Form: FormNumber},
	{Name: "atleast", Form: FormNumber},
	{Name: "below", Form: FormNumber},
	{Name: "atmost", Form: FormNumber},
	choice("then", "once", "keep"),
}, beside("window", "gap", "by", "where", "lateness", "reset", "quiet")...)

// measureMatcher compares what it takes of the values with a bound.
type measureMatcher struct {
	take     string
	rank     float64 // percentile
	compare  string  // above, atleast, below, atmost
	bound    float64
	monotone bool // no more values could undo it
	keep     bool // a hit for every event at which it holds
	division
}

func parseMeasure(p *ruleParser, n ast.Node, beside entries) matcher {
	p.rule.everyVersion = roleOf(p.use(n))
	p.rule.scope.count, p.rule.scope.extra = true, "measured"
	p.keyed(beside, "a measure", measureKeys)
	m := &measureMatcher{keep: p.chosen(beside, measureKeys, "then") == "keep", division: p.division(beside)}
	m.take = p.chosen(beside, measureKeys, "take")
	m.percentile(p, beside)
	m.comparison(p, n, beside)
	up := m.compare == "above" || m.compare == "atleast"
	m.monotone = m.take == "max" && up || m.take == "min" && !up
	if src, ok := p.perEvent(beside.get("of"), "of"); ok {
		p.eachAlternative(func(name string, a *alternative) bool {
			a.of = p.condition(src, a.scope(name), reflect.Float64)
			return a.of != nil
		})
	}
	return m
}

func (m *measureMatcher) percentile(p *ruleParser, beside entries) {
	n := beside.get("percentile")
	switch {
	case m.take == "percentile" && n == nil:
		p.need(beside, "a percentile", "percentile")
	case n != nil && m.take != "percentile":
		p.bad(n, "add take: percentile", "only take: percentile has one")
	case n != nil:
		if m.rank = p.number(n, "percentile"); m.rank <= 0 || m.rank > 100 {
			p.bad(n, "", "percentile must lie above 0 and not above 100")
		}
	}
}

func (m *measureMatcher) comparison(p *ruleParser, n ast.Node, beside entries) {
	for _, name := range []string{"above", "atleast", "below", "atmost"} {
		b := beside.get(name)
		if b == nil {
			continue
		}
		if m.compare != "" {
			p.bad(b, "put the other into where: measured < 5", "a measure has one bound, and it has %s too", m.compare)
		}
		m.compare, m.bound = name, p.number(b, name)
	}
	if m.compare == "" {
		p.bad(n, "add above: 3.2", "a measure says with what it is compared: above, atleast, below or atmost")
	}
}

// holds reports whether a value passes the bound.
func (m *measureMatcher) holds(v float64) bool {
	switch m.compare {
	case "above":
		return v > m.bound
	case "atleast":
		return v >= m.bound
	case "below":
		return v < m.bound
	}
	return v <= m.bound
}

// of takes the values of the events together, rounded to a millionth so that
// all processors agree. A percentile is the smallest value that so many
// percent of them do not exceed.
func (m *measureMatcher) of(set []*entry) float64 {
	values := make([]float64, len(set))
	sum := 0.0
	for i, e := range set {
		values[i] = e.number
		sum += e.number
	}
	v := sum
	switch m.take {
	case "avg":
		v = sum / float64(len(values))
	case "min":
		v = slices.Min(values)
	case "max":
		v = slices.Max(values)
	case "percentile":
		slices.Sort(values)
		v = values[max(0, int(math.Ceil(m.rank*float64(len(values))/100))-1)]
	}
	return math.Round(v*1e6) / 1e6
}

// arrive matches at once what no later value can undo.
func (m *measureMatcher) arrive(x *execution, e *entry, _ roleSet) {
	if !m.monotone || !m.holds(m.of([]*entry{e})) {
		return
	}
	set := m.before(x, e)
	if m.kind != sliding {
		set = m.periodOf(x, e)
	}
	before := slices.ContainsFunc(x.window.entries, func(o *entry) bool {
		return m.kind == sliding && heldAt(o, e, x.rule.Within) || m.kind != sliding && o.fired && slices.Contains(set, o)
	})
	m.make(x, e, set, before, time.Time{})
}

// heldAt reports whether the bound held at an event that is not too far away.
func heldAt(o, e *entry, within time.Duration) bool { return o.fired && apart(o, e) <= within }

// make makes a hit unless it held before and one is enough.
func (m *measureMatcher) make(x *execution, e *entry, set []*entry, before bool, end time.Time) {
	if before && !m.keep {
		e.fired = true
		return
	}
	f := counted(e, set)
	f.extra, f.ended = m.of(set), end
	x.hit(f)
}

// before are the events of the window that ends with e.
func (m *measureMatcher) before(x *execution, e *entry) []*entry {
	w := x.window
	return w.entries[w.before(e.time().Add(-x.rule.Within)):w.until(e.time())]
}

func (m *measureMatcher) waits() bool { return !m.monotone }

func (m *measureMatcher) due(x *execution) (first time.Time) {
	if m.kind != sliding || m.monotone {
		return m.nextEnd(x)
	}
	for _, e := range x.window.entries {
		first = x.earlier(first, x.after(e, 0))
	}
	return first
}

func (m *measureMatcher) decide(x *execution) {
	m.over(x, func(period []*entry, end time.Time) {
		if !m.monotone && m.holds(m.of(period)) {
			m.make(x, period[len(period)-1], period, false, end)
		}
	})
	if m.kind != sliding {
		return
	}
	for i, e := range x.window.entries {
		if !x.after(e, 0).Equal(x.due) {
			continue
		}
		if set := m.before(x, e); m.holds(m.of(set)) {
			m.make(x, e, set, i > 0 && heldAt(x.window.entries[i-1], e, x.rule.Within), time.Time{})
		}
	}
}
