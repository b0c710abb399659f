package engine

import (
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

func TestHeadings(t *testing.T) {
	a73 := orb.Point{6.036, 51.2}
	towns := DefaultParams().Towns
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"Ongeval A73 richting Venlo", "botsing naar Nijmegen", 1},
		{"Ongeval A73 richting Venlo", "botsing richting Maastricht", -1},
		{"A73 Re hmp 22,1", "A73 Li 21,7", -1},
		{"A73 Re 22,1", "A73 rechts, twee auto's", 1},
		{"A73 richting het zuiden", "A73", 0},
		{"richting Nergenshuizen", "richting Venlo", 0},
	} {
		if got := headingOf(c.a, a73, true, towns).compare(headingOf(c.b, a73, true, towns)); got != c.want {
			t.Errorf("%q and %q compare as %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

func TestMatters(t *testing.T) {
	m, err := compileMatters(DefaultParams().Matters)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		typ   fusion.EventType
		attrs map[string]any
		want  []string
	}{
		{fusion.TypeCall, map[string]any{"nature": "fire.vehicle", "text": "na een ongeval"}, []string{"fire"}},
		{fusion.TypeCall, map[string]any{"nature": "person.missing-child"}, []string{"missing"}},
		{fusion.TypeCall, map[string]any{"nature": "public.trespass"}, []string{"public.trespass"}},
		{fusion.TypeCall, map[string]any{"nature": "medical.other", "text": "gewonde na ongeval"}, []string{"collision", "medical"}},
		{fusion.TypeCall, map[string]any{"text": "Per ongeluk gebeld"}, nil},
		{fusion.TypeCameraObject, map[string]any{"label": "crowd"}, []string{"crowd", "violence"}},
		{fusion.TypeAlarm, map[string]any{"alarm": "hold-up"}, []string{"robbery"}},
		{fusion.TypePaging, map[string]any{"text": "P 1 Gebouwbrand Markt Roermond"}, []string{"fire"}},
		{fusion.TypeSocial, map[string]any{"text": "Lekker weer"}, nil},
	} {
		if got := m.of(&fusion.Event{Type: c.typ, Attrs: c.attrs}); !slices.Equal(got, c.want) {
			t.Errorf("%s %v is about %q, want %q", c.typ, c.attrs, got, c.want)
		}
	}
	for pair, want := range map[[2]string]agreement{
		{"fire", "fire"}: equal, {"explosion", "fire"}: related, {"fire", "explosion"}: related, {"gas", "collision"}: different,
	} {
		if got := m.compare([]string{pair[0]}, []string{"none", pair[1]}); got != want {
			t.Errorf("%v agree to %d, want %d", pair, got, want)
		}
	}
}

func TestPlatesThatLookAlike(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{{"KX482B", "KX4828", true}, {"KX482B", "KX4B28", false}, {"KX482B", "KX482C", false}, {"KX482B", "KX482", false}, {"KX482B", "KX482B", false}} {
		if confusable(c.a, c.b) != c.want {
			t.Errorf("%s and %s: want %t", c.a, c.b, c.want)
		}
	}
}
