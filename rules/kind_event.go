package rules

import "github.com/goccy/go-yaml/ast"

// eventKind: one event is enough.
var eventKind = kind{name: "event", own: FormEvent, keys: beside("by", "where", "quiet"), parse: parseEvent}

type eventMatcher struct{}

func parseEvent(p *ruleParser, n ast.Node, _ entries) matcher {
	p.use(n)
	return eventMatcher{}
}

func (eventMatcher) arrive(x *execution, e *entry, _ roleSet) {
	x.hit(found{anchor: e, members: []member{{0, e}}, count: 1})
}
