package matchbench

import (
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

// nowhere is a world without lists, areas and expectations.
type nowhere struct{}

func (nowhere) Listed(string, string) (string, bool) { return "", false }

func (nowhere) Inside(string, *fusion.Geometry) bool { return false }

func (nowhere) Crosses(string, orb.Point, orb.Point) bool { return false }

func (nowhere) Expected(string, fusion.EventType, time.Time, time.Duration) (float64, bool) {
	return 0, false
}
