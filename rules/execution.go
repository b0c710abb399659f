package rules

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// execution is one rule meeting one event, or deciding at a deadline.
type execution struct {
	set   *Set
	rule  *Rule
	state *State
	rs    *ruleState
	clock time.Time
	world World
	left  inheritance // from what the event replaces

	key    string
	extra  float64 // how many events a surge expected
	window *window
	due    time.Time // the deadline that is decided; zero: an event arrives
	below  bool      // something matched and its score was too low
	steps  int       // of searches for partners
	cut    bool      // a search was given up
	hits   int       // made in this attempt

	own   frame // of what is made into a hit
	trial frame // of what may become one
}

// executing makes x the execution of the state: there is one at a time, and
// its buffers serve the next.
func (st *State) executing(x execution) *execution {
	x.own.events, x.trial.events = st.work.own.events, st.work.trial.events
	st.work = x
	return &st.work
}

// found is a possible match: who fills which slot, and which event is the
// anchor that it is counted by.
type found struct {
	anchor  *entry
	members []member // one for each slot; for a count, all events
	count   int
	suffix  string          // tells several matches of one anchor apart
	extra   float64         // what a measure came to
	ended   time.Time       // event time at which it was complete; zero: that of the anchor
	others  func() []member // other events that could fill a slot, to be listed too
}

type member struct {
	slot  int
	entry *entry
}

// run gives the event to the rule.
func (x *execution) run(e *fusion.Event, refs []ref) {
	x.attempt(func() {
		arrived, ok := x.admit(e, refs)
		if ok && x.place(arrived) && !arrived.spent {
			if roles := arrived.roles &^ arrived.hit; roles != 0 {
				x.rule.matcher.arrive(x, arrived, roles)
			}
		}
	})
}

// attempt does some work of the rule. Whatever goes wrong in it is counted
// against the rule and changes nothing for others.
func (x *execution) attempt(work func()) {
	if x.rs.stats.Quarantined {
		return
	}
	if w := x.state.watch; w != nil {
		w.Begins(x.rule.ID)
		defer w.Ends(x.rule.ID)
	}
	defer func() {
		if recover() != nil {
			x.failed()
		}
	}()
	work()
	if x.below && x.hits == 0 {
		x.rs.stats.Below++
	}
	if x.cut {
		x.rs.stats.Cut++
	}
}

// The search for partners of one event is bounded, and where it is given up
// the rule's Cut counts it. Trying a condition is worth several steps.
const (
	maxSteps  = 200_000
	evalSteps = 10
)

// step takes steps of the search; false gives it up.
func (x *execution) step(n int) bool {
	x.steps += n
	x.cut = x.cut || x.steps > maxSteps
	return x.steps <= maxSteps
}

func (x *execution) failed() {
	x.rs.stats.Failures++
	if x.rs.stats.Failures >= uint64(x.set.options.MaxFailures) {
		x.rs.stats.Quarantined = true
	}
}

// failure is what a failing condition panics with; run recovers it.
type failure struct{ err error }

// eval runs a condition.
func (x *execution) eval(p *program, f *frame) any {
	v, err := p.run(&x.state.machine, f)
	if err != nil {
		panic(failure{err})
	}
	return v
}

// holds runs a condition that is true or false; a nil one is true.
func (x *execution) holds(p *program, f *frame) bool {
	switch {
	case p == nil:
		return true
	case p.test != nil:
		return p.test(f)
	}
	return x.eval(p, f).(bool)
}

// text is the value of an expression as text, "" when it is missing.
func (x *execution) text(p *program, f *frame) string {
	if p.text != nil {
		return p.text(f)
	}
	return written(x.eval(p, f))
}

