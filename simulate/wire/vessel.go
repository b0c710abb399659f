package wire

import (
	"fmt"
	"math"
	"strings"
	"time"

	goais "github.com/BertoldVdb/go-ais"
	"github.com/BertoldVdb/go-ais/aisnmea"
)

const knot = 1852.0 / 3600 // m/s

// Position is a class A position report (AIS message type 1).
type Position struct {
	MMSI     uint32
	Lon, Lat float64 // deg
	Course   float64 // deg from true north
	Speed    float64 // m/s
	Observed time.Duration
	// Damaged makes the checksum of the sentence wrong.
	Damaged bool
}

// Encode writes the AIVDM sentence of the report.
func (p Position) Encode(clock Clock) ([]byte, error) {
	lines, err := sentences(goais.PositionReport{
		Header: goais.Header{MessageID: 1, UserID: p.MMSI}, Valid: true,
		RateOfTurn: -128, Sog: goais.Field10(math.Round(p.Speed/knot*10) / 10), PositionAccuracy: true,
		Longitude: goais.FieldLatLonFine(p.Lon), Latitude: goais.FieldLatLonFine(p.Lat),
		Cog: goais.Field10(math.Round(p.Course*10) / 10), TrueHeading: uint16(math.Round(p.Course)) % 360,
		Timestamp: uint8(clock(p.Observed).UTC().Second()),
	})
	if err == nil && p.Damaged {
		damage(lines)
	}
	return lines, err
}

// damage makes the checksum, the last two characters of the line, wrong.
func damage(line []byte) {
	last := len(line) - len("\r\n") - 1
	if line[last] == '0' {
		line[last] = '1'
	} else {
		line[last] = '0'
	}
}

// Voyage is what a vessel says of itself (AIS message type 5).
type Voyage struct {
	MMSI        uint32
	Name        string // at most 20 characters
	CallSign    string
	ShipType    uint8 // ITU-R M.1371: 70 cargo, 80 tanker, …
	Destination string
	Length      uint16  // m
	Beam        uint8   // m
	Draught     float64 // m
}

// Encode writes the AIVDM sentences, two of them.
func (v Voyage) Encode(Clock) ([]byte, error) {
	return sentences(goais.ShipStaticData{
		Header: goais.Header{MessageID: 5, UserID: v.MMSI}, Valid: true,
		CallSign: v.CallSign, Name: v.Name, Type: v.ShipType, Destination: v.Destination,
		Dimension:            goais.FieldDimension{A: v.Length / 2, B: v.Length - v.Length/2, C: v.Beam / 2, D: v.Beam - v.Beam/2},
		FixType:              1,
		MaximumStaticDraught: goais.Field10(v.Draught),
	})
}

// sentences armours a message and ends each line with CR LF.
func sentences(p goais.Packet) ([]byte, error) {
	codec := aisnmea.NMEACodecNew(goais.CodecNew(false, false))
	lines := codec.EncodeSentence(aisnmea.VdmPacket{TalkerID: "AI", MessageType: "VDM", Channel: 1, Packet: p})
	if len(lines) == 0 {
		return nil, fmt.Errorf("AIS message of %d cannot be encoded", p.GetHeader().UserID)
	}
	return []byte(strings.Join(lines, "\r\n") + "\r\n"), nil
}
