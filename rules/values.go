package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/openiroom/iroom/fusion"
)

// entries are the values of a mapping by key, in the order of the file.
type entries struct {
	node ast.Node
	keys []ast.Node
	vals map[string]ast.Node
}

func (e entries) get(key string) ast.Node { return e.vals[key] }

// mapping reads a mapping. Keys that are not among known are problems; with
// no known keys any are accepted.
func (f *file) mapping(n ast.Node, what string, known ...string) (entries, bool) {
	out := entries{node: n, vals: map[string]ast.Node{}}
	var values []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		values = n.Values
	case *ast.MappingValueNode:
		values = []*ast.MappingValueNode{n}
	default:
		f.bad(n, "", "%s must be a mapping of names to values", what)
		return out, false
	}
	for _, v := range values {
		key, ok := scalar(v.Key)
		switch {
		case !ok:
			f.bad(v.Key, "", "a name in %s must be a plain text", what)
		case len(known) > 0 && !slices.Contains(known, key):
			f.bad(v.Key, "known here: "+strings.Join(known, ", "), "%s has the unknown name %q", what, key)
		case out.vals[key] != nil:
			f.bad(v.Key, "", "%s has %q twice", what, key)
		default:
			out.keys = append(out.keys, v.Key)
			out.vals[key] = v.Value
		}
	}
	return out, true
}

// need reports the keys that are missing.
func (f *file) need(e entries, what string, keys ...string) {
	for _, k := range keys {
		if e.vals[k] == nil {
			f.bad(e.node, "", "%s has no %q", what, k)
		}
	}
}

// scalar is the text of a scalar as it stands in the file, quotes removed.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (f *file) text(n ast.Node, what string) string {
	if n == nil {
		return ""
	}
	s, ok := scalar(n)
	if !ok || strings.TrimSpace(s) == "" {
		f.bad(n, "", "%s must be a text", what)
	}
	return strings.TrimSpace(s)
}

func (f *file) token(n ast.Node, what string) string {
	s := f.text(n, what)
	if s != "" && !fusion.IsToken(s) {
		f.bad(n, fmt.Sprintf("write it like %q", fusion.Token(s)), "%s is %q; it is lower-case letters, digits and single dashes", what, s)
	}
	return s
}

func (f *file) choice(n ast.Node, what string, values ...string) string {
	s := f.text(n, what)
	if s != "" && !slices.Contains(values, s) {
		f.bad(n, "one of "+strings.Join(values, ", "), "%s is %q", what, s)
	}
	return s
}

// maxNumber keeps sums of what a rule says finite.
const maxNumber = 1e9

func (f *file) number(n ast.Node, what string) float64 {
	var v float64
	switch n := n.(type) {
	case nil:
		return 0
	case *ast.IntegerNode:
		switch i := n.Value.(type) {
		case int64:
			v = float64(i)
		case uint64:
			v = float64(i)
		}
	case *ast.FloatNode:
		v = n.Value
	default:
		f.bad(n, "", "%s must be a number", what)
	}
	if math.Abs(v) > maxNumber {
		f.bad(n, "", "%s must lie between -%g and %g", what, maxNumber, maxNumber)
		return 0
	}
	return v
}

func (f *file) boolean(n ast.Node, what string, otherwise bool) bool {
	if n == nil {
		return otherwise
	}
	b, ok := n.(*ast.BoolNode)
	if !ok {
		f.bad(n, "", "%s must be true or false", what)
		return otherwise
	}
	return b.Value
}

func (f *file) duration(n ast.Node, what string) fusion.Duration {
	if n == nil {
		return 0
	}
	d, err := fusion.ParseDuration(f.text(n, what))
	if err != nil || d <= 0 {
		f.bad(n, "write it like 90s, 15m, 2h or 3d", "%s must be a time longer than nothing", what)
		return 0
	}
	return d
}

// list is the items of a sequence; a lone value is a list of one.
func (f *file) list(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case nil:
		return nil
	case *ast.SequenceNode:
		return n.Values
	}
	return []ast.Node{n}
}

// content is the value of a node without comments and layout.
func content(n ast.Node) any {
	switch n := n.(type) {
	case *ast.MappingNode:
		m := map[string]any{}
		for _, v := range n.Values {
			key, _ := scalar(v.Key)
			m[key] = content(v.Value)
		}
		return m
	case *ast.MappingValueNode:
		key, _ := scalar(n.Key)
		return map[string]any{key: content(n.Value)}
	case *ast.SequenceNode:
		items := make([]any, len(n.Values))
		for i, v := range n.Values {
			items[i] = content(v)
		}
		return items
	case ast.ScalarNode:
		return n.GetValue()
	}
	return nil
}
