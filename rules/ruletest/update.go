package ruletest

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// Updated returns the test files whose failing cases expect something else
// than what came, with expectations that hold. Everything else in them stays
// as it is, comments too; those inside an expectation go with it. A case that
// could not run is left alone.
func Updated(fsys fs.FS, r Report) (map[string][]byte, error) {
	files := map[string][]byte{}
	changes := map[string]map[int][]string{}
	for _, c := range r.Cases {
		if len(c.Failures) == 0 || !c.ran {
			continue
		}
		if changes[c.File] == nil {
			changes[c.File] = map[int][]string{}
		}
		changes[c.File][c.number] = writeExpectations(c.came)
	}
	for name, byCase := range changes {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		if files[name], err = rewrite(text, byCase); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return files, nil
}

// came are the expectations that the case would meet: one for each hit, with
// the fields that the case asks about today.
func (t *trial) came() (list []expectation) {
	named := map[string]bool{t.rule.ID: true}
	var asks expectation
	for _, x := range t.c.Expect.list {
		named[x.rule(t.rule)] = true
		asks.asMuchAs(x)
	}
	for _, m := range t.hits {
		if named[m.Rule.ID] {
			list = append(list, t.expectationOf(m, asks))
		}
	}
	return list
}

// asMuchAs adds the fields that another expectation asks about.
func (x *expectation) asMuchAs(o expectation) {
	if o.Key != nil {
		x.Key = o.Key
	}
	if o.Score != nil {
		x.Score = o.Score
	}
	if o.Inputs != nil {
		x.Inputs = o.Inputs
	}
	x.Kind, x.Severity, x.Title = x.Kind+o.Kind, x.Severity+o.Severity, x.Title+o.Title
}

func (t *trial) expectationOf(m rules.Match, asks expectation) expectation {
	x := expectation{At: t.nameOf(m.Anchor().ID)}
	if m.Rule.ID != t.rule.ID {
		x.Rule = m.Rule.ID
	}
	if asks.Score != nil || len(m.Hit.Parts) > 0 {
		x.Score = &m.Hit.Score
	}
	if asks.Key != nil {
		x.Key = &m.Hit.Key
	}
	if asks.Kind != "" {
		x.Kind = m.Kind
	}
	if asks.Severity != "" {
		x.Severity = string(m.Severity)
	}
	if asks.Title != "" {
		x.Title = m.Title
	}
	if asks.Inputs != nil {
		for _, e := range m.Events {
			x.Inputs = append(x.Inputs, t.nameOf(e.Event.ID))
		}
	}
	return x
}

// nameOf is what an expectation calls an event of the case: its name, or its
// number; "" for what is none of its events.
func (t *trial) nameOf(id fusion.EventID) string {
	for n := range t.c.Events {
		e := &t.c.Events[n]
		if fusion.EventID(e.id(n)) != id {
			continue
		}
		if e.Name != "" {
			return e.Name
		}
		return strconv.Itoa(n)
	}
	return ""
}

// writeExpectations writes each in flow style.
func writeExpectations(list []expectation) []string {
	items := make([]string, len(list))
	for i, x := range list {
		items[i] = x.yaml()
	}
	return items
}

// yaml writes the expectation in flow style.
func (x expectation) yaml() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+": "+value)
		}
	}
	add("rule", plainOrQuoted(x.Rule))
	add("at", plainOrQuoted(x.At))
	if x.Key != nil {
		add("key", strconv.Quote(*x.Key))
	}
	if x.Score != nil {
		add("score", strconv.FormatFloat(*x.Score, 'g', -1, 64))
	}
	add("kind", plainOrQuoted(x.Kind))
	add("severity", plainOrQuoted(x.Severity))
	add("title", plainOrQuoted(x.Title))
	if len(x.Inputs) > 0 {
		names := make([]string, len(x.Inputs))
		for i, name := range x.Inputs {
			names[i] = plainOrQuoted(name)
		}
		add("inputs", "["+strings.Join(names, ", ")+"]")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// plainOrQuoted leaves names as they are and quotes what YAML could read as
// something else.
func plainOrQuoted(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
	}
	if s == "" || s[0] != '-' && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return strconv.Quote(s)
}

// rewrite puts other expectations, in flow style, into the cases of those
// numbers.
func rewrite(text []byte, byCase map[int][]string) ([]byte, error) {
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	if len(tree.Docs) != 1 {
		return nil, fmt.Errorf("has %d documents, not one", len(tree.Docs))
	}
	cases, ok := tree.Docs[0].Body.(*ast.SequenceNode)
	if !ok {
		return nil, fmt.Errorf("is not a list of cases")
	}
	d := document{lines: strings.Split(string(text), "\n")}
	for n, c := range slices.Backward(cases.Values) {
		expected, ok := byCase[n]
		if !ok {
			continue
		}
		end := len(d.lines)
		if n+1 < len(cases.Values) {
			end = line(cases.Values[n+1]) - 1
		}
		if err := d.expect(c, end, expected); err != nil {
			return nil, fmt.Errorf("case %d: %w", n+1, err)
		}
	}
	return []byte(strings.Join(d.lines, "\n")), nil
}

// line is that of the first character of a case.
func line(c ast.Node) int {
	switch c := c.(type) {
	case *ast.MappingNode:
		if !c.IsFlowStyle && len(c.Values) > 0 {
			return c.Values[0].Key.GetToken().Position.Line
		}
	case *ast.MappingValueNode:
		return c.Key.GetToken().Position.Line
	}
	return c.GetToken().Position.Line
}
