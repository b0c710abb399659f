package fusion

import (
	"time"
)

// EventID identifies an event for ever: the same input always gets the same
// id, see [NewEventID].
type EventID string

// EventType is the dotted type of an event, `<domain>.<thing>.<what>`.
type EventType string

// Status says whether an event is about the real world (CAP 1.2, 3.2.1).
// Tests and exercises never fire a live rule.
type Status string

// The statuses of an event.
const (
	StatusActual   Status = "actual"
	StatusExercise Status = "exercise"
	StatusTest     Status = "test"
)

// MsgType says what an event does to an earlier one (CAP 1.2, 3.2.1).
type MsgType string

// The message types of an event.
const (
	MsgAlert  MsgType = "alert"
	MsgUpdate MsgType = "update"
	MsgCancel MsgType = "cancel"
)

// Event is the one form in which everything reaches the room. On the wire it
// is a CloudEvents 1.0 JSON event; the context attributes are CloudEvents'
// own and all other fields stand in its `data`. In Go it is flat.
type Event struct {
	ID           EventID
	Source       string
	Type         EventType
	Subject      string    // the thing at the source that the event is about; later versions of it replace earlier ones
	Time         time.Time // when it was observed
	RecordedTime time.Time // when the room received it
	ExpiryTime   time.Time // zero: does not expire
	Extensions   map[string]any

	Status      Status
	MsgType     MsgType
	References  []string // what an update or cancel is about: event ids, or subjects at the same source
	Category    []string
	Headline    string
	Description string
	Language    string // BCP 47
	Web         string
	Severity    string // CAP: extreme, severe, moderate, minor, unknown
	Urgency     string // CAP: immediate, expected, future, past, unknown
	Certainty   string // CAP: observed, likely, possible, unlikely, unknown

	Geometry *Geometry
	Location *Location
	Track    *Track
	Entities []Entity

	Reliability string   // Admiralty A to F; F: cannot be judged
	Credibility int      // Admiralty 1 to 6; 6: cannot be judged; 0: not given
	Confidence  *float64 // the sensor's own, 0 to 100; nil: not given

	Handling   *Handling
	Media      []Media
	Provenance *Provenance
	Attrs      map[string]any // particular to the type, see [AttrsOf]
	Unmapped   map[string]any // fields of the input that nothing here names
}

// Location says how well the geometry of an event is known.
type Location struct {
	CE      *float64 `json:"ce,omitzero"`      // circular error, m; nil: unknown
	Method  string   `json:"method,omitzero"`  // gps, camera-site, geocoded, cell, human
	Address string   `json:"address,omitzero"` // as the source gave it
	Area    string   `json:"area,omitzero"`    // id of an area of the room
}

// Track is the movement of a moving thing.
type Track struct {
	Course *float64 `json:"course,omitzero"` // deg from true north; nil: unknown
	Speed  *float64 `json:"speed,omitzero"`  // m/s; nil: unknown
}

// EntityType is the kind of a thing or person that an event names.
type EntityType string

// The entity types.
const (
	EntityVehicle  EntityType = "vehicle"
	EntityPerson   EntityType = "person"
	EntityPhone    EntityType = "phone"
	EntityAddress  EntityType = "address"
	EntityVessel   EntityType = "vessel"
	EntityAircraft EntityType = "aircraft"
	EntityUnit     EntityType = "unit"
	EntityObject   EntityType = "object"
	EntityAccount  EntityType = "account"
)

// Entity is a thing or person that an event names. Value is canonical (see
// [CanonicalPlate] and [CanonicalPhone]); Raw keeps the text of the source.
type Entity struct {
	Type       EntityType  `json:"type"`
	Role       string      `json:"role,omitzero"`
	Value      string      `json:"value"`
	Raw        string      `json:"raw,omitzero"`
	Candidates []Candidate `json:"candidates,omitempty"` // what it may be instead, best first
	Country    string      `json:"country,omitzero"`     // ISO 3166-1 alpha-2
}

// Candidate is another possible reading of an entity's value.
type Candidate struct {
	Value      string  `json:"value"`
	Confidence float64 `json:"confidence"` // 0 to 100
}

// Handling says who may see an event, on which legal basis and for how long.
type Handling struct {
	TLP         string    `json:"tlp,omitzero"`   // clear, green, amber, amber+strict, red
	Basis       string    `json:"basis,omitzero"` // wpg-8, wpg-9, wpg-10, wpg-13, public
	Purpose     string    `json:"purpose,omitzero"`
	Caveats     []string  `json:"caveats,omitempty"`
	RetainUntil time.Time `json:"retain_until,omitzero"`
}

// Media refers to a picture, clip or sound. The bytes are never in the event.
type Media struct {
	Ref    string `json:"ref"` // URL or path at the source
	Mime   string `json:"mime,omitzero"`
	Digest string `json:"digest,omitzero"` // "sha256:" and hex
}

// Provenance says what made the event from what.
type Provenance struct {
	Connector   string    `json:"connector,omitzero"`
	Version     string    `json:"version,omitzero"`
	Mapping     string    `json:"mapping,omitzero"`
	Raw         *Raw      `json:"raw,omitzero"`
	ClampedFrom time.Time `json:"clamped_from,omitzero"` // the event's time lay in the future: what it claimed
	Log         LogPlace  `json:"log,omitzero"`          // where it stands; the engine sets it, whatever the event says
}

// LogPlace is where an event stands on the log.
type LogPlace struct {
	Sequence uint64 `json:"sequence"` // of its message; 0: not known
	Index    int    `json:"index"`    // in the message, from 0
}

// Raw points at the original payload.
type Raw struct {
	Sequence uint64 `json:"sequence,omitzero"` // in stream RAW; 0: not kept
	SHA256   string `json:"sha256,omitzero"`
	Size     int    `json:"size,omitzero"` // bytes
}

// Domain is the first token of the type: sensor, open, police, system, rule.
func (t EventType) Domain() string {
	for i := range len(t) {
		if t[i] == '.' {
			return string(t[:i])
		}
	}
	return string(t)
}

// Entity returns the first entity of the type, or nil.
func (e *Event) Entity(t EntityType) *Entity {
	for i := range e.Entities {
		if e.Entities[i].Type == t {
			return &e.Entities[i]
		}
	}
	return nil
}

// CE returns the circular error of the event's place in m, 0 when unknown.
func (e *Event) CE() float64 {
	if e.Location == nil || e.Location.CE == nil {
		return 0
	}
	return *e.Location.CE
}
