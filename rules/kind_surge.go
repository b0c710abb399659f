package rules

import (
	"math"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// surgeKind: more events than an area usually sees at that time.
var surgeKind = kind{
	name:  "surge",
	own:   FormEvent,
	keys:  surgeKeys,
	parse: parseSurge,
}

var surgeKeys = append([]Key{need("over", FormSpan), need("times", FormNumber), need("atleast", FormWhole), choice("then", "consume", "keep")},
	beside("by", "where", "lateness", "reset", "quiet")...)

// surgeMatcher counts the events of one type in one area, and asks the world
// how many are usual.
type surgeMatcher struct {
	countMatcher
	times float64
}

func parseSurge(p *ruleParser, n ast.Node, beside entries) matcher {
	p.use(n)
	p.rule.scope.count, p.rule.scope.extra = true, "expected"
	p.keyed(beside, "a surge", surgeKeys)
	p.rule.Within = time.Duration(p.duration(beside.get("over"), "over"))
	s := &surgeMatcher{times: p.number(beside.get("times"), "times")}
	s.consume = p.chosen(beside, surgeKeys, "then") != "keep"
	s.kind, s.atLeast = sliding, p.whole(beside.get("atleast"), "atleast", 2)
	if t := beside.get("times"); t != nil && s.times <= 1 {
		p.bad(t, "", "times must be greater than 1")
	}
	return s
}

func (s *surgeMatcher) arrive(x *execution, e *entry, _ roleSet) {
	area := areaOf(e)
	expected, ok := x.world.Expected(area, e.event().Type, e.time(), x.rule.Within)
	if !ok {
		return
	}
	x.extra = math.Round(expected*1e6) / 1e6
	need := max(s.atLeast, int(math.Ceil(x.extra*s.times)))
	s.inWindow(x, e, need, func(o *entry) bool { return o.event().Type == e.event().Type && areaOf(o) == area })
}

func areaOf(e *entry) string {
	if e.event().Location == nil {
		return ""
	}
	return e.event().Location.Area
}
