package rules

import (
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

// movable are the types of entity that are somewhere.
var movable = []fusion.EntityType{
	fusion.EntityUnit, fusion.EntityVessel, fusion.EntityAircraft, fusion.EntityVehicle, fusion.EntityObject, fusion.EntityPhone,
}

// thingOf names what the event is a position of: the first entity that moves,
// else what source and subject name; "" when there is neither.
func thingOf(e *fusion.Event) string {
	for i := range e.Entities {
		if x := &e.Entities[i]; x.Value != "" && slices.Contains(movable, x.Type) {
			return string(x.Type) + " " + x.Value
		}
	}
	if e.Subject == "" {
		return ""
	}
	return e.Source + " " + e.Subject
}

// defaultLost is how long a thing is taken to be where it was last seen.
const defaultLost = time.Hour

// zone is an area of the room, or a circle.
type zone struct {
	area   string
	center orb.Point // [lon, lat] in deg
	radius float64   // m
}

var zoneKeys = []Key{{Name: "area", Form: FormToken}, {Name: "near", Form: FormPlace}, {Name: "radius", Form: FormDistance}}

// zone reads `area`, or `near` and `radius`.
func (p *ruleParser) zone(m entries) zone {
	z := zone{area: p.token(m.get("area"), "area")}
	at := m.get("near")
	switch {
	case z.area == "" && at == nil:
		p.bad(m.node, "write area: stadium, or near: [5.98, 51.19] and radius: 500", "it says nowhere where")
	case z.area != "" && (at != nil || m.get("radius") != nil):
		p.bad(m.get("area"), "", "it has an area and a circle; one is enough")
	case at != nil:
		z.center = p.point(at)
		p.need(m, "a circle", "radius")
		if r := m.get("radius"); r != nil {
			z.radius = p.distance(r, "radius")
		}
	}
	return z
}

func (p *ruleParser) point(n ast.Node) (at orb.Point) {
	items := p.list(n)
	if len(items) == 2 {
		at = orb.Point{p.number(items[0], "longitude"), p.number(items[1], "latitude")}
	}
	if len(items) != 2 || max(at[0], -at[0]) > 180 || max(at[1], -at[1]) > 90 {
		p.bad(n, "write [lon, lat], as in [5.98, 51.19]", "near must be a longitude and a latitude in deg")
	}
	return at
}

func (z zone) holds(w World, e *entry) bool {
	if z.area != "" {
		return w.Inside(z.area, e.event().Geometry)
	}
	return fusion.Distance(z.center, e.center) <= z.radius
}

// crossed reports whether the line between two places that lie outside passes
// through. Of a circle the line is looked at in a plane around its centre.
func (z zone) crossed(w World, from, to orb.Point) bool {
	if z.area != "" {
		return w.Crosses(z.area, from, to)
	}
	return fusion.Distance(z.center, nearest(from, to, z.center)) <= z.radius
}

// gone reports whether nothing was known of the thing any more at t, so long
// after its position p.
func (x *execution) gone(p *entry, t time.Time, lost time.Duration) bool {
	return t.After(x.unheard(p, lost).Add(-x.lateness(p)))
}

// settledPosition reports whether no position can come any more that matters
// within the span before this one.
func (x *execution) settledPosition(e *entry, span time.Duration) bool {
	return x.after(e, span).Before(x.clock)
}
