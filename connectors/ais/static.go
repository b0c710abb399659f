package ais

import (
	"fmt"
	"strconv"

	goais "github.com/BertoldVdb/go-ais"

	"github.com/openiroom/iroom/fusion"
)

// noShipType is for messages that do not carry the type of ship.
const noShipType = -1

// static is what all messages about the vessel itself have in common; a zero
// value says nothing.
type static struct {
	name, callsign, destination, eta string
	imo                              uint32
	shipType                         int
	length, beam, draught            float64 // m
}

// voyage reads type 5.
func voyage(p goais.ShipStaticData) static {
	return static{
		name: text(p.Name), callsign: text(p.CallSign), destination: text(p.Destination), eta: arrival(p.Eta),
		imo: p.ImoNumber, shipType: int(p.Type), draught: rounded(float64(p.MaximumStaticDraught), 1),
		length: length(p.Dimension), beam: beam(p.Dimension),
	}
}

// extendedStatic reads what type 19 says besides the position.
func extendedStatic(p goais.ExtendedClassBPositionReport) static {
	return static{name: text(p.Name), shipType: int(p.Type), length: length(p.Dimension), beam: beam(p.Dimension)}
}

// classBStatic reads part A or B of type 24. The craft of a mother ship
// (MMSI 98…) has her MMSI in the place of its dimensions.
func classBStatic(p goais.StaticDataReport, mmsi uint32) static {
	if !p.PartNumber {
		return static{name: text(p.ReportA.Name), shipType: noShipType}
	}
	s := static{callsign: text(p.ReportB.CallSign), shipType: int(p.ReportB.ShipType)}
	if mmsi/10_000_000 != 98 {
		s.length, s.beam = length(p.ReportB.Dimension), beam(p.ReportB.Dimension)
	}
	return s
}

func length(d goais.FieldDimension) float64 { return float64(d.A) + float64(d.B) }
func beam(d goais.FieldDimension) float64   { return float64(d.C) + float64(d.D) }

// arrival is a time of arrival, UTC, as `05-15T16:00Z`; AIS gives no year.
// Without an hour it is the day alone.
func arrival(t goais.FieldETA) string {
	switch {
	case t.Month < 1 || t.Month > 12 || t.Day < 1:
		return ""
	case t.Hour > 23 || t.Minute > 59:
		return fmt.Sprintf("%02d-%02d", t.Month, t.Day)
	}
	return fmt.Sprintf("%02d-%02dT%02d:%02dZ", t.Month, t.Day, t.Hour, t.Minute)
}

// staticEvent makes the event of what a vessel says about itself.
func (m *mapper) staticEvent(b broadcast, mmsi uint32, s static) *fusion.Event {
	e := m.event(b, mmsi, fusion.TypeVesselStatic, "static", noSecond)
	put(e.Attrs, "name", s.name)
	put(e.Attrs, "callsign", s.callsign)
	put(e.Attrs, "destination", s.destination)
	put(e.Attrs, "eta", s.eta)
	put(e.Attrs, "length_m", s.length)
	put(e.Attrs, "beam_m", s.beam)
	put(e.Attrs, "draught_m", s.draught)
	if s.imo != 0 {
		e.Attrs["imo"] = strconv.FormatUint(uint64(s.imo), 10)
	}
	if s.shipType > 0 {
		e.Attrs["ship_type_code"] = float64(s.shipType)
		put(e.Attrs, "ship_type", shipType(s.shipType))
	}
	return e
}
