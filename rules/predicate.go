package rules

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/openiroom/iroom/fusion"
)

// comparison is how a predicate looks at its field.
type comparison int

const (
	equals comparison = iota // the field is one of the values
	begins                   // the field is a text that begins with the value
	onList                   // an entity of the event is on the list of that name
)

// predicate is a part of a condition that must hold and that the index can
// look up.
type predicate struct {
	how    comparison
	path   string // of the field; "" for a list
	read   func(e *fusion.Event) atom
	values []atom
}

// collect finds the predicates among the parts of a conjunction.
func collect(n ast.Node, into []predicate) []predicate {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "&&" || b.Operator == "and") {
		return collect(b.Right, collect(b.Left, into))
	}
	if p, ok := constantPart(n); ok {
		return append(into, p)
	}
	if list := listPart(n); list != "" {
		return append(into, predicate{how: onList, values: []atom{atomOfText(list)}})
	}
	return into
}

// constantPart reports the predicate of a comparison with constants.
func constantPart(n ast.Node) (p predicate, ok bool) {
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return p, false
	}
	switch b.Operator {
	case "==":
		if p, ok = compared(b.Left, b.Right); !ok {
			p, ok = compared(b.Right, b.Left)
		}
		return p, ok
	case "in":
		if list, isList := b.Right.(*ast.ArrayNode); isList {
			return compared(b.Left, list.Nodes...)
		}
	case "startsWith":
		p, ok = compared(b.Left, b.Right)
		p.how = begins
		return p, ok && p.values[0].text != ""
	}
	return p, false
}

// compared reports the predicate of a field accessor and constants.
func compared(n ast.Node, constants ...ast.Node) (p predicate, ok bool) {
	if p.path, p.read, ok = reader(n); !ok {
		return p, false
	}
	for _, c := range constants {
		v := literal(c)
		if v.kind == noAtom {
			return p, false
		}
		if !slices.Contains(p.values, v) {
			p.values = append(p.values, v)
		}
	}
	return p, len(p.values) > 0
}

func literal(n ast.Node) atom {
	switch n := n.(type) {
	case *ast.StringNode:
		return atomOfText(n.Value)
	case *ast.BoolNode:
		return atomOfBool(n.Value)
	case *ast.IntegerNode:
		return atomOfNumber(float64(n.Value))
	case *ast.FloatNode:
		return atomOfNumber(n.Value)
	}
	return atom{}
}

// listPart is the list that listed("list", entity(…)), or
// any(entities(…), listed("list", #)), asks an entity of the event to be on.
func listPart(n ast.Node) (list string) {
	if loop, ok := n.(*ast.BuiltinNode); ok && loop.Name == "any" && len(loop.Arguments) == 2 {
		body, ok := loop.Arguments[1].(*ast.PredicateNode)
		if name, _ := accessor(loop.Arguments[0]); ok && name == "entities" {
			n = body.Node
		}
	}
	name, args := accessor(n)
	if name != "listed" && name != "listed_exact" {
		return ""
	}
	_, each := args[1].(*ast.PointerNode)
	if of, _ := accessor(args[1]); of != "entity" && !each {
		return ""
	}
	return args[0].(*ast.StringNode).Value
}

// accessor is the name and the arguments of an accessor that the resolver
// made; "" when the node is none.
func accessor(n ast.Node) (name string, args []ast.Node) {
	if call, ok := n.(*ast.CallNode); ok {
		return strings.TrimPrefix(call.Callee.(*ast.IdentifierNode).Value, accessorPrefix), call.Arguments[1:]
	}
	return "", nil
}

// atom is a text, a number or a boolean. All numbers are one type, as the
// expression language compares them. Nothing equals the zero atom.
type atom struct {
	kind   atomKind
	text   string
	number float64
}

type atomKind byte

const (
	noAtom atomKind = iota
	textAtom
	numberAtom
	trueAtom
	falseAtom
)

func atomOfText(s string) atom { return atom{kind: textAtom, text: s} }

func atomOfBool(b bool) atom {
	if b {
		return atom{kind: trueAtom}
	}
	return atom{kind: falseAtom}
}

func atomOfNumber(n float64) atom {
	if n != n {
		return atom{}
	}
	return atom{kind: numberAtom, number: n}
}

// reader recognises the accessors of fields and attributes.
func reader(n ast.Node) (path string, read func(*fusion.Event) atom, ok bool) {
	name, args := accessor(n)
	if path, get := fieldReader[string](name, args); get != nil {
		return path, func(e *fusion.Event) atom { return atomOfText(get(e)) }, true
	}
	if path, get := fieldReader[float64](name, args); get != nil {
		return path, func(e *fusion.Event) atom { return atomOfNumber(get(e)) }, true
	}
	if path, get := fieldReader[bool](name, args); get != nil {
		return path, func(e *fusion.Event) atom { return atomOfBool(get(e)) }, true
	}
	return "", nil, false
}

// onAList reports whether an entity of the event is on the list, as it was
// read or as it may also be read. When that cannot be found out it may be:
// its rules then meet the failure themselves, and it counts against them.
func onAList(w World, list string, e *fusion.Event) (may bool) {
	defer func() {
		if recover() != nil {
			may = true
		}
	}()
	for _, x := range e.Entities {
		if _, ok := w.Listed(list, x.Value); ok {
			return true
		}
		for _, c := range x.Candidates {
			if _, ok := w.Listed(list, c.Value); ok {
				return true
			}
		}
	}
	return false
}
