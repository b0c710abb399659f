package simulate_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	"github.com/paulmach/orb/planar"
	"pgregory.net/rapid"

	"github.com/openiroom/iroom/simulate"
	"github.com/openiroom/iroom/simulate/wire"
)

func TestScheduleDependsOnTheSeedAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		one := emissions(simulate.NewCity(seed), time.Minute)
		two := emissions(simulate.NewCity(seed), time.Minute)
		if !reflect.DeepEqual(one, two) {
			t.Fatal("the same seed gives two schedules")
		}
		if reflect.DeepEqual(one, emissions(simulate.NewCity(seed+1), time.Minute)) {
			t.Fatal("two seeds give the same schedule")
		}
		if !slices.IsSortedFunc(one, func(a, b simulate.Emission) int { return int(a.At - b.At) }) {
			t.Fatal("the emissions are not in the order of time")
		}
	})
}

// parts are the emissions of each incident without the ends of objects and of
// warnings, which may come later.
func parts(c *simulate.City, until time.Duration) map[string][]simulate.Emission {
	all := map[string][]simulate.Emission{}
	for _, e := range emissions(c, until) {
		object, isObject := e.Payload.(wire.Object)
		warning, isWarning := e.Payload.(wire.Warning)
		late := isObject && object.Phase == wire.PhaseEnd || isWarning && warning.MsgType != "Alert"
		if e.Truth != "" && !late {
			all[e.Truth] = append(all[e.Truth], e)
		}
	}
	return all
}

func TestIncidentsComeFastAndWhole(t *testing.T) {
	for seed := range uint64(20) {
		c := simulate.NewCity(seed)
		truth := c.Truth(5 * time.Minute)
		if truth[0].Start > 3*time.Second {
			t.Errorf("seed %d: the first incident comes after %s", seed, truth[0].Start)
		}
		emitted := parts(c, 6*time.Minute)
		complete := map[string]bool{}
		for _, i := range truth {
			first, last := emitted[i.Label][0].At, emitted[i.Label][len(emitted[i.Label])-1].At
			if span := last - first; span > 8*time.Second {
				t.Errorf("seed %d: %s takes %s", seed, i.Label, span)
			}
			if last <= 20*time.Second {
				complete[i.Scenario] = true
			}
			if len(i.Emits) < 2 {
				t.Errorf("seed %d: %s is seen by %v only", seed, i.Label, i.Emits)
			}
		}
		if len(complete) < 3 {
			t.Errorf("seed %d: after 20 s only %v are complete", seed, complete)
		}
	}
}

func TestTruthCountsTheEmissions(t *testing.T) {
	c := simulate.NewCity(5)
	counted := map[string]map[simulate.Device]int{}
	for _, e := range emissions(c, 10*time.Minute) {
		if e.Truth == "" {
			continue
		}
		if counted[e.Truth] == nil {
			counted[e.Truth] = map[simulate.Device]int{}
		}
		counted[e.Truth][e.Device]++
	}
	for _, i := range c.Truth(2 * time.Minute) {
		if !reflect.DeepEqual(i.Emits, counted[i.Label]) {
			t.Errorf("%s has %v; sent are %v", i.Label, i.Emits, counted[i.Label])
		}
	}
}

func TestOnlyTheListedAreListed(t *testing.T) {
	c := simulate.NewCity(11)
	listed := c.Watchlists()[simulate.StolenPlates]
	sites := map[string]orb.Point{}
	for _, s := range c.Sites("") {
		sites[s.ID] = s.Point()
	}
	place := map[string]orb.Point{}
	for _, i := range c.Truth(10 * time.Minute) {
		place[i.Label] = orb.Point{i.Lon, i.Lat}
	}
	seen := 0
	for _, e := range emissions(c, 10*time.Minute) {
		p, ok := e.Payload.(wire.Passage)
		if !ok {
			continue
		}
		if isListed := slices.Contains(listed, p.Plate); isListed != (e.Truth != "") {
			t.Errorf("plate at %s of %q: listed is %t", e.At, e.Truth, isListed)
		}
		if at, ok := place[e.Truth]; ok && e.Truth[:4] == "ram-" {
			seen++
			if d := geo.Distance(at, sites[p.Camera]); d > 2000 {
				t.Errorf("%s: the vehicle is seen %.0f m away", e.Truth, d)
			}
		}
	}
	if seen == 0 {
		t.Error("no ram raid had a passage")
	}
}

func TestAreasHoldTheSites(t *testing.T) {
	c := simulate.NewCity(1)
	areas := c.Areas()
	holding := func(p orb.Point) (ids []string) {
		for _, f := range areas.Features {
			if planar.PolygonContains(f.Geometry.(orb.Polygon), p) {
				ids = append(ids, f.ID.(string))
			}
		}
		return ids
	}
	for _, s := range c.Sites("") {
		if ids := holding(s.Point()); len(ids) != 1 {
			t.Errorf("%s lies in %v", s.ID, ids)
		}
	}
	for _, i := range c.Truth(10 * time.Minute) {
		if ids := holding(orb.Point{i.Lon, i.Lat}); len(ids) != 1 {
			t.Errorf("%s lies in %v", i.Label, ids)
		}
	}
	for _, e := range emissions(c, time.Minute) {
		if p, ok := e.Payload.(wire.Position); ok && !slices.Contains(holding(orb.Point{p.Lon, p.Lat}), "maas") {
			t.Errorf("a ship sails on land at %v", orb.Point{p.Lon, p.Lat})
		}
	}
}
