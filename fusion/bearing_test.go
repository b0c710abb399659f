package fusion_test

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

func TestBearing(t *testing.T) {
	roermond := orb.Point{6, 51}
	for _, c := range []struct {
		from, to orb.Point
		want     float64
	}{
		{roermond, orb.Point{6, 52}, 0},
		{roermond, orb.Point{5.9999999, 52}, 0},
		{roermond, orb.Point{6, 50}, 180},
		{roermond, orb.Point{6.1, 51}, 90},
		{roermond, orb.Point{5.9, 51}, 270},
		{orb.Point{45, 35}, orb.Point{135, 35}, 60.2}, // Baghdad to Osaka
	} {
		if got := fusion.Bearing(c.from, c.to); math.Abs(got-c.want) > 0.1 {
			t.Errorf("from %v to %v: %v deg, want %v", c.from, c.to, got, c.want)
		}
	}
	point := rapid.Custom(func(t *rapid.T) orb.Point {
		return orb.Point{rapid.Float64Range(-180, 180).Draw(t, "lon"), rapid.Float64Range(-90, 90).Draw(t, "lat")}
	})
	rapid.Check(t, func(t *rapid.T) {
		p, q := point.Draw(t, "from"), point.Draw(t, "to")
		if b := fusion.Bearing(p, q); b < 0 || b >= 360 || b*10 != math.Round(b*10) {
			t.Fatalf("from %v to %v is %v deg", p, q, b)
		}
	})
}
