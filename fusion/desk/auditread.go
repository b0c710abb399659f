package desk

import (
	"context"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/audit"
)

// AuditRequest asks for entries of the audit.
type AuditRequest struct {
	Who      string           `json:"who,omitzero"`  // answers for it, or asked
	What     string           `json:"what,omitzero"` // endpoint
	Incident fusion.PictureID `json:"incident,omitzero"`
	Refused  bool             `json:"refused,omitzero"` // only what was refused
	From     time.Time        `json:"from,omitzero"`
	To       time.Time        `json:"to,omitzero"`
	Before   uint64           `json:"before,omitzero"` // number of the last entry of the page before
	Limit    int              `json:"limit,omitzero"`  // at most 200; 0: 50
}

// AuditReply is a page of entries, the newest first.
type AuditReply struct {
	Entries []audit.Entry `json:"entries"`
	Next    uint64        `json:"next,omitzero"` // before of the next page, 0 at the end
}

func (r AuditRequest) wants(e audit.Entry) bool {
	return (r.Who == "" || r.Who == e.Who || r.Who == e.User) && (r.What == "" || r.What == e.What) &&
		(r.Incident == "" || r.Incident == e.Incident) && (!r.Refused || e.Problem != "") &&
		(r.From.IsZero() || !e.Time.Before(r.From)) && (r.To.IsZero() || !e.Time.After(r.To)) &&
		(r.Before == 0 || e.N < r.Before)
}

// auditOf reads back until the page is full, or older than what is asked for.
// An entry is made before it is stored, so the order of times is nearly that
// of the chain.
func (d *Desk) auditOf(ctx context.Context, c *call, r AuditRequest) (reply AuditReply, err error) {
	limit := pageSize(r.Limit)
	reply.Entries = []audit.Entry{}
	var bad error
	err = d.room.Audited(ctx, func(sequence uint64, data []byte) bool {
		entries, _, _, err := audit.Decode(data)
		if err != nil {
			bad = fusion.Errorf(fusion.KindCorrupt, "audit", "message %d: %w", sequence, err).WithHint("iroom audit verify checks the chain")
			return false
		}
		for _, e := range slices.Backward(entries) {
			if len(reply.Entries) == limit {
				reply.Next = reply.Entries[limit-1].N
				return false
			}
			if r.wants(e) {
				reply.Entries = append(reply.Entries, e)
			}
		}
		return len(entries) == 0 || r.From.IsZero() || entries[0].Time.After(r.From.Add(-requestTimeout))
	})
	if bad != nil {
		err = bad
	}
	c.hands(len(reply.Entries), 0)
	return reply, err
}
