// Package lint finds what is not wrong in rules but not good either: rules
// that the index cannot help, conditions that never hold, rules that nothing
// reaches, and rules without tests.
//
// What is wrong is found by [rules.Load]; warnings are about rules that load.
// This package reads rules and runs none.
package lint

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/ruletest"
)

// Warnings lists what could be better in the rules of a set that was loaded
// from fsys, by file and line.
func Warnings(fsys fs.FS, set *rules.Set) ([]rules.Problem, error) {
	l := &linter{set: set}
	for _, r := range set.Rules() {
		text, err := fs.ReadFile(fsys, r.File)
		if err != nil {
			return nil, err
		}
		a, err := rules.Dissect(r, text)
		if err != nil {
			return nil, err
		}
		l.rule(a)
	}
	for _, id := range ruletest.Untested(fsys, set) {
		l.warn(set.Rule(id).File, 0, 0, "write "+strings.TrimSuffix(set.Rule(id).File, ".yaml")+"_test.yaml", "the rule %s has no test", id)
	}
	slices.SortStableFunc(l.found, func(a, b rules.Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return l.found, nil
}

type linter struct {
	set   *rules.Set
	found []rules.Problem
}

func (l *linter) warn(file string, line, column int, hint, format string, args ...any) {
	l.found = append(l.found, rules.Problem{File: file, Line: line, Column: column, Message: fmt.Sprintf(format, args...), Hint: hint})
}

func (l *linter) rule(a *rules.Anatomy) {
	l.selects(a)
	for _, named := range a.Events {
		for _, alt := range named.Alternatives {
			l.reached(a.Rule, alt)
			l.possible(a.Rule, alt.When)
		}
	}
	l.possible(a.Rule, a.Where)
	if a.Score != nil {
		for _, t := range a.Score.Terms {
			l.possible(a.Rule, t.When)
		}
		l.threshold(a)
	}
	l.joins(a.Rule)
}

// selects warns of a rule that tries every event of a type.
func (l *linter) selects(a *rules.Anatomy) {
	if a.Rule.Mode == rules.ModeOff {
		return
	}
	var types []string
	var first rules.Alternative
	for _, named := range a.Events {
		for _, alt := range named.Alternatives {
			if alt.Indexed || alt.Type.IsHit() || alt.When != nil && lookedUp(alt.When.Tree()) || slices.Contains(types, string(alt.Type)) {
				continue
			}
			if len(types) == 0 {
				first = alt
			}
			types = append(types, string(alt.Type))
		}
	}
	if len(types) > 0 {
		l.warn(a.Rule.File, first.Line, first.Column, `compare a field with a constant, as in attrs.x == "y" or attrs.x in ["y", "z"]`,
			"the rule tries every %s, because no constant selects them", strings.Join(types, " and every "))
	}
}

// lookedUp reports whether a list or an area selects the events.
func lookedUp(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BinaryNode:
		if n.Operator == "&&" || n.Operator == "and" {
			return lookedUp(n.Left) || lookedUp(n.Right)
		}
	case *ast.CallNode:
		callee, ok := n.Callee.(*ast.IdentifierNode)
		return ok && slices.Contains([]string{"listed", "listed_exact", "inside"}, callee.Value)
	}
	return false
}

// reached warns of a rule on the hits of a rule that gives it none.
func (l *linter) reached(r *rules.Rule, alt rules.Alternative) {
	id, ok := strings.CutPrefix(string(alt.Type), "rule.")
	by := l.set.Rule(id)
	switch {
	case !ok || by == nil || r.Mode == rules.ModeOff:
	case by.Mode == rules.ModeOff:
		l.warn(r.File, alt.Line, alt.Column, "switch that one on, or this one off", "looks at the hits of %s, a rule that is off", id)
	case by.Mode == rules.ModeShadow && r.Mode == rules.ModeLive:
		l.warn(r.File, alt.Line, alt.Column, "make both live, or both shadow",
			"is live and looks at the hits of %s, a shadow rule; those feed shadow rules only", id)
	}
}

// possible warns of a condition, or a part of it, that never holds.
func (l *linter) possible(r *rules.Rule, c *rules.Condition) {
	if c == nil {
		return
	}
	if n, why := impossible(c); n != nil {
		line, column := c.At(n.Location().From)
		l.warn(r.File, line, column, "", "never holds: %s", why)
	}
}

// threshold warns of a score that is never reached.
func (l *linter) threshold(a *rules.Anatomy) {
	most := a.Score.Base
	for _, t := range a.Score.Terms {
		most += max(0, t.Points)
	}
	if most < a.Score.Threshold {
		l.warn(a.Rule.File, 0, 0, "lower the threshold or raise the points", "the score is at most %g and its threshold is %g", most, a.Score.Threshold)
	}
}

// joins warns of kinds that no rule of the set opens.
func (l *linter) joins(r *rules.Rule) {
	for _, kind := range r.Incident.Join {
		opens := func(o *rules.Rule) bool { return o.Incident.Open && o.Incident.Kind == kind }
		if r.Mode == rules.ModeLive && !slices.ContainsFunc(l.set.Rules(), opens) {
			l.warn(r.File, 0, 0, "", "joins pictures of the kind %q, which no rule here opens", kind)
		}
	}
}
