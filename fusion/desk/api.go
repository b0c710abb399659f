package desk

import (
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// Version of the service, semantic.
const Version = "0.1.0"

// The endpoints. Those below admin change the room or show originals; a reader
// of the bus may not ask them.
const (
	EndpointRoom       = "room"
	EndpointIncidents  = "incidents"
	EndpointIncident   = "incident"
	EndpointConnectors = "connectors"
	EndpointLists      = "admin.lists"
	EndpointListChange = "admin.list-change"
	EndpointActivate   = "admin.activate"
	EndpointDeadList   = "admin.dead-list"
	EndpointDeadShow   = "admin.dead-show"
	EndpointDeadReplay = "admin.dead-replay"
)

// Subject is where an endpoint listens.
func Subject(endpoint string) string { return "iroom.api." + endpoint }

// Room says how the room as a whole is doing.
type Room struct {
	Name    string            `json:"name"`
	Clock   time.Time         `json:"clock"`   // of the last message that was applied
	Applied uint64            `json:"applied"` // its sequence
	Last    uint64            `json:"last"`    // sequence of the newest message of the log
	Bundle  string            `json:"bundle"`
	Open    int               `json:"open"`    // incidents
	Streams map[string]uint64 `json:"streams"` // messages that each stream holds
	Counts  engine.Counts     `json:"counts"`
	Alarms  []string          `json:"alarms,omitempty"` // what needs somebody's attention
}

// IncidentsRequest asks for incidents, newest first.
type IncidentsRequest struct {
	Area     string          `json:"area,omitzero"`
	Kind     string          `json:"kind,omitzero"`
	Severity fusion.Severity `json:"severity,omitzero"`
	Closed   bool            `json:"closed,omitzero"` // closed ones too
	Limit    int             `json:"limit,omitzero"`  // at most 200; 0 means 50
	Before   string          `json:"before,omitzero"` // cursor of the page before
}

// IncidentsReply is one page.
type IncidentsReply struct {
	Incidents []Summary `json:"incidents"`
	Next      string    `json:"next,omitzero"` // cursor of the next page, "" at the end
}

// Summary is a picture in one line.
type Summary struct {
	ID           fusion.PictureID     `json:"id"`
	Revision     uint64               `json:"revision"`
	Kind         string               `json:"kind"`
	Title        string               `json:"title"`
	Status       fusion.PictureStatus `json:"status"`
	Severity     fusion.Severity      `json:"severity"`
	Confidence   float64              `json:"confidence"`
	Area         string               `json:"area,omitzero"`
	Evidence     int                  `json:"evidence"`
	Sources      []string             `json:"sources"`
	Opened       time.Time            `json:"opened"`
	LastObserved time.Time            `json:"last_observed"`
}

// IncidentRequest asks for one picture. The id of one that was merged gets the
// one in which it goes on.
type IncidentRequest struct {
	ID fusion.PictureID `json:"id"`
}

// ConnectorsReply lists the running connectors.
type ConnectorsReply struct {
	Connectors []connectors.Status `json:"connectors"`
}

// ListsRequest asks for the entries of a watchlist, or of all, those that
// have expired among them.
type ListsRequest struct {
	List  string          `json:"list,omitzero"`
	After store.ListEntry `json:"after,omitzero"` // last entry of the page before
}

// ListsReply is one page of entries of watchlists.
type ListsReply struct {
	Entries []store.ListEntry `json:"entries"`
	More    bool              `json:"more,omitzero"`
	Clock   time.Time         `json:"clock"` // of the room: what expires up to then has expired
}

// ListChangeRequest changes a watchlist.
type ListChangeRequest struct {
	List   string            `json:"list"`
	Change engine.ListChange `json:"change"`
}

// ListChangeReply says where the change stands on the log.
type ListChangeReply struct {
	Sequence uint64 `json:"sequence"`
}

// ActivateRequest gives the room other rules; areas and parameters stay.
type ActivateRequest struct {
	Rules map[string]string `json:"rules"` // YAML by file name
}

// ActivateReply says what became of an activation.
type ActivateReply struct {
	Bundle   string   `json:"bundle"`            // hash of all that configures the engine now
	Former   string   `json:"former"`            // hash before
	Sequence uint64   `json:"sequence,omitzero"` // on the log; 0: these rules were active already
	Kept     []string `json:"kept,omitempty"`    // rules that are the same and keep their windows
	Begun    []string `json:"begun,omitempty"`   // rules that are new, or whose new version begins with empty windows
	Dropped  []string `json:"dropped,omitempty"` // rules whose windows are gone: changed, or not there any more
}

// DeadRequest asks for dead letters, oldest first.
type DeadRequest struct {
	Connector string `json:"connector,omitzero"`
	After     uint64 `json:"after,omitzero"` // sequence
	Limit     int    `json:"limit,omitzero"`
}

// DeadLetter is an input that could not be understood.
type DeadLetter struct {
	Sequence  uint64    `json:"sequence"`
	Connector string    `json:"connector"`
	Version   string    `json:"version"`
	Received  time.Time `json:"received"`
	Code      string    `json:"code"`
	Stage     string    `json:"stage"`
	Field     string    `json:"field,omitzero"`
	Reason    string    `json:"reason"`
	Origin    string    `json:"origin,omitzero"`
	Size      int       `json:"size"`              // bytes of the original
	Payload   []byte    `json:"payload,omitempty"` // with dead-show only
}

// DeadReply lists dead letters.
type DeadReply struct {
	Letters []DeadLetter `json:"letters"`
}

// DeadLetterRequest names one dead letter.
type DeadLetterRequest struct {
	Sequence uint64 `json:"sequence"`
}

// ReplayReply says what became of a dead letter that was mapped again.
type ReplayReply struct {
	Events  int      `json:"events"`
	Skips   []string `json:"skips,omitempty"`
	Refused []string `json:"refused,omitempty"` // still not understood; the letter stays
}
