package rules

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	maxFileBytes = 64 << 10
	maxFileDepth = 32
)

// file is one rule file while it is read; it collects what is wrong with it.
type file struct {
	name     string
	problems []Problem
}

func (f *file) at(line, column int, hint, format string, args ...any) {
	f.problems = append(f.problems, Problem{f.name, line, column, fmt.Sprintf(format, args...), hint})
}

// bad reports a problem where the node stands; the file as a whole when nil.
func (f *file) bad(n ast.Node, hint, format string, args ...any) {
	line, column := position(n)
	f.at(line, column, hint, format, args...)
}

// position of the first character of a node.
func position(n ast.Node) (line, column int) {
	switch n := n.(type) {
	case nil:
		return 0, 0
	case *ast.MappingNode:
		if len(n.Values) > 0 && !n.IsFlowStyle {
			return position(n.Values[0])
		}
	case *ast.MappingValueNode:
		return position(n.Key)
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line, t.Position.Column
	}
	return 0, 0
}

// parse reads the text of the file; nil when it is not YAML that rules use.
func (f *file) parse(text []byte) ast.Node {
	if len(text) > maxFileBytes {
		f.bad(nil, "split it into several rules", "has %d bytes; at most %d are accepted", len(text), maxFileBytes)
		return nil
	}
	if deep(text) {
		f.bad(nil, "", "is nested deeper than %d levels", maxFileDepth)
		return nil
	}
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		f.syntax(err, text)
		return nil
	}
	switch {
	case len(tree.Docs) == 0 || tree.Docs[0].Body == nil:
		f.bad(nil, "", "is empty")
		return nil
	case len(tree.Docs) > 1:
		f.bad(tree.Docs[1].Body, "put each rule in a file of its own", "a file holds one rule")
		return nil
	}
	return tree.Docs[0].Body
}

func (f *file) syntax(err error, text []byte) {
	e, ok := err.(interface {
		GetToken() *token.Token
		GetMessage() string
	})
	if !ok || e.GetToken() == nil || e.GetToken().Position == nil {
		f.bad(nil, "", "not YAML: %s", err)
		return
	}
	at, hint := e.GetToken().Position, ""
	lines := strings.Split(string(text), "\n")
	if at.Line <= len(lines) && strings.Contains(lines[at.Line-1], "{") {
		hint = "inside { } a condition with , [ ] { } must stand in quotes"
	}
	f.at(at.Line, at.Column, hint, "not YAML: %s", e.GetMessage())
}

// deep guards the parser's recursion before it starts.
func deep(text []byte) bool {
	depth, deepest, dashes := 0, 0, 0
	for _, c := range text {
		switch c {
		case '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ']', '}':
			depth = max(0, depth-1)
		case '-', '?', ':':
			dashes++
		case ' ', '\t':
			continue
		}
		if c != '-' && c != '?' && c != ':' {
			dashes = 0
		}
		if deepest > maxFileDepth || dashes > maxFileDepth*4 {
			return true
		}
	}
	return false
}
