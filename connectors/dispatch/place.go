package dispatch

import (
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

// locate sets the place of an event from the first kind of location that the
// EIDO has by value. A RoutingLocation says where the call was routed, not
// where anything is, and is never taken.
func (r *eidoReader) locate(e *fusion.Event, refs list[reference], kinds ...string) {
	for _, kind := range kinds {
		for i, l := range r.doc.Locations {
			mine := len(refs) == 0 || slices.Contains(refs, reference{l.ID})
			if !mine || !strings.EqualFold(l.Type.first(), kind) || len(l.Value) == 0 {
				continue
			}
			place, err := parsePIDF(r.doc.Locations[i].Value.first())
			if err != nil {
				r.reject("invalid", "locationComponent.locationByValue", "a location of type %s: %w", kind, err)
				continue
			}
			if place.apply(e) {
				return
			}
		}
	}
}

// apply sets the place; false when the document had none.
func (p *pidf) apply(e *fusion.Event) bool {
	address := p.address()
	if p.geometry == nil && address == "" {
		return false
	}
	e.Geometry = p.geometry
	e.Location = &fusion.Location{CE: p.ce, Method: p.method, Address: short(address)}
	if address != "" && len(address) <= maxEntityBytes && len(e.Entities) < fusion.MaxEntities {
		role := "incident"
		if e.Type == fusion.TypeCall {
			role = "caller"
		}
		addEntity(e, fusion.Entity{Type: fusion.EntityAddress, Role: role, Value: address})
	}
	return true
}

// address writes a civic address (RFC 4776, RFC 5139) on one line: number and
// street, place, region and postal code, country.
func (p *pidf) address() string {
	street := join(" ", p.civic["HNO"]+p.civic["HNS"], p.civic["PRD"], p.civic["RD"], p.civic["A6"], p.civic["STS"], p.civic["POD"])
	region := join(" ", p.civic["A1"], p.civic["PC"])
	return join(", ", street, p.civic["LMK"], p.civic["A3"], region, p.civic["country"])
}

func join(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), separator)
}
