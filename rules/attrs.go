package rules

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

// attrAccessors read an attribute by its kind; what is missing or of another
// type is NaN, "", false or an empty list.
var attrAccessors = map[fusion.AttrKind]struct {
	typ any
	get func(v any) any
}{
	fusion.AttrText:    {new(func(*frame, int, string) string), func(v any) any { s, _ := v.(string); return s }},
	fusion.AttrBool:    {new(func(*frame, int, string) bool), func(v any) any { b, _ := v.(bool); return b }},
	fusion.AttrTexts:   {new(func(*frame, int, string) []string), func(v any) any { return texts(v) }},
	fusion.AttrNumbers: {new(func(*frame, int, string) []float64), func(v any) any { return listOf[float64](v) }},
	fusion.AttrNumber:  {new(func(*frame, int, string) float64), func(v any) any { return numberOf(v) }},
}

func numberOf(v any) float64 {
	if n, ok := v.(float64); ok {
		return n
	}
	return math.NaN()
}

// column is the text in a column of a row; "" when it is missing.
func column(e *fusion.Event, attr, name string) string {
	row, _ := e.Attrs[attr].(map[string]any)
	s, _ := row[name].(string)
	return s
}

// parseNumber reads a decimal number; NaN when the text is none.
func parseNumber(s string) float64 {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || math.IsInf(n, 0) {
		return math.NaN()
	}
	return n
}

func texts(v any) []string {
	if s, ok := v.(string); ok {
		return []string{s}
	}
	return listOf[string](v)
}

// listOf reads a list that may be typed, as a connector made it, or of any,
// as JSON gives it.
func listOf[T any](v any) []T {
	switch v := v.(type) {
	case []T:
		return v
	case []any:
		out := make([]T, 0, len(v))
		for _, item := range v {
			if t, ok := item.(T); ok {
				out = append(out, t)
			}
		}
		return out
	}
	return nil
}

// attrKind is the kind of an attribute of any of the types, or what is wrong.
func attrKind(types []fusion.EventType, name string) (kind fusion.AttrKind, problem string) {
	for _, t := range types {
		schema, _ := fusion.AttrsOf(t)
		k, ok := schema[name]
		if ok && kind != "" && k != kind {
			return "", fmt.Sprintf("attrs.%s is %s in one type and %s in another", name, kind, k)
		}
		if ok {
			kind = k
		}
	}
	if kind == "" {
		return "", fmt.Sprintf("%s has no attribute %q", typeList(types), name)
	}
	return kind, ""
}

func attrNames(types []fusion.EventType) []string {
	var names []string
	for _, t := range types {
		schema, _ := fusion.AttrsOf(t)
		for name := range schema {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func typeList(types []fusion.EventType) string {
	if len(types) == 1 {
		return string(types[0])
	}
	return fmt.Sprintf("none of %v", types)
}
