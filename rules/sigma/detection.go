package sigma

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// detection translates the searches of a detection and the condition that
// joins them.
func detection(m yaml.MapSlice) (string, error) {
	searches, condition, err := split(m)
	if err != nil {
		return "", err
	}
	return condition.translate(searches)
}

// filterFor translates a filter if it speaks of the rule.
func filterFor(f, rule *document) (bool, string, error) {
	var body yaml.MapSlice
	applies := false
	for _, item := range f.Filter {
		if key := fmt.Sprint(item.Key); key != "rules" {
			body = append(body, item)
			continue
		}
		refs := list(item.Value)
		for _, ref := range refs {
			applies = applies || slices.Contains([]any{"any", rule.Name, rule.ID, rule.Title}, ref)
		}
	}
	if !applies {
		return false, "", nil
	}
	text, err := detection(body)
	return true, text, err
}

// search is a named part of a detection.
type search struct {
	name  string
	value any
}

func split(m yaml.MapSlice) ([]search, *condition, error) {
	var searches []search
	var conditions []string
	for _, item := range m {
		switch key := fmt.Sprint(item.Key); key {
		case "condition":
			values := list(item.Value)
			for _, v := range values {
				conditions = append(conditions, fmt.Sprint(v))
			}
		case "timeframe":
			return nil, nil, errors.New("timeframe belongs to the old aggregations; write a correlation")
		default:
			searches = append(searches, search{key, item.Value})
		}
	}
	if len(conditions) == 0 {
		return nil, nil, errors.New("the detection has no condition")
	}
	c, err := parseCondition("(" + strings.Join(conditions, ") or (") + ")")
	return searches, c, err
}

// translate one search: a map is an and, a list an or.
func (s search) translate() (string, error) {
	text, err := searchValue(s.value)
	if err != nil {
		return "", fmt.Errorf("%s: %w", s.name, err)
	}
	return text, nil
}

func searchValue(v any) (string, error) {
	switch v := v.(type) {
	case yaml.MapSlice:
		return join(" && ", v, func(item yaml.MapItem) (string, error) { return fieldTest(fmt.Sprint(item.Key), item.Value) })
	case []any:
		return join(" || ", v, searchValue)
	}
	return "", errors.New("keywords look through all of a record; name the field that they stand in")
}

// join translates the parts and puts an operator between them.
func join[T any](operator string, items []T, part func(T) (string, error)) (string, error) {
	if len(items) == 0 {
		return "", errors.New("it is empty")
	}
	var parts []string
	for _, item := range items {
		p, err := part(item)
		if err != nil {
			return "", err
		}
		parts = append(parts, p)
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return "(" + strings.Join(parts, operator) + ")", nil
}

// matching are the searches whose names the pattern fits, in order of the
// file; names that begin with an underscore are not meant by `them`.
func matching(searches []search, pattern string) []search {
	var out []search
	for _, s := range searches {
		fits, err := path.Match(pattern, s.name)
		if err == nil && fits || pattern == "them" && !strings.HasPrefix(s.name, "_") {
			out = append(out, s)
		}
	}
	return out
}

func list(v any) []any {
	if items, ok := v.([]any); ok {
		return items
	}
	return []any{v}
}
