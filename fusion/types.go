package fusion

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// AttrKind is the type of one attribute of an event.
type AttrKind string

// The kinds of attributes.
const (
	AttrText    AttrKind = "text"
	AttrNumber  AttrKind = "number"
	AttrBool    AttrKind = "bool"
	AttrTexts   AttrKind = "texts"   // list of texts
	AttrNumbers AttrKind = "numbers" // list of numbers
	AttrObject  AttrKind = "object"  // text to texts, as CAP geocodes
	AttrRow     AttrKind = "row"     // column to text, as a row of a table or of a log
)

// The event types that connectors and rules share.
const (
	TypeANPR             EventType = "sensor.anpr.passage"
	TypeCameraObject     EventType = "sensor.camera.object"
	TypeAudio            EventType = "sensor.audio.detection"
	TypeAlarm            EventType = "sensor.alarm.trigger"
	TypeVesselPosition   EventType = "sensor.vessel.position"
	TypeVesselStatic     EventType = "sensor.vessel.static"
	TypeAircraftPosition EventType = "sensor.aircraft.position"
	TypeUnitPosition     EventType = "sensor.unit.position"
	TypeWeather          EventType = "sensor.weather.observation"
	TypeWaterLevel       EventType = "sensor.water.level"
	TypeTrafficFlow      EventType = "sensor.traffic.flow"
	TypeWarning          EventType = "open.warning.alert"
	TypeTraffic          EventType = "open.traffic.situation"
	TypeRail             EventType = "open.rail.disruption"
	TypeQuake            EventType = "open.quake.event"
	TypeNews             EventType = "open.news.item"
	TypeSocial           EventType = "open.social.post"
	TypePaging           EventType = "open.paging.message"
	TypeCall             EventType = "police.dispatch.call"
	TypeIncident         EventType = "police.dispatch.incident"
	TypeUnitStatus       EventType = "police.unit.status"
	TypeRecord           EventType = "police.record.row"
	TypeConnectorState   EventType = "system.connector.state"
	TypeAuditEntry       EventType = "system.audit.entry"
)

// hitPrefix begins the type of a hit seen as an event: `rule.<rule>`.
const hitPrefix = "rule."

