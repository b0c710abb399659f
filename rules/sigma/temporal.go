package sigma

import (
	"fmt"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

// temporal is every base within the timespan, in any order or in theirs; with
// a boolean condition, those that it joins.
func (c Correlation) temporal(h Head) (string, error) {
	events, names := c.events()
	ordered := c.Type == "temporal_ordered"
	if c.Condition.Expression != "" {
		return c.expression(h, events)
	}
	for _, b := range c.Condition.Bounds {
		if n := float64(len(names)); b.Operator != "gte" && b.Operator != "eq" || b.Value != n {
			return "", fmt.Errorf("a temporal correlation of %d rules that asks for %s %v of them; all of them can be asked for", len(names), b.Operator, b.Value)
		}
	}
	return c.together(h, events, ordered)
}

// together is all of the events.
func (c Correlation) together(h Head, events []named, ordered bool) (string, error) {
	var names []string
	for _, e := range events {
		names = append(names, e.name)
	}
	if len(names) == 1 {
		return h.text(events, c.beside("event: "+names[0], "", names)), nil
	}
	match := "all: [" + strings.Join(names, ", ") + "]"
	if ordered {
		match = "sequence: [" + strings.Join(names, ", ") + "]"
	}
	return h.text(events, c.beside(match+", within: "+duration(c.Timespan)+c.then("keep"), "", names)), nil
}

// expression is `a and b`, or `a or b`, over all bases or some.
func (c Correlation) expression(h Head, events []named) (string, error) {
	parsed, err := parseCondition(c.Condition.Expression)
	if err != nil {
		return "", err
	}
	if c.Type == "temporal_ordered" && parsed.operator == "or" {
		return "", fmt.Errorf("an or has no order")
	}
	var joined []named
	var bases []Base
	for _, part := range append([]*condition{parsed}, parsed.parts...) {
		if part == parsed && len(parsed.parts) > 0 {
			continue
		}
		i := slices.IndexFunc(c.Bases, func(b Base) bool { return b.Name == part.pattern })
		if part.operator != "" || i < 0 {
			return "", fmt.Errorf("the condition %q joins rules otherwise than by and alone or by or alone", c.Condition.Expression)
		}
		joined, bases = append(joined, events[i]), append(bases, c.Bases[i])
	}
	c.Bases = bases
	if parsed.operator != "or" {
		return c.together(h, joined, c.Type == "temporal_ordered")
	}
	var names []string
	for _, e := range joined {
		names = append(names, e.name)
	}
	return h.text(joined, c.beside("any: ["+strings.Join(names, ", ")+"]", "", names)), nil
}

// events are the bases as events of their own, with names that the room's
// language allows.
func (c Correlation) events() ([]named, []string) {
	var events []named
	var names []string
	for i, b := range c.Bases {
		name := eventName(b.Name, i, names)
		names = append(names, name)
		events = append(events, named{name, []string{b.When}})
	}
	return events, names
}

// eventName makes a name of an event, unlike those taken.
func eventName(s string, i int, taken []string) string {
	name := strings.ReplaceAll(fusion.Token(s), "-", "_")
	if name == "" || name[0] < 'a' || name[0] > 'z' || slices.Contains(reserved, name) || slices.Contains(taken, name) {
		name = fmt.Sprintf("event_%d", i+1)
	}
	return name
}

// reserved words cannot name events.
var reserved = []string{
	"in", "and", "or", "not", "let", "if", "else", "true", "false", "nil", "count", "any", "all", "none", "one",
	"filter", "len", "lower", "upper", "trim", "abs", "ceil", "floor", "round", "min", "max", "duration", "matches", "contains", "distance", "listed", "number", "value",
}
