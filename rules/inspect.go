package rules

import (
	"errors"
	"fmt"
	"io/fs"
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
		a := Alternative{Type: c.typ, When: f.conditionAt(m.get("when"), c.scope(d.name)), Indexed: c.when != nil && c.when.indexed, compiled: c}
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

// Reading is what a rule makes of one event by itself, under one name.
type Reading struct {
	Name  string   `json:"name"`
	Fills bool     `json:"fills"`
	When  *Part    `json:"when,omitempty"`  // nil: the type is enough
	Key   []string `json:"key,omitempty"`   // values of the join keys, in the order of `by`
	Value string   `json:"value,omitempty"` // what a distinct counts, or a measure takes
	Thing string   `json:"thing,omitempty"` // what it is a position of
	In    *bool    `json:"in,omitempty"`    // of a position: whether it lies in the area or circle
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
			a.position(e, w, &r)
			list = append(list, r)
		}
	}
	return list
}

// position reads what the event is a position of, and whether it is inside.
func (a *Anatomy) position(e *fusion.Event, w World, r *Reading) {
	if a.Rule.things {
		r.Thing = thingOf(e)
	}
	z, ok := a.Rule.matcher.(interface{ holds(w World, e *entry) bool })
	if at := newEntry(e); ok && at.placed {
		r.In = new(z.holds(w, at))
	}
}

// shown is the value of an expression as text, "" when it is missing or
// fails.
func (p *program) shown(f *frame) (text string) {
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	v, err := p.run(new(vm.VM), f)
	if err != nil {
		return ""
	}
	return written(v)
}

// Texts reads every rule file under fsys, as [Load] does; the texts are what
// [Compile] takes.
func Texts(fsys fs.FS) (map[string]string, error) {
	texts := map[string]string{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isRuleFile(name) {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		texts[name] = string(b)
		return err
	})
	if err == nil && len(texts) == 0 {
		err = errors.New("there is no rule file in the folder")
	}
	return texts, err
}

// Keys are the names that a rule file may have at its top, in the order in
// which they are written.
func Keys() []string { return slices.Clone(ruleKeys) }

// Window is how long the rule may need events, lateness aside; 0: it judges
// each by itself.
func (r *Rule) Window() time.Duration { return r.Within + r.tail }

// Placed reports whether its events need a place.
func (r *Rule) Placed() bool { return r.placed }

// Waits reports whether hits of the rule come when time has passed, because a
// later event could undo them.
func (r *Rule) Waits() bool {
	w, ok := r.matcher.(waiter)
	return ok && w.waits()
}

// Scored reports whether a score decides which matches are hits.
func (r *Rule) Scored() bool { return r.score != nil }
