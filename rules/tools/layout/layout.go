// Package layout gives rule files one layout: the names in the order of the
// documentation, two spaces a level, one blank line at most, no trailing
// space.
//
// It moves lines and never writes values anew, so comments, quotes and the
// division of long texts stay. A file whose content would change is left as
// it is, with an error.
package layout

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/openiroom/iroom/rules"
)

// Format returns a rule file in the layout.
func Format(text []byte) ([]byte, error) {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	out := text
	for range 2 { // what moves may be laid out once more
		tree, err := parser.ParseBytes(out, 0)
		if err != nil {
			return nil, err
		}
		if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
			return nil, errors.New("is not one rule")
		}
		p := page{lines: strings.Split(strings.TrimRight(string(out), " \t\n"), "\n"), indent: map[int]int{}, texts: map[int]int{}}
		p.node(tree.Docs[0].Body, 0)
		p.reindent()
		p.order(tree.Docs[0].Body)
		out = []byte(p.String())
	}
	if same, err := sameContent(text, out); err != nil || !same {
		return nil, errors.Join(errors.New("cannot be laid out without a change of its content; lay it out by hand"), err)
	}
	return out, nil
}

func sameContent(a, b []byte) (bool, error) {
	var x, y any
	if err := yaml.Unmarshal(a, &x); err != nil {
		return false, err
	}
	if err := yaml.Unmarshal(b, &y); err != nil {
		return false, err
	}
	return reflect.DeepEqual(x, y), nil
}

// page is a file by lines, with the column in which those lines start that
// begin a name or an item of a block.
type page struct {
	lines  []string
	indent map[int]int // by line, from 0
	texts  map[int]int // by the line of the name of a block text: the column of the text
}

// node notes where the lines of a block should start; column is that of its
// names or dashes.
func (p *page) node(n ast.Node, column int) {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle {
			for _, v := range n.Values {
				p.value(v, column)
			}
		}
	case *ast.MappingValueNode:
		p.value(n, column)
	case *ast.SequenceNode:
		if n.IsFlowStyle {
			return
		}
		for _, item := range n.Values {
			p.start(dashLine(item, p.lines), column)
			p.node(item, column+2)
		}
	}
}

func (p *page) value(v *ast.MappingValueNode, column int) {
	line := v.Key.GetToken().Position.Line - 1
	p.start(line, column)
	if l, ok := v.Value.(*ast.LiteralNode); ok && !strings.ContainsAny(l.Start.Value, "123456789") {
		p.texts[line] = column + 2
	}
	p.node(v.Value, column+2)
}

// start notes the column of a line; the first block on a line counts.
func (p *page) start(line, column int) {
	if _, ok := p.indent[line]; !ok && line >= 0 {
		p.indent[line] = column
	}
}

// dashLine is the line on which an item of a block sequence begins.
func dashLine(item ast.Node, lines []string) int {
	line := firstLine(item)
	for ; line >= 0; line-- {
		if line < len(lines) && strings.HasPrefix(strings.TrimLeft(lines[line], " "), "-") {
			return line
		}
	}
	return -1
}

func firstLine(n ast.Node) int {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return n.Values[0].Key.GetToken().Position.Line - 1
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken().Position.Line - 1
	}
	return n.GetToken().Position.Line - 1
}

// reindent moves the lines. One that begins nothing moves as far as the one
// before it that does; a comment goes where the next beginning goes.
func (p *page) reindent() {
	shift, next := 0, 0
	for i := len(p.lines) - 1; i >= 0; i-- {
		if column, ok := p.indent[i]; ok {
			next = column
		} else if t := strings.TrimSpace(p.lines[i]); strings.HasPrefix(t, "#") && p.between(i) {
			p.indent[i] = next
		}
	}
	for i, l := range p.lines {
		content := strings.TrimLeft(l, " ")
		had := len(l) - len(content)
		want, starts := p.indent[i]
		if starts {
			shift = want - had
		} else {
			want = max(0, had+shift)
		}
		if content = strings.TrimRight(content, " \t"); content == "" {
			p.lines[i] = ""
			continue
		}
		if starts && strings.HasPrefix(content, "- ") {
			rest := strings.TrimLeft(content[2:], " ")
			shift -= len(content) - len("- ") - len(rest)
			content = "- " + rest
		}
		p.lines[i] = strings.Repeat(" ", want) + content
		if column, ok := p.texts[i]; ok {
			shift = column - p.least(i+1)
		}
	}
}

// least is the smallest column in which a line of the block text starts that
// begins at the line from.
func (p *page) least(from int) int {
	least := -1
	for i := from; i < len(p.lines); i++ {
		if _, starts := p.indent[i]; starts {
			break
		}
		if content := strings.TrimLeft(p.lines[i], " "); content != "" && (least < 0 || len(p.lines[i])-len(content) < least) {
			least = len(p.lines[i]) - len(content)
		}
	}
	return max(0, least)
}

// between reports whether the line stands between beginnings and not inside a
// text: the next line that is neither empty nor a comment begins something.
func (p *page) between(i int) bool {
	for n := i + 1; n < len(p.lines); n++ {
		if t := strings.TrimSpace(p.lines[n]); t != "" && !strings.HasPrefix(t, "#") {
			_, ok := p.indent[n]
			return ok
		}
	}
	return false
}

// order puts the names at the top into the order of the documentation, each
// with the comments right above it.
func (p *page) order(body ast.Node) {
	m, ok := body.(*ast.MappingNode)
	if !ok || m.IsFlowStyle {
		return
	}
	keys := rules.Keys()
	var parts []part
	end := len(p.lines)
	for _, v := range slices.Backward(m.Values) {
		start := v.Key.GetToken().Position.Line - 1
		for start > 0 && strings.HasPrefix(p.lines[start-1], "#") {
			start--
		}
		name := v.Key.GetToken().Value
		parts = append(parts, part{slices.Index(keys, name), p.lines[start:end]})
		end = start
	}
	slices.Reverse(parts)
	slices.SortStableFunc(parts, func(a, b part) int { return a.rank - b.rank })
	lines := slices.Clone(p.lines[:end])
	for _, x := range parts {
		lines = append(lines, x.lines...)
	}
	p.lines = lines
}

type part struct {
	rank  int
	lines []string
}

// String is the page with one empty line at most between lines.
func (p *page) String() string {
	var b strings.Builder
	empty := true // none at the beginning
	for _, l := range p.lines {
		if l == "" && empty {
			continue
		}
		empty = l == ""
		fmt.Fprintln(&b, l)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
