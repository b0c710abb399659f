package sigma

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Correlation is a Sigma correlation whose base rules are conditions in the
// room's language.
type Correlation struct {
	Type      string // event_count, value_count, value_sum, value_avg, value_percentile, temporal, temporal_ordered
	Bases     []Base
	GroupBy   []string
	Aliases   map[string]map[string]string // group name -> base -> column
	Timespan  time.Duration
	Condition Condition
	Window    string        // sliding (default), tumbling or session
	Gap       time.Duration // of a session
	Suppress  time.Duration // after a hit, no other one of the group for so long
	Reset     bool          // a hit uses its events up
}

// Base is a rule that a correlation refers to.
type Base struct {
	Name string
	When string // its condition on a record
}

// Condition of a correlation: bounds of a number, or for temporal
// correlations also a boolean expression over the names of the bases.
type Condition struct {
	Fields     []string
	Percentile float64
	Bounds     []Bound
	Expression string
}

// Bound is one comparison, as gte 3.
type Bound struct {
	Operator string // gt, gte, lt, lte, eq, neq
	Value    float64
}

var boundOperators = map[string]string{"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "==", "neq": "!="}

// parse reads a correlation as Sigma writes it, bases aside.
func (s *correlationSource) parse() (Correlation, error) {
	c := Correlation{Type: s.Type, GroupBy: s.GroupBy, Aliases: s.Aliases, Window: s.Window}
	var err error
	if c.Timespan, err = Timespan(s.Timespan); err != nil {
		return c, err
	}
	if s.Gap != "" {
		if c.Gap, err = Timespan(s.Gap); err != nil {
			return c, err
		}
	}
	c.Condition, err = ParseCondition(s.Condition)
	return c, err
}

// Timespan reads a time as Sigma writes it: 30s, 15m, 4h, 7d.
func Timespan(s string) (time.Duration, error) {
	if len(s) > 1 {
		n, err := strconv.Atoi(s[:len(s)-1])
		unit := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}[s[len(s)-1]]
		if err == nil && n > 0 && n <= 100_000 && unit > 0 {
			return time.Duration(n) * unit, nil
		}
	}
	return 0, fmt.Errorf("the timespan %q is not understood; write 30s, 15m, 4h or 7d", s)
}

// ParseCondition reads the condition of a correlation: a mapping or a text;
// nothing at all is that every base must be there.
func ParseCondition(v any) (Condition, error) {
	var c Condition
	entries, ok := pairs(v)
	if !ok {
		if v != nil {
			c.Expression = fmt.Sprint(v)
		}
		return c, nil
	}
	for _, e := range entries {
		switch {
		case e.key == "field":
			items := list(e.value)
			for _, item := range items {
				c.Fields = append(c.Fields, fmt.Sprint(item))
			}
			continue
		case e.key != "percentile" && boundOperators[e.key] == "":
			return c, fmt.Errorf("the condition has %q, which is not understood", e.key)
		}
		n, err := strconv.ParseFloat(fmt.Sprint(e.value), 64)
		if err != nil {
			return c, fmt.Errorf("%s of the condition must be a number, not %v", e.key, e.value)
		}
		if e.key == "percentile" {
			c.Percentile = n
			continue
		}
		c.Bounds = append(c.Bounds, Bound{e.key, n})
	}
	return c, nil
}

// Rule is the text of the rule that the correlation becomes.
func (c Correlation) Rule(h Head) (string, error) {
	if len(c.Bases) == 0 {
		return "", fmt.Errorf("the correlation refers to no rules")
	}
	joined := c.Type == "temporal" || c.Type == "temporal_ordered"
	if !joined && len(c.Bases) > 1 && len(c.Aliases) > 0 {
		return "", fmt.Errorf("a %s over rules that call the group differently; the events of a count are of one kind", c.Type)
	}
	switch c.Type {
	case "event_count":
		return c.counted(h)
	case "value_count":
		return c.distinct(h)
	case "value_sum", "value_avg", "value_percentile":
		return c.measured(h)
	case "temporal", "temporal_ordered":
		return c.temporal(h)
	}
	return "", fmt.Errorf("the correlation type %q has no counterpart in the room's language", c.Type)
}

// any is the event that any of the bases fills.
func (c Correlation) any() []named {
	e := named{name: "record"}
	for _, b := range c.Bases {
		e.when = append(e.when, b.When)
	}
	return []named{e}
}

// least is the lower bound of a count, and the condition for what else the
// bounds say.
func (c Correlation) least() (int, string, error) {
	least := 1
	var rest []string
	for _, b := range c.Condition.Bounds {
		switch n := int(b.Value); {
		case b.Value != float64(n):
			return 0, "", fmt.Errorf("a count is compared with %v, which is not whole", b.Value)
		case b.Operator == "gte":
			least = max(least, n)
		case b.Operator == "gt":
			least = max(least, n+1)
		case b.Operator == "eq":
			least = max(least, n)
			fallthrough
		default:
			rest = append(rest, fmt.Sprintf("count %s %d", boundOperators[b.Operator], n))
		}
	}
	if len(c.Condition.Bounds) == 0 {
		return 0, "", fmt.Errorf("the condition has no bound")
	}
	return least, strings.Join(rest, " && "), nil
}

func (c Correlation) counted(h Head) (string, error) {
	least, where, err := c.least()
	if err != nil {
		return "", err
	}
	if least == 1 && where == "" {
		return h.text(c.any(), c.beside("event: record", "", nil)), nil
	}
	return h.text(c.any(), c.windowed(fmt.Sprintf("count: record, atleast: %d", least), where)), nil
}

func (c Correlation) distinct(h Head) (string, error) {
	least, where, err := c.least()
	if err != nil {
		return "", err
	}
	if len(c.Condition.Fields) == 0 {
		return "", fmt.Errorf("value_count needs a field")
	}
	match := fmt.Sprintf("distinct: record, of: %s, atleast: %d", quote(joined(c.Condition.Fields)), least)
	return h.text(c.any(), c.windowed(match, where)), nil
}

// joined is one text for several columns; "" when one of them is missing.
func joined(columns []string) string {
	if len(columns) == 1 {
		return Column(columns[0])
	}
	var there, parts []string
	for _, name := range columns {
		there = append(there, Column(name)+` != ""`)
		parts = append(parts, Column(name))
	}
	return strings.Join(there, " && ") + " ? " + strings.Join(parts, ` + "|" + `) + ` : ""`
}
