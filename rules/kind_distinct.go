package rules

import (
	"reflect"

	"github.com/goccy/go-yaml/ast"
)

// distinctKind: events with at least so many different values of an
// expression, within a time and near each other.
var distinctKind = kind{
	name:  "distinct",
	own:   FormEvent,
	keys:  distinctKeys,
	parse: parseDistinct,
}

var distinctKeys = append([]Key{need("of", FormValue)}, countKeys...)

func parseDistinct(p *ruleParser, n ast.Node, beside entries) matcher {
	c := parseCount(p, n, beside).(*countMatcher)
	c.distinct = true
	p.need(beside, "a distinct", distinctKeys[0].Name)
	src, ok := p.perEvent(beside.get("of"), "of")
	if !ok {
		return c
	}
	p.eachAlternative(func(name string, a *alternative) bool {
		a.of = p.condition(src, a.scope(name), reflect.Interface)
		return a.of != nil
	})
	return c
}

// representatives keeps, of events with equal values, the latest; e stands
// for its own value.
func representatives(list []*entry, e *entry) []*entry {
	kept := map[string]*entry{e.value: e}
	for _, o := range list {
		if o.value != e.value {
			kept[o.value] = o
		}
	}
	var out []*entry
	for _, o := range list {
		if kept[o.value] == o {
			out = append(out, o)
		}
	}
	return out
}
