package main

import (
	"regexp"
	"slices"
	"strings"
)

// siddhiFilter is a filter in the room's language: what it asks of the event
// alone, and what it asks between events.
type siddhiFilter struct {
	when  string
	where []siddhiRef // in order; the texts between are in parts
	parts []string
}

// siddhiRef is a column of an event of the pattern: e2[1].price.
type siddhiRef struct {
	event  string
	index  string // "", a number or "last"
	column string
}

var (
	siddhiOwn  = regexp.MustCompile(`'[^']*'|"[^"]*"|\b[A-Za-z_]\w*(?:\[\w+\])?(?:\.\w+)?|[<>=!]=|[<>]|\d+(?:\.\d+)?[fFdDlL]?|[()+\-*/]`)
	siddhiName = regexp.MustCompile(`^(\w+)(?:\[(\w+)\])?\.(\w+)$`)
)

var siddhiTexts = []string{"symbol", "name", "user", "company", "id"}

// readFilter translates a filter of an event of the stream. A column holds a
// text when it is compared with one, else a number.
func (app *siddhiApp) readFilter(stream, filter string) (siddhiFilter, error) {
	if filter == "" {
		return siddhiFilter{}, nil
	}
	text := strings.Contains(filter, "'") || strings.Contains(filter, `"`)
	var own []string
	var f siddhiFilter
	for _, t := range siddhiOwn.FindAllString(filter, -1) {
		switch {
		case t[0] == '\'' || t[0] == '"':
			own = append(own, `"`+t[1:len(t)-1]+`"`)
		case slices.Contains([]string{"and", "or", "not"}, t) || t[0] < 'A':
			if t[0] <= '9' {
				t = strings.TrimRight(t, "fFdDlL")
			}
			own = append(own, t)
		case siddhiName.MatchString(t):
			m := siddhiName.FindStringSubmatch(t)
			f.where = append(f.where, siddhiRef{m[1], m[2], m[3]})
			f.parts = append(f.parts, strings.Join(own, " "))
			own = nil
		case slices.Contains(app.streams[stream], t):
			own = append(own, app.ownColumn(t, text || app.isText(filter)))
		default:
			return f, differs("a filter calls or names %q", t)
		}
	}
	if len(f.where) == 0 {
		f.when = strings.Join(own, " ")
		return f, nil
	}
	f.parts = append(f.parts, strings.Join(own, " "))
	return f, nil
}

func (app *siddhiApp) isText(filter string) bool {
	return slices.ContainsFunc(siddhiTexts, func(s string) bool { return regexp.MustCompile(`\b` + s + `\b`).MatchString(filter) })
}

// ownColumn reads a column of the event that the filter stands at.
func (app *siddhiApp) ownColumn(name string, text bool) string {
	if text && slices.Contains(siddhiTexts, name) {
		return column(name)
	}
	return numberColumn(name)
}
