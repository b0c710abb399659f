package ais

import (
	"math"

	goais "github.com/BertoldVdb/go-ais"

	"github.com/openiroom/iroom/fusion"
)

// The circular errors that stand for the position accuracy flag, in m. The
// flag says no more than better or worse than 10 m. A long-range message has
// its position in tenths of a minute, up to 131 m off by that alone.
const (
	errorHigh      = 10
	errorLow       = 100
	errorLongRange = 200
)

// position is what all position reports have in common.
type position struct {
	kind     fusion.EventType
	class    string // A, B, "" unknown
	lon, lat float64
	ce       float64 // m
	course   float64 // deg; 360 and more: not available
	knots    float64 // negative: not available
	heading  float64 // deg; 360 and more: not available
	turn     int     // rate-of-turn indicator; -128: not available
	second   int     // of the UTC minute; above 59: not available
	status   string
	name     string
	altitude *float64 // m
}

const (
	noValue   = 511 // of course and heading: above 360
	noTurn    = -128
	noSecond  = 60
	noSpeed   = 1023 // in the field's unit, as are the next two
	noSpeed27 = 63
	noHeight  = 4095
)

func classA(p goais.PositionReport) position {
	return position{
		kind: fusion.TypeVesselPosition, class: "A",
		lon: float64(p.Longitude), lat: float64(p.Latitude), ce: accuracy(p.PositionAccuracy),
		course: float64(p.Cog), knots: tenths(p.Sog), heading: float64(p.TrueHeading),
		turn: int(p.RateOfTurn), second: int(p.Timestamp), status: statusText[p.NavigationalStatus],
	}
}

func classB(p goais.StandardClassBPositionReport) position {
	return position{
		kind: fusion.TypeVesselPosition, class: "B",
		lon: float64(p.Longitude), lat: float64(p.Latitude), ce: accuracy(p.PositionAccuracy),
		course: float64(p.Cog), knots: tenths(p.Sog), heading: float64(p.TrueHeading),
		turn: noTurn, second: int(p.Timestamp),
	}
}

func extendedB(p goais.ExtendedClassBPositionReport) position {
	return position{
		kind: fusion.TypeVesselPosition, class: "B",
		lon: float64(p.Longitude), lat: float64(p.Latitude), ce: accuracy(p.PositionAccuracy),
		course: float64(p.Cog), knots: tenths(p.Sog), heading: float64(p.TrueHeading),
		turn: noTurn, second: int(p.Timestamp), name: text(p.Name),
	}
}

func longRange(p goais.LongRangeAisBroadcastMessage) position {
	knots := float64(p.Sog)
	if p.Sog == noSpeed27 {
		knots = -1
	}
	return position{
		kind: fusion.TypeVesselPosition,
		lon:  float64(p.Longitude), lat: float64(p.Latitude), ce: errorLongRange,
		course: float64(p.Cog), knots: knots, heading: noValue,
		turn: noTurn, second: noSecond, status: statusText[p.NavigationalStatus],
	}
}

func rescueAircraft(p goais.StandardSearchAndRescueAircraftReport) position {
	knots := float64(p.Sog)
	if p.Sog == noSpeed {
		knots = -1
	}
	out := position{
		kind: fusion.TypeAircraftPosition,
		lon:  float64(p.Longitude), lat: float64(p.Latitude), ce: accuracy(p.PositionAccuracy),
		course: float64(p.Cog), knots: knots, heading: noValue, turn: noTurn, second: int(p.Timestamp),
	}
	if p.Altitude != noHeight {
		out.altitude = new(float64(p.Altitude))
	}
	return out
}

func accuracy(high bool) float64 {
	if high {
		return errorHigh
	}
	return errorLow
}

// tenths is a speed in tenths of a knot, in knots.
func tenths(sog goais.Field10) float64 {
	if math.Round(float64(sog)*10) == noSpeed {
		return -1
	}
	return float64(sog)
}

// positionEvent makes the event of a position report. A report without a
// position is an event without geometry: a distress transmitter whose receiver
// has no fix yet must not go unseen.
func (m *mapper) positionEvent(b broadcast, mmsi uint32, p position) *fusion.Event {
	e := m.event(b, mmsi, p.kind, "position", p.second)
	if p.lon != 181 && p.lat != 91 {
		e.Geometry = fusion.NewPoint(rounded(p.lon, 7), rounded(p.lat, 7))
		e.Location = &fusion.Location{CE: &p.ce, Method: "gps"}
	}
	e.Track = track(p)
	put(e.Attrs, "class", p.class)
	put(e.Attrs, "status", p.status)
	put(e.Attrs, "name", p.name)
	if p.heading < 360 {
		e.Attrs["heading"] = p.heading
	}
	if turn, ok := degreesPerMinute(p.turn); ok {
		e.Attrs["rate_of_turn_deg_min"] = turn
	}
	if p.altitude != nil {
		e.Attrs["altitude_m"] = *p.altitude
	}
	return e
}

func track(p position) *fusion.Track {
	var t fusion.Track
	if p.course < 360 {
		t.Course = new(rounded(p.course, 1))
	}
	if p.knots >= 0 {
		t.Speed = new(rounded(p.knots*knot, 3))
	}
	if t == (fusion.Track{}) {
		return nil
	}
	return &t
}

// degreesPerMinute is the rate of turn that an indicator stands for, positive
// to starboard. The ends of its scale (±127) tell only the side.
func degreesPerMinute(indicator int) (float64, bool) {
	if indicator <= -127 || indicator >= 127 {
		return 0, false
	}
	rate := float64(indicator) / 4.733
	return rounded(math.Copysign(rate*rate, rate), 1), true
}
