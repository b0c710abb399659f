package rules

import (
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// absenceKind: an event, and then not another for a time.
var absenceKind = kind{
	name:  "absence",
	own:   FormKeys,
	inner: absenceKeys,
	keys:  beside("by", "near", "where", "lateness", "reset", "quiet"),
	parse: parseAbsence,
}

var absenceKeys = []Key{need("after", FormEvent), need("no", FormEvent), need("within", FormSpan)}

func parseAbsence(p *ruleParser, n ast.Node, _ entries) matcher {
	s := &sequenceMatcher{pick: pickLatest}
	m, ok := p.mapping(n, "an absence", namesOf(absenceKeys...)...)
	if !ok {
		return s
	}
	p.keyed(m, "an absence", absenceKeys)
	if m.get("after") == nil || m.get("no") == nil {
		return s
	}
	s.steps = []seqStep{{p.use(m.get("after")), 1, 1}}
	s.tail = &tail{p.use(m.get("no")), time.Duration(p.duration(m.get("within"), "within"))}
	p.rule.everyVersion, p.rule.tail = roleOf(s.tail.slot), s.tail.span
	return s
}

// silenceKind: nothing from a source for a time after it was heard.
var silenceKind = kind{
	name:  "silence",
	own:   FormKeys,
	inner: silenceKeys,
	keys:  beside("by", "where", "lateness", "reset", "quiet"),
	parse: parseSilence,
}

// silenceMatcher decides for each event whether it was the last for so long.
type silenceMatcher struct{ span time.Duration }

var silenceKeys = []Key{need("of", FormEvent), need("for", FormSpan)}

func parseSilence(p *ruleParser, n ast.Node, _ entries) matcher {
	m, ok := p.mapping(n, "a silence", namesOf(silenceKeys...)...)
	if !ok {
		return silenceMatcher{}
	}
	p.keyed(m, "a silence", silenceKeys)
	if m.get("of") != nil {
		p.rule.everyVersion = roleOf(p.use(m.get("of")))
	}
	p.rule.tail = time.Duration(p.duration(m.get("for"), "for"))
	return silenceMatcher{p.rule.tail}
}

// arrive forgets the events that are decided: when the next one is settled,
// so is whether it came in time.
func (s silenceMatcher) arrive(x *execution, _ *entry, _ roleSet) {
	x.thin(0, func(_, _ *entry) bool { return false })
}

// thin drops the events that keep refuses and that lie before a settled one:
// one before which none can come any more, counting what is decided so long
// after an event.
func (x *execution) thin(span time.Duration, keep func(o, next *entry) bool) {
	var old []*entry
	for i, next := range x.window.entries {
		if !x.settledPosition(next, span) {
			break
		}
		if i > 0 && !keep(x.window.entries[i-1], next) {
			old = append(old, x.window.entries[i-1])
		}
	}
	if len(old) > 0 {
		x.forget(old)
	}
}

func (s silenceMatcher) waits() bool { return true }

func (s silenceMatcher) due(x *execution) (first time.Time) {
	for _, e := range x.window.entries {
		first = x.earlier(first, x.unheard(e, s.span))
	}
	return first
}

func (s silenceMatcher) decide(x *execution) {
	list := slices.Clone(x.window.entries)
	for i, e := range list {
		if !x.unheard(e, s.span).Equal(x.due) {
			continue
		}
		if i+1 == len(list) || list[i+1].time().After(x.end(e)) {
			x.hit(found{anchor: e, members: []member{{0, e}}, count: 1, ended: x.end(e)})
		}
	}
}
