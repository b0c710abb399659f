package ais

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

const (
	maxMMSI = 999_999_999

	// knot is in m/s.
	knot = 1852.0 / 3600

	// clockLead is how far the room's clock may be behind that of a vessel.
	clockLead = 5 * time.Second

	// msFrom is the number from which a Unix time is in ms; in s it would lie
	// in the year 5138.
	msFrom = 100_000_000_000
)

// firstPlausible is before any AIS receiver wrote a time.
var firstPlausible = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// plausible reads a Unix time in s or ms. It is zero when it lies before 2000
// or more than a day after the time of receipt.
func plausible(unix int64, received time.Time) time.Time {
	t := time.Unix(unix, 0).UTC()
	if unix >= msFrom {
		t = time.UnixMilli(unix).UTC()
	}
	if t.Before(firstPlausible) || (!received.IsZero() && t.After(received.Add(24*time.Hour))) {
		return time.Time{}
	}
	return t
}

// observed is when a message was sent: as the station says; else the second of
// the minute that the message itself carries, the last one before receipt; else
// the time of receipt.
func (b broadcast) observed(second int) time.Time {
	switch {
	case !b.at.IsZero():
		return b.at
	case b.received.IsZero() || second > 59:
		return b.received
	}
	latest := b.received.Add(clockLead)
	t := latest.Truncate(time.Minute).Add(time.Duration(second) * time.Second)
	if t.After(latest) {
		t = t.Add(-time.Minute)
	}
	return t
}

// event makes what the events of all types have in common. what tells the
// events of one message apart.
func (m *mapper) event(b broadcast, mmsi uint32, t fusion.EventType, what string, second int) *fusion.Event {
	at := b.observed(second)
	native := fusion.PayloadID([]byte(b.armour), strconv.FormatInt(at.Unix(), 10))
	id := fmt.Sprintf("%09d", mmsi)
	kind, role := station(id, t)
	if b.own {
		role = "own-" + role
	}
	e := &fusion.Event{
		ID: fusion.NewEventID(m.source, native, what), Source: m.source, Type: t, Subject: id, Time: at,
		Entities:    []fusion.Entity{{Type: kind, Role: role, Value: id, Raw: strconv.FormatUint(uint64(mmsi), 10)}},
		Reliability: m.reliability, Credibility: m.credibility,
		Attrs: map[string]any{},
	}
	if b.station != "" {
		e.Unmapped = map[string]any{"station": b.station}
	}
	return e
}

// station says what sends under an MMSI (ITU-R M.585-9).
func station(mmsi string, t fusion.EventType) (fusion.EntityType, string) {
	if t == fusion.TypeAircraftPosition {
		return fusion.EntityAircraft, "rescue-aircraft"
	}
	switch mmsi[:3] {
	case "970":
		return fusion.EntityVessel, "search-and-rescue-transmitter"
	case "972":
		return fusion.EntityVessel, "man-overboard"
	case "974":
		return fusion.EntityVessel, "emergency-beacon"
	}
	return fusion.EntityVessel, "vessel"
}

// text is an AIS text without its padding: it ends at the first @.
func text(s string) string {
	s, _, _ = strings.Cut(s, "@")
	return strings.TrimSpace(s)
}

// put sets an attribute unless there is nothing to say.
func put[T string | float64](attrs map[string]any, name string, value T) {
	var zero T
	if value != zero {
		attrs[name] = value
	}
}

// rounded takes away what arithmetic in binary adds behind the digits.
func rounded(v float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(v*scale) / scale
}
