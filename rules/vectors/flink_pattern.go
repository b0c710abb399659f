package main

import (
	"regexp"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// stage is one part of a Flink pattern, or several parts that repeat as one.
type stage struct {
	rel      relation
	when     string
	group    []stage // parts that repeat as one; when is empty then
	min, max int     // repetitions; max 0: any number
	optional bool    // or none at all
	inner    relation
	greedy   bool
	until    string
	loops    bool // it can repeat
}

// relation says what may lie between an event and the one before it.
type relation string

const (
	begin         relation = "begin"
	next          relation = "next"          // nothing
	followedBy    relation = "followedBy"    // nothing that could stand in its place
	followedByAny relation = "followedByAny" // anything
	notNext       relation = "notNext"
	notFollowedBy relation = "notFollowedBy"
)

// flinkStage is a part of a pattern as the file has it.
type flinkStage struct {
	Rel         relation       `json:"rel"`
	Name        string         `json:"name"`
	Where       []flinkWhere   `json:"where"`
	Quantifiers []quantifier   `json:"quantifiers"`
	Subtype     string         `json:"subtype"`
	Until       *flinkWhere    `json:"until"`
	Group       []flinkStage   `json:"group"`
	Skip        string         `json:"skip"`
	Rest        map[string]any `json:",embed"`
}

type flinkWhere struct {
	Expr string         `json:"expr"`
	Bool string         `json:"bool"`
	Rest map[string]any `json:",embed"`
}

type quantifier struct {
	Q string `json:"q"`
	N []int  `json:"n"`
}

func flinkStages(raw jsontext.Value) ([]stage, error) {
	var list []flinkStage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, differs("the pattern is told in words only")
	}
	return parseStages(list)
}

func parseStages(list []flinkStage) ([]stage, error) {
	var out []stage
	for _, f := range list {
		s, err := f.parse()
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func (f flinkStage) parse() (stage, error) {
	s := stage{rel: f.Rel, min: 1, max: 1, inner: followedBy}
	for key := range f.Rest {
		return s, differs("the pattern has %q, which is not understood", key)
	}
	if f.Skip != "" && !strings.Contains(f.Skip, "noSkip") {
		return s, differs("a strategy for skipping after a match")
	}
	for _, q := range f.Quantifiers {
		if err := s.quantify(q); err != nil {
			return s, err
		}
	}
	var err error
	if s.group, err = parseStages(f.Group); err != nil {
		return s, err
	}
	if f.Until != nil {
		if s.until, err = f.Until.condition(); err != nil {
			return s, err
		}
	}
	if len(s.group) == 0 {
		s.when, err = conditionOf(f.Where, f.Subtype)
	}
	return s, err
}

func (s *stage) quantify(q quantifier) error {
	switch {
	case q.Q == "oneOrMore":
		s.max, s.loops = 0, true
	case q.Q == "timesOrMore" && len(q.N) == 1:
		s.min, s.max, s.loops = q.N[0], 0, true
	case q.Q == "times" && len(q.N) == 1:
		s.min, s.max, s.loops = q.N[0], q.N[0], true
	case q.Q == "times" && len(q.N) == 2:
		s.min, s.max, s.loops = q.N[0], q.N[1], true
		if s.min == 0 {
			s.min, s.optional = 1, true
		}
	case q.Q == "optional":
		s.optional = true
	case q.Q == "consecutive":
		s.inner = next
	case q.Q == "allowCombinations":
		s.inner = followedByAny
	case q.Q == "greedy":
		s.greedy = true
	default:
		return differs("the quantifier %s is not understood", q.Q)
	}
	return nil
}

// conditionOf joins the conditions of a part.
func conditionOf(list []flinkWhere, subtype string) (string, error) {
	when := ""
	for _, w := range list {
		c, err := w.condition()
		switch {
		case err != nil:
			return "", err
		case when == "":
			when = c
		case w.Bool == "or":
			when = "(" + when + ") || (" + c + ")"
		default:
			when = "(" + when + ") && (" + c + ")"
		}
	}
	if subtype == "SubEvent" {
		sub := column("volume") + ` != ""`
		if when == "" {
			return sub, nil
		}
		return sub + " && (" + when + ")", nil
	}
	if when == "" {
		return anything, nil
	}
	return when, nil
}

var (
	javaContains = regexp.MustCompile(`\b(\w+)\.contains\(("[^"]*")\)`)
	flinkName    = regexp.MustCompile(`"[^"]*"|\b(name|id|price|volume)\b`)
)

// condition puts a condition into the room's language.
func (w flinkWhere) condition() (string, error) {
	if w.Expr == "" || len(w.Rest) > 0 {
		return "", differs("a condition that is Java code")
	}
	text := javaContains.ReplaceAllString(w.Expr, `$1 contains $2`)
	return flinkName.ReplaceAllStringFunc(text, func(s string) string {
		switch {
		case s[0] == '"':
			return s
		case s == "name":
			return column(s)
		}
		return numberColumn(s)
	}), nil
}
