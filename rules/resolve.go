package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/openiroom/iroom/fusion"
)

// allowedBuiltins are the functions of the expression language that a
// condition may call: those whose cost is bounded by their input.
var allowedBuiltins = []string{
	"len", "any", "all", "none", "one", "filter", "count", "lower", "upper", "trim",
	"abs", "ceil", "floor", "round", "min", "max", "duration",
}

var allowedOperators = []string{
	"==", "!=", "<", "<=", ">", ">=", "in", "and", "&&", "or", "||",
	"contains", "startsWith", "endsWith", "matches", "+", "-", "*", "/",
}

// resolver turns the names of a condition into typed accessors. What it does
// not know does not exist: it is the only way from a condition to an event.
type resolver struct {
	scope    *scope
	mentions []mention
	touched  []string // protected characteristics that it reads
	loops    int
	err      *conditionError
}

func (r *resolver) refuse(n ast.Node, hint, format string, args ...any) ast.Node {
	if r.err == nil {
		r.err = &conditionError{n.Location().From, fmt.Sprintf(format, args...), hint}
	}
	return n
}

// expr rewrites one node of the tree, from the root down.
func (r *resolver) expr(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.StringNode:
	case *ast.PointerNode:
		if n.Name != "" {
			return r.refuse(n, "use #", "#%s is not known", n.Name)
		}
	case *ast.UnaryNode:
		n.Node = r.expr(n.Node)
	case *ast.BinaryNode:
		return r.operator(n)
	case *ast.ChainNode:
		return r.expr(n.Node)
	case *ast.ConditionalNode:
		n.Cond, n.Exp1, n.Exp2 = r.expr(n.Cond), r.expr(n.Exp1), r.expr(n.Exp2)
	case *ast.ArrayNode:
		for i := range n.Nodes {
			n.Nodes[i] = r.expr(n.Nodes[i])
		}
	case *ast.PredicateNode:
		n.Node = r.expr(n.Node)
	case *ast.BuiltinNode:
		return r.builtin(n)
	case *ast.IdentifierNode:
		return r.identifier(n)
	case *ast.MemberNode:
		return r.member(n)
	case *ast.CallNode:
		return r.call(n)
	case *ast.NilNode:
		return r.refuse(n, "a missing text is \"\", a missing number compares as false", "nothing is ever nil")
	default:
		return r.refuse(n, "", "conditions have no variables, maps, slices or statements")
	}
	return n
}

func (r *resolver) operator(n *ast.BinaryNode) ast.Node {
	if !slices.Contains(allowedOperators, n.Operator) {
		return r.refuse(n, "known: "+strings.Join(allowedOperators, " "), "the operator %s is not allowed", n.Operator)
	}
	n.Left, n.Right = r.expr(n.Left), r.expr(n.Right)
	if n.Operator == "matches" {
		pattern, ok := n.Right.(*ast.StringNode)
		if !ok {
			return r.refuse(n.Right, "", "the pattern of matches must be a constant text")
		}
		if _, err := regexp.Compile(pattern.Value); err != nil {
			return r.refuse(n.Right, "", "the pattern is not a regular expression: %s", err)
		}
	}
	return n
}

func (r *resolver) builtin(n *ast.BuiltinNode) ast.Node {
	if !slices.Contains(allowedBuiltins, n.Name) {
		return r.refuse(n, "known: "+strings.Join(allowedBuiltins, ", "), "the function %s is not allowed", n.Name)
	}
	if n.Name == "duration" {
		if s, ok := constant(n.Arguments); !ok || badDuration(s) {
			return r.refuse(n, `write duration("10m")`, "duration needs a constant time")
		}
	}
	loop := slices.ContainsFunc(n.Arguments, func(a ast.Node) bool { _, ok := a.(*ast.PredicateNode); return ok })
	if loop {
		if r.loops++; r.loops > maxLoops {
			return r.refuse(n, "", "a loop inside a loop is not allowed")
		}
		defer func() { r.loops-- }()
	}
	for i := range n.Arguments {
		n.Arguments[i] = r.expr(n.Arguments[i])
	}
	return n
}

func constant(args []ast.Node) (string, bool) {
	if len(args) != 1 {
		return "", false
	}
	s, ok := args[0].(*ast.StringNode)
	if !ok {
		return "", false
	}
	return s.Value, true
}

func badDuration(s string) bool { _, err := time.ParseDuration(s); return err != nil }

func (r *resolver) identifier(n *ast.IdentifierNode) ast.Node {
	switch {
	case n.Value == "count" && r.scope.count:
		return invoke(n, "count")
	case n.Value == r.scope.extra && r.scope.extra != "":
		return invoke(n, "extra")
	case r.scope.bare:
		return r.field(n, 0, n.Value)
	case r.slot(n) >= 0:
		return r.refuse(n, fmt.Sprintf("name a field of it, as in %s.severity", n.Value), "%s is an event, not a value", n.Value)
	}
	return r.unknown(n, n.Value)
}

func (r *resolver) unknown(n ast.Node, name string) ast.Node {
	if r.guard(n, name) {
		return n
	}
	if r.scope.bare {
		return r.refuse(n, "known: "+strings.Join(fieldNames, ", ")+", attrs", "the field %q is not known", name)
	}
	return r.refuse(n, "events here: "+strings.Join(r.scope.names, ", "), "the name %q is not known", name)
}

