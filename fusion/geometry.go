package fusion

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"
)

// Geometry is a GeoJSON geometry (RFC 7946) in WGS 84, longitude before
// latitude.
type Geometry struct {
	orb.Geometry
}

// NewPoint makes a point from longitude and latitude in degrees.
func NewPoint(lon, lat float64) *Geometry {
	return &Geometry{orb.Point{lon, lat}}
}

// pointJSON is a GeoJSON point, the geometry of nearly every event.
type pointJSON struct {
	Type        string    `json:"type"`
	Coordinates []float64 `json:"coordinates"` // an altitude may come third and is not kept
}

// MarshalJSON writes GeoJSON.
func (g Geometry) MarshalJSON() ([]byte, error) {
	switch shape := g.Geometry.(type) {
	case nil:
		return []byte("null"), nil
	case orb.Point:
		return json.Marshal(pointJSON{"Point", shape[:]})
	default:
		return geojson.NewGeometry(shape).MarshalJSON()
	}
}

// UnmarshalJSON reads GeoJSON.
func (g *Geometry) UnmarshalJSON(b []byte) error {
	if at, ok := plainPoint(b); ok {
		g.Geometry = at
		return nil
	}
	var p pointJSON
	if json.Unmarshal(b, &p) == nil && p.Type == "Point" && len(p.Coordinates) >= 2 {
		g.Geometry = orb.Point{p.Coordinates[0], p.Coordinates[1]}
		return nil
	}
	parsed, err := geojson.UnmarshalGeometry(b)
	if err != nil {
		return fmt.Errorf("not a GeoJSON geometry: %w", err)
	}
	g.Geometry = parsed.Geometry()
	return nil
}

// plainPoint reads a point in the form in which [Geometry.MarshalJSON] writes
// it; b is JSON.
func plainPoint(b []byte) (at orb.Point, ok bool) {
	b, begins := bytes.CutPrefix(b, []byte(`{"type":"Point","coordinates":[`))
	b, ends := bytes.CutSuffix(b, []byte(`]}`))
	lon, lat, two := bytes.Cut(b, []byte(","))
	if !begins || !ends || !two {
		return at, false
	}
	x, errX := strconv.ParseFloat(string(lon), 64)
	y, errY := strconv.ParseFloat(string(lat), 64)
	return orb.Point{x, y}, errX == nil && errY == nil
}

// Center is the point itself, or the centroid of anything larger.
func (g *Geometry) Center() (p orb.Point, ok bool) {
	if g == nil || g.Geometry == nil {
		return p, false
	}
	if p, ok := g.Geometry.(orb.Point); ok {
		return p, true
	}
	p, _ = planar.CentroidArea(g.Geometry)
	return p, finite(p)
}

// validate checks that every position is finite and in range, and that rings
// are closed.
func (g *Geometry) validate() error {
	if g.Geometry == nil {
		return fmt.Errorf("is empty")
	}
	return validateShape(g.Geometry)
}

func validateShape(shape orb.Geometry) error {
	switch s := shape.(type) {
	case orb.Point:
		return validatePoints(s)
	case orb.MultiPoint:
		return validatePoints(s...)
	case orb.LineString:
		return validateLine(s)
	case orb.MultiLineString:
		return each(s, validateLine)
	case orb.Polygon:
		return validatePolygon(s)
	case orb.MultiPolygon:
		return each(s, validatePolygon)
	case orb.Collection:
		return each(s, validateShape)
	}
	return fmt.Errorf("has the unsupported type %s", shape.GeoJSONType())
}

func each[T any](parts []T, check func(T) error) error {
	if len(parts) == 0 {
		return fmt.Errorf("is empty")
	}
	for _, p := range parts {
		if err := check(p); err != nil {
			return err
		}
	}
	return nil
}

func validateLine(l orb.LineString) error {
	if len(l) < 2 {
		return fmt.Errorf("has a line of %d positions; a line has at least 2", len(l))
	}
	return validatePoints(l...)
}

func validatePolygon(p orb.Polygon) error {
	return each(p, func(r orb.Ring) error {
		if len(r) < 4 || r[0] != r[len(r)-1] {
			return fmt.Errorf("has a ring of %d positions that is not closed", len(r))
		}
		return validatePoints(r...)
	})
}

func validatePoints(points ...orb.Point) error {
	if len(points) == 0 {
		return fmt.Errorf("is empty")
	}
	for _, p := range points {
		if !finite(p) || math.Abs(p.Lon()) > 180 || math.Abs(p.Lat()) > 90 {
			return fmt.Errorf("has the position [%g, %g]; longitude is -180 to 180 and latitude -90 to 90 deg", p.Lon(), p.Lat())
		}
	}
	return nil
}

func finite(p orb.Point) bool {
	return !math.IsNaN(p[0]) && !math.IsNaN(p[1]) && !math.IsInf(p[0], 0) && !math.IsInf(p[1], 0)
}

// Distance is the great-circle distance between two points in m, rounded to
// 0.1 m so that all processors agree on comparisons.
func Distance(a, b orb.Point) float64 {
	return math.Round(geo.DistanceHaversine(a, b)*10) / 10
}

// DistanceBetween is the distance in m between the centres of two geometries,
// 0 when one is an area that holds the centre of the other, and false when one
// of them has no place.
func DistanceBetween(a, b *Geometry) (float64, bool) {
	pa, oka := a.Center()
	pb, okb := b.Center()
	switch {
	case !oka || !okb:
		return 0, false
	case a.Covers(pb) || b.Covers(pa):
		return 0, true
	}
	return Distance(pa, pb), true
}

// Covers reports whether the geometry is an area that holds the point, its
// border included. Points and lines cover nothing.
func (g *Geometry) Covers(p orb.Point) bool { return g != nil && holds(g.Geometry, p) }

func holds(shape orb.Geometry, p orb.Point) bool {
	switch s := shape.(type) {
	case orb.Polygon:
		return len(s) > 0 && planar.PolygonContains(s, p)
	case orb.MultiPolygon:
		return slices.ContainsFunc(s, func(part orb.Polygon) bool { return holds(part, p) })
	case orb.Collection:
		return slices.ContainsFunc(s, func(part orb.Geometry) bool { return holds(part, p) })
	}
	return false
}

// Bearing is the direction in which the great circle from one point to another
// begins, in deg clockwise from true north, from 0 to below 360 and rounded to
// 0.1 deg so that all processors agree on comparisons.
func Bearing(from, to orb.Point) float64 {
	tenths := math.Round((geo.Bearing(from, to) + 360) * 10)
	return math.Mod(tenths, 3600) / 10
}
