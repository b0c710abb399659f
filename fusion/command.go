package fusion

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Verb is what an operator does to an incident.
type Verb string

// The verbs, with the fields of [Command] that each reads.
const (
	VerbAcknowledge Verb = "acknowledge"
	VerbAssign      Verb = "assign"       // To: a person or a group, "" for nobody
	VerbNote        Verb = "note"         // Text
	VerbLabel       Verb = "label"        // Add, Remove
	VerbSeverity    Verb = "severity"     // To: a severity
	VerbStatus      Verb = "status"       // To: active or monitoring
	VerbResolve     Verb = "resolve"      //
	VerbReopen      Verb = "reopen"       //
	VerbClose       Verb = "close"        // Outcome
	VerbLink        Verb = "link"         // To: an incident
	VerbUnlink      Verb = "unlink"       // To: an incident
	VerbConfirmLink Verb = "confirm-link" // To: the incident of a possible link
	VerbRejectLink  Verb = "reject-link"  // To: the incident of a possible link
	VerbMerge       Verb = "merge"        // Into
	VerbSplit       Verb = "split"        // Evidence, Title, Kind
	VerbLocate      Verb = "locate"       // Lon, Lat, CE
	VerbAddEvidence Verb = "add-evidence" // Text, Lon, Lat
	VerbUndo        Verb = "undo"         // Of: the command of a merge or a split
	VerbHandover    Verb = "handover"     // From, To: persons or groups; about all that From has, so without Incident
)

// Verbs lists the verbs.
var Verbs = []Verb{
	VerbAcknowledge, VerbAssign, VerbNote, VerbLabel, VerbSeverity, VerbStatus, VerbResolve, VerbReopen, VerbClose, VerbLink,
	VerbUnlink, VerbConfirmLink, VerbRejectLink, VerbMerge, VerbSplit, VerbLocate, VerbAddEvidence, VerbUndo, VerbHandover,
}

// Outcomes are how an operator may close an incident.
var Outcomes = []string{OutcomeConfirmed, OutcomeUnfounded, OutcomeDuplicate, "exercise", "no-capacity", "other"}

// Outcomes that the room itself knows.
const (
	OutcomeConfirmed = "confirmed"
	OutcomeUnfounded = "unfounded"
	OutcomeDuplicate = "duplicate"
)

// TypeByHand is the type of evidence that an operator added. No event on the
// log has it.
const TypeByHand EventType = "police.operator.report"

// Command is an operator's decision about one incident, as it stands on the
// log. What it needs beside the first fields depends on its verb.
type Command struct {
	ID       string    `json:"id"` // UUID that the client chose; the same id again changes nothing and gives the same answer
	Incident PictureID `json:"incident"`
	Revision uint64    `json:"revision"` // of the incident that the operator saw
	Actor    string    `json:"actor"`
	Reason   string    `json:"reason,omitzero"`
	Purpose  string    `json:"purpose,omitzero"`

	From     string    `json:"from,omitzero"`
	To       string    `json:"to,omitzero"`
	Text     string    `json:"text,omitzero"`
	Add      []string  `json:"add,omitempty"`
	Remove   []string  `json:"remove,omitempty"`
	Outcome  string    `json:"outcome,omitzero"`
	Into     PictureID `json:"into,omitzero"`
	Evidence []EventID `json:"evidence,omitempty"`
	Title    string    `json:"title,omitzero"`
	Kind     string    `json:"kind,omitzero"` // of the incident that a split opens, or of a link: related
	Lon      *float64  `json:"lon,omitzero"`  // deg, WGS 84
	Lat      *float64  `json:"lat,omitzero"`  // deg, WGS 84
	CE       *float64  `json:"ce,omitzero"`   // circular error, m
	Of       string    `json:"of,omitzero"`
}

// CommandResult says what became of a command.
type CommandResult struct {
	Command  string          `json:"command"`
	Verb     Verb            `json:"verb"`
	Applied  bool            `json:"applied"`
	Kind     Kind            `json:"error,omitzero"`   // why not, for programs
	Problem  string          `json:"problem,omitzero"` // why not, a sentence
	Text     string          `json:"text,omitzero"`    // what was done, a line
	Incident PictureID       `json:"incident"`
	Revision uint64          `json:"revision"`          // of the incident after the command
	Other    PictureID       `json:"other,omitzero"`    // the incident that a merge, a split, a link or an undo also changed
	Handed   []PictureID     `json:"handed,omitempty"`  // that a hand-over gave to somebody else
	Changed  []TimelineEntry `json:"changed,omitempty"` // since the revision that the operator saw, when it was refused for that
}

// Note is what an operator wrote about an incident.
type Note struct {
	ID   string    `json:"id"` // of the command
	Time time.Time `json:"time"`
	Who  string    `json:"who"`
	Text string    `json:"text"`
}

// Decision is a command that changed an incident.
type Decision struct {
	Command  string    `json:"command"`
	Time     time.Time `json:"time"` // of the room's clock
	Who      string    `json:"who"`
	What     Verb      `json:"what"`
	Text     string    `json:"text"`
	Reason   string    `json:"reason,omitzero"`
	Purpose  string    `json:"purpose,omitzero"`
	Revision uint64    `json:"revision"` // that it made
}

const (
	maxName     = 128     // bytes of names, reasons and labels
	maxNoteText = 4 << 10 // bytes
)

// NewCommandID chooses the id of a new command.
func NewCommandID() string { return uuid.NewString() }

