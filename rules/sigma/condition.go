package sigma

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// condition is a Sigma condition, or a part of one.
type condition struct {
	operator string // "and", "or", "not"; "one", "all" of the searches that fit; "" for one search
	parts    []*condition
	pattern  string
}

var conditionToken = regexp.MustCompile(`\(|\)|[^\s()]+`)

// parseCondition reads a condition; not binds closer than and, and closer than or.
func parseCondition(text string) (*condition, error) {
	if strings.Contains(text, "|") {
		return nil, errors.New("the condition aggregates with |, which Sigma replaced by correlations; write one")
	}
	p := &conditionParser{tokens: conditionToken.FindAllString(text, -1)}
	c := p.or()
	if p.err == nil && len(p.tokens) > 0 {
		p.fail("%q is too much in the condition", p.tokens[0])
	}
	return c, p.err
}

type conditionParser struct {
	tokens []string
	err    error
}

func (p *conditionParser) fail(format string, args ...any) *condition {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	return &condition{}
}

func (p *conditionParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return strings.ToLower(p.tokens[0])
}

func (p *conditionParser) next() string {
	if len(p.tokens) == 0 {
		p.fail("the condition ends too early")
		return ""
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

func (p *conditionParser) or() *condition { return p.chain("or", p.and) }

func (p *conditionParser) and() *condition { return p.chain("and", p.not) }

func (p *conditionParser) chain(operator string, part func() *condition) *condition {
	c := part()
	if p.peek() != operator {
		return c
	}
	all := &condition{operator: operator, parts: []*condition{c}}
	for p.err == nil && p.peek() == operator {
		p.next()
		all.parts = append(all.parts, part())
	}
	return all
}

func (p *conditionParser) not() *condition {
	switch p.peek() {
	case "not":
		p.next()
		return &condition{operator: "not", parts: []*condition{p.not()}}
	case "(":
		p.next()
		c := p.or()
		if p.next() != ")" {
			return p.fail("a bracket of the condition is not closed")
		}
		return c
	}
	return p.name()
}

// name reads `search`, `1 of pattern` or `all of pattern`.
func (p *conditionParser) name() *condition {
	t := p.next()
	if p.peek() != "of" {
		return &condition{pattern: t}
	}
	p.next()
	switch {
	case t == "1" || strings.EqualFold(t, "any"):
		return &condition{operator: "one", pattern: p.next()}
	case strings.EqualFold(t, "all"):
		return &condition{operator: "all", pattern: p.next()}
	}
	return p.fail("%s of is not understood; 1 of and all of are", t)
}

func (c *condition) translate(searches []search) (string, error) {
	part := func(p *condition) (string, error) { return p.translate(searches) }
	switch c.operator {
	case "and":
		return join(" && ", c.parts, part)
	case "or":
		return join(" || ", c.parts, part)
	case "not":
		inner, err := part(c.parts[0])
		return "!(" + inner + ")", err
	}
	var found []search
	if c.operator == "" {
		if i := slices.IndexFunc(searches, func(s search) bool { return s.name == c.pattern }); i >= 0 {
			found = searches[i : i+1]
		}
	} else {
		found = matching(searches, c.pattern)
	}
	if len(found) == 0 {
		return "", fmt.Errorf("the condition speaks of %q, which the detection does not have", c.pattern)
	}
	if c.operator == "one" {
		return join(" || ", found, search.translate)
	}
	return join(" && ", found, search.translate)
}
