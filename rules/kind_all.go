package rules

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// allKind: every one of several events within a time, in any order.
var allKind = kind{
	name:  "all",
	own:   FormEvents,
	keys:  allKeys,
	parse: parseAll,
}

// anyKind: one of several events is enough.
var anyKind = kind{name: "any", own: FormEvents, keys: beside("by", "where", "quiet"), parse: parseAny}

var allKeys = slices.Concat([]Key{need("within", FormSpan)}, beside("by", "near", "where", "pick"), []Key{keepOrConsume}, beside("lateness", "reset", "quiet"))

func parseAll(p *ruleParser, n ast.Node, beside entries) matcher {
	s := &sequenceMatcher{pick: pickLatest, anyOrder: true}
	for _, name := range p.several(n, "all") {
		s.steps = append(s.steps, seqStep{p.use(name), 1, 1})
	}
	p.keyed(beside, "an all", allKeys)
	s.parsePick(p, beside)
	return s
}

// several is a list of at least two names.
func (p *ruleParser) several(n ast.Node, what string) []ast.Node {
	names := p.list(n)
	if len(names) < 2 {
		p.bad(n, "write it like [raid, car]", "%s needs at least two events", what)
	}
	return names
}

type anyMatcher struct{}

func parseAny(p *ruleParser, n ast.Node, _ entries) matcher {
	for _, name := range p.several(n, "any") {
		p.use(name)
	}
	return anyMatcher{}
}

// arrive takes the event under the first name that it fills.
func (anyMatcher) arrive(x *execution, e *entry, roles roleSet) {
	for slot := range x.rule.events {
		if roles.has(slot) {
			x.hit(found{anchor: e, members: []member{{slot, e}}, count: 1})
			return
		}
	}
}
