package simulate

import (
	"fmt"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/simulate/wire"
)

// texel is the place of the far-away warning, some 200 km from the city.
var texel = orb.Point{4.8, 53.1}

// startNoise begins what every room must live with: test messages, and
// payloads that are broken.
func (c *City) startNoise(a *agenda) {
	r := c.random("noise")
	counts := &numbers{call: 900_000, warning: 90_000}
	repeat := func(first, gap time.Duration, do func(at time.Duration)) {
		a.every(first, func() time.Duration { return between(r, gap/2, 3*gap/2) }, do)
	}
	broken := func(at time.Duration, d Device, p wire.Payload) {
		a.send(Emission{At: at, Device: d, Malformed: true, Payload: p})
	}
	repeat(5*second, 20*second, func(at time.Duration) {
		broken(at, ANPR, wire.Raw(fmt.Sprintf(`{"data_type":"alpr_group","camera_id":"anpr-singel","best_plate_number":"%s`, plate(r))))
	})
	repeat(8*second, 25*second, func(at time.Duration) {
		p := ships[r.IntN(len(ships))].position(at)
		p.Damaged = true
		broken(at, AIS, p)
	})
	repeat(11*second, 60*second, func(at time.Duration) {
		broken(at, CAP, wire.Warning{
			Identifier: fmt.Sprintf("NL-ROERMOND-%05d", next(&counts.warning)), Status: "Actual", MsgType: "Alert", WithoutScope: true,
			Category: "Met", Event: "Mist", Urgency: "Expected", Severity: "Minor", Certainty: "Possible",
			Headline: "Mist", AreaDesc: "Limburg", Area: square(texel, 5000), Sent: at, Lasts: time.Hour,
		})
	})
	repeat(15*second, 40*second, func(at time.Duration) { testCall(&stage{agenda: a, random: r, numbers: counts, start: at}) })
}

// testCall is the line check of a call taker.
func testCall(s *stage) {
	c := s.caller(dwellings[0], houseFire, 1, "Test van de meldlijn, geen inzet")
	c.Test, c.Received = true, s.start
	s.send(Dispatch, s.start, c)
}
