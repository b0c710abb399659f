package desk

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/access"
)

// EvidenceRequest asks for the events that a picture rests on. The id of one
// that was merged gets the one in which it goes on, but not of the past.
type EvidenceRequest struct {
	ID    fusion.PictureID `json:"id"`
	AsOf  time.Time        `json:"as_of,omitzero"` // what the room had stored by then; zero: now
	After fusion.EventID   `json:"after,omitzero"` // event of the last item of the page before
	Limit int              `json:"limit,omitzero"` // at most 200; 0: 50; a page ends sooner when its events are large
}

// EvidenceReply is a page of events, in the order of the picture.
type EvidenceReply struct {
	ID       fusion.PictureID `json:"id"`
	Revision uint64           `json:"revision"` // of the picture
	Items    []EvidenceItem   `json:"items"`
	Total    int              `json:"total"`              // on all pages
	Dropped  int              `json:"dropped,omitzero"`   // further events that the picture has counted but keeps no more
	Next     fusion.EventID   `json:"next,omitzero"`      // after of the next page, "" at the end
	Withheld []string         `json:"withheld,omitempty"` // fields that are left out since the picture's handling is above the user's tlp
}

// EvidenceItem is an event, and what the picture kept of it.
type EvidenceItem struct {
	Kept     *fusion.Evidence `json:"kept"`
	Event    *fusion.Event    `json:"event,omitzero"`     // as it stands on the log
	Missing  string           `json:"missing,omitzero"`   // why there is no whole event
	Withheld []string         `json:"withheld,omitempty"` // fields that are left out since the event's handling is above the user's tlp
}

// pageBytes is how large the events of a page may be together when another
// one is added.
const pageBytes = maxReply/2 - fusion.MaxEventBytes

func (d *Desk) evidence(ctx context.Context, c *call, r EvidenceRequest) (reply EvidenceReply, err error) {
	c.entry.Incident = r.ID
	p, err := d.at(ctx, r.ID, r.AsOf)
	if err != nil {
		return reply, err
	}
	if !c.user.MaySee(p.Area, p.Kind) {
		return reply, access.Hidden(c.user, p.ID)
	}
	reply = EvidenceReply{ID: p.ID, Revision: p.Revision, Items: []EvidenceItem{}}
	if !c.user.Cleared(p.Handling) {
		reply.Withheld = []string{"items", "total", "dropped"}
		c.hands(1, 1)
		return reply, nil
	}
	reply.Total, reply.Dropped = len(p.Evidence), p.EvidenceCount-len(p.Evidence)
	from, err := follows(p, r.After)
	if err != nil {
		return reply, err
	}
	return reply, d.evidencePage(ctx, c, p.Evidence[from:], pageSize(r.Limit), &reply)
}

// at is a picture as of a time; zero: now.
func (d *Desk) at(ctx context.Context, id fusion.PictureID, asOf time.Time) (*fusion.Picture, error) {
	switch {
	case !fusion.IsToken(string(id)):
		return nil, noIncident(id)
	case asOf.IsZero():
		return d.current(ctx, id)
	}
	return d.past.picture(ctx, id, asOf)
}

// follows is where the evidence of a page begins.
func follows(p *fusion.Picture, after fusion.EventID) (int, error) {
	if after == "" {
		return 0, nil
	}
	i := slices.IndexFunc(p.Evidence, func(v fusion.Evidence) bool { return v.Event == after })
	if i < 0 {
		return 0, expired("the incident does not have that event as evidence any more")
	}
	return i + 1, nil
}

func (d *Desk) evidencePage(ctx context.Context, c *call, evidence []fusion.Evidence, limit int, reply *EvidenceReply) error {
	log, size, withheld := logPages{room: d.room}, 0, 0
	for i := range evidence {
		if i == limit || size > pageBytes {
			reply.Next = evidence[i-1].Event
			break
		}
		item, n, err := log.item(ctx, &evidence[i])
		if err != nil {
			return err
		}
		if item.Event != nil && !c.user.Cleared(item.Event.Handling) {
			item = withholdEvent(item)
			withheld++
		}
		reply.Items, size = append(reply.Items, item), size+n
	}
	c.hands(len(reply.Items), withheld)
	return nil
}

// withholdEvent leaves of an event that there is one, of which type and when.
func withholdEvent(x EvidenceItem) EvidenceItem {
	v := x.Kept
	return EvidenceItem{
		Kept:     &fusion.Evidence{Event: v.Event, Log: v.Log, Role: v.Role, Type: v.Type, Time: v.Time, Struck: v.Struck},
		Withheld: []string{"kept", "event"},
	}
}

// logPages reads events of the log. It keeps the message read last, since
// events that belong together often came in one.
type logPages struct {
	room   Backend
	seq    uint64
	events []jsontext.Value
	gone   bool
}

// item is an event with its size in bytes together with what was kept of it.
func (l *logPages) item(ctx context.Context, v *fusion.Evidence) (EvidenceItem, int, error) {
	item := EvidenceItem{Kept: v}
	kept, err := fusion.Encode(v)
	if err != nil {
		return item, 0, err
	}
	if v.Log.Sequence == 0 {
		item.Missing = "the picture does not say where it stands on the log: it was given by hand, or came before places were kept"
		return item, len(kept), nil
	}
	if err := l.read(ctx, v.Log.Sequence); err != nil {
		return item, 0, err
	}
	if l.gone {
		item.Missing = fmt.Sprintf("message %d has expired from the log", v.Log.Sequence)
		return item, len(kept), nil
	}
	if v.Log.Index >= len(l.events) {
		return item, 0, otherEvent(v)
	}
	raw := l.events[v.Log.Index]
	item.Event = new(fusion.Event)
	if err := json.Unmarshal(raw, item.Event); err != nil {
		return item, 0, fusion.Errorf(fusion.KindCorrupt, "read an event of the log", "%d.%d: %w", v.Log.Sequence, v.Log.Index, err)
	}
	if item.Event.ID != v.Event {
		return item, 0, otherEvent(v)
	}
	return item, len(kept) + len(raw), nil
}

func (l *logPages) read(ctx context.Context, seq uint64) error {
	if l.seq == seq {
		return nil
	}
	data, err := l.room.LogMessage(ctx, seq)
	if l.gone = fusion.KindOf(err) == fusion.KindNotFound; err != nil && !l.gone {
		return err
	}
	l.seq, l.events = seq, nil
	if l.gone {
		return nil
	}
	if trimmed := bytes.TrimSpace(data); len(trimmed) > 0 && trimmed[0] == '{' {
		l.events = []jsontext.Value{trimmed}
		return nil
	}
	if err := json.Unmarshal(data, &l.events); err != nil {
		return fusion.Errorf(fusion.KindCorrupt, "read the log", "message %d: %w", seq, err)
	}
	return nil
}

func otherEvent(v *fusion.Evidence) error {
	return fusion.Errorf(fusion.KindCorrupt, "read an event of the log", "%d.%d is not event %s", v.Log.Sequence, v.Log.Index, v.Event).
		WithHint("was the log made anew or restored otherwise since?")
}
