package rules

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/openiroom/iroom/fusion"
)

// phoneRegion is where a phone number without country code is taken to be.
const phoneRegion = "NL"

// textFunction is a function of texts alone.
type textFunction struct {
	takes   int // arguments
	example string
	typ     any // pointer to the type of its accessor
	call    func(args []any) any
}

var textFunctions = map[string]textFunction{
	"number": {1, `number(attrs.fields["amount"])`, new(func(*frame, string) float64), func(p []any) any {
		return parseNumber(p[0].(string))
	}},
	"plate": {1, `plate(attrs.fields["plate"])`, new(func(*frame, string) string), func(p []any) any {
		return fusion.CanonicalPlate(p[0].(string))
	}},
	"phone": {1, `phone(attrs.fields["caller"])`, new(func(*frame, string) string), func(p []any) any {
		number, _ := fusion.CanonicalPhone(p[0].(string), phoneRegion)
		return number
	}},
	"similar": {2, `similar(headline, "rook uit woning")`, new(func(*frame, string, string) float64), func(p []any) any {
		return fusion.Similar(p[0].(string), p[1].(string))
	}},
}

// onTexts resolves a function of texts.
func (r *resolver) onTexts(n *ast.CallNode, name string) ast.Node {
	f := textFunctions[name]
	if len(n.Arguments) != f.takes {
		return r.refuse(n, "write "+f.example, "%s needs %s", name, [...]string{1: "one text", 2: "two texts"}[f.takes])
	}
	args := make([]ast.Node, len(n.Arguments))
	for i, a := range n.Arguments {
		args[i] = r.expr(a)
	}
	return invoke(n, name, args...)
}

// pairFunctions take two events by their names.
var pairFunctions = []string{"distance", "bearing", "covers"}

// onPair resolves a function of two events.
func (r *resolver) onPair(n *ast.CallNode, name string) ast.Node {
	if r.scope.bare {
		return r.refuse(n, "use it in where or score", "%s needs two events, and here is only one", name)
	}
	if len(n.Arguments) == 2 {
		a, b := r.slot(n.Arguments[0]), r.slot(n.Arguments[1])
		if a >= 0 && b >= 0 && a != b {
			return invoke(n, name, integer(n, a), integer(n, b))
		}
	}
	return r.refuse(n, "events here: "+strings.Join(r.scope.names, ", "), "%s needs two different events", name)
}

// toPlace resolves a function of one event and a longitude and latitude.
func (r *resolver) toPlace(n *ast.CallNode, slot int, name string) ast.Node {
	if len(n.Arguments) != 2 {
		return r.refuse(n, fmt.Sprintf("write %s(5.98, 51.19)", name), "%s of an event needs a longitude and a latitude in degrees", name)
	}
	return invoke(n, name+" to", integer(n, slot), r.expr(n.Arguments[0]), r.expr(n.Arguments[1]))
}

// addFunctions makes the functions of texts and places known.
func addFunctions(add func(name string, typ any, call func(f *frame, args []any) any)) {
	for name, f := range textFunctions {
		add(name, f.typ, func(_ *frame, p []any) any { return f.call(p) })
	}
	place := func(f *frame, slot any) *fusion.Geometry { return f.events[slot.(int)].Geometry }
	add("distance", new(func(*frame, int, int) float64), func(f *frame, p []any) any { return distance(place(f, p[0]), place(f, p[1])) })
	add("bearing", new(func(*frame, int, int) float64), func(f *frame, p []any) any { return bearing(place(f, p[0]), place(f, p[1])) })
	add("covers", new(func(*frame, int, int) bool), func(f *frame, p []any) any {
		at, ok := place(f, p[1]).Center()
		return ok && place(f, p[0]).Covers(at)
	})
	add("distance to", new(func(*frame, int, float64, float64) float64), func(f *frame, p []any) any {
		return distance(place(f, p[0]), fusion.NewPoint(p[1].(float64), p[2].(float64)))
	})
	add("bearing to", new(func(*frame, int, float64, float64) float64), func(f *frame, p []any) any {
		return bearing(place(f, p[0]), fusion.NewPoint(p[1].(float64), p[2].(float64)))
	})
}

// distance in m; +Inf when one has no place, so that it is near nothing.
func distance(a, b *fusion.Geometry) float64 {
	if d, ok := fusion.DistanceBetween(a, b); ok {
		return d
	}
	return math.Inf(1)
}

// bearing in deg between the centres; NaN when one has no place, or both have
// the same.
func bearing(a, b *fusion.Geometry) float64 {
	from, oka := a.Center()
	to, okb := b.Center()
	if !oka || !okb || from == to {
		return math.NaN()
	}
	return fusion.Bearing(from, to)
}

// functionNames lists what a condition can call.
func functionNames() []string {
	names := slices.Concat([]string{"listed", "listed_exact", "covers"}, eventFunctions, slices.Collect(maps.Keys(textFunctions)), allowedBuiltins)
	slices.Sort(names)
	return names
}
