package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/openiroom/iroom/fusion"
)

// maxWithin bounds a window, and so what it keeps.
const maxWithin = 31 * 24 * time.Hour

var ruleKeys = []string{
	"rule", "title", "description", "owner", "purpose", "sensitive", "mode", "events", "match", "score", "incident", "after",
}

// ruleParser reads one rule from its file.
type ruleParser struct {
	*file
	rule    *Rule
	events  entries // by name, as written
	used    []string
	touched []string // protected characteristics that its conditions read
}

// parseRule reads the rule in the file; the rule is nil when there is none to
// speak of. Whatever is wrong is in the file's problems.
func parseRule(f *file, body ast.Node) *Rule {
	p := &ruleParser{file: f, rule: &Rule{File: f.name}}
	top, ok := f.mapping(body, "a rule", ruleKeys...)
	if !ok {
		return nil
	}
	f.need(top, "the rule", "rule", "title", "description", "owner", "purpose", "mode", "events", "match", "incident")
	r := p.rule
	r.ID = f.token(top.get("rule"), "rule")
	r.line, r.column = position(top.get("rule"))
	r.Version = version(body)
	r.Title = f.text(top.get("title"), "title")
	r.Description = f.text(top.get("description"), "description")
	r.Owner = f.text(top.get("owner"), "owner")
	r.Mode = Mode(f.choice(top.get("mode"), "mode", string(ModeLive), string(ModeShadow), string(ModeOff)))
	p.purpose(top.get("purpose"))
	p.sensitive(top.get("sensitive"))
	if top.get("events") != nil && top.get("match") != nil {
		if p.events, ok = f.mapping(top.get("events"), "events"); ok {
			p.match(top.get("match"))
			p.unused()
		}
	}
	p.score(top.get("score"))
	p.incident(top.get("incident"))
	p.after(top.get("after"))
	p.unusedCharacteristics(top.get("sensitive"))
	return r
}

func version(body ast.Node) string {
	b, err := fusion.Encode(content(body))
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func (p *ruleParser) purpose(n ast.Node) {
	if n == nil {
		return
	}
	if m, ok := p.mapping(n, "purpose", "basis", "text"); ok {
		p.need(m, "purpose", "basis", "text")
		p.rule.Purpose.Basis = p.choice(m.get("basis"), "basis", "wpg-8", "wpg-9", "wpg-10", "wpg-13", "public")
		p.rule.Purpose.Text = p.text(m.get("text"), "text")
	}
}

// match finds the kind of the match and lets it read the rest.
func (p *ruleParser) match(n ast.Node) {
	m, ok := p.mapping(n, "match")
	if !ok {
		return
	}
	known := kinds()
	i := slices.IndexFunc(known, func(k kind) bool { return m.get(k.name) != nil })
	if i < 0 {
		p.bad(n, "known: "+strings.Join(kindNames(), ", "), "match has no kind of match that exists")
		return
	}
	k := known[i]
	if m, ok = p.mapping(n, "match with "+k.name, append([]string{k.name}, namesOf(k.keys...)...)...); !ok {
		return
	}
	p.rule.Kind = k.name
	p.rule.scope = &scope{allowed: p.allowed()}
	p.rule.matcher = k.parse(p, m.get(k.name), m)
	p.conditions(m)
	p.rule.span = p.rule.Within + p.rule.tail
}

// use makes the event of that name a slot of the rule, in the order of use,
// and returns the slot.
func (p *ruleParser) use(n ast.Node) int {
	name := p.text(n, "an event of match")
	def := p.events.get(name)
	switch {
	case name == "":
		return 0
	case def == nil:
		p.bad(n, "events here: "+strings.Join(p.names(), ", "), "there is no event %q", name)
		return 0
	case slices.Contains(p.used, name):
		p.bad(n, "give the second one a name of its own under events", "%s stands twice in match", name)
		return 0
	case len(p.used) == maxEvents:
		p.bad(n, "", "a match has at most %d events", maxEvents)
		return 0
	}
	p.used = append(p.used, name)
	d := p.event(name, def)
	p.rule.events = append(p.rule.events, d)
	p.rule.scope.names = append(p.rule.scope.names, name)
	p.rule.scope.types = append(p.rule.scope.types, d.types())
	for _, t := range d.types() {
		if !slices.Contains(p.rule.Types, t) {
			p.rule.Types = append(p.rule.Types, t)
		}
	}
	slices.Sort(p.rule.Types)
	return len(p.used) - 1
}

func (p *ruleParser) names() []string {
	var names []string
	for _, k := range p.events.keys {
		s, _ := scalar(k)
		names = append(names, s)
	}
	return names
}

func (p *ruleParser) unused() {
	for _, k := range p.events.keys {
		if name, _ := scalar(k); !slices.Contains(p.used, name) && p.rule.matcher != nil {
			p.bad(k, "use it or leave it out", "the event %q is not used in match", name)
			p.event(name, p.events.get(name))
		}
	}
}

func (d *eventDef) types() []fusion.EventType {
	var types []fusion.EventType
	for _, a := range d.alternatives {
		if !slices.Contains(types, a.typ) {
			types = append(types, a.typ)
		}
	}
	return types
}

func (p *ruleParser) event(name string, n ast.Node) *eventDef {
	d := &eventDef{name: name}
	if !isName(name) {
		p.bad(n, "", "the event name %q must be letters, digits and underscores and no word of the language", name)
	}
	for _, item := range p.list(n) {
		m, ok := p.mapping(item, "an event", "type", "when")
		if !ok {
			continue
		}
		p.need(m, "the event "+name, "type")
		a := &alternative{typ: fusion.EventType(p.text(m.get("type"), "type")), allowed: p.allowed()}
		if a.typ == "" {
			continue
		}
		if _, ok := fusion.AttrsOf(a.typ); !ok {
			p.bad(m.get("type"), closest(string(a.typ)), "the event type %q is not known", a.typ)
			continue
		}
		if w := m.get("when"); w != nil {
			if src, ok := p.source(w, "when"); ok {
				a.when = p.condition(src, a.scope(name), reflect.Bool)
			}
		}
		d.alternatives = append(d.alternatives, a)
	}
	return d
}

func (a *alternative) scope(name string) *scope {
	return &scope{names: []string{name}, types: [][]fusion.EventType{{a.typ}}, bare: true, allowed: a.allowed}
}

// condition compiles a condition and notes what protected it reads.
func (p *ruleParser) condition(src source, s *scope, want reflect.Kind) *program {
	c := p.file.condition(src, s, want)
	if c != nil {
		p.touched = append(p.touched, c.touched...)
	}
	return c
}

func closest(typ string) string {
	domain, _, _ := strings.Cut(typ, ".")
	var names []string
	for _, t := range fusion.EventTypes() {
		if t.Domain() == domain {
			names = append(names, string(t))
		}
	}
	if len(names) == 0 {
		return "types begin with sensor, open, police, system or rule"
	}
	return "known: " + strings.Join(names, ", ")
}
