package fusion

import "time"

// PictureID identifies an incident picture for ever. It is short enough to be
// said over a radio: the day on which it was opened and a number,
// `261124-0007`.
type PictureID string

// Severity of an incident, as operators rank their work.
type Severity string

// The severities, highest first.
const (
	SeverityCritical Severity = "critical"
	SeverityHigh     Severity = "high"
	SeverityMedium   Severity = "medium"
	SeverityLow      Severity = "low"
)

// Severities lists the severities, highest first.
var Severities = []Severity{SeverityCritical, SeverityHigh, SeverityMedium, SeverityLow}

// PictureStatus is where an incident is in its life.
type PictureStatus string

// The life cycle of a picture.
const (
	PictureNew          PictureStatus = "new"
	PictureAcknowledged PictureStatus = "acknowledged"
	PictureActive       PictureStatus = "active"
	PictureMonitoring   PictureStatus = "monitoring"
	PictureResolved     PictureStatus = "resolved"
	PictureClosed       PictureStatus = "closed"
)

// PictureStatuses lists the statuses in the order of a life.
var PictureStatuses = []PictureStatus{
	PictureNew, PictureAcknowledged, PictureActive, PictureMonitoring, PictureResolved, PictureClosed,
}

// Picture is what the room knows of one thing that is going on.
type Picture struct {
	ID         PictureID     `json:"id"`
	Revision   uint64        `json:"revision"`
	At         string        `json:"at"` // place on the log of this revision
	Kind       string        `json:"kind"`
	Title      string        `json:"title"`
	Status     PictureStatus `json:"status"`
	Severity   Severity      `json:"severity"`
	Confidence float64       `json:"confidence"` // 0 to 100, from independent sources
	Area       string        `json:"area,omitzero"`
	Place      *Geometry     `json:"place,omitzero"`
	CE         *float64      `json:"ce,omitzero"` // m; nil: unknown
	Address    string        `json:"address,omitzero"`

	FirstObserved time.Time `json:"first_observed"`
	LastObserved  time.Time `json:"last_observed"`
	Opened        time.Time `json:"opened"`
	Changed       time.Time `json:"changed"`
	Closed        time.Time `json:"closed,omitzero"`
	Outcome       string    `json:"outcome,omitzero"` // confirmed, unfounded, duplicate, exercise, no-capacity, quiet, other

	Evidence      []Evidence      `json:"evidence"`
	EvidenceCount int             `json:"evidence_count"` // more than the list when the list was cut
	Entities      []Entity        `json:"entities,omitempty"`
	Hits          []Hit           `json:"hits,omitempty"`
	Sources       []string        `json:"sources"`
	Links         []Link          `json:"links,omitempty"`
	Track         []TrackPoint    `json:"track,omitempty"`   // of what the incident follows, by time; the newest when it was cut
	Handling      *Handling       `json:"handling,omitzero"` // the strictest of its inputs
	Timeline      []TimelineEntry `json:"timeline"`

	AcknowledgeBy time.Time `json:"acknowledge_by,omitzero"`
	EscalateTo    Severity  `json:"escalate_to,omitzero"`
	QuietFrom     time.Time `json:"quiet_from"` // when something last happened to it
	CloseQuiet    Duration  `json:"close_when_quiet,omitzero"`

	Assignee    string     `json:"assignee,omitzero"`
	Labels      []string   `json:"labels,omitempty"` // sorted
	Notes       []Note     `json:"notes,omitempty"`
	Decisions   []Decision `json:"decisions,omitempty"`
	PlacedBy    string     `json:"placed_by,omitzero"`    // who set the place by hand; evidence moves it no more
	ReopenUntil time.Time  `json:"reopen_until,omitzero"` // of a resolved one: what matches until then reopens it
	Decided     uint64     `json:"decided,omitzero"`      // newest revision that a command must have seen
	Regrouped   string     `json:"regrouped,omitzero"`    // the newest merge or split of it that was not undone: its command
}

