package rules

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/openiroom/iroom/fusion"
)

// reading is a value of a frame.
type reading[T any] func(f *frame) T

// direct makes a function of a condition that only joins comparisons of
// fields and constants, and questions to lists and areas, as most do. It gives
// what the machine of the expression language gives, without the machine's
// cost. Nil: the condition has more in it, or is partly constant, which the
// machine's compiler simplifies.
func direct(n ast.Node) reading[bool] {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return negated(n)
	case *ast.BinaryNode:
		return directOperator(n)
	case *ast.CallNode:
		return directQuestion(n)
	}
	return nil
}

func fixed[T any](v T) reading[T] { return func(*frame) T { return v } }

func negated(n *ast.UnaryNode) reading[bool] {
	inner := direct(n.Node)
	if inner == nil || n.Operator != "not" && n.Operator != "!" {
		return nil
	}
	return func(f *frame) bool { return !inner(f) }
}

func directOperator(n *ast.BinaryNode) reading[bool] {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return joined(n.Operator == "and" || n.Operator == "&&", direct(n.Left), direct(n.Right))
	case "in":
		return among(n)
	}
	if literal(n.Left).kind != noAtom && literal(n.Right).kind != noAtom {
		return nil
	}
	if a, b := directText(n.Left), directText(n.Right); a != nil && b != nil {
		return textComparison(n.Operator, a, b)
	}
	if a, b := directNumber(n.Left), directNumber(n.Right); a != nil && b != nil {
		return numberComparison(n.Operator, a, b)
	}
	if a, b := direct(n.Left), direct(n.Right); a != nil && b != nil && n.Operator == "==" {
		return func(f *frame) bool { return a(f) == b(f) }
	}
	return nil
}

func joined(and bool, a, b reading[bool]) reading[bool] {
	switch {
	case a == nil || b == nil:
		return nil
	case and:
		return func(f *frame) bool { return a(f) && b(f) }
	}
	return func(f *frame) bool { return a(f) || b(f) }
}

func textComparison(operator string, a, b reading[string]) reading[bool] {
	switch operator {
	case "==":
		return func(f *frame) bool { return a(f) == b(f) }
	case "!=":
		return func(f *frame) bool { return a(f) != b(f) }
	case "contains":
		return func(f *frame) bool { return strings.Contains(a(f), b(f)) }
	case "startsWith":
		return func(f *frame) bool { return strings.HasPrefix(a(f), b(f)) }
	case "endsWith":
		return func(f *frame) bool { return strings.HasSuffix(a(f), b(f)) }
	}
	return nil
}

func numberComparison(operator string, a, b reading[float64]) reading[bool] {
	switch operator {
	case "==":
		return func(f *frame) bool { return a(f) == b(f) }
	case "!=":
		return func(f *frame) bool { return a(f) != b(f) }
	case "<":
		return func(f *frame) bool { return a(f) < b(f) }
	case "<=":
		return func(f *frame) bool { return a(f) <= b(f) }
	case ">":
		return func(f *frame) bool { return a(f) > b(f) }
	case ">=":
		return func(f *frame) bool { return a(f) >= b(f) }
	}
	return nil
}

// among asks whether a text is one of some constants.
func among(n *ast.BinaryNode) reading[bool] {
	a := directText(n.Left)
	list, ok := n.Right.(*ast.ArrayNode)
	if a == nil || !ok {
		return nil
	}
	var values []string
	for _, item := range list.Nodes {
		s, ok := item.(*ast.StringNode)
		if !ok {
			return nil
		}
		values = append(values, s.Value)
	}
	return func(f *frame) bool { return slices.Contains(values, a(f)) }
}

// directQuestion asks a list or an area, or reads a field.
func directQuestion(n *ast.CallNode) reading[bool] {
	name, args := accessor(n)
	switch name {
	case "listed", "listed_exact":
		list, value := args[0].(*ast.StringNode).Value, directText(args[1])
		switch {
		case value == nil:
			return nil
		case name == "listed":
			return func(f *frame) bool { return f.listed(list, value(f)) }
		}
		return func(f *frame) bool { return f.listedExact(list, value(f)) }
	case "inside":
		slot, area := args[0].(*ast.IntegerNode).Value, args[1].(*ast.StringNode).Value
		return func(f *frame) bool {
			g := f.events[slot].Geometry
			return g != nil && f.world.Inside(area, g)
		}
	}
	return ofEvent[bool](name, args)
}

func directText(n ast.Node) reading[string] {
	if s, ok := n.(*ast.StringNode); ok {
		return fixed(s.Value)
	}
	name, args := accessor(n)
	return ofEvent[string](name, args)
}

func directNumber(n ast.Node) reading[float64] {
	switch n := n.(type) {
	case *ast.IntegerNode:
		return fixed(float64(n.Value))
	case *ast.FloatNode:
		return fixed(n.Value)
	case *ast.CallNode:
		name, args := accessor(n)
		switch name {
		case "count":
			return func(f *frame) float64 { return float64(f.count) }
		case "extra":
			return func(f *frame) float64 { return f.extra }
		case "distance":
			a, b := args[0].(*ast.IntegerNode).Value, args[1].(*ast.IntegerNode).Value
			return func(f *frame) float64 { return distance(f.events[a].Geometry, f.events[b].Geometry) }
		}
		return ofEvent[float64](name, args)
	}
	return nil
}

// ofEvent reads a field of the event whose slot is the first argument.
func ofEvent[T any](name string, args []ast.Node) reading[T] {
	_, read := fieldReader[T](name, args)
	if read == nil {
		return nil
	}
	slot := args[0].(*ast.IntegerNode).Value
	return func(f *frame) T { return read(f.events[slot]) }
}

// fieldReader is what the accessor reads of an event, and how the rule writes
// it; nil when the accessor is none of that type.
func fieldReader[T any](name string, args []ast.Node) (path string, read func(*fusion.Event) T) {
	var typed any
	switch name {
	case "attrs text", "attrs number", "attrs bool":
		attr := args[1].(*ast.StringNode).Value
		path, typed = "attrs."+attr, attrReader(name, attr)
	case "attrs row":
		attr, key := args[1].(*ast.StringNode).Value, args[2].(*ast.StringNode).Value
		path, typed = "attrs."+attr+"."+key, func(e *fusion.Event) string { return column(e, attr, key) }
	case "entity":
		typ := fusion.EntityType(args[1].(*ast.StringNode).Value)
		path, typed = "entity."+string(typ), func(e *fusion.Event) string { return entityValue(e, typ) }
	default:
		if field, ok := strings.CutPrefix(name, "field "); ok {
			path, typed = field, fields[field].typed
		}
	}
	read, _ = typed.(func(*fusion.Event) T)
	return path, read
}

func attrReader(name, attr string) any {
	switch name {
	case "attrs text":
		return func(e *fusion.Event) string { s, _ := e.Attrs[attr].(string); return s }
	case "attrs number":
		return func(e *fusion.Event) float64 { return numberOf(e.Attrs[attr]) }
	}
	return func(e *fusion.Event) bool { b, _ := e.Attrs[attr].(bool); return b }
}
