package fusion_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

func TestSimilar(t *testing.T) {
	for _, c := range []struct {
		a, b     string
		low, top float64
	}{
		{"Rook uit woning", "rook uit: WONING!", 1, 1},
		{"Café België, Roermond", "cafe belgie roermond", 1, 1},
		{"cafe\u0301", "caf\u00e9", 1, 1},
		{"ĳsselmeer", "IJsselmeer", 1, 1},
		{"Jansen, Jan", "Jan Jansen", 1, 1},
		{"rook uit woning", "er komt rook uit een woning", 0.7, 0.9},
		{"Minderbroederssingel", "Minderbroedersingel", 0.8, 0.99},
		{"woningbrand", "gebouwbrand", 0.2, 0.5},
		{"gestolen fiets", "rook uit woning", 0, 0.1},
		{"", "", 0, 0},
		{"?!", "?!", 0, 0},
		{"a", "a", 1, 1},
		{strings.Repeat("é", 512) + "x", strings.Repeat("é", 512) + "y", 1, 1},
		{strings.Repeat("é", 511) + "x", strings.Repeat("é", 511) + "y", 0.9, 0.999},
	} {
		if got := fusion.Similar(c.a, c.b); got < c.low || got > c.top {
			t.Errorf("%.30q and %.30q: %v, want %v to %v", c.a, c.b, got, c.low, c.top)
		}
	}
}

func TestSimilarIsAMeasure(t *testing.T) {
	texts := rapid.StringOf(rapid.RuneFrom([]rune("abcde éÉij1 -'.😀\u0301\ufffd")))
	rapid.Check(t, func(t *rapid.T) {
		a, b := texts.Draw(t, "a"), texts.Draw(t, "b")
		s := fusion.Similar(a, b)
		if s < 0 || s > 1 || s != fusion.Similar(b, a) {
			t.Fatalf("%q and %q are %v, turned round %v", a, b, s, fusion.Similar(b, a))
		}
		if self := fusion.Similar(a, a); self != 1 && (self != 0 || strings.ContainsAny(a, "abcdeéÉij1")) {
			t.Fatalf("%q and itself are %v", a, self)
		}
		if dressed := fusion.Similar(strings.ToUpper(a)+"!", a); dressed != fusion.Similar(a, a) {
			t.Fatalf("%q and its upper case are %v", a, dressed)
		}
	})
}