// Evidence is an event in a picture, with the fields that mattered.
type Evidence struct {
	Event       EventID           `json:"event"`
	Log         LogPlace          `json:"log,omitzero"` // where the whole event stands
	Role        string            `json:"role"`         // the name in the rule, or the rule that joined it
	Type        EventType         `json:"type"`
	Source      string            `json:"source"`
	Connector   string            `json:"connector,omitzero"`
	Subject     string            `json:"subject,omitzero"`
	Time        time.Time         `json:"time"`
	Text        string            `json:"text"` // one line for a person
	Place       *Geometry         `json:"place,omitzero"`
	CE          *float64          `json:"ce,omitzero"`
	Reliability string            `json:"reliability,omitzero"`
	Credibility int               `json:"credibility,omitzero"`
	Confidence  *float64          `json:"confidence,omitzero"`
	Group       string            `json:"group"`  // evidence of one group is not independent
	Weight      float64           `json:"weight"` // probability that it gives, 0 to 1
	Fields      map[string]string `json:"fields,omitempty"`
	Struck      bool              `json:"struck,omitzero"` // withdrawn by its source
	Why         []ScorePart       `json:"why,omitempty"`   // why it is part of this picture
	Entities    []Entity          `json:"entities,omitempty"`
	Address     string            `json:"address,omitzero"`  // as the source gave it
	Matters     []string          `json:"matters,omitempty"` // what it is about, what is surest first
}

// TrackPoint is where something moving was.
type TrackPoint struct {
	Time  time.Time `json:"time"`
	Place *Geometry `json:"place"`
	Event EventID   `json:"event"`
}

// Link joins two pictures.
type Link struct {
	Kind    string      `json:"kind"`
	Picture PictureID   `json:"picture"`
	Score   float64     `json:"score,omitzero"`
	Why     []ScorePart `json:"why,omitempty"`
}

// The kinds of links.
const (
	LinkPossible   = "possible" // offered by the room
	LinkRelated    = "related"
	LinkRejected   = "rejected" // was possible; an operator said no
	LinkMergedInto = "merged-into"
	LinkMergedFrom = "merged-from"
	LinkSplitFrom  = "split-from"
	LinkSplitInto  = "split-into"
)

// TimelineEntry is one line of what happened, in the order of the log.
type TimelineEntry struct {
	Time time.Time `json:"time"` // of the room's clock
	What string    `json:"what"` // opened, evidence, hit, severity, acknowledged, overdue, blind, closed, …
	Text string    `json:"text"`
	Who  string    `json:"who,omitzero"` // "" : the room itself

	Revision uint64 `json:"revision,omitzero"` // of the picture that first had the line
}

// AlertAction is what happened to an incident.
type AlertAction string

// The actions of an alert.
const (
	AlertOpened    AlertAction = "opened"
	AlertEscalated AlertAction = "escalated"
	AlertChanged   AlertAction = "changed"
	AlertLeft      AlertAction = "left" // it goes on under another subject
	AlertClosed    AlertAction = "closed"
)

// Alert is the message that duty officers subscribe to.
type Alert struct {
	Action     AlertAction   `json:"action"`
	Incident   PictureID     `json:"incident"`
	Revision   uint64        `json:"revision"`
	Time       time.Time     `json:"time"`
	Kind       string        `json:"kind"`
	Title      string        `json:"title"`
	Severity   Severity      `json:"severity"`
	Status     PictureStatus `json:"status"`
	Area       string        `json:"area"`
	Address    string        `json:"address,omitzero"`
	Place      *Geometry     `json:"place,omitzero"`
	CE         *float64      `json:"ce,omitzero"`
	Confidence float64       `json:"confidence"`
	Evidence   int           `json:"evidence"`
	Sources    []string      `json:"sources"`
	Text       string        `json:"text"`             // what is new, one line
	NewSubject string        `json:"subject,omitzero"` // with left: where it goes on
}

// Open reports whether the incident still needs somebody.
func (p *Picture) Open() bool { return p.Status != PictureClosed }
