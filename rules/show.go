package rules

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// shownRunes is the length to which a value is cut for a person.
const shownRunes = 120

// show writes a value as a person reads it: on one line's length, numbers
// rounded to 0.01.
func show(v any) string {
	if n, ok := v.(float64); ok {
		v = math.Round(n*100) / 100
	}
	s := written(v)
	if r := []rune(s); len(r) > shownRunes {
		return string(r[:shownRunes-1]) + "…"
	}
	return s
}

// written is a value as text, in full; "" when it is missing.
func written(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		if math.IsNaN(v) {
			return ""
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case []string:
		return strings.Join(v, ", ")
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = written(v[i])
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k+": "+written(v[k]))
		}
		return strings.Join(parts, "; ")
	}
	return fmt.Sprint(v)
}
