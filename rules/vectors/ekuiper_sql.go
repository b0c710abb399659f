package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// kuiperQuery is an eKuiper query over the windows of one stream.
type kuiperQuery struct {
	columns []kuiperColumn
	stream  string
	where   string // on rows, after the window
	window  kuiperWindow
	groups  []string
	having  kuiperCalc // on the rows that come out; nil: all
	event   bool       // in event time
}

// kuiperColumn is one item of a SELECT: a column of a row, or a function.
type kuiperColumn struct {
	name, function, argument string
	calc                     kuiperCalc // of a column that is calculated
}

// kuiperWindow is tumbling, hopping, sliding or count; kind is "" without one.
type kuiperWindow struct {
	kind   string
	length time.Duration
	second time.Duration // hop, or how long a sliding window goes on after its event
	count  int
	filter string // on events, before the window
	when   string // on the event that sets off a sliding window
	quiet  time.Duration
}

var (
	kuiperSelect   = regexp.MustCompile(`(?is)^\s*select\s+(.*?)\s+from\s+(\w+)(?:\s+where\s+(.*?))?(?:\s+group\s+by\s+(.*?))?(?:\s+having\s+(.*?))?(?:\s+order\s+by\s+[\w\s,]+)?\s*$`)
	kuiperOther    = regexp.MustCompile(`(?i)\b(join|limit|union|invisible|partition)\b`)
	kuiperGroup    = regexp.MustCompile(`(?is)^(tumbling|hopping|sliding|session|count|state)window\s*\(([^)]*)\)\s*(.*)$`)
	kuiperFilter   = regexp.MustCompile(`(?is)^filter\s*\(\s*where\s+([^()]*?)\s*\)\s*`)
	kuiperOver     = regexp.MustCompile(`(?is)^over\s*\(\s*when\s+(.*?)\s*\)$`)
	kuiperQuiet    = regexp.MustCompile(`(?i)^ts\s*-\s*last_hit_time\(\)\s*>\s*(\d+)$`)
	kuiperItem     = regexp.MustCompile(`(?i)^(.*?)(?:\s+as\s+(\w+))?$`)
	kuiperFunction = regexp.MustCompile(`(?i)^(\w+)\(([*\w]*)\)(\[0\]->(\w+))?$`)
)

func parseKuiper(sql string, event bool) (*kuiperQuery, error) {
	sql = strings.ReplaceAll(sql, "`", "")
	if m := kuiperOther.FindString(sql); m != "" {
		return nil, differs("a query with %s", strings.ToUpper(m))
	}
	m := kuiperSelect.FindStringSubmatch(sql)
	if m == nil {
		return nil, differs("the query is not one over the windows of a stream")
	}
	q := &kuiperQuery{stream: m[2], where: m[3], event: event}
	if m[5] != "" {
		if q.having = comparisons(m[5]); q.having == nil {
			return nil, differs("a query with HAVING of more than its columns")
		}
	}
	for _, item := range topLevel(m[1]) {
		if err := q.column(item); err != nil {
			return nil, err
		}
	}
	for _, item := range topLevel(m[4]) {
		g := kuiperGroup.FindStringSubmatch(item)
		if g == nil {
			q.groups = append(q.groups, item)
			continue
		}
		if err := q.readWindow(g); err != nil {
			return nil, err
		}
	}
	return q, q.decided()
}

// decided refuses what depends on which row of a group eKuiper takes, and on
// how it counts the bounds of its windows. Of a window without groups it takes
// the first row.
func (q *kuiperQuery) decided() error {
	for _, c := range q.columns {
		one := c.function == "" && c.calc == nil && len(q.groups) > 0
		switch {
		case one && !slices.Contains(q.groups, c.argument):
			return differs("a column that is not the same in all rows of a group")
		case c.function == "window_start" && (q.window.kind == "hopping" || q.window.kind == "tumbling") && q.event:
			return differs("the start of a window in event time, which for eKuiper is that of the first event when it is the first window")
		case c.function == "window_start" && q.window.kind != "sliding" && q.window.kind != "tumbling" && q.window.kind != "hopping":
			return differs("the start of a %s window", q.window.kind)
		}
	}
	if q.window.kind == "" && (len(q.groups) > 0 || q.aggregates()) {
		return differs("a group without a window")
	}
	return nil
}

// topLevel splits at the commas that stand in no bracket.
func topLevel(text string) []string {
	var out []string
	depth, from := 0, 0
	for i, c := range text + "," {
		switch {
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == ',' && depth == 0:
			if item := strings.TrimSpace(text[from:i]); item != "" {
				out = append(out, item)
			}
			from = i + 1
		}
	}
	return out
}

var kuiperFunctions = []string{"count", "collect", "sum", "min", "max", "event_time", "window_start", "window_end", "upper", "lower"}

func (q *kuiperQuery) column(item string) error {
	m := kuiperItem.FindStringSubmatch(item)
	c := kuiperColumn{name: m[2], argument: strings.TrimSpace(m[1])}
	if c.calc = calculation(c.argument); c.calc != nil {
		if c.name == "" {
			return differs("a calculated column without a name")
		}
		q.columns = append(q.columns, c)
		return nil
	}
	if f := kuiperFunction.FindStringSubmatch(c.argument); f != nil {
		c.function, c.argument = strings.ToLower(f[1]), f[2]
		if f[3] != "" {
			c.function, c.argument = c.function+" first", f[4]
		}
		if c.name == "" {
			c.name = strings.ToLower(f[1])
		}
		if c.function != "collect first" && !slices.Contains(kuiperFunctions, c.function) {
			return differs("the function %s", f[1])
		}
	} else if c.argument != "*" && !regexp.MustCompile(`^\w+$`).MatchString(c.argument) {
		return differs("a query that calculates with its columns")
	}
	if c.name == "" {
		c.name = c.argument
	}
	q.columns = append(q.columns, c)
	return nil
}

var kuiperUnits = map[string]time.Duration{
	"ms": time.Millisecond, "ss": time.Second, "mi": time.Minute, "hh": time.Hour, "dd": 24 * time.Hour,
}

// readWindow reads a window with what stands behind it.
func (q *kuiperQuery) readWindow(g []string) error {
	w := &q.window
	w.kind = strings.ToLower(g[1])
	args := topLevel(g[2])
	if w.kind == "count" {
		n, err := strconv.Atoi(g[2])
		if err != nil {
			return differs("a count window that overlaps the one before")
		}
		w.count = n
	} else if len(args) > 1 {
		unit := kuiperUnits[strings.ToLower(args[0])]
		for i, into := range []*time.Duration{&w.length, &w.second} {
			if i+1 < len(args) {
				n, err := strconv.Atoi(args[i+1])
				if err != nil || unit == 0 {
					return differs("a window of the length %s", g[2])
				}
				*into = time.Duration(n) * unit
			}
		}
	}
	rest := strings.TrimSpace(g[3])
	if m := kuiperFilter.FindStringSubmatch(rest); m != nil {
		w.filter, rest = m[1], rest[len(m[0]):]
	}
	switch {
	case rest == "":
	case kuiperOver.MatchString(rest):
		w.when = kuiperOver.FindStringSubmatch(rest)[1]
		if m := kuiperQuiet.FindStringSubmatch(w.when); m != nil {
			n, _ := strconv.Atoi(m[1])
			w.quiet, w.when = time.Duration(n)*time.Millisecond, ""
		}
	default:
		return differs("a window with %q", rest)
	}
	return nil
}