// IsCommandID reports whether a command can be answered under that id.
func IsCommandID(id string) bool {
	u, err := uuid.Parse(id)
	return err == nil && u.String() == id
}

// Line makes one line of a text, short enough to be read at a glance.
func Line(text string) string { return clip(strings.Join(strings.Fields(text), " "), maxLine) }

// Validate says what is wrong with the command by itself, whatever the
// incident is: an [Error] of kind denied when nobody answers for it, of kind
// invalid, or nil.
func (c *Command) Validate(v Verb) error {
	if strings.TrimSpace(c.Actor) == "" {
		return Errorf(KindDenied, "", "a command needs the name of the person who gives it")
	}
	for _, t := range []struct {
		field, value string
		limit        int
	}{
		{"actor", c.Actor, maxName},
		{"reason", c.Reason, maxNoteText},
		{"purpose", c.Purpose, maxName},
		{"from", c.From, maxName},
		{"to", c.To, maxName},
		{"text", c.Text, maxNoteText},
		{"title", c.Title, maxName},
	} {
		if len(t.value) > t.limit || !utf8.ValidString(t.value) {
			return wrongCommand(t.field, "has %d bytes; it is text of at most %d", len(t.value), t.limit)
		}
	}
	switch about := v != VerbHandover; {
	case about && c.Incident == "":
		return wrongCommand("incident", "is missing")
	case !about && c.Incident != "":
		return wrongCommand("incident", "is %s; a hand-over is about all that somebody has", c.Incident)
	}
	return c.validateVerb(v)
}

func (c *Command) validateVerb(v Verb) error {
	switch v {
	case VerbAcknowledge, VerbResolve, VerbReopen, VerbAssign:
		return nil
	case VerbNote:
		return filled("text", c.Text)
	case VerbAddEvidence:
		if err := filled("text", c.Text); err != nil || (c.Lon == nil && c.Lat == nil) {
			return err
		}
		return c.validatePlace()
	case VerbLabel:
		return c.validateLabels()
	case VerbSeverity:
		return oneOf("to", Severity(c.To), Severities)
	case VerbStatus:
		return oneOf("to", PictureStatus(c.To), []PictureStatus{PictureActive, PictureMonitoring})
	case VerbClose:
		return oneOf("outcome", c.Outcome, Outcomes)
	case VerbLink:
		if c.Kind != "" && c.Kind != LinkRelated {
			return wrongCommand("kind", "is %q; an operator makes links of kind %s", c.Kind, LinkRelated)
		}
		return c.another("to", PictureID(c.To))
	case VerbUnlink, VerbConfirmLink, VerbRejectLink:
		return c.another("to", PictureID(c.To))
	case VerbMerge:
		return c.another("into", c.Into)
	case VerbSplit:
		return c.validateSplit()
	case VerbLocate:
		return c.validatePlace()
	case VerbUndo:
		return filled("of", c.Of)
	case VerbHandover:
		return c.validateHandover()
	}
	return Errorf(KindInvalid, "", "there is no command %q", v)
}

func (c *Command) another(field string, id PictureID) error {
	if id == c.Incident {
		return wrongCommand(field, "is the incident itself")
	}
	return filled(field, string(id))
}

func (c *Command) validateHandover() error {
	if c.From == c.To {
		return wrongCommand("to", "is %q, who has the incidents already", c.To)
	}
	return cmp.Or(filled("from", c.From), filled("to", c.To))
}

func (c *Command) validateLabels() error {
	if len(c.Add)+len(c.Remove) == 0 {
		return wrongCommand("add", "is missing, and so is remove")
	}
	for _, l := range slices.Concat(c.Add, c.Remove) {
		if !IsToken(l) || len(l) > maxName {
			return wrongCommand("add", "has %q; a label is lower case, digits and dashes", l)
		}
	}
	return nil
}

func (c *Command) validateSplit() error {
	switch {
	case len(c.Evidence) == 0:
		return wrongCommand("evidence", "is missing")
	case c.Kind != "" && !IsToken(c.Kind):
		return wrongCommand("kind", "is %q; a kind is lower case, digits and dashes", c.Kind)
	}
	return filled("title", c.Title)
}

func (c *Command) validatePlace() error {
	switch {
	case c.Lon == nil || c.Lat == nil:
		return wrongCommand("lon", "or lat is missing")
	case !(*c.Lon >= -180 && *c.Lon <= 180):
		return wrongCommand("lon", "is %g; it lies between -180 and 180", *c.Lon)
	case !(*c.Lat >= -90 && *c.Lat <= 90):
		return wrongCommand("lat", "is %g; it lies between -90 and 90", *c.Lat)
	case c.CE != nil && !(*c.CE >= 0 && *c.CE <= 4e7):
		return wrongCommand("ce", "is %g; it lies between 0 and 4e7 m", *c.CE)
	}
	return nil
}

func wrongCommand(field, format string, args ...any) error {
	return Errorf(KindInvalid, "", field+" "+format, args...)
}

func filled(field, value string) error {
	if strings.TrimSpace(value) == "" {
		return wrongCommand(field, "is missing")
	}
	return nil
}

func oneOf[T ~string](field string, value T, list []T) error {
	if slices.Contains(list, value) {
		return nil
	}
	names := make([]string, len(list))
	for i, v := range list {
		names[i] = string(v)
	}
	return wrongCommand(field, "is %q; it is one of %s", value, strings.Join(names, ", "))
}
