package rules

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/expr-lang/expr"

	"github.com/openiroom/iroom/fusion"
)

// accessorPrefix begins the names of the accessors; no name in a condition
// can hold it.
const accessorPrefix = "\x00"

// fieldDef is a field of an event that conditions can read.
type fieldDef struct {
	get   func(e *fusion.Event) any
	typed any // the same as func(*fusion.Event) T, T a float64 instead of an int
	typ   any // pointer to the type of its accessor
}

func field[T any](get func(e *fusion.Event) T) fieldDef {
	return fieldDef{func(e *fusion.Event) any { return get(e) }, asNumber(get), new(func(*frame, int) T)}
}

func asNumber(get any) any {
	if whole, ok := get.(func(*fusion.Event) int); ok {
		return func(e *fusion.Event) float64 { return float64(whole(e)) }
	}
	return get
}

// fields are what a condition can read of any event. What is not here cannot
// be read.
var fields = map[string]fieldDef{
	"type":        field(func(e *fusion.Event) string { return string(e.Type) }),
	"source":      field(func(e *fusion.Event) string { return e.Source }),
	"subject":     field(func(e *fusion.Event) string { return e.Subject }),
	"time":        field(func(e *fusion.Event) time.Time { return e.Time }),
	"hour":        field(func(e *fusion.Event) int { return e.Time.In(amsterdam).Hour() }),
	"weekday":     field(func(e *fusion.Event) int { return (int(e.Time.In(amsterdam).Weekday())+6)%7 + 1 }),
	"holiday":     field(func(e *fusion.Event) bool { return holiday(e.Time.In(amsterdam)) }),
	"status":      field(func(e *fusion.Event) string { return string(e.Status) }),
	"severity":    field(func(e *fusion.Event) string { return e.Severity }),
	"urgency":     field(func(e *fusion.Event) string { return e.Urgency }),
	"certainty":   field(func(e *fusion.Event) string { return e.Certainty }),
	"category":    field(func(e *fusion.Event) []string { return e.Category }),
	"headline":    field(func(e *fusion.Event) string { return e.Headline }),
	"description": field(func(e *fusion.Event) string { return e.Description }),
	"language":    field(func(e *fusion.Event) string { return e.Language }),
	"reliability": field(func(e *fusion.Event) string { return e.Reliability }),
	"credibility": field(func(e *fusion.Event) float64 {
		if e.Credibility == 0 {
			return math.NaN()
		}
		return float64(e.Credibility)
	}),
	"confidence": field(func(e *fusion.Event) float64 { return number(e.Confidence) }),
	"area": field(func(e *fusion.Event) string {
		if e.Location == nil {
			return ""
		}
		return e.Location.Area
	}),
	"speed": field(func(e *fusion.Event) float64 {
		if e.Track == nil {
			return math.NaN()
		}
		return number(e.Track.Speed)
	}),
	"course": field(func(e *fusion.Event) float64 {
		if e.Track == nil {
			return math.NaN()
		}
		return number(e.Track.Course)
	}),
}

var fieldNames = slices.Sorted(maps.Keys(fields))

func number(p *float64) float64 {
	if p == nil {
		return math.NaN()
	}
	return *p
}

// frame is what a condition runs on: the events by slot. It exports nothing,
// so a condition reaches it by the accessors alone.
type frame struct {
	events  []*fusion.Event
	world   World
	count   int
	extra   float64 // see scope
	matched []fusion.ListMatch
}

// functionOptions make the accessors known to the expression language.
var functionOptions = accessors()

func accessors() []expr.Option {
	var out []expr.Option
	add := func(name string, typ any, call func(f *frame, args []any) any) {
		out = append(out, expr.Function(accessorPrefix+name, func(p ...any) (any, error) {
			return call(p[0].(*frame), p[1:]), nil
		}, typ))
	}
	for _, name := range fieldNames {
		get := fields[name].get
		add("field "+name, fields[name].typ, func(f *frame, p []any) any { return get(f.events[p[0].(int)]) })
	}
	for kind, a := range attrAccessors {
		get := a.get
		add("attrs "+string(kind), a.typ, func(f *frame, p []any) any { return get(f.events[p[0].(int)].Attrs[p[1].(string)]) })
	}
	add("attrs object", new(func(*frame, int, string, string) []string), func(f *frame, p []any) any {
		object, _ := f.events[p[0].(int)].Attrs[p[1].(string)].(map[string]any)
		return texts(object[p[2].(string)])
	})
	add("attrs row", new(func(*frame, int, string, string) string), func(f *frame, p []any) any {
		return column(f.events[p[0].(int)], p[1].(string), p[2].(string))
	})
	add("extra", new(func(*frame) float64), func(f *frame, _ []any) any { return f.extra })
	add("count", new(func(*frame) int), func(f *frame, _ []any) any { return f.count })
	add("entity", new(func(*frame, int, string) string), func(f *frame, p []any) any {
		return entityValue(f.events[p[0].(int)], fusion.EntityType(p[1].(string)))
	})
	add("country", new(func(*frame, int, string) string), func(f *frame, p []any) any {
		return countryOf(f.events[p[0].(int)], p[1].(string))
	})
	add("entities", new(func(*frame, int, string) []string), func(f *frame, p []any) any {
		return entityValues(f.events[p[0].(int)], p[1].(string))
	})
	add("listed", new(func(*frame, string, string) bool), func(f *frame, p []any) any {
		return f.listed(p[0].(string), p[1].(string))
	})
	add("listed_exact", new(func(*frame, string, string) bool), func(f *frame, p []any) any {
		return f.listedExact(p[0].(string), p[1].(string))
	})
	add("inside", new(func(*frame, int, string) bool), func(f *frame, p []any) any {
		g := f.events[p[0].(int)].Geometry
		return g != nil && f.world.Inside(p[1].(string), g)
	})
	addFunctions(add)
	return out
}

// listed asks for the value as it was read, then for what else it may be.
func (f *frame) listed(list, value string) bool {
	if f.listedExact(list, value) {
		return true
	}
	for _, e := range f.events {
		for _, entity := range entitiesWith(e, value) {
			for _, c := range entity.Candidates {
				if entry, ok := f.world.Listed(list, c.Value); ok {
					f.record(fusion.ListMatch{List: list, Value: c.Value, Read: value, Entry: entry})
					return true
				}
			}
		}
	}
	return false
}

func (f *frame) listedExact(list, value string) bool {
	if value == "" {
		return false
	}
	entry, ok := f.world.Listed(list, value)
	if ok {
		f.record(fusion.ListMatch{List: list, Value: value, Exact: true, Entry: entry})
	}
	return ok
}

func (f *frame) record(m fusion.ListMatch) {
	if !slices.Contains(f.matched, m) {
		f.matched = append(f.matched, m)
	}
}

func entityValue(e *fusion.Event, typ fusion.EntityType) string {
	if x := e.Entity(typ); x != nil {
		return x.Value
	}
	return ""
}

func entitiesWith(e *fusion.Event, value string) []fusion.Entity {
	if e == nil || value == "" {
		return nil
	}
	var found []fusion.Entity
	for _, entity := range e.Entities {
		if entity.Value == value {
			found = append(found, entity)
		}
	}
	return found
}

func countryOf(e *fusion.Event, typ string) string {
	if x := e.Entity(fusion.EntityType(typ)); x != nil {
		return x.Country
	}
	return ""
}

func entityValues(e *fusion.Event, typ string) []string {
	var values []string
	for _, entity := range e.Entities {
		if string(entity.Type) == typ {
			values = append(values, entity.Value)
		}
	}
	return values
}
