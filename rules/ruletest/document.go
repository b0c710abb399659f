package ruletest

import (
	"errors"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// document is a test file by lines while expectations in it are replaced.
// Only the lines of an expectation change, so all else keeps its layout.
type document struct{ lines []string }

const expectKey = "expect:"

// longestLine is where a list of expectations is divided into lines.
const longestLine = 140

// expect replaces what a case expects; end is the line behind its last,
// counted from 0.
func (d *document) expect(c ast.Node, end int, expected []string) error {
	flow, values := caseValues(c)
	for _, v := range values {
		if at := v.Key.GetToken(); at.Value == strings.TrimSuffix(expectKey, ":") {
			return d.replace(at.Position.Line-1, at.Position.Column-1, flow, expected)
		}
	}
	if flow || len(values) == 0 {
		return errors.New("has no expect: that could be replaced; write `expect: none` there")
	}
	for end > 0 && isBlank(d.lines[end-1]) {
		end--
	}
	indent := strings.Repeat(" ", values[0].Key.GetToken().Position.Column-1)
	d.lines = slices.Insert(d.lines, end, layout(indent, expected, false)...)
	return nil
}

func caseValues(c ast.Node) (flow bool, values []*ast.MappingValueNode) {
	switch c := c.(type) {
	case *ast.MappingNode:
		return c.IsFlowStyle, c.Values
	case *ast.MappingValueNode:
		return false, []*ast.MappingValueNode{c}
	}
	return false, nil
}

// replace replaces the value of the key expect at that place.
func (d *document) replace(row, column int, flow bool, expected []string) error {
	runes := []rune(d.lines[row])
	before, after := string(runes[:column]), strings.TrimPrefix(string(runes[column:]), expectKey)
	value := strings.TrimLeft(after, " ")
	last := row
	switch {
	case strings.HasPrefix(value, "["):
		for !closed(value) {
			if last++; last == len(d.lines) {
				return errors.New("the list of expectations is not closed")
			}
			value += "\n" + d.lines[last]
		}
		value = value[balanced(value):]
	case value == "" || value[0] == '#':
		last = d.blockEnd(row, column)
		value = ""
	default:
		value = strings.TrimPrefix(value, "none")
	}
	text := layout(before, expected, flow)
	text[len(text)-1] += value
	d.lines = slices.Replace(d.lines, row, last+1, text...)
	return nil
}

// blockEnd is the last line of the block below a key.
func (d *document) blockEnd(row, column int) int {
	last := row
	for n := row + 1; n < len(d.lines); n++ {
		l := d.lines[n]
		indent := len(l) - len(strings.TrimLeft(l, " "))
		switch {
		case isBlank(l):
			continue
		case indent > column, indent == column && strings.HasPrefix(l[indent:], "-"):
			last = n
		default:
			return last
		}
	}
	return last
}

// isBlank reports whether a line has no content: nothing, or a comment.
func isBlank(l string) bool {
	l = strings.TrimSpace(l)
	return l == "" || l[0] == '#'
}

// layout writes the key with what is expected behind before, on several lines
// when one is too long and the case is not on one line itself.
func layout(before string, expected []string, flow bool) []string {
	if len(expected) == 0 {
		return []string{before + expectKey + " none"}
	}
	one := before + expectKey + " [" + strings.Join(expected, ", ") + "]"
	if flow || len(one) <= longestLine {
		return []string{one}
	}
	lines := []string{before + expectKey}
	for _, item := range expected {
		lines = append(lines, strings.Repeat(" ", len(before))+"  - "+item)
	}
	return lines
}

// closed reports whether the brackets of a flow value are closed; quoted
// brackets do not count.
func closed(s string) bool { return balanced(s) > 0 }

// balanced is the offset behind the bracket that closes the first one, 0 when
// none does.
func balanced(s string) int {
	depth, quote := 0, byte(0)
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote && (quote == '\'' || s[i-1] != '\\') {
				quote = 0
			}
		case (c == '"' || c == '\'') && i > 0 && strings.IndexByte(" [{,:\n", s[i-1]) >= 0:
			quote = c
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
