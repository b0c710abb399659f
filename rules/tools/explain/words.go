package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// keyNames names the join keys whose values differ.
func (r *run) keyNames(a []string, b ...string) string {
	var names []string
	for i, by := range listOf(r.anatomy.Match["by"]) {
		if i < len(a) && (i >= len(b) && a[i] == "" || i < len(b) && a[i] != b[i]) {
			names = append(names, by)
		}
	}
	return strings.Join(names, " and ")
}

func listOf(v any) (list []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, x := range v {
			list = append(list, fmt.Sprint(x))
		}
	case map[string]any:
		list = slices.Sorted(maps.Keys(v))
	}
	return list
}

func (r *run) near() float64 {
	switch v := r.anatomy.Match["near"].(type) {
	case uint64:
		return float64(v)
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

// apart says how far apart two events are when that is too far.
func (r *run) apart(a, b *fusion.Event) string {
	reach := r.near()
	if reach == 0 {
		return ""
	}
	d, ok := fusion.DistanceBetween(a.Geometry, b.Geometry)
	switch {
	case !ok:
		return "one of them has no place"
	case d > reach+a.CE()+b.CE():
		return fmt.Sprintf("%s apart, the rule allows %s", metres(d), metres(reach)) + unsure(a.CE()+b.CE())
	}
	return ""
}

// unsure says what the doubt about two places adds to a reach.
func unsure(ce float64) string {
	if ce == 0 {
		return ""
	}
	return fmt.Sprintf(" and %s because the places are not exact", metres(ce))
}

func metres(d float64) string {
	if d >= 1000 {
		return fmt.Sprintf("%.1f km", d/1000)
	}
	return fmt.Sprintf("%.0f m", d)
}

// many is a number of things.
func many(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func asTime(d fusion.Duration) time.Duration { return time.Duration(d) }

// came is how the arrival of an event is told.
func came(a *Account) string {
	if a.Type == fusion.TypeANPR {
		return "passed"
	}
	return "came"
}

// words is a span of time as people say it.
func words(d time.Duration) string {
	d = d.Round(time.Millisecond)
	if d%time.Second == 0 {
		switch h, m, s := d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second; {
		case h == 0 && m == 0:
			return fmt.Sprintf("%d s", s)
		case h == 0 && s == 0:
			return fmt.Sprintf("%d min", m)
		case h == 0:
			return fmt.Sprintf("%d min %d s", m, s)
		case s == 0 && m == 0:
			return fmt.Sprintf("%d h", h)
		case s == 0:
			return fmt.Sprintf("%d h %d min", h, m)
		}
	}
	return d.String()
}
