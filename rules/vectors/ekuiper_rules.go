package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// kuiperInstant is shorter than any time between two rows.
const kuiperInstant = time.Microsecond

// rules of a query: the last one's hits are its batches; those called part-…
// are what it stands on.
func (q *kuiperQuery) rules(lateness time.Duration, rows []kuiperMessage) ([]ruleText, error) {
	w := q.window
	filter, err := kuiperCondition(w.filter, "", rows)
	if err != nil {
		return nil, err
	}
	events := []ruleEvent{{"row", records(filter)}}
	switch w.kind {
	case "":
		if q.event { // a row comes out when no earlier one can come any more
			return []ruleText{{id: "query", events: events, match: window(kuiperInstant)}}, nil
		}
		return []ruleText{{id: "query", events: events, match: "event: row"}}, nil
	case "count":
		return []ruleText{{id: "query", events: events, match: fmt.Sprintf("count: row, atleast: %d, within: 24h, then: consume", w.count)}}, nil
	case "tumbling":
		return []ruleText{{id: "query", events: events, match: window(w.length, "window: tumbling")}}, nil
	case "hopping":
		return q.hopping(events, lateness)
	case "sliding":
		return q.sliding(events, lateness, rows)
	}
	return nil, differs("a %s window", w.kind)
}

// window is a measure that always holds: its hits are the windows.
func window(within time.Duration, extra ...string) string {
	return beside("measure: row, of: '1', take: sum, atleast: 1, then: keep, within: "+duration(within), extra...)
}

// sliding is a window at every event, or at some; or one that goes on after
// its event.
func (q *kuiperQuery) sliding(events []ruleEvent, lateness time.Duration, rows []kuiperMessage) ([]ruleText, error) {
	w := q.window
	when, err := kuiperCondition(w.when, "row.", rows)
	if err != nil {
		return nil, err
	}
	var extra []string
	if w.quiet > 0 {
		extra = append(extra, "quiet: "+duration(w.quiet))
	}
	if w.second == 0 {
		if when != "" {
			extra = append(extra, "where: "+quote(when))
		}
		return []ruleText{{id: "query", events: events, match: window(w.length, extra...)}}, nil
	}
	if w.quiet > 0 {
		return nil, differs("a window that goes on after its event, but not after each")
	}
	trigger := events[0].any[0].when
	if when, err = kuiperCondition(w.when, "", rows); err != nil {
		return nil, err
	}
	if trigger != "" && when != "" {
		trigger = "(" + trigger + ") && (" + when + ")"
	} else {
		trigger += when
	}
	on := w.second - kuiperInstant
	part := chain{links: []link{{any: records(trigger)}}, after: records("false"), wait: on}
	t, err := part.rule("part-on", time.Second, "")
	if err != nil {
		return nil, err
	}
	events[0].any = append(events[0].any, alternative{typ: "rule.part-on"})
	return []ruleText{t, {id: "query", events: events, match: window(w.length+on,
		`where: 'row.type == "rule.part-on"'`, "lateness: "+duration(lateness+kuiperInstant))}}, nil
}

// hopping is windows of two hops: each hop is a tumbling window, at whose end
// it is taken together with the one before; and a hop behind which nothing
// comes is a window once more.
func (q *kuiperQuery) hopping(events []ruleEvent, lateness time.Duration) ([]ruleText, error) {
	w := q.window
	if w.length != 2*w.second {
		return nil, differs("a hopping window of other than two hops")
	}
	hop := []ruleEvent{{"row", []alternative{{typ: "rule.part-hop"}}}}
	late := "lateness: " + duration(lateness+kuiperInstant)
	alone := chain{links: []link{{any: hop[0].any}}, after: hop[0].any, wait: w.second}
	t, err := alone.rule("query-alone", time.Second, "", late)
	if err != nil {
		return nil, err
	}
	return []ruleText{
		{id: "part-hop", events: events, match: window(w.second, "window: tumbling")},
		{id: "query", events: hop, match: window(w.second, late)},
		t,
	}, nil
}

var kuiperWord = regexp.MustCompile(`"[^"]*"|[A-Za-z_]\w*|<>|[<>!]=|=`)

// kuiperCondition puts a condition into the room's language; prefix is the
// event's name and a dot where one is needed.
func kuiperCondition(text, prefix string, rows []kuiperMessage) (string, error) {
	var bad error
	out := kuiperWord.ReplaceAllStringFunc(text, func(s string) string {
		switch low := strings.ToLower(s); {
		case s == "=":
			return "=="
		case s == "<>":
			return "!="
		case s[0] == '"' || !regexp.MustCompile(`^\w`).MatchString(s) || slices.Contains([]string{"and", "or", "not"}, low):
			return strings.Replace(s, s, map[bool]string{true: s, false: low}[s[0] == '"'], 1)
		}
		for _, r := range rows {
			switch r.Message[s].(type) {
			case string:
				return prefix + column(s)
			case float64:
				return "number(" + prefix + column(s) + ")"
			}
		}
		bad = differs("a condition calls or names %s", s)
		return s
	})
	return strings.TrimSpace(out), bad
}

