package simulate

import (
	"math"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"

	"github.com/openiroom/iroom/simulate/wire"
)

// ship sails on the fairway.
type ship struct {
	wire.Voyage
	from  float64 // m along the fairway at time zero
	speed float64 // m/s; negative: upstream
}

var ships = []ship{
	{vessel(244_630_001, "ZUIDWESTER", "PD3401", 79, 110), 2000, 3.6},
	{vessel(244_630_002, "MAASNYMPH", "PD3402", 70, 86), 2350, -3.1},
	{vessel(244_630_003, "DE ONDERNEMING", "PD3403", 80, 135), 6000, 4.1},
	{vessel(211_630_004, "RHENUS 14", "DD3404", 70, 110), 6900, -2.2},
	{vessel(205_630_005, "VIVALDI", "OT3405", 69, 85), 6500, 2.4},
}

func vessel(mmsi uint32, name, sign string, kind uint8, length uint16) wire.Voyage {
	return wire.Voyage{
		MMSI: mmsi, Name: name, CallSign: sign, ShipType: kind, Destination: "MAASBRACHT", Length: length, Beam: 11, Draught: 2.8,
	}
}

// along is the place at a distance in m along the fairway, and the course in
// deg of who sails downstream there. Beyond its ends the way turns back.
func along(distance float64) (p orb.Point, course float64, downstream bool) {
	length := geo.Length(fairway)
	distance = math.Mod(distance, 2*length)
	if distance < 0 {
		distance += 2 * length
	}
	downstream = distance <= length
	if !downstream {
		distance = 2*length - distance
	}
	for i, from := range fairway[:len(fairway)-1] {
		to := fairway[i+1]
		leg := geo.Distance(from, to)
		if distance <= leg || i == len(fairway)-2 {
			share := min(1, distance/leg)
			p = orb.Point{from[0] + share*(to[0]-from[0]), from[1] + share*(to[1]-from[1])}
			return p, compass(geo.Bearing(from, to)), downstream
		}
		distance -= leg
	}
	return fairway[len(fairway)-1], 0, downstream
}

func compass(deg float64) float64 { return math.Mod(deg+360, 360) }

// position is where the ship is at a time of the run.
func (v ship) position(t time.Duration) wire.Position {
	p, course, downstream := along(v.from + v.speed*t.Seconds())
	if downstream != (v.speed > 0) {
		course = compass(course + 180)
	}
	return wire.Position{MMSI: v.MMSI, Lon: p.Lon(), Lat: p.Lat(), Course: course, Speed: math.Abs(v.speed), Observed: t}
}

// vesselBridge is a ship that comes near a bridge which closes and does not
// stop.
func vesselBridge(_ *City, s *stage, turn int) place {
	bridge := site(turnOf(bridges, turn))
	p := place{address: bridge.Name + ", Roermond", at: bridge.Point()}
	v := ship{Voyage: vessel(244_671_000+uint32(turn%1000), pick(s.random, []string{"STORMVOGEL", "AQUARIUS", "JOHANNA MARIA"}), "PE7100", 70, 110), speed: 5.2}
	v.from = reach(p.at) - 380 - v.speed*s.start.Seconds()
	s.send(AIS, s.start, v.Voyage)
	for i := range 6 {
		at := s.start + time.Duration(i)*1500*ms
		s.send(AIS, at, v.position(at))
	}
	s.report(1600*ms, p, bridgeClosing, 2, bridge.Name+" sluit door storing, schip nadert en reageert niet op marifoon", "RWS-31")
	s.row(3900*ms, p, bridgeClosing, 1)
	return p
}

// reach is the distance along the fairway at which a point of it lies, in m.
func reach(at orb.Point) (distance float64) {
	best, nearest := 0.0, math.Inf(1)
	for i, p := range fairway {
		if d := geo.Distance(p, at); d < nearest {
			best, nearest = distance, d
		}
		if i < len(fairway)-1 {
			distance += geo.Distance(p, fairway[i+1])
		}
	}
	return best
}
