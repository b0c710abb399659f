package rules

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"github.com/openiroom/iroom/fusion"
)

// Part is a part of a condition with what it came to.
type Part struct {
	Text     string  `json:"text"`              // as written
	Holds    bool    `json:"holds"`             // false also when it failed
	Problem  string  `json:"problem,omitempty"` // why it could not be evaluated
	Values   []Value `json:"values,omitempty"`  // of what it compares
	Operator string  `json:"operator,omitempty"`
	Parts    []Part  `json:"parts,omitempty"` // joined by the operator: and, or, not
}

// Value is an expression of a condition with its value, "" when missing.
type Value struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

// Examine evaluates every part of the condition. The events are those of the
// names that it can speak of, in their order; of one that is nil all is
// missing.
func (c *Condition) Examine(events []*fusion.Event, count int, w World) Part {
	events = slices.Clone(events)
	for i, e := range events {
		if e == nil {
			events[i] = noEvent
		}
	}
	return c.examine(c.Tree(), &frame{events: events, world: w, count: count})
}

func (c *Condition) examine(n ast.Node, f *frame) Part {
	p := Part{Text: n.String()}
	v, err := c.value(p.Text, f)
	p.Holds, _ = v.(bool)
	if err != nil {
		p.Problem = err.Error()
	}
	p.Operator = operatorName(n)
	switch n := n.(type) {
	case *ast.BinaryNode:
		if p.Operator != "" {
			p.Parts = c.flatten(n, n.Operator, f)
			return p
		}
		p.Values = c.values(f, n.Left, n.Right)
	case *ast.UnaryNode:
		p.Parts = []Part{c.examine(n.Node, f)}
	case *ast.CallNode:
		p.Values = c.values(f, n.Arguments...)
	case *ast.BuiltinNode:
		p.Values = c.values(f, n.Arguments...)
	default:
		p.Values = c.values(f, n)
	}
	return p
}

func operatorName(n ast.Node) string {
	switch n := n.(type) {
	case *ast.BinaryNode:
		switch n.Operator {
		case "&&", "and":
			return "and"
		case "||", "or":
			return "or"
		}
	case *ast.UnaryNode:
		return "not"
	}
	return ""
}

// flatten makes one list of a chain of the same operator.
func (c *Condition) flatten(n ast.Node, operator string, f *frame) []Part {
	if b, ok := n.(*ast.BinaryNode); ok && b.Operator == operator {
		return append(c.flatten(b.Left, operator, f), c.flatten(b.Right, operator, f)...)
	}
	return []Part{c.examine(n, f)}
}

// values are those of the nodes that are not constants.
func (c *Condition) values(f *frame, nodes ...ast.Node) (list []Value) {
	for _, n := range nodes {
		switch n.(type) {
		case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.ArrayNode, *ast.PredicateNode:
			continue
		}
		if v, err := c.value(n.String(), f); err == nil {
			list = append(list, Value{n.String(), show(v)})
		}
	}
	return list
}

// value evaluates a part of the condition, of any type.
func (c *Condition) value(text string, f *frame) (v any, err error) {
	p, problem := c.scope.compile(text, reflect.Invalid)
	if problem != nil {
		return nil, problem
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot be evaluated: %v", r)
		}
	}()
	return p.run(new(vm.VM), f)
}
