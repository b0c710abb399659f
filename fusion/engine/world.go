package engine

import (
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/rules"
)

// World answers what rules ask beyond an event, as things stand after the
// last step.
func (e *Engine) World() rules.World { return view{e} }

// view is the world between steps.
type view struct{ e *Engine }

func (v view) Listed(list, value string) (entry string, ok bool) {
	if list == ListInvolved {
		id, ok := involvedIn(v.e.open)[value]
		return "part of " + string(id), ok
	}
	err := v.e.store.View(func(tx *store.Tx) error {
		entry, ok = listed(tx, list, value, v.e.st.clock)
		return nil
	})
	return entry, ok && err == nil
}

func (v view) Inside(area string, g *fusion.Geometry) bool { return v.e.bundle.inside(area, g) }

func (v view) Crosses(area string, from, to orb.Point) bool {
	return v.e.bundle.crosses(area, from, to)
}

func (v view) Expected(string, fusion.EventType, time.Time, time.Duration) (float64, bool) {
	return 0, false
}

// AsSeen is the event as the rules see it when the log stores it at that time:
// with the area of the room in which it lies, and not later than the clock.
func (e *Engine) AsSeen(ev *fusion.Event, stored time.Time) *fusion.Event {
	seen := *ev
	if ev.Location != nil {
		location := *ev.Location
		seen.Location = &location
	}
	if now := later(e.st.clock, stored); seen.Time.After(now) {
		seen.Time = now
	}
	(&step{Engine: e}).setArea(&seen)
	return &seen
}
