package desk

import (
	"context"
	"encoding/base64"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// FeedSnapshotRequest asks for a page of all incidents of a filter.
type FeedSnapshotRequest struct {
	Filter
	Limit int    `json:"limit,omitzero"` // at most 200; 0: 50
	Page  string `json:"page,omitzero"`  // next of the page before
}

// FeedSnapshotReply is one page. All pages show one moment; the changes after
// it follow Cursor, the same on all pages.
type FeedSnapshotReply struct {
	Incidents []Summary `json:"incidents"` // the oldest first
	Total     int       `json:"total"`
	Next      string    `json:"next,omitzero"` // page of the next one, "" at the end
	Cursor    string    `json:"cursor"`        // for [FeedChangesRequest]
	Limits    string    `json:"limits,omitzero"`
}

// FeedChangesRequest asks for what changed after a cursor.
type FeedChangesRequest struct {
	Filter
	Cursor string `json:"cursor"`
	Limit  int    `json:"limit,omitzero"` // revisions that are looked at in one go, at most 1000; 0: 200
	Wait   int    `json:"wait,omitzero"`  // ms to wait when nothing has changed; at most 25000
}

// FeedChangesReply is what changed, each incident once with its newest
// revision up to Cursor, in the order of those revisions.
type FeedChangesReply struct {
	Changes []FeedChange `json:"changes"`
	Cursor  string       `json:"cursor"`        // where to go on
	More    bool         `json:"more,omitzero"` // there is more already: ask again without waiting
	Limits  string       `json:"limits,omitzero"`
}

// FeedChange is an incident that came, changed or left.
type FeedChange struct {
	ID      fusion.PictureID `json:"id"`
	Summary *Summary         `json:"summary,omitzero"` // as it is now; absent: it left what the filter asks for
}

// feedCursor is a position in the feed: the client knows every revision up to
// Seq of stream PICTURES, and of later ones those that come from the log up to
// Applied.
type feedCursor struct {
	Stream  int64  `json:"s"` // creation of the stream, ns since 1970
	Seq     uint64 `json:"p"`
	Applied uint64 `json:"a"`
}

func (c feedCursor) encode() (string, error) {
	b, err := fusion.Encode(c)
	return base64.RawURLEncoding.EncodeToString(b), err
}

// feedPage is where a snapshot goes on.
type feedPage struct {
	cursor
	Feed string `json:"f"` // the cursor of the first page
}

func (d *Desk) feedSnapshot(ctx context.Context, c *call, r FeedSnapshotRequest) (reply FeedSnapshotReply, err error) {
	p := pages{sort: SortOldest, limit: pageSize(r.Limit)}
	if p.matcher, err = r.matcher(c.user); err != nil {
		return reply, err
	}
	at := feedPage{}
	if at.Asked, err = fingerprint(r.Filter); err != nil {
		return reply, err
	}
	if r.Page == "" {
		err = d.beginFeed(ctx, &p, &at)
	} else {
		err = d.resumeFeed(&p, r.Page, &at)
	}
	if err != nil {
		return reply, err
	}
	rows, total, next := p.page()
	if next != nil {
		at.After = *next
		b, err := fusion.Encode(at)
		if err != nil {
			return reply, err
		}
		reply.Next = base64.RawURLEncoding.EncodeToString(b)
	}
	var withheld int
	reply.Incidents, withheld = summaries(rows, c.user)
	reply.Total, reply.Cursor, reply.Limits = total, at.Feed, limits(c.user)
	c.hands(len(rows), withheld)
	return reply, nil
}

// beginFeed takes the position of the stream first and the table after it:
// the engine changes the table before it sends a revision, so the table has
// all up to that position. What it has beyond is known by its place on the log.
func (d *Desk) beginFeed(ctx context.Context, p *pages, at *feedPage) error {
	state, err := d.room.Stored(ctx)
	if err != nil {
		return err
	}
	p.base = d.room.Store().Table()
	p.now = p.base
	at.Table = d.shelf.keep(p.base, time.Now())
	at.Feed, err = feedCursor{state.Created.UnixNano(), state.Last, p.base.Applied}.encode()
	return err
}

func (d *Desk) resumeFeed(p *pages, page string, at *feedPage) error {
	asked := at.Asked
	if err := decodeCursor(page, at); err != nil {
		return err
	}
	if at.Asked != asked {
		return fusion.Errorf(fusion.KindInvalid, "read the cursor", "it belongs to another question").WithHint("ask for the first page")
	}
	if p.base = d.shelf.get(at.Table, time.Now()); p.base == nil {
		return expired("the snapshot is not kept any more")
	}
	p.now, p.after = p.base, &at.After
	return nil
}

const (
	defaultLook = 200
	maxLook     = 1000
	lookAgain   = time.Second // in case that a notice of a change was lost
)

func (d *Desk) feedChanges(ctx context.Context, c *call, r FeedChangesRequest) (reply FeedChangesReply, err error) {
	m, err := r.matcher(c.user)
	if err != nil {
		return reply, err
	}
	var at feedCursor
	if err := decodeCursor(r.Cursor, &at); err != nil {
		return reply, err
	}
	look := defaultLook
	if r.Limit > 0 {
		look = min(r.Limit, maxLook)
	}
	reply.Limits = limits(c.user)
	for until := time.Now().Add(min(time.Duration(max(0, r.Wait))*time.Millisecond, maxWait)); ; {
		changed := d.room.Changes()
		if err := d.advance(ctx, m, look, &at, &reply); err != nil {
			return reply, err
		}
		if len(reply.Changes) > 0 || !reply.More && !d.sleep(ctx, changed, time.Until(until)) {
			break
		}
	}
	if n := shown(reply.Changes); n[0] > 0 {
		c.hands(n[0], n[1])
	}
	reply.Cursor, err = at.encode()
	return reply, err
}

// shown counts the incidents of changes, and those with parts withheld.
func shown(list []FeedChange) (n [2]int) {
	for _, change := range list {
		if change.Summary != nil {
			n[0]++
			n[1] += min(1, len(change.Summary.Withheld))
		}
	}
	return n
}

// sleep waits for a change; false: there was none in time.
func (d *Desk) sleep(ctx context.Context, changed <-chan struct{}, atMost time.Duration) bool {
	if atMost <= 0 {
		return false
	}
	timer := time.NewTimer(min(atMost, lookAgain))
	defer timer.Stop()
	select {
	case <-changed:
		return true
	case <-timer.C:
		return true
	case <-d.stopping.Done():
	case <-ctx.Done():
	}
	return false
}

// advance looks at the next revisions and moves the cursor behind them.
func (d *Desk) advance(ctx context.Context, m *matcher, look int, at *feedCursor, reply *FeedChangesReply) error {
	list, err := d.room.RevisionsFrom(ctx, at.Seq+1, "", look)
	if err != nil {
		return err
	}
	if err := d.sameFeed(ctx, at, list); err != nil || len(list) == 0 {
		reply.More = false
		return err
	}
	b := batch{matcher: m, newest: map[fusion.PictureID]*store.Row{}, known: map[fusion.PictureID]*store.Row{}}
	for _, r := range list {
		if err := b.take(r, at.Applied); err != nil {
			return err
		}
	}
	if err := b.recall(ctx, d.room, at.Seq); err != nil {
		return err
	}
	reply.Changes = b.changes()
	at.Seq = list[len(list)-1].Seq
	reply.More = len(list) == look
	return nil
}

// sameFeed refuses a cursor behind which revisions are gone.
func (d *Desk) sameFeed(ctx context.Context, at *feedCursor, list []Revision) error {
	if len(list) > 0 && list[0].Seq != at.Seq+1 {
		return expired("the changes right after it are not kept any more")
	}
	state, err := d.room.Stored(ctx)
	switch {
	case err != nil:
		return err
	case state.Created.UnixNano() != at.Stream || state.Last < at.Seq:
		return expired("it is of another stream of pictures")
	case state.First > at.Seq+1:
		return expired("the changes right after it are not kept any more")
	}
	return nil
}

// batch is what some revisions do to what the client knows.
type batch struct {
	*matcher
	order  []fusion.PictureID              // of the newest revisions, the oldest first
	newest map[fusion.PictureID]*store.Row // that the client does not know
	known  map[fusion.PictureID]*store.Row // that it does, of the same pictures
}

// take takes the next revision. One that comes from a message of the log that
// the snapshot contains is known.
func (b *batch) take(r Revision, applied uint64) error {
	p, err := r.Decode()
	if err != nil {
		return err
	}
	row := store.RowOf(p)
	if r.Place.Seq <= applied {
		b.known[p.ID] = &row
		return nil
	}
	if b.newest[p.ID] != nil {
		b.order = slices.DeleteFunc(b.order, func(id fusion.PictureID) bool { return id == p.ID })
	}
	b.newest[p.ID] = &row
	b.order = append(b.order, p.ID)
	return nil
}

// recall finds out what the client knows of the pictures that do not match
// now: one that matched has left.
func (b *batch) recall(ctx context.Context, stored Revisions, seq uint64) error {
	var ids []fusion.PictureID
	for _, id := range b.order {
		if !b.matches(b.newest[id]) && b.known[id] == nil {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 || seq == 0 {
		return nil
	}
	return stored.LastRevisions(ctx, ids, UpTo{Seq: seq}, func(r Revision) error {
		p, err := r.Decode()
		if err == nil {
			row := store.RowOf(p)
			b.known[p.ID] = &row
		}
		return err
	})
}

func (b *batch) changes() []FeedChange {
	list := make([]FeedChange, 0, len(b.order))
	for _, id := range b.order {
		row := b.newest[id]
		if b.matches(row) {
			s := summarise(row, b.user)
			list = append(list, FeedChange{ID: id, Summary: &s})
		} else if was := b.known[id]; was != nil && b.matches(was) {
			list = append(list, FeedChange{ID: id})
		}
	}
	return list
}
