package rules

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"
)

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
)

// typeCheck refuses what the expression language leaves to run time, so that
// a condition that loads does not fail on a type later.
type typeCheck struct{ err *conditionError }

func (c *typeCheck) refuse(n ast.Node, hint, format string, args ...any) {
	if c.err == nil {
		c.err = &conditionError{n.Location().From, fmt.Sprintf(format, args...), hint}
	}
}

// Visit implements [ast.Visitor].
func (c *typeCheck) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.ConditionalNode:
		if a, b := sort(n.Exp1), sort(n.Exp2); a != b {
			c.refuse(n, "", "the two sides of ? : are %s and %s", a, b)
		}
	case *ast.ArrayNode:
		c.array(n)
	case *ast.BinaryNode:
		if span := sort(n.Left) == "duration" || sort(n.Right) == "duration"; span && (n.Operator == "*" || n.Operator == "/") {
			c.refuse(n, "write the product", "a duration cannot be multiplied or divided")
		}
	case *ast.BuiltinNode:
		c.builtin(n)
	}
}

func (c *typeCheck) array(n *ast.ArrayNode) {
	if len(n.Nodes) == 0 {
		c.refuse(n, "compare the length: len(list) == 0", "a list must have items")
		return
	}
	for _, item := range n.Nodes {
		if a, b := sort(n.Nodes[0]), sort(item); a != b {
			c.refuse(item, "", "a list of %s cannot hold %s", a, b)
		}
	}
}

func (c *typeCheck) builtin(n *ast.BuiltinNode) {
	switch n.Name {
	case "min", "max":
		for _, arg := range n.Arguments {
			if sort(arg) != "number" {
				c.refuse(arg, "", "%s needs numbers, this is %s", n.Name, sort(arg))
			}
		}
	case "count":
		if len(n.Arguments) != 2 {
			c.refuse(n, `write count(list, # == "x")`, "count needs a list and a condition")
		}
	}
}

// sort is the type of a node as rule writers see it.
func sort(n ast.Node) string {
	if n.Type() == nil {
		return "nothing"
	}
	return kindName(n.Type())
}

func kindName(t reflect.Type) string {
	switch {
	case t == timeType:
		return "time"
	case t == durationType:
		return "duration"
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true/false"
	case reflect.Int, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list of " + kindName(t.Elem())
	}
	return "values of several types"
}

// writable reports whether a value can stand in a title or a key.
func writable(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Float64:
		return true
	}
	return t == timeType
}

var typeNames = regexp.MustCompile(`\[\](string|float64|int)|\b(string|float64|int|bool|time\.Time|time\.Duration)\b`)

// readable names types and functions as rule writers do.
func readable(message string) string {
	message = strings.TrimSpace(strings.ReplaceAll(message, accessorPrefix, ""))
	return typeNames.ReplaceAllStringFunc(message, func(s string) string {
		switch s {
		case "string":
			return "text"
		case "float64", "int":
			return "number"
		case "bool":
			return "true/false"
		case "[]string":
			return "list of texts"
		case "time.Time":
			return "time"
		case "time.Duration":
			return "duration"
		}
		return "list of numbers"
	})
}
