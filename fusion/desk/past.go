package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// Revision is a stored revision of a picture.
type Revision struct {
	Seq    uint64       // in stream PICTURES
	Stored time.Time    // when the stream stored it: from then on the room could know
	Place  fusion.Place // on the log, of what it came from
	Data   []byte       // a [fusion.Picture]
}

// Decode reads the picture.
func (r Revision) Decode() (*fusion.Picture, error) {
	p := new(fusion.Picture)
	if err := json.Unmarshal(r.Data, p); err != nil {
		return nil, fusion.Errorf(fusion.KindCorrupt, fmt.Sprintf("read revision %d of the pictures", r.Seq), "%w", err)
	}
	return p, nil
}

// RevisionsState is what stream PICTURES holds.
type RevisionsState struct {
	Created     time.Time // a stream that was made anew is another one
	First, Last uint64    // sequences; First is Last+1 when it holds nothing
	Since       time.Time // when the first one was stored; zero when it holds nothing
}

// UpTo bounds revisions: by time, or by sequence; the zero value bounds none.
type UpTo struct {
	Time time.Time
	Seq  uint64
}

// Revisions reads stream PICTURES.
type Revisions interface {
	Stored(ctx context.Context) (RevisionsState, error)
	// StoredIDs are the pictures of which there is any revision.
	StoredIDs(ctx context.Context) ([]fusion.PictureID, error)
	// LastRevisions hands over the newest revision up to a bound of each of at
	// most 1000 pictures that has one.
	LastRevisions(ctx context.Context, ids []fusion.PictureID, upTo UpTo, do func(Revision) error) error
	// RevisionsFrom returns at most limit revisions, and at least one if there
	// is any, from a sequence on; of one picture unless id is "".
	RevisionsFrom(ctx context.Context, seq uint64, id fusion.PictureID, limit int) ([]Revision, error)
	// Changes is closed when a revision is stored after the call.
	Changes() <-chan struct{}
}

const (
	keepPasts = 4    // tables of past times that are kept
	pastBatch = 1000 // pictures that are read at once
)

// past makes tables of past times out of the stored revisions.
type past struct {
	stored Revisions

	mu   sync.Mutex
	made []*pastTable // the one used last at the end
}

// pastTable is a table of a past time, made once for all who ask meanwhile.
type pastTable struct {
	at    time.Time
	done  chan struct{}
	table *store.Table
	since string // why some of that past may be missing
	err   error
}

func newPast(r Revisions) *past { return &past{stored: r} }

// table is what the room had stored by then. The first who asks for a time
// starts the reading; it goes on when he does not wait for it.
func (p *past) table(ctx context.Context, at time.Time) (*store.Table, error) {
	t := p.begun(at.UTC())
	select {
	case <-t.done:
		return t.table, t.err
	case <-ctx.Done():
		return nil, fusion.Errorf(fusion.KindUnavailable, "read the past", "the pictures of %s are still being gathered", at.Format(time.RFC3339)).
			WithHint("ask again in a moment")
	}
}

func (p *past) begun(at time.Time) *pastTable {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.made, func(t *pastTable) bool { return t.at.Equal(at) })
	t := &pastTable{at: at, done: make(chan struct{})}
	if i >= 0 {
		t = p.made[i]
		p.made = slices.Delete(p.made, i, i+1)
	} else {
		go p.make(t)
	}
	p.made = append(p.made[max(0, len(p.made)-keepPasts+1):], t)
	return t
}

func (p *past) forget(t *pastTable) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made = slices.DeleteFunc(p.made, func(o *pastTable) bool { return o == t })
}

// makeWithin bounds the reading of a past time.
const makeWithin = 5 * time.Minute

func (p *past) make(t *pastTable) {
	defer close(t.done)
	ctx, cancel := context.WithTimeout(context.Background(), makeWithin)
	defer cancel()
	if t.table, t.since, t.err = p.gather(ctx, t.at); t.err != nil || time.Since(t.at) < 0 {
		p.forget(t) // what failed is tried again, and what is not over yet is not the same later
	}
}

func (p *past) gather(ctx context.Context, at time.Time) (*store.Table, string, error) {
	state, err := p.stored.Stored(ctx)
	if err != nil {
		return nil, "", err
	}
	ids, err := p.stored.StoredIDs(ctx)
	if err != nil {
		return nil, "", err
	}
	var rows []store.Row
	for batch := range slices.Chunk(ids, pastBatch) {
		err := p.stored.LastRevisions(ctx, batch, UpTo{Time: at}, func(r Revision) error {
			picture, err := r.Decode()
			if err == nil {
				rows = append(rows, store.RowOf(picture))
			}
			return err
		})
		if err != nil {
			return nil, "", err
		}
	}
	return store.TableOf(0, rows), kept(state), nil
}

