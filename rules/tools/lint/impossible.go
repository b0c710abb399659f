package lint

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/openiroom/iroom/rules"
)

// facts are what must hold of the fields of events for a condition to be
// true, by the text of the field.
type facts map[string]fact

// fact is what one field can still be.
type fact struct {
	low, high         float64 // of a number
	lowOpen, highOpen bool
	in                []any // one of these; nil: anything
	not               []any
}

// maxBranches bounds the alternatives that are followed through a condition;
// with more of them nothing is said.
const maxBranches = 256

// impossible returns the part of the condition that cannot hold beside the
// rest, with why; nil when all can.
func impossible(c *rules.Condition) (ast.Node, string) {
	f := known(c)
	w := &walk{left: maxBranches}
	if len(w.hold([]facts{f}, c.Tree())) > 0 || w.left <= 0 {
		return nil, ""
	}
	return w.at, w.why
}

// known is what holds of the fields of any event.
func known(c *rules.Condition) facts {
	f := facts{}
	names, types, bare := c.Names()
	for i, name := range names {
		prefix := name + "."
		if bare {
			prefix = ""
		}
		for field, limits := range map[string][2]float64{
			"confidence": {0, 100}, "credibility": {1, 6}, "hour": {0, 23}, "weekday": {1, 7}, "speed": {0, math.Inf(1)}, "course": {0, 360},
		} {
			f[prefix+field] = fact{low: limits[0], high: limits[1]}
		}
		var of []any
		for _, t := range types[i] {
			of = append(of, string(t))
		}
		f[prefix+"type"] = fact{low: math.Inf(-1), high: math.Inf(1), in: of}
	}
	return f
}

// walk follows a condition and keeps what it can be true with.
type walk struct {
	left int // branches that may still be made
	at   ast.Node
	why  string
}

// hold returns the ways in which the node can be true beside each of before.
func (w *walk) hold(before []facts, n ast.Node) []facts {
	if w.left -= len(before); w.left <= 0 {
		return before
	}
	b, ok := n.(*ast.BinaryNode)
	if !ok {
		return before
	}
	switch b.Operator {
	case "&&", "and":
		return w.hold(w.hold(before, b.Left), b.Right)
	case "||", "or":
		return append(w.hold(before, b.Left), w.hold(before, b.Right)...)
	}
	path, operator, values, ok := comparison(b)
	if !ok {
		return before
	}
	var after []facts
	for _, f := range before {
		x, has := f[path]
		if !has {
			x = fact{low: math.Inf(-1), high: math.Inf(1)}
		}
		next, problem := x.and(operator, values)
		if problem != "" {
			w.at, w.why = n, fmt.Sprintf("%s, but %s %s", n, path, problem)
			continue
		}
		with := maps.Clone(f)
		with[path] = next
		after = append(after, with)
	}
	return after
}

// comparison takes a comparison of a field with constants apart.
func comparison(b *ast.BinaryNode) (path, operator string, values []any, ok bool) {
	field, other, operator := b.Left, b.Right, b.Operator
	if mirrored, can := mirror[operator]; can && isConstant(field) {
		field, other, operator = other, field, mirrored
	}
	list := []ast.Node{other}
	if a, isList := other.(*ast.ArrayNode); isList && operator == "in" {
		list = a.Nodes
	}
	for _, n := range list {
		v, constant := constantOf(n)
		if !constant {
			return "", "", nil, false
		}
		values = append(values, v)
	}
	switch field.(type) {
	case *ast.IdentifierNode, *ast.MemberNode, *ast.ChainNode:
		_, known := mirror[operator]
		return field.String(), operator, values, known || operator == "in"
	}
	return "", "", nil, false
}

// mirror is the operator when the sides are swapped.
var mirror = map[string]string{"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

func isConstant(n ast.Node) bool { _, ok := constantOf(n); return ok }

// constantOf is the value of a constant; all numbers are one type.
func constantOf(n ast.Node) (any, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.BoolNode:
		return n.Value, true
	case *ast.IntegerNode:
		return float64(n.Value), true
	case *ast.FloatNode:
		return n.Value, true
	case *ast.UnaryNode:
		if v, ok := constantOf(n.Node); ok && n.Operator == "-" {
			f, isNumber := v.(float64)
			return -f, isNumber
		}
	}
	return nil, false
}

// and adds what a comparison says; the problem is what the field is already
// when both cannot be.
func (f fact) and(operator string, values []any) (fact, string) {
	switch operator {
	case "==", "in":
		return f.oneOf(values)
	case "!=":
		f.not = append(slices.Clip(f.not), values[0])
		return f.oneOf(f.in)
	}
	limit, ok := values[0].(float64)
	if !ok {
		return f, ""
	}
	was := f.String()
	switch operator {
	case "<", "<=":
		if limit < f.high || limit == f.high && operator == "<" {
			f.high, f.highOpen = limit, operator == "<"
		}
	case ">", ">=":
		if limit > f.low || limit == f.low && operator == ">" {
			f.low, f.lowOpen = limit, operator == ">"
		}
	}
	if f.low > f.high || f.low == f.high && (f.lowOpen || f.highOpen) {
		return f, was
	}
	if _, problem := f.oneOf(f.in); problem != "" {
		return f, was
	}
	return f, ""
}

// oneOf keeps of the values those that the field can be; nil is anything.
func (f fact) oneOf(values []any) (fact, string) {
	if values == nil {
		return f, ""
	}
	was := f.String()
	f.in = slices.DeleteFunc(slices.Clone(values), func(v any) bool { return !f.allows(v) })
	if len(f.in) == 0 {
		return f, was
	}
	return f, ""
}

func (f fact) allows(v any) bool {
	if n, ok := v.(float64); ok && (n < f.low || n > f.high || n == f.low && f.lowOpen || n == f.high && f.highOpen) {
		return false
	}
	return !slices.Contains(f.not, v) && (f.in == nil || slices.Contains(f.in, v))
}

// String says what the field is.
func (f fact) String() string {
	var parts []string
	switch {
	case len(f.in) == 1:
		parts = append(parts, fmt.Sprintf("is %v", f.in[0]))
	case f.in != nil:
		parts = append(parts, fmt.Sprintf("is one of %v", f.in))
	case !math.IsInf(f.low, 0) && !math.IsInf(f.high, 0):
		parts = append(parts, fmt.Sprintf("lies between %g and %g", f.low, f.high))
	case !math.IsInf(f.low, 0):
		parts = append(parts, fmt.Sprintf("is %s %g", map[bool]string{false: "at least", true: "more than"}[f.lowOpen], f.low))
	case !math.IsInf(f.high, 0):
		parts = append(parts, fmt.Sprintf("is %s %g", map[bool]string{false: "at most", true: "less than"}[f.highOpen], f.high))
	}
	if len(f.not) > 0 {
		parts = append(parts, fmt.Sprintf("is not %v", f.not[0]))
	}
	return strings.Join(parts, " and ")
}
