package ais

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	goais "github.com/BertoldVdb/go-ais"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// headerBits are message type, repeat indicator and MMSI.
const headerBits = 38

// mapper makes events of the lines of one broadcast. It is pure.
type mapper struct {
	source      string
	reliability string
	credibility int
	codec       *goais.Codec
}

// newCodec makes the decoder. Some transponders send static data that lacks
// its last bits, which carry nothing that the room uses.
func newCodec() *goais.Codec { return goais.CodecNewFast(false, true, true) }

// broadcast is one AIS message, put together and not yet decoded.
type broadcast struct {
	bits     []byte // one bit a byte
	armour   string // the six-bit characters of all parts, the canonical payload
	own      bool   // VDO: sent by the receiver's own station
	station  string
	at       time.Time // by the station or the receiver, zero: not said
	received time.Time
}

// Map makes the events of one message: a line, or the lines of a group.
func (m *mapper) Map(msg connectors.Message) connectors.Mapping {
	lines := strings.Split(string(bytes.TrimSpace(msg.Payload)), "\n")
	if len(lines) == 1 && len(lines[0]) <= maxLine {
		switch kind, address := classify(lines[0]); kind {
		case lineComment:
			return skip("a comment")
		case lineOther:
			return skip("not an AIS sentence: %s", address)
		}
	}
	b, problem := assemble(lines, msg.Received)
	if problem != nil {
		return connectors.Mapping{Rejects: []*fusion.Rejection{problem}}
	}
	return m.broadcast(b)
}

func skip(format string, args ...any) connectors.Mapping {
	return connectors.Mapping{Skips: []string{fmt.Sprintf(format, args...)}}
}

func reject(code, field, format string, args ...any) connectors.Mapping {
	return connectors.Mapping{Rejects: []*fusion.Rejection{fusion.Reject(code, field, format, args...)}}
}

// assemble puts the parts of a broadcast together.
func assemble(lines []string, received time.Time) (b broadcast, problem *fusion.Rejection) {
	b.received = received
	for i, line := range lines {
		s, problem := parseSentence(strings.TrimSpace(line))
		if problem != nil {
			return b, problem
		}
		if int(s.FragmentNumber) != i+1 {
			return b, fusion.Reject("incomplete", "", "part %d of %d is missing", i+1, s.NumFragments)
		}
		if i == len(lines)-1 && int(s.NumFragments) != len(lines) {
			return b, fusion.Reject("incomplete", "", "there are %d parts and there should be %d", len(lines), s.NumFragments)
		}
		b.add(s)
	}
	return b, nil
}

func (b *broadcast) add(s sentence) {
	b.bits = append(b.bits, s.Payload...)
	b.armour += s.Fields[4] + "," + s.Fields[5] + ";"
	b.own = s.Type == "VDO"
	if b.station == "" {
		b.station = s.tag.station
	}
	for _, claim := range []int64{s.tag.clock, s.suffix} {
		if b.at.IsZero() {
			b.at = plausible(claim, b.received)
		}
	}
}

// broadcast decodes the payload and makes the events of its type.
func (m *mapper) broadcast(b broadcast) connectors.Mapping {
	if len(b.bits) == 0 {
		return skip("an AIS sentence without a message")
	}
	if len(b.bits) < headerBits {
		return reject("invalid", "payload", "it has %d bits; a message has at least %d", len(b.bits), headerBits)
	}
	kind := number(b.bits[:6])
	if kind < 1 || kind > 27 {
		return reject("unsupported", "type", "message type %d is reserved", kind)
	}
	if why, ok := skippedTypes[kind]; ok {
		return skip("type %d: %s", kind, why)
	}
	if mmsi := number(b.bits[8:headerBits]); mmsi > maxMMSI {
		return reject("invalid", "mmsi", "%d has more than nine digits", mmsi)
	}
	packet := m.decode(b.bits)
	if packet == nil {
		return reject("invalid", "payload", "%d bits are not a message of type %d", len(b.bits), kind)
	}
	return m.packet(b, packet)
}

// decode is nil when the bits are not a message. Some receivers count fill bits
// that are none: a message that is too short without them is read up to its
// last whole character. What that adds is spare or the state of the radio.
func (m *mapper) decode(bits []byte) goais.Packet {
	if packet := m.codec.DecodePacket(bits); packet != nil {
		return packet
	}
	fill := (6 - len(bits)%6) % 6
	return m.codec.DecodePacket(append(slices.Clip(bits), make([]byte, fill)...))
}

// packet makes the events of a decoded message.
func (m *mapper) packet(b broadcast, packet goais.Packet) connectors.Mapping {
	mmsi := packet.GetHeader().UserID
	var events []*fusion.Event
	position := func(p position) {
		events = append(events, m.positionEvent(b, mmsi, p))
	}
	static := func(s static) {
		events = append(events, m.staticEvent(b, mmsi, s))
	}
	switch p := packet.(type) {
	case goais.PositionReport:
		position(classA(p))
	case goais.StandardClassBPositionReport:
		position(classB(p))
	case goais.ExtendedClassBPositionReport:
		position(extendedB(p))
		static(extendedStatic(p))
	case goais.LongRangeAisBroadcastMessage:
		position(longRange(p))
	case goais.StandardSearchAndRescueAircraftReport:
		position(rescueAircraft(p))
	case goais.ShipStaticData:
		static(voyage(p))
	case goais.StaticDataReport:
		static(classBStatic(p, mmsi))
	}
	return connectors.Mapping{Events: events}
}

// number reads bits, the most significant first.
func number(bits []byte) (n int) {
	for _, bit := range bits {
		n = n<<1 | int(bit)
	}
	return n
}