// admit finds the roles that the event can fill, and the key of its window.
func (x *execution) admit(e *fusion.Event, refs []ref) (*entry, bool) {
	a := newEntry(e)
	f := &x.trial
	f.events, f.world, f.matched = append(f.events[:0], e), x.world, nil
	var m more
	defer func() { a.keep(m) }()
	var filled *alternative
	for _, at := range refs {
		if a.roles.has(at.slot) {
			continue
		}
		alt := x.rule.events[at.slot].alternatives[at.alt]
		f.matched = nil
		if x.holds(alt.when, f) {
			a.roles |= roleOf(at.slot)
			if filled == nil || filled.of == nil {
				filled = alt
			}
			for _, l := range f.matched {
				if !slices.Contains(m.matched, l) {
					m.matched = append(m.matched, l)
				}
			}
		}
	}
	if a.roles == 0 {
		return nil, false
	}
	a.hit, a.spent = x.left.hit&a.roles, x.left.spent
	if filled.of != nil && !m.measure(x.eval(filled.of, f)) {
		return nil, false
	}
	if x.rule.things {
		if m.value = thingOf(e); m.value == "" {
			a.roles &= x.rule.reset
		}
		if x.rule.thingKey && len(filled.by) == 0 {
			x.key = m.value
			return a, m.value != ""
		}
	}
	return a, x.keyOf(filled.by, f)
}

// measure takes the value of the event that the rule counts or measures;
// false when it is missing.
func (m *more) measure(v any) bool {
	m.value = written(v)
	switch n := v.(type) {
	case float64:
		m.number = n
	case int:
		m.number = float64(n)
	}
	return m.value != "" && !math.IsInf(m.number, 0)
}

// keyOf joins the parts of the key; false when one is missing.
func (x *execution) keyOf(by []*program, f *frame) bool {
	for i, p := range by {
		part := x.text(p, f)
		if part == "" {
			return false
		}
		if i > 0 {
			x.key += "|"
		}
		x.key += keyEscapes.Replace(part)
	}
	return true
}

var keyEscapes = strings.NewReplacer(`\`, `\\`, `|`, `\|`)

// noEvent stands for an event that a match does not have: all of it is missing.
var noEvent = &fusion.Event{}

// frame makes what the rule's own conditions run on. Where several events
// fill a slot its name means the anchor, else the last of them.
func (x *execution) frame(f found) *frame { return x.fill(&x.trial, f) }

func (x *execution) fill(fr *frame, f found) *frame {
	events := fr.events[:0]
	for range x.rule.events {
		events = append(events, noEvent)
	}
	for _, m := range f.members {
		if events[m.slot] != f.anchor.event() {
			events[m.slot] = m.entry.event()
		}
	}
	*fr = frame{events: events, world: x.world, count: f.count, extra: cmp.Or(f.extra, x.extra)}
	return fr
}

// hit makes a hit of what was found, unless `where` or the score refuse it,
// and returns all the events that it rests on.
func (x *execution) hit(f found) ([]member, bool) {
	fr := x.fill(&x.own, f)
	if !x.holds(x.rule.where, fr) {
		return nil, false
	}
	score, parts := x.score(fr)
	if s := x.rule.score; s != nil && score < s.threshold {
		x.below = true
		return nil, false
	}
	if f.others != nil {
		f.members = append(f.members, f.others()...)
	}
	m := x.match(f, fr)
	m.Hit.Score, m.Hit.Parts = score, parts
	f.anchor.fired = true
	if !x.hush(m.Hit.Time) {
		x.rs.stats.Hits++
		x.hits++
		x.state.found = append(x.state.found, m)
	}
	for _, p := range f.members {
		p.entry.hit |= roleOf(p.slot)
	}
	return f.members, true
}

// consume uses up the events of a hit.
func consume(members []member) {
	for _, m := range members {
		m.entry.spent = true
	}
}

func (x *execution) title(fr *frame) string {
	if len(x.rule.title) == 0 {
		return x.rule.Title
	}
	var b strings.Builder
	for _, piece := range x.rule.title {
		b.WriteString(piece.text)
		if piece.expr != nil {
			b.WriteString(show(x.eval(piece.expr, fr)))
		}
	}
	return b.String()
}
