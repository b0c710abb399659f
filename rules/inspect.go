package rules

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
	yaml "github.com/goccy/go-yaml/ast"

	"github.com/openiroom/iroom/fusion"
)

// Anatomy is a rule taken apart as it is written, for tools that explain,
// check and draw rules. Matching does not use it.
type Anatomy struct {
	Rule   *Rule
	Events []NamedEvent   // those that match uses, in its order
	Match  map[string]any // as written, by key
	Where  *Condition     // nil: none
	Score  *Scoring       // nil: every match is a hit
}

// NamedEvent is a name of the rule with what can fill it.
type NamedEvent struct {
	Name         string
	Alternatives []Alternative
}

// Alternative is one type of event that can fill a name.
type Alternative struct {
	Type         fusion.EventType
	When         *Condition // nil: every event of the type
	Indexed      bool       // the index can leave out events by a constant predicate
	Line, Column int        // of the type

	compiled *alternative
}

// Scoring is the score of a rule.
type Scoring struct {
	Base, Threshold float64
	Terms           []Term
}

// Term is one part of a score.
type Term struct {
	Points  float64
	When    *Condition
	Because string
}

// Condition is the text of a condition and what it can speak of.
type Condition struct {
	Text   string
	source source
	scope  *scope
}

// Dissect takes a rule apart; text is that of its file, which must be what it
// was loaded from.
func Dissect(r *Rule, text []byte) (*Anatomy, error) {
	f := &file{name: r.File}
	body := f.parse(text)
	if body == nil {
		return nil, errors.New(f.problems[0].String())
	}
	if version(body) != r.Version {
		return nil, fmt.Errorf("%s is not what the rule %s was loaded from", r.File, r.ID)
	}
	top, _ := f.mapping(body, "a rule")
	match, _ := f.mapping(top.get("match"), "match")
	a := &Anatomy{Rule: r, Where: f.conditionAt(match.get("where"), r.scope)}
	a.Match, _ = content(top.get("match")).(map[string]any)
	named, _ := f.mapping(top.get("events"), "events")
	for _, d := range r.events {
		a.Events = append(a.Events, NamedEvent{d.name, f.alternatives(d, named.get(d.name))})
	}
	if n := top.get("score"); n != nil && r.score != nil {
		a.Score = f.scoring(n, r)
	}
	return a, nil
}

func (f *file) alternatives(d *eventDef, n yaml.Node) (list []Alternative) {
	for i, item := range f.list(n) {
		m, ok := f.mapping(item, "an event")
		if !ok || i >= len(d.alternatives) {
			continue
		}
		c := d.alternatives[i]
		a := Alternative{Type: c.typ, When: f.conditionAt(m.get("when"), c.scope(d.name)), Indexed: len(c.predicates()) > 0, compiled: c}
		a.Line, a.Column = position(m.get("type"))
		list = append(list, a)
	}
	return list
}

func (f *file) scoring(n yaml.Node, r *Rule) *Scoring {
	s := &Scoring{Base: r.score.base, Threshold: r.score.threshold}
	m, _ := f.mapping(n, "score")
	for i, item := range f.list(m.get("add")) {
		t, ok := f.mapping(item, "a part of the score")
		if !ok || i >= len(r.score.add) {
			continue
		}
		term := r.score.add[i]
		s.Terms = append(s.Terms, Term{term.points, f.conditionAt(t.get("when"), r.scope), term.because})
	}
	return s
}

func (f *file) conditionAt(n yaml.Node, s *scope) *Condition {
	text, ok := scalar(n)
	if n == nil || !ok {
		return nil
	}
	return &Condition{Text: text, source: source{text, n}, scope: s}
}

// At is the place in the file of the character at offset.
func (c *Condition) At(offset int) (line, column int) { return c.source.locate(offset) }

// Tree is the syntax of the condition as it is written.
func (c *Condition) Tree() ast.Node {
	tree, err := parser.ParseWithConfig(c.Text, newConfig())
	if err != nil {
		return &ast.NilNode{}
	}
	return tree.Node
}

// Names are the events that the condition can speak of, with their types;
// Bare says that the fields of the only one stand alone.
func (c *Condition) Names() (names []string, types [][]fusion.EventType, bare bool) {
	return slices.Clone(c.scope.names), slices.Clone(c.scope.types), c.scope.bare
}

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
// names that it can speak of, in their order; one that is nil cannot be read.
func (c *Condition) Examine(events []*fusion.Event, count int, w World) Part {
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
	return new(vm.VM).Run(p.code, f)
}

// Reading is what a rule makes of one event by itself, under one name.
type Reading struct {
	Name  string   `json:"name"`
	Fills bool     `json:"fills"`
	When  *Part    `json:"when,omitempty"`  // nil: the type is enough
	Key   []string `json:"key,omitempty"`   // values of the join keys, in the order of `by`
	Value string   `json:"value,omitempty"` // what a distinct counts
}

// Read says for every name of the rule that takes the event's type whether
// the event fills it, and why.
func (a *Anatomy) Read(e *fusion.Event, w World) (list []Reading) {
	f := &frame{events: []*fusion.Event{e}, world: w}
	for _, named := range a.Events {
		for _, alt := range named.Alternatives {
			if alt.Type != e.Type {
				continue
			}
			r := Reading{Name: named.Name, Fills: true}
			if alt.When != nil {
				part := alt.When.Examine(f.events, 0, w)
				r.When, r.Fills = &part, part.Holds
			}
			for _, p := range alt.compiled.by {
				r.Key = append(r.Key, p.shown(f))
			}
			if alt.compiled.of != nil {
				r.Value = alt.compiled.of.shown(f)
			}
			list = append(list, r)
		}
	}
	return list
}

// shown is the value of an expression as text, "" when it is missing or
// fails.
func (p *program) shown(f *frame) (text string) {
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	v, err := new(vm.VM).Run(p.code, f)
	if err != nil {
		return ""
	}
	return written(v)
}

// KindKeys lists the kinds of match with what may stand beside each.
func KindKeys() map[string][]string {
	keys := map[string][]string{}
	for _, k := range kinds() {
		keys[k.name] = slices.Clone(k.keys)
	}
	return keys
}

// Keys are the names that a rule file may have at its top, in the order in
// which they are written.
func Keys() []string { return slices.Clone(ruleKeys) }

// Window is how long the rule may need events, lateness aside; 0: it judges
// each by itself.
func (r *Rule) Window() time.Duration { return r.Within + r.tail }

// Scored reports whether a score decides which matches are hits.
func (r *Rule) Scored() bool { return r.score != nil }
