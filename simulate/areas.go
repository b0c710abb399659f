package simulate

import (
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
)

// Areas gives the areas of the city as polygons, with their id as feature id
// and as property `id`, and their name as property `name`. They do not
// overlap.
func (c *City) Areas() *geojson.FeatureCollection {
	all := geojson.NewFeatureCollection()
	for _, a := range areas {
		f := geojson.NewFeature(orb.Polygon{a.ring})
		f.ID = a.id
		f.Properties = geojson.Properties{"id": a.id, "name": a.name}
		all.Append(f)
	}
	return all
}

type area struct {
	id, name string
	ring     orb.Ring
}

// ring closes the corners, given counter-clockwise.
func ring(corners ...orb.Point) orb.Ring { return append(orb.Ring(corners), corners[0]) }

var areas = []area{
	{"centrum", "Centrum", ring(
		orb.Point{5.9805, 51.1860}, orb.Point{6.0000, 51.1860}, orb.Point{6.0000, 51.1975}, orb.Point{5.9815, 51.1975})},
	{"designer-outlet", "Designer Outlet", ring(
		orb.Point{5.9815, 51.1975}, orb.Point{5.9960, 51.1975}, orb.Point{5.9960, 51.2045}, orb.Point{5.9815, 51.2045})},
	{"donderberg", "Donderberg", ring(
		orb.Point{5.9960, 51.1975}, orb.Point{6.0100, 51.1975}, orb.Point{6.0100, 51.2120}, orb.Point{5.9960, 51.2120})},
	{"maasniel", "Maasniel", ring(
		orb.Point{6.0100, 51.1900}, orb.Point{6.0310, 51.1900}, orb.Point{6.0310, 51.2080}, orb.Point{6.0100, 51.2080})},
	{"herten", "Herten", ring(
		orb.Point{5.9610, 51.1680}, orb.Point{5.9805, 51.1680}, orb.Point{5.9805, 51.1860}, orb.Point{5.9610, 51.1860})},
	{"swalmen", "Swalmen", ring(
		orb.Point{6.0200, 51.2180}, orb.Point{6.0420, 51.2180}, orb.Point{6.0480, 51.2420}, orb.Point{6.0200, 51.2420})},
	{"a73", "A73", ring(
		orb.Point{6.0150, 51.1650}, orb.Point{6.0230, 51.1650}, orb.Point{6.0320, 51.1800}, orb.Point{6.0400, 51.2000},
		orb.Point{6.0500, 51.2150}, orb.Point{6.0590, 51.2450}, orb.Point{6.0500, 51.2450}, orb.Point{6.0430, 51.2170},
		orb.Point{6.0315, 51.2000}, orb.Point{6.0315, 51.1895}, orb.Point{6.0220, 51.1800})},
	{"maas", "Maas", ring(
		orb.Point{5.9440, 51.1700}, orb.Point{5.9610, 51.1700}, orb.Point{5.9610, 51.1860}, orb.Point{5.9805, 51.1860},
		orb.Point{5.9815, 51.1975}, orb.Point{5.9815, 51.2045}, orb.Point{5.9780, 51.2300}, orb.Point{5.9630, 51.2300},
		orb.Point{5.9660, 51.2050}, orb.Point{5.9680, 51.1950}, orb.Point{5.9440, 51.1850})},
}

// fairway is the way of ships on the Maas, upstream (south) first.
var fairway = orb.LineString{
	{5.9480, 51.1720},
	{5.9510, 51.1780},
	{5.9560, 51.1830},
	{5.9660, 51.1875},
	{5.9740, 51.1905},
	{5.9788, 51.1950},
	{5.9775, 51.1995},
	{5.9730, 51.2040},
	{5.9700, 51.2090},
	{5.9690, 51.2160},
	{5.9700, 51.2280},
}