// kept says what of the past is gone, "" when nothing is.
func kept(s RevisionsState) string {
	if s.First <= 1 {
		return ""
	}
	return fmt.Sprintf("revisions of before %s are not kept: what did not change between then and the time that was asked for is missing",
		s.Since.Format(time.RFC3339))
}

// partial says why a table of the past that was made may lack something.
func (p *past) partial(at time.Time) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.made {
		if t.at.Equal(at) {
			return t.since
		}
	}
	return ""
}

// errNone stands for a picture that had no revision by then.
var errNone = errors.New("none")

// picture is what the room had stored of one by then; zero: the newest.
func (p *past) picture(ctx context.Context, id fusion.PictureID, at time.Time) (found *fusion.Picture, err error) {
	err = errNone
	read := p.stored.LastRevisions(ctx, []fusion.PictureID{id}, UpTo{Time: at}, func(r Revision) error {
		found, err = r.Decode()
		return err
	})
	switch {
	case read != nil:
		return nil, read
	case err == nil:
		return found, nil
	case at.IsZero():
		return nil, noIncident(id)
	}
	state, err := p.stored.Stored(ctx)
	if err != nil {
		return nil, err
	}
	return nil, fusion.Errorf(fusion.KindNotFound, "", "there was no incident %q at %s", id, at.Format(time.RFC3339)).
		WithHint("%s", cmp.Or(kept(state), "it was opened later, or never"))
}

// RevisionsRequest asks for the revisions of a picture.
type RevisionsRequest struct {
	ID    fusion.PictureID `json:"id"`
	After uint64           `json:"after,omitzero"` // sequence of the last one of the page before
	Limit int              `json:"limit,omitzero"` // at most 200; 0: 50
}

// RevisionsReply is a page of revisions, the oldest first.
type RevisionsReply struct {
	Revisions []RevisionLine `json:"revisions"`
	Next      uint64         `json:"next,omitzero"`    // after of the next page, 0 at the end
	Partial   string         `json:"partial,omitzero"` // why the first ones are missing
}

// RevisionLine is one revision in short. The whole of it is the incident as
// of Stored.
type RevisionLine struct {
	Sequence uint64                 `json:"sequence"` // in stream PICTURES
	Stored   time.Time              `json:"stored"`
	Place    string                 `json:"place"` // on the log, of what made it
	Summary  Summary                `json:"summary"`
	New      []fusion.TimelineEntry `json:"new"` // lines of the timeline that it brought
}

func (d *Desk) revisions(ctx context.Context, c *call, r RevisionsRequest) (reply RevisionsReply, err error) {
	c.entry.Incident = r.ID
	if !fusion.IsToken(string(r.ID)) {
		return reply, noIncident(r.ID)
	}
	limit := pageSize(r.Limit)
	list, err := d.room.RevisionsFrom(ctx, r.After+1, r.ID, limit)
	if err != nil {
		return reply, err
	}
	withheld := 0
	for _, stored := range list {
		p, err := stored.Decode()
		if err != nil {
			return reply, err
		}
		line, err := revisionLine(c, stored, p)
		if err != nil {
			return reply, err
		}
		if line.Summary.Withheld != nil {
			withheld++
		}
		reply.Revisions = append(reply.Revisions, line)
		reply.Next = stored.Seq
	}
	c.hands(len(list), withheld)
	return reply, d.lastPage(ctx, r, &reply)
}

func revisionLine(c *call, stored Revision, p *fusion.Picture) (RevisionLine, error) {
	shown, err := show(c, p)
	if err != nil {
		return RevisionLine{}, err
	}
	row := store.RowOf(p)
	line := RevisionLine{Sequence: stored.Seq, Stored: stored.Stored, Place: stored.Place.String(), Summary: summarise(&row, c.user), New: []fusion.TimelineEntry{}}
	for _, t := range shown.Timeline {
		if t.Revision == p.Revision {
			line.New = append(line.New, t)
		}
	}
	return line, nil
}

// lastPage clears the way on when nothing comes behind a page, and says what
// is missing in front of the first.
func (d *Desk) lastPage(ctx context.Context, r RevisionsRequest, reply *RevisionsReply) error {
	if len(reply.Revisions) == 0 {
		if r.After == 0 {
			return noIncident(r.ID)
		}
		return nil
	}
	if r.After == 0 && reply.Revisions[0].Summary.Revision > 1 {
		state, err := d.room.Stored(ctx)
		if err != nil {
			return err
		}
		reply.Partial = kept(state)
	}
	behind, err := d.room.RevisionsFrom(ctx, reply.Next+1, r.ID, 1)
	if err == nil && len(behind) == 0 {
		reply.Next = 0
	}
	return err
}
