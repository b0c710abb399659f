package rules

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// source is the text of a condition that knows where it stands in its file.
type source struct {
	text string
	node ast.Node
}

func (f *file) source(n ast.Node, what string) (source, bool) {
	s, ok := scalar(n)
	if !ok || strings.TrimSpace(s) == "" {
		f.bad(n, "", "%s must be a condition", what)
		return source{}, false
	}
	return source{s, n}, true
}

// locate is the place in the file of the character at offset. It is exact for
// a condition on one line without escapes and for a block scalar.
func (s source) locate(offset int) (line, column int) {
	line, column = position(s.node)
	before := string([]rune(s.text)[:max(0, min(offset, len([]rune(s.text))))])
	row := strings.Count(before, "\n")
	inRow := len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	switch n := s.node.(type) {
	case *ast.LiteralNode:
		if n.Value != nil && n.Value.Token != nil && n.Value.Token.Position != nil {
			return line + 1 + row, literalColumn(n) + inRow
		}
	case *ast.StringNode:
		if t := n.Token.Type; t == token.DoubleQuoteType || t == token.SingleQuoteType {
			inRow++
		}
	}
	return line, column + inRow
}

func literalColumn(n *ast.LiteralNode) int {
	origin := strings.TrimLeft(n.Value.Token.Origin, "\n")
	return len(origin) - len(strings.TrimLeft(origin, " ")) + 1
}
