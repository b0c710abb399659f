package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/planar"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// Content is everything that configures the engine. It travels as one object
// named by the hash of its bytes; a message on the log activates it.
type Content struct {
	Rules  map[string]string          `json:"rules"`           // YAML by file name
	Areas  *geojson.FeatureCollection `json:"areas,omitempty"` // polygons with the properties id and name
	Fusion Params                     `json:"fusion"`
}

// Bundle is a compiled Content.
type Bundle struct {
	Hash   string
	Rules  *rules.Set
	Params Params
	areas  []area

	matters *matters
	reach   float64 // m; the widest of all kinds
}

type area struct {
	id    string
	bound orb.Bound
	shape orb.Geometry
}

// EncodeContent returns the bytes of a bundle and their hash.
func EncodeContent(c Content) (b []byte, hash string, err error) {
	if b, err = fusion.Encode(c); err != nil {
		return nil, "", fmt.Errorf("encode the bundle: %w", err)
	}
	sum := sha256.Sum256(b)
	return b, hex.EncodeToString(sum[:]), nil
}

// CompileBundle makes a bundle of its bytes. Every problem of its rules and
// areas is in the error.
func CompileBundle(b []byte) (*Bundle, error) {
	var c Content
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fusion.Errorf(fusion.KindCorrupt, "read the bundle", "%w", err)
	}
	files := make(map[string][]byte, len(c.Rules))
	for name, text := range c.Rules {
		files[name] = []byte(text)
	}
	set, problems := rules.Compile(files)
	if len(problems) > 0 {
		errs := make([]error, len(problems))
		for i, p := range problems {
			errs[i] = errors.New(p.String())
		}
		return nil, fusion.Errorf(fusion.KindInvalid, "rules", "%w", errors.Join(errs...))
	}
	areas, err := compileAreas(c.Areas)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "areas", "%w", err)
	}
	options, err := c.Fusion.Lateness.options()
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "fusion", "%w", err)
	}
	sum := sha256.Sum256(b)
	params := c.Fusion.orDefault()
	matters, err := compileMatters(params.Matters)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "fusion", "%w", err)
	}
	return &Bundle{
		Hash: hex.EncodeToString(sum[:]), Rules: set.With(options), Params: params, areas: areas, matters: matters, reach: params.farthest(),
	}, nil
}

func compileAreas(fc *geojson.FeatureCollection) ([]area, error) {
	if fc == nil {
		return nil, nil
	}
	var areas []area
	for i, f := range fc.Features {
		id := f.Properties.MustString("id", "")
		if !fusion.IsToken(id) {
			return nil, fmt.Errorf("feature %d has the id %q; an id is lower case, digits and dashes", i, id)
		}
		switch f.Geometry.(type) {
		case orb.Polygon, orb.MultiPolygon:
		default:
			return nil, fmt.Errorf("area %s is not a polygon", id)
		}
		areas = append(areas, area{id, f.Geometry.Bound(), f.Geometry})
	}
	// Of two areas that contain a point the smaller one names it.
	slices.SortStableFunc(areas, func(a, b area) int {
		switch sa, sb := planar.Area(a.shape), planar.Area(b.shape); {
		case sa < sb:
			return -1
		case sa > sb:
			return 1
		}
		return 0
	})
	return areas, nil
}

func (a *area) contains(p orb.Point) bool { return a.bound.Contains(p) && covers(a.shape, p) }

// covers reports whether a polygon contains the point; nothing else covers.
func covers(shape orb.Geometry, p orb.Point) bool {
	switch s := shape.(type) {
	case orb.Polygon:
		return planar.PolygonContains(s, p)
	case orb.MultiPolygon:
		return planar.MultiPolygonContains(s, p)
	}
	return false
}

// areaOf names the smallest area that contains the place, "" for none.
func (b *Bundle) areaOf(g *fusion.Geometry) string {
	p, ok := g.Center()
	if !ok {
		return ""
	}
	for i := range b.areas {
		if b.areas[i].contains(p) {
			return b.areas[i].id
		}
	}
	return ""
}

// inside reports whether the centre of g lies in the area of that id.
func (b *Bundle) inside(id string, g *fusion.Geometry) bool {
	p, ok := g.Center()
	if !ok {
		return false
	}
	return slices.ContainsFunc(b.areas, func(a area) bool { return a.id == id && a.contains(p) })
}

// crosses reports whether the line between two points passes through the
// border of the area of that id.
func (b *Bundle) crosses(id string, from, to orb.Point) bool {
	bound := orb.MultiPoint{from, to}.Bound()
	return slices.ContainsFunc(b.areas, func(a area) bool {
		return a.id == id && a.bound.Intersects(bound) && rules.Crosses(a.shape, from, to)
	})
}
