package fusion

import (
	"crypto/sha1" //nolint:gosec // names of things, as RFC 9562 makes them; nothing secret rests on it
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/google/uuid"
)

// namespace is the UUIDv5 name space of everything that iRoom names.
var namespace = uuid.MustParse("5f7c1f0e-8a51-5b1b-9a4e-69726f6f6d01")

// NewEventID makes the id of an event from its source, the source's own id of
// the thing and the source's own version of it ("" when it has none). The
// parts are framed by their length, so no two different triples collide by
// concatenation.
func NewEventID(source, nativeID, version string) EventID {
	return EventID(stableID("event", source, nativeID, version))
}

// PayloadID is the native id of an input that has none of its own: a hash of
// the canonical payload and the device's own time. Two inputs that agree in
// both are the same event.
func PayloadID(canonical []byte, deviceTime string) string {
	h := sha256.New()
	h.Write(canonical)
	h.Write([]byte{0})
	h.Write([]byte(deviceTime))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// NewHitID makes the id of a hit from the rule, the rule's version, the key
// it was joined by and the event that completed it.
func NewHitID(rule, version, key string, anchor EventID) EventID {
	return EventID(stableID("hit", rule, version, key, string(anchor)))
}

func stableID(parts ...string) string {
	var room [256]byte
	name := append(room[:0], namespace[:]...)
	for _, p := range parts {
		name = append(append(strconv.AppendInt(name, int64(len(p)), 10), ':'), p...)
		name = append(name, ',')
	}
	sum := sha1.Sum(name) //nolint:gosec // as above
	id := uuid.UUID(sum[:16])
	id[6], id[8] = id[6]&0x0f|0x50, id[8]&0x3f|0x80 // version 5, variant of RFC 9562
	return id.String()
}
