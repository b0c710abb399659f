package simulate

import (
	"math/rand/v2"
	"time"

	"github.com/openiroom/iroom/simulate/wire"
)

// startTraffic begins what goes on every day: vehicles at plate readers,
// people and cars on cameras, ships, a call now and then, and a warning for a
// coast that is far away.
func (c *City) startTraffic(a *agenda) {
	counts := &numbers{call: 500_000, passage: 100_000, warning: 50_000}
	process := func(purpose string, first, least, most time.Duration, do func(*stage)) {
		r := c.random(purpose)
		a.every(first, func() time.Duration { return between(r, least, most) }, func(t time.Duration) {
			do(&stage{agenda: a, random: r, numbers: counts, start: t})
		})
	}
	process("passages", 100*ms, 250*ms, 900*ms, func(s *stage) {
		s.passage(0, pick(s.random, c.Sites(SiteReader)).ID, c.innocent(s.random))
	})
	process("cameras", 200*ms, 500*ms, 1500*ms, func(s *stage) {
		camera := pick(s.random, c.Sites(SiteCamera)).ID
		s.object(0, camera, pick(s.random, []string{"person", "person", "car"}), 0.6+0.3*s.random.Float64(), between(s.random, 3*second, 9*second))
	})
	process("calls", 4*second, 9*second, 16*second, routineCall)
	process("weather", 600*ms, 300*second, 400*second, weatherWarning)
	for i, v := range ships {
		a.every(time.Duration(i)*350*ms, constant(60*second), func(t time.Duration) {
			a.send(Emission{At: t, Device: AIS, Payload: v.Voyage})
		})
		a.every(time.Duration(i)*600*ms, constant(3*second), func(t time.Duration) {
			a.send(Emission{At: t, Device: AIS, Payload: v.position(t)})
		})
	}
}

func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(r.Int64N(int64(most-least)))
}

func constant(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

// innocent draws a plate that is on no list.
func (c *City) innocent(r *rand.Rand) string {
	for {
		p := plate(r)
		if !c.isListed(p) {
			return p
		}
	}
}

// routine are calls that stay what they are.
var routine = []struct {
	about    matter
	text     string
	priority int
}{
	{nuisance, "Jongeren maken lawaai op het plein, al de hele avond", 3},
	{pickpocket, "Mijn portemonnee is net uit mijn tas gestolen", 3},
	{nuisance, "De buren hebben de muziek heel hard staan", 4},
	{missing, "Mijn moeder van 82 is niet thuisgekomen van de markt", 2},
	{obstruction, "Er staat een vrachtwagen dubbel geparkeerd, ik kan er niet langs", 4},
}

func routineCall(s *stage) {
	r := pick(s.random, routine)
	p := pick(s.random, quarters)
	p.at = near(s.random, p.at, 400)
	s.call(0, p, r.about, r.priority, r.text)
}

func weatherWarning(s *stage) {
	s.warn(0, wire.Warning{
		MsgType: "Alert", Category: "Met", Event: "Storm", Urgency: "Expected", Severity: "Moderate", Certainty: "Likely",
		Headline: "Code geel: zware windstoten op de Waddeneilanden", Description: "Windstoten tot 90 km/u op de eilanden.",
		AreaDesc: "Waddeneilanden", Area: square(texel, 30_000), Lasts: 12 * time.Hour,
	})
}
