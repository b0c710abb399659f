package rules

import (
	"reflect"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"github.com/openiroom/iroom/fusion"
)

// score reads the parts of a score; without it every match is a hit.
func (p *ruleParser) score(n ast.Node) {
	if n == nil {
		return
	}
	m, ok := p.mapping(n, "score", "base", "add", "threshold")
	if !ok {
		return
	}
	s := &scoring{base: p.number(m.get("base"), "base"), threshold: p.number(m.get("threshold"), "threshold")}
	p.rule.score = s
	for _, item := range p.list(m.get("add")) {
		t, ok := p.mapping(item, "a part of the score", "points", "when", "because")
		if !ok {
			continue
		}
		p.need(t, "the part of the score", "points", "when", "because")
		term := scoreTerm{points: p.number(t.get("points"), "points"), because: p.text(t.get("because"), "because")}
		if src, ok := p.optional(t.get("when")); ok {
			term.when = p.condition(src, p.rule.scope, reflect.Bool)
		}
		s.add = append(s.add, term)
	}
}

// optional is the source of a condition that may be missing, once the rule's
// events are known.
func (p *ruleParser) optional(n ast.Node) (source, bool) {
	if n == nil || p.rule.scope == nil {
		return source{}, false
	}
	return p.source(n, "when")
}

func (p *ruleParser) incident(n ast.Node) {
	if n == nil {
		return
	}
	m, ok := p.mapping(n, "incident", "open", "kind", "severity", "title", "join")
	if !ok {
		return
	}
	i := &p.rule.Incident
	i.Open = p.boolean(m.get("open"), "open", true)
	i.Kind = p.token(m.get("kind"), "kind")
	i.Severity = fusion.Severity(p.choice(m.get("severity"), "severity", "critical", "high", "medium", "low"))
	for _, k := range p.list(m.get("join")) {
		i.Join = append(i.Join, p.token(k, "a kind to join"))
	}
	if i.Open {
		p.need(m, "an incident that opens pictures", "kind", "severity", "title")
		if m.get("join") != nil {
			p.bad(m.get("join"), "leave it out, or say open: false", "only a rule that opens no picture says which kinds it joins")
		}
	} else if m.get("join") == nil {
		p.bad(n, "list the kinds; [] joins none", "an incident with open: false has no \"join\"")
	}
	p.title(m.get("title"))
}

// title splits a title into texts and the expressions between {{ and }}.
func (p *ruleParser) title(n ast.Node) {
	if n == nil || p.rule.scope == nil {
		return
	}
	src, ok := p.source(n, "title")
	if !ok {
		return
	}
	rest, offset := src.text, 0
	for {
		before, after, open := strings.Cut(rest, "{{")
		p.rule.title = append(p.rule.title, titlePiece{text: before})
		if !open {
			return
		}
		expression, tail, closed := strings.Cut(after, "}}")
		offset += len([]rune(before)) + 2
		if !closed {
			line, column := src.locate(offset - 2)
			p.at(line, column, "close it with }}", "the title has {{ without }}")
			return
		}
		p.titleExpression(src, expression, offset)
		offset += len([]rune(expression)) + 2
		rest = tail
	}
}

func (p *ruleParser) titleExpression(src source, expression string, offset int) {
	e, err := p.rule.scope.compile(expression, reflect.Interface)
	if err != nil {
		line, column := src.locate(offset + err.offset)
		p.at(line, column, err.hint, "%s", err.message)
		return
	}
	p.touched = append(p.touched, e.touched...)
	p.rule.title = append(p.rule.title, titlePiece{expr: e})
}

func (p *ruleParser) after(n ast.Node) {
	if n == nil {
		return
	}
	m, ok := p.mapping(n, "after", "acknowledge_within", "escalate_to", "close_when_quiet")
	if !ok {
		return
	}
	a := &p.rule.After
	a.AcknowledgeWithin = p.duration(m.get("acknowledge_within"), "acknowledge_within")
	a.EscalateTo = fusion.Severity(p.choice(m.get("escalate_to"), "escalate_to", "critical", "high", "medium", "low"))
	a.CloseWhenQuiet = p.duration(m.get("close_when_quiet"), "close_when_quiet")
	if a.EscalateTo != "" && a.AcknowledgeWithin == 0 {
		p.bad(m.get("escalate_to"), "add acknowledge_within", "escalate_to needs a time to acknowledge within")
	}
}

var languageWords = map[string]bool{
	"attrs": true, "count": true, "measured": true, "expected": true, "in": true, "not": true, "and": true, "or": true, "let": true, "if": true, "else": true,
	"true": true, "false": true, "nil": true, "matches": true, "contains": true, "listed": true, "listed_exact": true, "distance": true,
	"startsWith": true, "endsWith": true,
}

// isName reports whether conditions can call an event so.
func isName(s string) bool {
	for i, c := range s {
		if c > unicode.MaxASCII || c != '_' && !unicode.IsLetter(c) && (i == 0 || !unicode.IsDigit(c)) {
			return false
		}
	}
	return s != "" && len(s) <= 40 && !languageWords[s]
}