// keeps is the condition on rows behind the window, nil when there is none.
func (q *kuiperQuery) keeps(rows []kuiperMessage) (func(*fusion.Event) bool, error) {
	if q.where == "" {
		return func(*fusion.Event) bool { return true }, nil
	}
	when, err := kuiperCondition(q.where, "", rows)
	if err != nil {
		return nil, err
	}
	r, err := newRoom(rules.Options{}, ruleText{id: "where", events: []ruleEvent{{"row", records(when)}}, match: "event: row"})
	if err != nil {
		return nil, err
	}
	return func(e *fusion.Event) bool { return len(r.set.Rule("where").Fills(e, r.world)) > 0 }, nil
}

// rows writes the rows of a window.
func (q *kuiperQuery) rows(m rules.Match, keep func(*fusion.Event) bool, all []rules.Match) []string {
	groups := map[string][]*fusion.Event{}
	var order []string
	for _, e := range contents(m, all) {
		if !keep(e) {
			continue
		}
		key := ""
		if !q.aggregates() && len(q.groups) == 0 {
			key = string(e.ID)
		}
		for _, g := range q.groups {
			key += "|" + fmt.Sprint(value(e, g))
		}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], e)
	}
	var out []string
	for _, key := range order {
		row := q.row(m, groups[key])
		if q.having == nil || q.having(func(name string) any { return row[name] }) == true {
			out = append(out, written(row))
		}
	}
	return out
}

// contents are the rows that a match rests on, those of hits among them.
func contents(m rules.Match, all []rules.Match) []*fusion.Event {
	var out []*fusion.Event
	for _, n := range m.Events {
		if !n.Event.Type.IsHit() {
			out = append(out, n.Event)
			continue
		}
		for _, before := range all {
			if before.Hit.ID == n.Event.ID && !strings.HasPrefix(before.Rule.ID, "part-on") {
				out = append(out, contents(before, all)...)
			}
		}
	}
	return out
}

func (q *kuiperQuery) aggregates() bool {
	return slices.ContainsFunc(q.columns, func(c kuiperColumn) bool {
		return slices.Contains([]string{"count", "collect", "collect first", "sum", "min", "max"}, c.function)
	})
}

// row of a group of events.
func (q *kuiperQuery) row(m rules.Match, events []*fusion.Event) map[string]any {
	out := map[string]any{}
	for _, c := range q.columns {
		if c.argument == "*" && c.function == "" {
			fields, _ := events[0].Attrs["fields"].(map[string]any)
			maps.Copy(out, fields)
			continue
		}
		if v := q.value(c, m, events, nil); v != nil {
			out[c.name] = v
		}
	}
	return out
}

// value of a column. What it is calculated from is what the query calls so,
// else a column of the row; above are the names that lead here.
func (q *kuiperQuery) value(c kuiperColumn, m rules.Match, events []*fusion.Event, above []string) any {
	if c.calc == nil {
		return q.call(c, m, events)
	}
	return c.calc(func(name string) any {
		for _, o := range q.columns {
			if o.name == name && o.name != o.argument && !slices.Contains(append(above, c.name), name) {
				return q.value(o, m, events, append(above, c.name))
			}
		}
		return value(events[0], name)
	})
}

func (q *kuiperQuery) call(c kuiperColumn, m rules.Match, events []*fusion.Event) any {
	switch c.function {
	case "":
		return value(events[0], c.argument)
	case "collect first":
		return value(events[0], c.argument)
	case "upper", "lower":
		text, _ := value(events[0], c.argument).(string)
		if c.function == "upper" {
			return strings.ToUpper(text)
		}
		return strings.ToLower(text)
	case "count":
		return len(slices.DeleteFunc(slices.Clone(events), func(e *fusion.Event) bool {
			return c.argument != "*" && value(e, c.argument) == nil
		}))
	case "window_end":
		return m.Hit.Time.UnixMilli()
	case "window_start":
		return m.Hit.Time.Add(-q.window.length).UnixMilli()
	case "event_time":
		if q.aggregates() {
			return m.Hit.Time.UnixMilli()
		}
		return events[0].Time.UnixMilli()
	}
	var numbers []float64
	var list []any
	for _, e := range events {
		v := value(e, c.argument)
		list = append(list, v)
		var n float64
		if _, err := fmt.Sscan(fmt.Sprint(v), &n); err == nil {
			numbers = append(numbers, n)
		}
	}
	return taken(c.function, list, numbers)
}

// taken is an aggregate of the values.
func taken(function string, list []any, numbers []float64) any {
	sum := 0.0
	for _, n := range numbers {
		sum += n
	}
	switch {
	case function == "collect":
		return list
	case len(numbers) == 0:
		return nil
	case function == "sum":
		return sum
	case function == "min":
		return slices.Min(numbers)
	}
	return slices.Max(numbers)
}

func value(e *fusion.Event, name string) any {
	row, _ := e.Attrs["fields"].(map[string]any)
	return row[name]
}

// written is a row as text, whatever the types of its values.
func written(row map[string]any) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(row)) {
		parts = append(parts, name+"="+cells(row[name]))
	}
	return strings.Join(parts, " ")
}

func cells(v any) string {
	list, ok := v.([]any)
	if !ok {
		return cell(v)
	}
	var parts []string
	for _, item := range list {
		parts = append(parts, cell(item))
	}
	return "[" + strings.Join(parts, " ") + "]"
}
