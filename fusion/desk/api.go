package desk

import (
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// Version of the service, semantic.
const Version = "0.3.0"

// The endpoints. Those below admin change the room or show originals; only an
// engineer may ask them.
const (
	EndpointRoom         = "room"
	EndpointIncidents    = "incidents"
	EndpointIncident     = "incident"
	EndpointRevisions    = "revisions"
	EndpointEvidence     = "evidence"
	EndpointFeedSnapshot = "feed.snapshot"
	EndpointFeedChanges  = "feed.changes"
	EndpointEntity       = "entity"
	EndpointCounts       = "counts"
	EndpointMap          = "map"
	EndpointQuality      = "quality" // how often each version of a rule was right
	EndpointConnectors   = "connectors"
	EndpointAudit        = "audit"
	EndpointLists        = "admin.lists"
	EndpointListChange   = "admin.list-change"
	EndpointActivate     = "admin.activate"
	EndpointDeadList     = "admin.dead-list"
	EndpointDeadShow     = "admin.dead-show"
	EndpointDeadReplay   = "admin.dead-replay"
)

// Subject is where a user asks an endpoint; the user "*" stands for all.
func Subject(user, endpoint string) string { return fusion.APISubject(user, endpoint) }

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
