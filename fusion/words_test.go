package fusion_test

import (
	"testing"
	"time"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

func TestCanonical(t *testing.T) {
	for raw, want := range map[string]string{"ab-12-cd": "AB12CD", " 12 XYZ 3": "12XYZ3", "b·öz 1": "BÖZ1", "--": ""} {
		if got := fusion.CanonicalPlate(raw); got != want {
			t.Errorf("plate %q: %q, want %q", raw, got, want)
		}
	}
	for raw, want := range map[string]string{"06-12345678": "+31612345678", "+32 470 12 34 56": "+32470123456", "112 brand": "", "": ""} {
		if got, ok := fusion.CanonicalPhone(raw, "NL"); got != want || ok != (want != "") {
			t.Errorf("phone %q: %q %v, want %q", raw, got, ok, want)
		}
	}
}

func TestTokens(t *testing.T) {
	for text, want := range map[string]string{"Roermond Centrum": "roermond-centrum", "A73 / 12,4": "a73-12-4", "": "none", "é*>.": "none", "ram-raid": "ram-raid"} {
		if got := fusion.Token(text); got != want {
			t.Errorf("token of %q is %q, want %q", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		if token := fusion.Token(rapid.String().Draw(t, "text")); !fusion.IsToken(token) {
			t.Fatalf("%q is no token", token)
		}
	})
}

func TestPlacesKeepTheirOrder(t *testing.T) {
	place := rapid.Custom(func(t *rapid.T) fusion.Place {
		return fusion.Place{Seq: rapid.Uint64().Draw(t, "seq"), Index: rapid.IntRange(0, 500).Draw(t, "index"), N: rapid.IntRange(0, 9).Draw(t, "n")}
	})
	rapid.Check(t, func(t *rapid.T) {
		p, q := place.Draw(t, "p"), place.Draw(t, "q")
		back, err := fusion.ParsePlace(p.String())
		if err != nil || back != p {
			t.Fatalf("%v became %v: %v", p, back, err)
		}
		if p.Compare(q) != -q.Compare(p) || (p.Compare(q) == 0) != (p == q) {
			t.Fatalf("%v and %v have no order", p, q)
		}
	})
	for _, bad := range []string{"", "1", "1.2", "a.b.c", "1.2.3.4", "-1.0.0"} {
		if _, err := fusion.ParsePlace(bad); err == nil {
			t.Errorf("%q is read as a place", bad)
		}
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "15m": 15 * time.Minute, "2h": 2 * time.Hour, "3d": 72 * time.Hour, "1h30m": 90 * time.Minute} {
		d, err := fusion.ParseDuration(text)
		if err != nil || time.Duration(d) != want {
			t.Errorf("%s is %v: %v", text, d, err)
		}
		if back, err := fusion.ParseDuration(d.String()); err != nil || back != d {
			t.Errorf("%s is written %s and read %v: %v", text, d, back, err)
		}
	}
	for _, bad := range []string{"", "5", "d", "-1d", "1w", "soon"} {
		if _, err := fusion.ParseDuration(bad); err == nil {
			t.Errorf("%q is read as a duration", bad)
		}
	}
}

func TestDistance(t *testing.T) {
	a, b := fusion.NewPoint(5.98712, 51.19433), fusion.NewPoint(5.98712, 51.20333)
	if d, ok := fusion.DistanceBetween(a, b); !ok || d < 995 || d > 1006 {
		t.Errorf("0.009 deg of latitude are %v m", d)
	}
	if _, ok := fusion.DistanceBetween(a, nil); ok {
		t.Error("there is a distance to nowhere")
	}
}

func TestAnAreaIsNoDistanceFromWhatItHolds(t *testing.T) {
	inner := orb.Ring{{5.4, 51.4}, {5.6, 51.4}, {5.6, 51.6}, {5.4, 51.6}, {5.4, 51.4}}
	outer := orb.Ring{{5, 51}, {6, 51}, {6, 52}, {5, 52}, {5, 51}}
	warning := orb.Polygon{outer, inner}
	for _, shape := range []orb.Geometry{warning, orb.MultiPolygon{warning}, orb.Collection{orb.Point{1, 1}, warning}} {
		g := &fusion.Geometry{Geometry: shape}
		for p, held := range map[orb.Point]bool{{5.1, 51.1}: true, {5, 51.5}: true, {5.5, 51.45}: false, {6.01, 51.5}: false} {
			place := fusion.NewPoint(p[0], p[1])
			there, _ := fusion.DistanceBetween(g, place)
			back, _ := fusion.DistanceBetween(place, g)
			if g.Covers(p) != held || (there == 0) != held || there != back {
				t.Errorf("%s and %v: covers %v, %v m and %v m", shape.GeoJSONType(), p, g.Covers(p), there, back)
			}
		}
	}
	for _, g := range []*fusion.Geometry{nil, {}, {Geometry: orb.Polygon{}}, {Geometry: orb.MultiPolygon{{{}}}}, {Geometry: orb.LineString(outer)}, fusion.NewPoint(5, 51)} {
		if g.Covers(orb.Point{5, 51}) {
			t.Errorf("%v covers a point", g)
		}
	}
}
