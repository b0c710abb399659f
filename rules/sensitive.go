package rules

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"
	yaml "github.com/goccy/go-yaml/ast"

	"github.com/openiroom/iroom/fusion"
)

// Sensitive says which protected characteristics a rule may use, why, and who
// allowed it.
type Sensitive struct {
	Characteristics []string // of [Characteristics]
	Justification   string
	ApprovedBy      string
}

// characteristics are protected, with the names under which events and records
// have them, or what stands for them. A country is a proxy, of a plate too.
var characteristics = map[string][]string{
	"country":     {"country", "plate_country", "plate_region", "country_code", "land", "landcode", "kentekenland"},
	"nationality": {"nationality", "nationaliteit", "citizenship", "birthplace", "country_of_birth", "geboorteland", "herkomst"},
	"ethnicity":   {"ethnicity", "race", "etniciteit", "ras", "afkomst"},
	"religion":    {"religion", "belief", "religie", "geloof"},
	"health":      {"health", "disability", "diagnosis", "gezondheid", "handicap"},
}

// telltale are the words that give a protected name away in a longer one.
var telltale = []string{"country", "nationality", "nationaliteit", "ethnicity", "etniciteit", "religion", "religie"}

// Characteristics lists what no rule may use without saying why.
func Characteristics() []string { return slices.Sorted(maps.Keys(characteristics)) }

// characteristicOf is the characteristic that a name stands for; "" for none.
func characteristicOf(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
	whole := strings.Join(words, "_")
	for _, c := range Characteristics() {
		for _, alias := range characteristics[c] {
			if whole == alias || slices.Contains(telltale, alias) && slices.Contains(words, alias) {
				return c
			}
		}
	}
	return ""
}

// sensitive reads the block that allows protected characteristics.
func (p *ruleParser) sensitive(n yaml.Node) {
	if n == nil {
		return
	}
	m, ok := p.mapping(n, "sensitive", "characteristics", "justification", "approved_by")
	if !ok {
		return
	}
	p.need(m, "sensitive", "characteristics", "justification", "approved_by")
	s := &Sensitive{Justification: p.text(m.get("justification"), "justification"), ApprovedBy: p.text(m.get("approved_by"), "approved_by")}
	for _, item := range p.list(m.get("characteristics")) {
		if c := p.choice(item, "a characteristic", Characteristics()...); c != "" {
			s.Characteristics = append(s.Characteristics, c)
		}
	}
	if m.get("characteristics") != nil && len(s.Characteristics) == 0 {
		p.bad(m.get("characteristics"), "one of "+strings.Join(Characteristics(), ", "), "sensitive names no characteristic")
	}
	p.rule.Sensitive = s
}

// unusedCharacteristics reports what the block allows and no condition reads.
func (p *ruleParser) unusedCharacteristics(n yaml.Node) {
	if p.rule.Sensitive == nil || len(p.problems) > 0 {
		return
	}
	for _, c := range p.rule.Sensitive.Characteristics {
		if !slices.Contains(p.touched, c) {
			p.bad(n, "leave it out", "sensitive allows %s, which no condition of the rule reads", c)
		}
	}
}

func (p *ruleParser) allowed() []string {
	if p.rule.Sensitive == nil {
		return nil
	}
	return p.rule.Sensitive.Characteristics
}

// guard refuses a name that stands for a protected characteristic, unless the
// rule may use it; true: it was refused.
func (r *resolver) guard(n ast.Node, name string) bool {
	return r.protect(n, name, characteristicOf(name))
}

// plateRegion is the attribute in which plate readers say of which country, or
// which part of one, a plate is.
const plateRegion = "region"

// guardAttribute is guard for an attribute of events of the types.
func (r *resolver) guardAttribute(n ast.Node, types []fusion.EventType, name string) bool {
	if name == plateRegion && slices.Contains(types, fusion.TypeANPR) {
		return r.protect(n, name, "country")
	}
	return r.guard(n, name)
}

func (r *resolver) protect(n ast.Node, name, c string) bool {
	switch {
	case c == "":
		return false
	case slices.Contains(r.scope.allowed, c):
		r.touched = append(r.touched, c)
		return false
	}
	r.refuse(n, "rest the rule on what happens, not on who somebody is; else add sensitive: {characteristics: ["+c+"], justification: …, approved_by: …}",
		"%q is a protected characteristic, or stands for one; only a rule with a sensitive block that allows %s can read it", name, c)
	return true
}
