package rules

import (
	"math"

	"github.com/paulmach/orb"
)

// Crosses reports whether the straight line between two points passes through
// or touches the border of a polygon or multi-polygon. Points are [lon, lat]
// in deg; the line is straight in degrees. For a [World].
func Crosses(shape orb.Geometry, from, to orb.Point) bool {
	switch s := shape.(type) {
	case orb.MultiPolygon:
		for _, p := range s {
			if Crosses(p, from, to) {
				return true
			}
		}
	case orb.Polygon:
		for _, ring := range s {
			for i := 1; i < len(ring); i++ {
				if intersect(from, to, ring[i-1], ring[i]) {
					return true
				}
			}
		}
	}
	return false
}

// intersect reports whether two segments have a point in common.
func intersect(a, b, c, d orb.Point) bool {
	s1, s2, s3, s4 := side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)
	if s1 != s2 && s3 != s4 {
		return true
	}
	return s1 == 0 && between(a, b, c) || s2 == 0 && between(a, b, d) || s3 == 0 && between(c, d, a) || s4 == 0 && between(c, d, b)
}

// side of the line a-b on which p lies: -1, 0 or 1. The products are rounded
// one by one, so that all processors agree.
func side(a, b, p orb.Point) int {
	left := float64((b[0] - a[0]) * (p[1] - a[1]))
	right := float64((b[1] - a[1]) * (p[0] - a[0]))
	switch {
	case left > right:
		return 1
	case left < right:
		return -1
	}
	return 0
}

// between reports whether p, which lies on the line a-b, lies on the segment.
func between(a, b, p orb.Point) bool {
	return min(a[0], b[0]) <= p[0] && p[0] <= max(a[0], b[0]) && min(a[1], b[1]) <= p[1] && p[1] <= max(a[1], b[1])
}

// nearest is the point of the segment a-b that is nearest to p, in a plane in
// which a degree is as long in both directions as at p.
func nearest(a, b, p orb.Point) orb.Point {
	shrink := math.Cos(p[1] * math.Pi / 180)
	dx, dy := (b[0]-a[0])*shrink, b[1]-a[1]
	length := float64(dx*dx) + float64(dy*dy)
	if length == 0 {
		return a
	}
	t := (float64((p[0]-a[0])*shrink*dx) + float64((p[1]-a[1])*dy)) / length
	t = min(1, max(0, t))
	return orb.Point{a[0] + float64(t*(b[0]-a[0])), a[1] + float64(t*(b[1]-a[1]))}
}
