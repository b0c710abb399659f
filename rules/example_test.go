package rules_test

import (
	"fmt"
	"os"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// stolen is a world with one watchlist.
type stolen []string

func (s stolen) Listed(list, value string) (string, bool) {
	for _, plate := range s {
		if list == "stolen-plates" && plate == value {
			return "", true
		}
	}
	return "", false
}

func (stolen) Inside(string, *fusion.Geometry) bool { return false }

func (stolen) Crosses(string, orb.Point, orb.Point) bool { return false }

func (stolen) Expected(string, fusion.EventType, time.Time, time.Duration) (float64, bool) {
	return 0, false
}

func Example() {
	set, problems := rules.Load(os.DirFS("testdata/good"))
	for _, p := range problems {
		fmt.Println(p)
	}
	at := time.Date(2026, 3, 27, 18, 4, 0, 0, time.UTC)
	alarm := &fusion.Event{
		ID: "alarm", Source: "alarms", Type: fusion.TypeAlarm, Time: at, Geometry: fusion.NewPoint(5.98712, 51.19433),
		Attrs: map[string]any{"alarm": "burglary", "state": "raised"},
	}
	car := &fusion.Event{
		ID: "car", Source: "cameras", Type: fusion.TypeANPR, Time: at.Add(3 * time.Minute), Geometry: fusion.NewPoint(5.991, 51.198),
		Entities: []fusion.Entity{{Type: fusion.EntityVehicle, Value: "AB12CD"}},
	}
	state := rules.NewState()
	for _, e := range []*fusion.Event{alarm, car} {
		set.Advance(state, e.Time, stolen{"AB12CD"})
		for _, m := range set.Step(state, rules.Input{Event: e, Clock: e.Time}, stolen{"AB12CD"}) {
			fmt.Printf("%s, score %g\n", m.Title, m.Hit.Score)
			for _, p := range m.Hit.Parts {
				fmt.Printf("  %+g %s\n", p.Points, p.Because)
			}
		}
	}
	// Output:
	// Ram raid, vehicle AB12CD, score 70
	//   +40 base
	//   +30 seen within 2 km of the raid
}
