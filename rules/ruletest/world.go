package ruletest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// area is a box [lon, lat, lon, lat] or a GeoJSON polygon, in degrees.
type area struct{ shape orb.MultiPolygon }

func (a *area) UnmarshalYAML(b []byte) error {
	var box []float64
	if err := yaml.Unmarshal(b, &box); err == nil {
		if len(box) != 4 {
			return fmt.Errorf("a box has four numbers: lon, lat, lon, lat")
		}
		bound := orb.MultiPoint{{box[0], box[1]}, {box[2], box[3]}}.Bound()
		a.shape = orb.MultiPolygon{bound.ToPolygon()}
		return nil
	}
	text, err := yaml.YAMLToJSON(b)
	if err != nil {
		return fmt.Errorf("an area is a box of four numbers or a GeoJSON polygon: %w", err)
	}
	var g fusion.Geometry
	if err := g.UnmarshalJSON(text); err != nil {
		return err
	}
	switch shape := g.Geometry.(type) {
	case orb.Polygon:
		a.shape = orb.MultiPolygon{shape}
	case orb.MultiPolygon:
		a.shape = shape
	default:
		return fmt.Errorf("an area is a polygon, not a %s", shape.GeoJSONType())
	}
	return nil
}

// place gives an event the smallest area of the case that holds it, unless it
// names one: as the room does.
func (c *testCase) place(e *fusion.Event) {
	if e.Location != nil && e.Location.Area != "" {
		return
	}
	smallest := math.Inf(1)
	for _, id := range slices.Sorted(maps.Keys(c.Areas)) {
		size := planar.Area(c.Areas[id].shape)
		if !(world{c}).Inside(id, e.Geometry) || size >= smallest {
			continue
		}
		if e.Location == nil {
			e.Location = &fusion.Location{}
		}
		smallest, e.Location.Area = size, id
	}
}

// world answers from the lists and areas of a case.
type world struct{ c *testCase }

func (w world) Listed(list, value string) (string, bool) {
	return "", slices.Contains(w.c.Lists[list], value)
}

func (w world) Inside(id string, g *fusion.Geometry) bool {
	p, ok := g.Center()
	return ok && planar.MultiPolygonContains(w.c.Areas[id].shape, p)
}

func (w world) Crosses(id string, from, to orb.Point) bool {
	return rules.Crosses(w.c.Areas[id].shape, from, to)
}

func (w world) Expected(string, fusion.EventType, time.Time, time.Duration) (float64, bool) {
	return 0, false
}