// slot of the event that the node names, -1 when it names none.
func (r *resolver) slot(n ast.Node) int {
	id, ok := n.(*ast.IdentifierNode)
	if !ok || r.scope.bare {
		return -1
	}
	return slices.Index(r.scope.names, id.Value)
}

// member resolves `event.field`, `attrs.x` and `event.attrs.x`.
func (r *resolver) member(n *ast.MemberNode) ast.Node {
	property, ok := n.Property.(*ast.StringNode)
	if !ok {
		return r.refuse(n, `use any(list, # == "x") or "x" in list`, "items of a list cannot be read by number")
	}
	base := unchain(n.Node)
	if slot, ok := r.attrsOf(base); ok {
		return r.attribute(n, slot, property.Value, "")
	}
	if inner, ok := base.(*ast.MemberNode); ok {
		if slot, ok := r.attrsOf(unchain(inner.Node)); ok {
			if name, ok := inner.Property.(*ast.StringNode); ok {
				return r.attribute(n, slot, name.Value, property.Value)
			}
		}
	}
	if slot := r.slot(base); slot >= 0 {
		return r.field(n, slot, property.Value)
	}
	if r.guard(n, property.Value) {
		return n
	}
	if id, ok := base.(*ast.IdentifierNode); ok && !r.scope.bare {
		return r.unknown(base, id.Value)
	}
	return r.refuse(n, "", "%q cannot be read here", property.Value)
}

// attrsOf reports the slot whose attributes the node names.
func (r *resolver) attrsOf(n ast.Node) (int, bool) {
	if id, ok := n.(*ast.IdentifierNode); ok && r.scope.bare && id.Value == "attrs" {
		return 0, true
	}
	if m, ok := n.(*ast.MemberNode); ok {
		if p, ok := m.Property.(*ast.StringNode); ok && p.Value == "attrs" {
			slot := r.slot(unchain(m.Node))
			return slot, slot >= 0
		}
	}
	return 0, false
}

func unchain(n ast.Node) ast.Node {
	for {
		c, ok := n.(*ast.ChainNode)
		if !ok {
			return n
		}
		n = c.Node
	}
}

func (r *resolver) field(n ast.Node, slot int, name string) ast.Node {
	f, ok := fields[name]
	if !ok {
		if name == "attrs" {
			return r.refuse(n, "name one of them, as in attrs.nature", "attrs is not a value")
		}
		if r.guard(n, name) {
			return n
		}
		return r.refuse(n, "known: "+strings.Join(fieldNames, ", ")+", attrs", "the field %q is not known", name)
	}
	r.mention(slot, name, func(e *fusion.Event) string { return show(f.get(e)) })
	return invoke(n, "field "+name, integer(n, slot))
}

// attribute resolves an attribute by the schemas of the slot's types.
func (r *resolver) attribute(n ast.Node, slot int, name, key string) ast.Node {
	if r.guardAttribute(n, r.scope.types[slot], name) {
		return n
	}
	kind, problem := attrKind(r.scope.types[slot], name)
	if problem != "" {
		return r.refuse(n, "known: "+strings.Join(attrNames(r.scope.types[slot]), ", "), "%s", problem)
	}
	if (kind == fusion.AttrObject || kind == fusion.AttrRow) != (key != "") {
		return r.refuse(n, `only objects and rows have keys, as in attrs.geocodes["NUTS3"]`, "attrs.%s is %s", name, kind)
	}
	if kind == fusion.AttrRow {
		if r.guard(n, key) {
			return n
		}
		r.mention(slot, key, func(e *fusion.Event) string { return show(column(e, name, key)) })
		return invoke(n, "attrs row", integer(n, slot), text(n, name), text(n, key))
	}
	r.mention(slot, "attrs."+name, func(e *fusion.Event) string { return show(e.Attrs[name]) })
	if key != "" {
		return invoke(n, "attrs object", integer(n, slot), text(n, name), text(n, key))
	}
	return invoke(n, "attrs "+string(kind), integer(n, slot), text(n, name))
}

func (r *resolver) mention(slot int, label string, get func(*fusion.Event) string) {
	if !slices.ContainsFunc(r.mentions, func(m mention) bool { return m.slot == slot && m.label == label }) {
		r.mentions = append(r.mentions, mention{slot, label, get})
	}
}

// invoke makes the call of an accessor in place of n. The names of accessors
// begin with a character that no name in a condition can hold.
func invoke(n ast.Node, name string, args ...ast.Node) ast.Node {
	callee := &ast.IdentifierNode{Value: accessorPrefix + name}
	env := &ast.IdentifierNode{Value: "$env"}
	call := &ast.CallNode{Callee: callee, Arguments: append([]ast.Node{env}, args...)}
	for _, made := range []ast.Node{callee, env, call} {
		made.SetLocation(n.Location())
	}
	return call
}

func integer(at ast.Node, v int) ast.Node {
	n := &ast.IntegerNode{Value: v}
	n.SetLocation(at.Location())
	return n
}

func text(at ast.Node, v string) ast.Node {
	n := &ast.StringNode{Value: v}
	n.SetLocation(at.Location())
	return n
}
