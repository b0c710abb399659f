package sigma

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// windowed puts the window beside a count, a distinct or a measure.
func (c Correlation) windowed(match, where string) string {
	switch c.Window {
	case "tumbling":
		match += ", window: tumbling"
	case "session":
		match += ", window: session, gap: " + duration(c.Gap)
	}
	otherwise := "consume"
	if strings.HasPrefix(match, "measure") {
		otherwise = "once"
	}
	return c.beside(match+", within: "+duration(c.Timespan)+c.then(otherwise), where, nil)
}

// then says that a hit keeps its events for the next, as Sigma has it, unless
// the correlation resets. otherwise is what the kind of match does by itself.
func (c Correlation) then(otherwise string) string {
	then := "keep"
	if c.Reset {
		then = "consume"
	}
	if then == otherwise {
		return ""
	}
	return ", then: " + then
}

// beside puts what may stand beside any match; names are the events by base,
// nil when one event stands for all.
func (c Correlation) beside(match, where string, names []string) string {
	parts := []string{match}
	if by := c.by(names); by != "" {
		parts = append(parts, "by: "+by)
	}
	if where != "" {
		parts = append(parts, "where: "+quote(where))
	}
	if c.Suppress > 0 {
		parts = append(parts, "quiet: "+duration(c.Suppress-time.Millisecond))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// by is the group: columns that all bases share, or what each base calls them.
func (c Correlation) by(names []string) string {
	if len(c.GroupBy) == 0 {
		return ""
	}
	var keys []string
	for i, group := range c.GroupBy {
		alias := c.Aliases[group]
		if len(alias) == 0 {
			keys = append(keys, fmt.Sprintf("key_%d: %s", i+1, quote(Column(group))))
			continue
		}
		var each []string
		for k, b := range c.Bases {
			name := "record"
			if len(names) > 0 {
				name = names[k]
			}
			each = append(each, name+": "+quote(Column(cmp.Or(alias[b.Name], group))))
		}
		keys = append(keys, fmt.Sprintf("key_%d: {%s}", i+1, strings.Join(each, ", ")))
	}
	return "{" + strings.Join(keys, ", ") + "}"
}

// measured is a sum, a mean or a percentile of a column.
func (c Correlation) measured(h Head) (string, error) {
	if len(c.Condition.Fields) != 1 {
		return "", fmt.Errorf("%s needs a field", c.Type)
	}
	if len(c.Condition.Bounds) == 0 {
		return "", fmt.Errorf("the condition has no bound")
	}
	match := "measure: record, of: " + quote("number("+Column(c.Condition.Fields[0])+")") + ", take: " + strings.TrimPrefix(c.Type, "value_")
	if c.Type == "value_percentile" {
		match += ", percentile: " + number(c.Condition.Percentile)
	}
	bound, where := c.bound()
	if bound == "" {
		return "", fmt.Errorf("a measure that is only compared for being equal")
	}
	return h.text(c.any(), c.windowed(match+", "+bound, where)), nil
}

// bound is the first bound as a measure has it, and the others as a condition.
func (c Correlation) bound() (bound, where string) {
	names := map[string]string{"gt": "above", "gte": "atleast", "lt": "below", "lte": "atmost"}
	var rest []string
	for _, b := range c.Condition.Bounds {
		if name := names[b.Operator]; name != "" && bound == "" {
			bound = name + ": " + number(b.Value)
			continue
		}
		rest = append(rest, fmt.Sprintf("measured %s %s", boundOperators[b.Operator], number(b.Value)))
	}
	return bound, strings.Join(rest, " && ")
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// duration writes a time for a rule.
func duration(d time.Duration) string { return d.String() }

// pair is an entry of a mapping.
type pair struct {
	key   string
	value any
}

// pairs are the entries of a mapping, as YAML or JSON gives it.
func pairs(v any) ([]pair, bool) {
	var out []pair
	switch v := v.(type) {
	case yaml.MapSlice:
		for _, item := range v {
			out = append(out, pair{fmt.Sprint(item.Key), item.Value})
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out = append(out, pair{key, v[key]})
		}
	default:
		return nil, false
	}
	return out, true
}
