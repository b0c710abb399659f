package rules

import (
	"reflect"
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/openiroom/iroom/fusion"
)

// conditions reads what may stand beside any kind of match.
func (p *ruleParser) conditions(m entries) {
	r := p.rule
	if n := m.get("within"); n != nil {
		r.Within = time.Duration(p.duration(n, "within"))
	}
	if r.Within+r.tail > maxWithin {
		p.bad(m.node, "", "it needs events of more than %s, for which no window is kept", fusion.Duration(maxWithin))
	}
	if n := m.get("near"); n != nil {
		r.near, r.placed = p.distance(n, "near"), true
	}
	if n := m.get("reset"); n != nil {
		r.reset = roleOf(p.use(n))
	}
	p.lateness(m.get("lateness"))
	r.quiet = time.Duration(p.duration(m.get("quiet"), "quiet"))
	p.by(m.get("by"))
	if n := m.get("where"); n != nil {
		if src, ok := p.source(n, "where"); ok {
			r.where = p.condition(src, r.scope, reflect.Bool)
		}
	}
}

// distance is one in m, greater than 0.
func (p *ruleParser) distance(n ast.Node, what string) float64 {
	wrong := len(p.problems)
	d := p.number(n, what)
	if d <= 0 && len(p.problems) == wrong {
		p.bad(n, "", "%s must be a distance in m greater than 0", what)
	}
	return d
}

// lateness is a time that may be nothing.
func (p *ruleParser) lateness(n ast.Node) {
	if n == nil {
		return
	}
	d, err := fusion.ParseDuration(p.text(n, "lateness"))
	if err != nil || d < 0 || time.Duration(d) > maxWithin {
		p.bad(n, "write it like 0s, 30s or 10m", "lateness must be a time")
		return
	}
	p.rule.lateness = new(time.Duration(d))
}

// by reads the join keys: a list, or a mapping of a key to what it is called
// in each event.
func (p *ruleParser) by(n ast.Node) {
	switch n.(type) {
	case nil:
		return
	case *ast.MappingNode, *ast.MappingValueNode:
		m, _ := p.mapping(n, "by")
		for _, k := range m.keys {
			name, _ := scalar(k)
			p.byNames(m.get(name))
		}
	default:
		for _, item := range p.list(n) {
			p.byExpression(item)
		}
	}
}

// byExpression reads a join key that is the same in every event.
func (p *ruleParser) byExpression(n ast.Node) {
	src, ok := p.perEvent(n, "by")
	if !ok {
		return
	}
	p.eachAlternative(func(name string, a *alternative) bool {
		k := p.condition(src, a.scope(name), reflect.Interface)
		a.by = append(a.by, k)
		return k != nil
	})
}

// byNames reads a join key that each event calls differently.
func (p *ruleParser) byNames(n ast.Node) {
	if _, ok := scalar(n); ok {
		p.byExpression(n)
		return
	}
	m, ok := p.mapping(n, "the key", p.used...)
	if !ok {
		return
	}
	p.need(m, "the key", p.used...)
	for _, d := range p.rule.events {
		src, ok := p.perEvent(m.get(d.name), "by")
		if !ok {
			continue
		}
		for _, a := range d.alternatives {
			a.by = append(a.by, p.condition(src, a.scope(d.name), reflect.Interface))
		}
	}
}

// perEvent reads an expression over each event; the name of an entity type
// stands for its first value.
func (p *ruleParser) perEvent(n ast.Node, what string) (source, bool) {
	if n == nil {
		return source{}, false
	}
	src, ok := p.source(n, what)
	if slices.Contains(entityTypes, src.text) {
		src.text = `entity("` + src.text + `")`
	}
	return src, ok
}

// eachAlternative visits the alternatives until visit returns false, so that
// what is wrong with all of them is reported once.
func (p *ruleParser) eachAlternative(visit func(name string, a *alternative) bool) {
	for _, d := range p.rule.events {
		for _, a := range d.alternatives {
			if !visit(d.name, a) {
				return
			}
		}
	}
}
