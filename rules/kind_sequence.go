package rules

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// sequenceKind: events in the order of their times.
var sequenceKind = kind{
	name:  "sequence",
	own:   FormSteps,
	keys:  sequenceKeys,
	parse: parseSequence,
}

// pick says which partners make a match with the last event.
type pick string

const (
	pickLatest pick = "latest"
	pickFirst  pick = "first"
	pickEach   pick = "each"
)

// maxRun bounds the events that one step of a sequence takes.
const maxRun = 100

// seqStep is a step that events fill: at least low and at most high of them.
type seqStep struct{ slot, low, high int }

// barred is an event that must not occur between the steps around it.
type barred struct{ slot, after int }

// tail is an event that must not occur for a time after the last step.
type tail struct {
	slot int
	span time.Duration
}

var (
	sequenceKeys  = slices.Concat(allKeys, beside("contiguity"))
	keepOrConsume = choice("then", "keep", "consume")
)

func parseSequence(p *ruleParser, n ast.Node, beside entries) matcher {
	s := &sequenceMatcher{pick: pickLatest}
	items := p.list(n)
	for i, item := range items {
		s.parseStep(p, item, i == len(items)-1)
	}
	least := 0
	for _, st := range s.steps {
		least += st.low
	}
	if least < 2 && s.tail == nil {
		p.bad(n, "write it like [raid, car]", "a sequence needs at least two events")
	}
	if len(s.steps) > 0 && s.steps[len(s.steps)-1].low == 0 {
		p.bad(items[len(items)-1], "leave it out", "the last step of a sequence must occur")
	}
	p.keyed(beside, "a sequence", sequenceKeys)
	s.parsePick(p, beside)
	s.strict = p.chosen(beside, sequenceKeys, "contiguity") == "strict"
	if s.tail != nil {
		p.rule.tail = s.tail.span
	}
	return s
}

func (s *sequenceMatcher) parsePick(p *ruleParser, beside entries) {
	if v := p.chosen(beside, sequenceKeys, "pick"); v != "" {
		s.pick = pick(v)
	}
	s.consume = p.chosen(beside, sequenceKeys, "then") == "consume"
}

// parseStep reads a name, {event: b, times: 2..5} or {not: x}.
func (s *sequenceMatcher) parseStep(p *ruleParser, n ast.Node, last bool) {
	if _, ok := scalar(n); ok {
		s.steps = append(s.steps, seqStep{p.use(n), 1, 1})
		return
	}
	m, ok := p.mapping(n, "a step", namesOf(slices.Concat(StepKeys, NotKeys)...)...)
	switch {
	case !ok:
	case m.get("not") != nil:
		s.parseNot(p, m, last)
	case m.get("event") == nil:
		p.bad(n, "write {event: car, times: 2..5} or {not: car}", "a step has an event, or one that must not occur")
	case m.get("within") != nil:
		p.bad(m.get("within"), "", "only {not: …} at the end has a time of its own")
	default:
		st := seqStep{slot: p.use(m.get("event")), low: 1, high: 1}
		if t := m.get("times"); t != nil {
			st.low, st.high = p.times(t)
		}
		s.steps = append(s.steps, st)
	}
}

func (s *sequenceMatcher) parseNot(p *ruleParser, m entries, last bool) {
	slot := p.use(m.get("not"))
	p.rule.everyVersion |= roleOf(slot)
	span := time.Duration(p.duration(m.get("within"), "within"))
	switch {
	case m.get("times") != nil || m.get("event") != nil:
		p.bad(m.node, "", "what must not occur has no event and no times")
	case len(s.steps) == 0:
		p.bad(m.node, "put it behind the event after which it must not occur", "a sequence cannot begin with what must not occur")
	case !last && span != 0:
		p.bad(m.get("within"), "", "between two steps it must not occur at all")
	case last && span == 0:
		p.bad(m.node, "write {not: x, within: 5m}", "what must not occur at the end needs a time")
	case last:
		s.tail = &tail{slot, span}
	default:
		s.not = append(s.not, barred{slot, len(s.steps) - 1})
	}
}

// times reads 3, 2..5 or 2.. .
func (p *ruleParser) times(n ast.Node) (low, high int) {
	text, _ := scalar(n)
	from, to, several := strings.Cut(text, "..")
	low, err := strconv.Atoi(strings.TrimSpace(from))
	high = low
	if several {
		high = maxRun
	}
	if to = strings.TrimSpace(to); err == nil && to != "" {
		high, err = strconv.Atoi(to)
	}
	if err != nil || low < 0 || high < max(low, 1) || high > maxRun {
		p.bad(n, "write it like 3, 2..5, 2.. or 0..1", "times must be whole numbers up to %d", maxRun)
		return 1, 1
	}
	return low, high
}