var attrsByType = map[EventType]map[string]AttrKind{
	TypeANPR: {
		"camera": AttrText, "lane": AttrText, "direction": AttrText, "speed_kmh": AttrNumber,
		"make": AttrText, "model": AttrText, "color": AttrText, "body": AttrText, "region": AttrText,
	},
	TypeCameraObject: {
		"camera": AttrText, "label": AttrText, "sub_label": AttrText, "count": AttrNumber, "zones": AttrTexts,
		"phase": AttrText, "speed_kmh": AttrNumber, "stationary": AttrBool, "text": AttrText, "trigger": AttrText,
	},
	TypeAudio: {"label": AttrText, "device": AttrText},
	TypeAlarm: {"alarm": AttrText, "device": AttrText, "state": AttrText},
	TypeVesselPosition: {
		"status": AttrText, "heading": AttrNumber, "rate_of_turn_deg_min": AttrNumber, "class": AttrText,
		"name": AttrText, "aid_type": AttrText, "altitude_m": AttrNumber, "off_position": AttrBool,
	},
	TypeVesselStatic: {
		"name": AttrText, "callsign": AttrText, "imo": AttrText, "ship_type": AttrText, "ship_type_code": AttrNumber,
		"length_m": AttrNumber, "beam_m": AttrNumber, "draught_m": AttrNumber, "destination": AttrText, "eta": AttrText,
	},
	TypeAircraftPosition: {"status": AttrText, "altitude_m": AttrNumber, "callsign": AttrText},
	TypeUnitPosition:     {"status": AttrText, "altitude_m": AttrNumber},
	TypeWeather: {
		"site": AttrText, "temperature_c": AttrNumber, "wind_ms": AttrNumber, "gust_ms": AttrNumber,
		"wind_deg": AttrNumber, "rain_mm_h": AttrNumber, "visibility_m": AttrNumber, "pressure_hpa": AttrNumber,
	},
	TypeWaterLevel:  {"site": AttrText, "level_m": AttrNumber, "discharge_m3_s": AttrNumber},
	TypeTrafficFlow: {"site": AttrText, "speed_kmh": AttrNumber, "flow_per_h": AttrNumber},
	TypeWarning: {
		"event": AttrText, "instruction": AttrText, "areas": AttrTexts, "geocodes": AttrObject, "codes": AttrObject,
		"response": AttrTexts, "sender": AttrText, "effective": AttrText, "onset": AttrText,
	},
	TypeTraffic: {"nature": AttrText, "road": AttrText},
	TypeRail:    {"nature": AttrText, "stations": AttrTexts},
	TypeQuake:   {"nature": AttrText, "magnitude": AttrNumber, "depth_km": AttrNumber},
	TypeNews:    {"text": AttrText, "links": AttrTexts, "repeats": AttrText},
	TypeSocial:  {"text": AttrText, "links": AttrTexts, "repeats": AttrText},
	TypePaging:  {"text": AttrText, "priority": AttrNumber, "capcodes": AttrTexts, "withdrawn": AttrBool},
	TypeCall: {
		"nature": AttrText, "text": AttrText, "priority": AttrNumber, "call": AttrText, "incident": AttrText,
		"channel": AttrText, "code": AttrText,
	},
	TypeIncident: {
		"nature": AttrText, "text": AttrText, "incident": AttrText, "state": AttrText, "priority": AttrNumber,
		"code": AttrText, "beat": AttrText, "disposition": AttrText,
	},
	TypeUnitStatus:     {"state": AttrText},
	TypeRecord:         {"fields": AttrRow},
	TypeConnectorState: {"connector": AttrText, "state": AttrText, "problem": AttrText},
	TypeAuditEntry:     {"who": AttrText, "what": AttrText, "purpose": AttrText, "count": AttrNumber},
}

var hitAttrs = map[string]AttrKind{"rule": AttrText, "version": AttrText, "score": AttrNumber, "key": AttrText}

// AttrsOf returns the attributes that rules can rely on for a type, and false
// for a type that the room does not know. The map must not be changed.
func AttrsOf(t EventType) (map[string]AttrKind, bool) {
	if t.IsHit() {
		return hitAttrs, true
	}
	a, ok := attrsByType[t]
	return a, ok
}

// IsHit reports whether the type is that of a hit seen as an event.
func (t EventType) IsHit() bool {
	return strings.HasPrefix(string(t), hitPrefix) && len(t) > len(hitPrefix)
}

// HitType is the event type of the hits of a rule.
func HitType(rule string) EventType { return EventType(hitPrefix + rule) }

// EventTypes lists the known types in alphabetical order.
func EventTypes() []EventType {
	types := make([]EventType, 0, len(attrsByType))
	for t := range attrsByType {
		types = append(types, t)
	}
	slices.Sort(types)
	return types
}

// check reports whether a decoded JSON value is of the kind.
func (k AttrKind) check(v any) error {
	switch k {
	case AttrText:
		if _, ok := v.(string); ok {
			return nil
		}
	case AttrNumber:
		if _, ok := v.(float64); ok {
			return nil
		}
	case AttrBool:
		if _, ok := v.(bool); ok {
			return nil
		}
	case AttrTexts:
		if all[string](v) {
			return nil
		}
	case AttrNumbers:
		if all[float64](v) {
			return nil
		}
	case AttrObject:
		if _, ok := v.(map[string]any); ok {
			return nil
		}
	case AttrRow:
		if row, ok := v.(map[string]any); ok && all[string](slices.Collect(maps.Values(row))) {
			return nil
		}
	}
	return fmt.Errorf("must be %s, not %T", k, v)
}

// all reports whether v is a list of T; connectors may use a typed slice, and
// JSON gives a slice of any.
func all[T any](v any) bool {
	switch list := v.(type) {
	case []T:
		return true
	case []any:
		return !slices.ContainsFunc(list, func(x any) bool { _, ok := x.(T); return !ok })
	}
	return false
}
