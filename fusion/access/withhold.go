package access

import (
	"github.com/openiroom/iroom/fusion"
)

// Withhold returns what a user may know of a picture that is handled above its
// level, that there is one, of which kind, how grave and in which area, and
// the names of the fields that were left out.
func (u User) Withhold(p *fusion.Picture) (*fusion.Picture, []string) {
	return &fusion.Picture{
		ID: p.ID, Revision: p.Revision, At: p.At, Kind: p.Kind, Status: p.Status, Severity: p.Severity, Confidence: p.Confidence, Area: p.Area,
		FirstObserved: p.FirstObserved, LastObserved: p.LastObserved, Opened: p.Opened, Changed: p.Changed, Closed: p.Closed, Outcome: p.Outcome,
		EvidenceCount: p.EvidenceCount, Handling: p.Handling, AcknowledgeBy: p.AcknowledgeBy, EscalateTo: p.EscalateTo, QuietFrom: p.QuietFrom,
		CloseQuiet: p.CloseQuiet, ReopenUntil: p.ReopenUntil, Decided: p.Decided,
		Evidence: []fusion.Evidence{}, Sources: []string{}, Timeline: []fusion.TimelineEntry{},
	}, withheld
}

var withheld = []string{
	"title", "place", "ce", "address", "evidence", "entities", "hits", "sources", "links", "timeline", "assignee", "labels", "notes",
	"decisions", "placed_by", "regrouped",
}
