package cap

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	"github.com/paulmach/orb/simplify"

	"github.com/openiroom/iroom/fusion"
)

// circleCorners is the number of corners of a circle drawn as a polygon.
const circleCorners = 48

// maxPositions bounds the positions of all shapes of one alert, and so the
// work of simplifying them.
const maxPositions = 50000

// metresPerDegree is the shortest length of a degree of latitude.
const metresPerDegree = 110567

// shapes are the sound geometries of an alert, longitude before latitude.
type shapes struct {
	polygons  orb.MultiPolygon
	circles   []circle
	positions int
}

// add makes room for a shape of n positions.
func (s *shapes) add(n int) error {
	if s.positions+n > maxPositions {
		return fmt.Errorf("it has %d positions; all shapes of an alert have at most %d", n, maxPositions)
	}
	s.positions += n
	return nil
}

// circle has its centre in degrees and its radius in m.
type circle struct {
	centre orb.Point
	radius float64
}

// parsePolygon reads CAP's polygon: `lat,lon` pairs with white space between,
// the last equal to the first. One that is not closed was probably cut off.
func parsePolygon(text string) (orb.Polygon, error) {
	var ring orb.Ring
	distinct := map[orb.Point]bool{}
	for pair := range strings.FieldsSeq(text) {
		p, err := parsePoint(pair)
		if err != nil {
			return nil, fmt.Errorf("position %d: %w", len(ring)+1, err)
		}
		ring = append(ring, p)
		distinct[p] = true
	}
	switch {
	case len(distinct) < 3:
		return nil, fmt.Errorf("it has %d different positions; a polygon has at least 3", len(distinct))
	case ring[0] != ring[len(ring)-1]:
		return nil, fmt.Errorf("its last position is not its first")
	}
	return orb.Polygon{ring}, nil
}

// parseCircle reads CAP's circle: `lat,lon radius`, the radius in km.
func parseCircle(text string) (circle, error) {
	parts := strings.Fields(text)
	if len(parts) != 2 {
		return circle{}, fmt.Errorf("it is not `lat,lon radius`")
	}
	centre, err := parsePoint(parts[0])
	if err != nil {
		return circle{}, err
	}
	km, err := strconv.ParseFloat(parts[1], 64)
	if err != nil || !(km >= 0 && km <= 20038) {
		return circle{}, fmt.Errorf("%q is not a radius in km", parts[1])
	}
	return circle{centre, math.Round(km * 1000)}, nil
}

func parsePoint(text string) (p orb.Point, err error) {
	lat, lon, ok := strings.Cut(text, ",")
	if !ok {
		return p, fmt.Errorf("%q is not `lat,lon`", text)
	}
	if p[1], err = strconv.ParseFloat(lat, 64); err != nil {
		return p, fmt.Errorf("%q is not a latitude", lat)
	}
	if p[0], err = strconv.ParseFloat(lon, 64); err != nil {
		return p, fmt.Errorf("%q is not a longitude", lon)
	}
	if !(math.Abs(p.Lat()) <= 90 && math.Abs(p.Lon()) <= 180) {
		return p, fmt.Errorf("%q lies outside of the world", text)
	}
	return p, nil
}

// place is the geometry of the event: a single circle is its centre with the
// radius as circular error; else circles are drawn as polygons. A circle
// that cannot be drawn (no radius, or over a pole or the date line) is its
// centre.
func (s *shapes) place() (*fusion.Geometry, *fusion.Location) {
	if len(s.polygons) == 0 && len(s.circles) == 1 {
		c := s.circles[0]
		g := fusion.NewPoint(c.centre.Lon(), c.centre.Lat())
		if c.radius == 0 {
			return g, nil
		}
		return g, &fusion.Location{CE: &c.radius}
	}
	polygons := s.polygons
	var points orb.MultiPoint
	for _, c := range s.circles {
		if p, ok := c.polygon(); ok {
			polygons = append(polygons, p)
		} else {
			points = append(points, c.centre)
		}
	}
	return combine(polygons, points), nil
}

func combine(polygons orb.MultiPolygon, points orb.MultiPoint) *fusion.Geometry {
	switch {
	case len(polygons) == 0 && len(points) == 0:
		return nil
	case len(polygons) == 0:
		return &fusion.Geometry{Geometry: points}
	case len(points) > 0:
		return &fusion.Geometry{Geometry: orb.Collection{polygons, points}}
	case len(polygons) == 1:
		return &fusion.Geometry{Geometry: polygons[0]}
	}
	return &fusion.Geometry{Geometry: polygons}
}

func (c circle) polygon() (orb.Polygon, bool) {
	reach := c.radius / metresPerDegree
	if c.radius == 0 || math.Abs(c.centre.Lat())+reach >= 89 {
		return nil, false
	}
	ring := make(orb.Ring, 0, circleCorners+1)
	for i := range circleCorners {
		p := geo.PointAtBearingAndDistance(c.centre, -360*float64(i)/circleCorners, c.radius)
		if math.Abs(p.Lon()) >= 180 {
			return nil, false
		}
		ring = append(ring, orb.Point{round6(p.Lon()), round6(p.Lat())})
	}
	return orb.Polygon{append(ring, ring[0])}, true
}

// round6 keeps about 0.1 m, so that processors agree.
func round6(deg float64) float64 { return math.Round(deg*1e6) / 1e6 }

// coarser gives the polygons with fewer corners, none of which moved: what is
// closer than tolerance, in degrees, to the line without it is left out. A
// polygon that would vanish stays as it is. Other geometries give nil.
func coarser(g *fusion.Geometry, tolerance float64) *fusion.Geometry {
	var polygons orb.MultiPolygon
	var points orb.MultiPoint
	switch s := g.Geometry.(type) {
	case orb.Polygon:
		polygons = orb.MultiPolygon{s}
	case orb.MultiPolygon:
		polygons = s
	case orb.Collection:
		polygons, _ = s[0].(orb.MultiPolygon)
		points, _ = s[1].(orb.MultiPoint)
	default:
		return nil
	}
	simplifier := simplify.DouglasPeucker(tolerance)
	out := make(orb.MultiPolygon, 0, len(polygons))
	for _, p := range polygons {
		if ring := simplifier.Ring(p[0].Clone()); len(ring) >= 4 {
			p = orb.Polygon{ring}
		}
		out = append(out, p)
	}
	return combine(out, points)
}
