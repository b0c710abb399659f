package sigma

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// fieldTest translates `field|modifier|modifier: value or values`.
func fieldTest(key string, value any) (string, error) {
	name, rest, _ := strings.Cut(key, "|")
	if name == "" {
		return "", errors.New("keywords look through all of a record; name the field that they stand in")
	}
	t := test{column: Column(name), how: "equals"}
	for modifier := range strings.SplitSeq(rest, "|") {
		if err := t.modify(modifier); err != nil {
			return "", fmt.Errorf("%s: %w", key, err)
		}
	}
	values := list(value)
	text, err := t.values(values)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	if t.negated {
		text = "!(" + text + ")"
	}
	return text, nil
}

// Column is the expression that reads a column of a record as text.
func Column(name string) string { return "attrs.fields[" + strconv.Quote(name) + "]" }

// test is one comparison of a column.
type test struct {
	column  string
	how     string // equals, contains, startswith, endswith, re, exists, gt, gte, lt, lte
	all     bool   // all values, not any
	cased   bool
	negated bool
	flags   string // of a regular expression
}

var comparisons = map[string]string{"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}

func (t *test) modify(modifier string) error {
	switch modifier {
	case "":
	case "all":
		t.all = true
	case "cased":
		t.cased = true
	case "neq":
		t.negated = true
	case "contains", "startswith", "endswith", "re", "exists", "gt", "gte", "lt", "lte":
		t.how = modifier
	case "i", "m", "s":
		t.flags += modifier
	default:
		return fmt.Errorf("the modifier %s has no counterpart in the room's language", modifier)
	}
	return nil
}

// values joins the tests of several values. Many texts of an or become one
// pattern, so that long lists stay within the size of a condition.
func (t *test) values(values []any) (string, error) {
	plain := !slices.ContainsFunc(values, func(v any) bool {
		s, ok := v.(string)
		return !ok || s == "" || len(wildcards(s)) > 0
	})
	switch {
	case len(values) > 1 && plain && !t.all && t.how == "equals":
		var quoted []string
		for _, v := range values {
			quoted = append(quoted, strconv.Quote(t.fold(unescape(v.(string)))))
		}
		return t.subject() + " in [" + strings.Join(quoted, ", ") + "]", nil
	case len(values) > 4 && !t.all && slices.Contains([]string{"equals", "contains", "startswith", "endswith"}, t.how):
		if pattern, ok := t.alternatives(values); ok {
			return t.column + " matches " + strconv.Quote(pattern), nil
		}
	}
	operator := " || "
	if t.all {
		operator = " && "
	}
	return join(operator, values, t.value)
}

func (t *test) value(v any) (string, error) {
	if operator, ok := comparisons[t.how]; ok {
		return t.compared(operator, v)
	}
	switch v := v.(type) {
	case nil:
		return t.column + ` == ""`, nil
	case bool:
		if t.how == "exists" {
			return fmt.Sprintf(`%s %s ""`, t.column, map[bool]string{true: "!=", false: "=="}[v]), nil
		}
		return fmt.Sprintf(`lower(%s) == "%t"`, t.column, v), nil
	case string:
		return t.text(v)
	}
	if t.how != "equals" {
		return t.text(fmt.Sprint(v))
	}
	return t.compared("==", v)
}

func (t *test) compared(operator string, v any) (string, error) {
	n, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	if err != nil {
		return "", fmt.Errorf("%v is not a number", v)
	}
	return fmt.Sprintf("number(%s) %s %s", t.column, operator, strconv.FormatFloat(n, 'f', -1, 64)), nil
}

func (t *test) text(s string) (string, error) {
	switch {
	case t.how == "exists":
		return "", fmt.Errorf("exists needs true or false, not %q", s)
	case t.how == "re":
		return t.regular(s)
	case len(wildcards(s)) > 0:
		pattern, _ := t.alternatives([]any{s})
		return t.column + " matches " + strconv.Quote(pattern), nil
	}
	operator := map[string]string{"equals": "==", "contains": "contains", "startswith": "startsWith", "endswith": "endsWith"}[t.how]
	return fmt.Sprintf("%s %s %s", t.subject(), operator, strconv.Quote(t.fold(unescape(s)))), nil
}

// regular takes over a regular expression; the room's are RE2, which has no
// look-around and no back-references.
func (t *test) regular(s string) (string, error) {
	flags := t.flags
	if flags != "" {
		s = "(?" + flags + ")" + s
	}
	if _, err := regexp.Compile(s); err != nil {
		return "", fmt.Errorf("the pattern is none of the room's: %w", err)
	}
	return t.column + " matches " + strconv.Quote(s), nil
}

func (t *test) subject() string {
	if t.cased {
		return t.column
	}
	return "lower(" + t.column + ")"
}

func (t *test) fold(s string) string {
	if t.cased {
		return s
	}
	return strings.ToLower(s)
}

// alternatives is one pattern for all values; false when one is no text.
func (t *test) alternatives(values []any) (string, bool) {
	var parts []string
	for _, v := range values {
		s, ok := v.(string)
		if !ok {
			return "", false
		}
		parts = append(parts, pattern(s))
	}
	p := strings.Join(parts, "|")
	if len(parts) > 1 {
		p = "(?:" + p + ")"
	}
	if t.how == "equals" || t.how == "startswith" {
		p = "^" + p
	}
	if t.how == "equals" || t.how == "endswith" {
		p += "$"
	}
	if t.cased {
		return "(?s)" + p, true
	}
	return "(?is)" + p, true
}

var wildcard = regexp.MustCompile(`\\[*?\\]|[*?]`)

// wildcards are the places of * and ? that are not escaped by a backslash.
func wildcards(s string) (at []int) {
	for _, m := range wildcard.FindAllStringIndex(s, -1) {
		if s[m[0]] != '\\' {
			at = append(at, m[0])
		}
	}
	return at
}

// unescape gives the text without the backslashes before * ? and \.
func unescape(s string) string {
	return wildcard.ReplaceAllStringFunc(s, func(m string) string { return m[len(m)-1:] })
}

// pattern is the text as a regular expression, * and ? being wildcards.
func pattern(s string) string {
	var b strings.Builder
	last := 0
	for _, m := range wildcard.FindAllStringIndex(s, -1) {
		b.WriteString(regexp.QuoteMeta(s[last:m[0]]))
		switch s[m[0]:m[1]] {
		case "*":
			b.WriteString(".*")
		case "?":
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(s[m[1]-1 : m[1]]))
		}
		last = m[1]
	}
	return b.String() + regexp.QuoteMeta(s[last:])
}
