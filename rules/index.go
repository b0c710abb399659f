package rules

import (
	"cmp"
	"maps"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/openiroom/iroom/fusion"
)

// ref points at one alternative of one event of one rule.
type ref struct{ rule, slot, alt int }

func compareRefs(a, b ref) int {
	return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.slot, b.slot), cmp.Compare(a.alt, b.alt))
}

// index finds the alternatives whose constant predicates an event can meet:
// its type, and one field that the condition compares with constants.
type index struct {
	types map[fusion.EventType]*typeIndex
}

type typeIndex struct {
	always []ref        // no such predicate
	fields []fieldIndex // by path
}

type fieldIndex struct {
	path   string
	read   func(e *fusion.Event) any
	values map[any][]ref
}

// predicate says that the field at path has one of the values.
type predicate struct {
	path   string
	read   func(e *fusion.Event) any
	values []any
}

func newIndex(rules []*Rule) index {
	ix := index{types: map[fusion.EventType]*typeIndex{}}
	shared := map[sharedKey]int{}
	alternatives(rules, func(_ ref, a *alternative) {
		for _, p := range a.predicates() {
			for _, v := range p.values {
				shared[sharedKey{a.typ, p.path, v}]++
			}
		}
	})
	alternatives(rules, func(at ref, a *alternative) {
		t := ix.types[a.typ]
		if t == nil {
			t = &typeIndex{}
			ix.types[a.typ] = t
		}
		t.add(at, a.mostSelective(shared))
	})
	return ix
}

// sharedKey is one value of a constant predicate, to count who shares it.
type sharedKey struct {
	typ  fusion.EventType
	path string
	v    any
}

func alternatives(rules []*Rule, visit func(ref, *alternative)) {
	for i, r := range rules {
		if r.Mode == ModeOff {
			continue
		}
		for slot, d := range r.events {
			for alt, a := range d.alternatives {
				visit(ref{i, slot, alt}, a)
			}
		}
	}
}

// mostSelective is the predicate whose values the fewest alternatives share,
// or nil.
func (a *alternative) mostSelective(shared map[sharedKey]int) *predicate {
	var best *predicate
	lowest := 0
	for _, p := range a.predicates() {
		n := 0
		for _, v := range p.values {
			n = max(n, shared[sharedKey{a.typ, p.path, v}])
		}
		if best == nil || n < lowest {
			best, lowest = &p, n
		}
	}
	return best
}

func (t *typeIndex) add(at ref, p *predicate) {
	if p == nil {
		t.always = append(t.always, at)
		return
	}
	i, ok := slices.BinarySearchFunc(t.fields, p.path, func(f fieldIndex, path string) int { return cmp.Compare(f.path, path) })
	if !ok {
		t.fields = slices.Insert(t.fields, i, fieldIndex{p.path, p.read, map[any][]ref{}})
	}
	for _, v := range p.values {
		t.fields[i].values[v] = append(t.fields[i].values[v], at)
	}
}

// candidates appends the alternatives that the event may meet, in order.
func (ix index) candidates(e *fusion.Event, into []ref) []ref {
	t := ix.types[e.Type]
	if t == nil {
		return into
	}
	into = append(into, t.always...)
	for _, f := range t.fields {
		if v := indexValue(f.read(e)); v != nil {
			into = append(into, f.values[v]...)
		}
	}
	slices.SortFunc(into, compareRefs)
	return slices.Compact(into)
}

// indexValue makes values comparable as the expression language compares
// them: all numbers are one type. Nil: nothing can equal it.
func indexValue(v any) any {
	switch v := v.(type) {
	case string, bool:
		return v
	case int:
		return float64(v)
	case float64:
		if v != v {
			return nil
		}
		return v
	}
	return nil
}

// predicates are the constant predicates that must hold for the alternative.
func (a *alternative) predicates() []predicate {
	if a.when == nil {
		return nil
	}
	return a.when.predicates
}

// collect finds the predicates among the parts of a conjunction.
func collect(n ast.Node, into []predicate) []predicate {
	switch b, ok := n.(*ast.BinaryNode); {
	case !ok:
		return into
	case b.Operator == "&&" || b.Operator == "and":
		return collect(b.Right, collect(b.Left, into))
	case b.Operator == "==":
		if p, ok := compared(b.Left, b.Right); ok {
			return append(into, p)
		}
		if p, ok := compared(b.Right, b.Left); ok {
			return append(into, p)
		}
	case b.Operator == "in":
		if list, ok := b.Right.(*ast.ArrayNode); ok {
			if p, ok := compared(b.Left, list.Nodes...); ok {
				return append(into, p)
			}
		}
	}
	return into
}

// compared reports the predicate of a field accessor and constants.
func compared(n ast.Node, constants ...ast.Node) (p predicate, ok bool) {
	if p.path, p.read, ok = reader(n); !ok {
		return p, false
	}
	seen := map[any]bool{}
	for _, c := range constants {
		v := indexValue(literal(c))
		if v == nil {
			return p, false
		}
		if !seen[v] {
			seen[v] = true
			p.values = append(p.values, v)
		}
	}
	return p, len(p.values) > 0
}

func literal(n ast.Node) any {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value
	case *ast.BoolNode:
		return n.Value
	case *ast.IntegerNode:
		return n.Value
	case *ast.FloatNode:
		return n.Value
	}
	return nil
}

// reader recognises the accessors that the resolver made.
func reader(n ast.Node) (path string, read func(*fusion.Event) any, ok bool) {
	call, isCall := n.(*ast.CallNode)
	if !isCall {
		return "", nil, false
	}
	name := call.Callee.(*ast.IdentifierNode).Value[len(accessorPrefix):]
	for _, kind := range []fusion.AttrKind{fusion.AttrText, fusion.AttrNumber, fusion.AttrBool} {
		if name == "attrs "+string(kind) {
			attr := call.Arguments[2].(*ast.StringNode).Value
			get := attrAccessors[kind].get
			return "attrs." + attr, func(e *fusion.Event) any { return get(e.Attrs[attr]) }, true
		}
	}
	if name == "attrs row" {
		attr, key := call.Arguments[2].(*ast.StringNode).Value, call.Arguments[3].(*ast.StringNode).Value
		return "attrs." + attr + "." + key, func(e *fusion.Event) any { return column(e, attr, key) }, true
	}
	if len(name) > len("field ") && name[:len("field ")] == "field " {
		f, known := fields[name[len("field "):]]
		return name[len("field "):], f.get, known
	}
	return "", nil, false
}

// Types lists the types of event that any rule that is not off looks at.
func (s *Set) Types() []fusion.EventType { return slices.Sorted(maps.Keys(s.index.types)) }
