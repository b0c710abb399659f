package desk_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/store"
)

// subscriber is a client of the feed. It insists on hearing of each revision
// once, in order, and of nothing that it does not know.
type subscriber struct {
	*harness
	fail   func(format string, args ...any)
	filter desk.Filter
	cursor string
	knows  map[fusion.PictureID]uint64 // revisions
}

// begin takes a snapshot page by page; between is called between two pages.
func (s *subscriber) begin(limit int, between func()) {
	s.knows = map[fusion.PictureID]uint64{}
	for request := (desk.FeedSnapshotRequest{Filter: s.filter, Limit: limit}); ; {
		reply := ask[desk.FeedSnapshotReply](s.harness, "wall", desk.EndpointFeedSnapshot, request)
		for _, i := range reply.Incidents {
			if _, twice := s.knows[i.ID]; twice {
				s.fail("%s is in the snapshot twice", i.ID)
			}
			s.knows[i.ID] = i.Revision
		}
		if s.cursor != "" && s.cursor != reply.Cursor {
			s.fail("the cursor changes between pages")
		}
		s.cursor = reply.Cursor
		if request.Page = reply.Next; request.Page == "" {
			return
		}
		between()
	}
}

// follow takes one reply of changes.
func (s *subscriber) follow(limit, wait int) desk.FeedChangesReply {
	reply := ask[desk.FeedChangesReply](s.harness, "wall", desk.EndpointFeedChanges,
		desk.FeedChangesRequest{Filter: s.filter, Cursor: s.cursor, Limit: limit, Wait: wait})
	s.cursor = reply.Cursor
	seen := map[fusion.PictureID]bool{}
	for _, c := range reply.Changes {
		if seen[c.ID] {
			s.fail("%s comes twice in one reply", c.ID)
		}
		seen[c.ID] = true
		known, had := s.knows[c.ID]
		switch {
		case c.Summary == nil && !had:
			s.fail("%s leaves and was not there", c.ID)
		case c.Summary == nil:
			delete(s.knows, c.ID)
		case c.Summary.Revision <= known:
			s.fail("%s comes with revision %d after %d", c.ID, c.Summary.Revision, known)
		default:
			s.knows[c.ID] = c.Summary.Revision
		}
	}
	return reply
}

func (s *subscriber) catchUp(limit int) {
	for more := true; more; {
		reply := s.follow(limit, 0)
		more = reply.More || len(reply.Changes) > 0
	}
}

// TestFeedHasNoSeam takes snapshots and follows while pictures change, with
// the stream behind the store by any number of steps, as it is in a room.
func TestFeedHasNoSeam(t *testing.T) {
	h := newHarness(t, newStore(t))
	rooms := 0
	rapid.Check(t, func(rt *rapid.T) {
		rooms++ // each is a room of its own behind the same stream
		applied := h.room.store.Table().Applied + 1
		h.room.use(newStore(t))
		put(t, h.room.store, applied)
		clock := start.Add(24 * time.Hour)
		var pictures []*fusion.Picture
		type step struct {
			seq      uint64
			pictures []*fusion.Picture
		}
		var behind []step // of the store, not yet in the stream
		change := func() {
			for range rapid.IntRange(0, 4).Draw(rt, "steps") {
				if len(pictures) == 0 || rapid.IntRange(0, 3).Draw(rt, "new") == 0 {
					pictures = append(pictures, scaled(len(pictures)))
					p := pictures[len(pictures)-1]
					p.ID, p.Revision = fusion.PictureID(fmt.Sprintf("%06d-%04d", rooms, len(pictures))), 0
				}
				p := rapid.SampledFrom(pictures).Draw(rt, "picture")
				mutate(rt, p, &clock)
				p.Revision++
				seq := h.room.store.Table().Applied + 1
				p.At = fusion.Place{Seq: seq, N: 1}.String()
				put(t, h.room.store, seq, p)
				copied := *p
				behind = append(behind, step{seq, []*fusion.Picture{&copied}})
			}
			for range rapid.IntRange(0, len(behind)).Draw(rt, "stored") {
				h.send(behind[0].seq, behind[0].pictures...)
				behind = behind[1:]
			}
			h.flush()
		}
		change()
		s := subscriber{harness: h, fail: rt.Fatalf, filter: desk.Filter{Areas: []string{"centrum", "maas"}}}
		s.begin(rapid.IntRange(1, 3).Draw(rt, "page"), change)
		for range rapid.IntRange(0, 5).Draw(rt, "looks") {
			change()
			s.follow(rapid.IntRange(1, 4).Draw(rt, "limit"), 0)
		}
		for _, b := range behind {
			h.send(b.seq, b.pictures...)
		}
		h.flush()
		s.catchUp(rapid.IntRange(1, 4).Draw(rt, "limit"))
		want := map[fusion.PictureID]uint64{}
		for _, p := range pictures {
			if p.Open() && p.Revision > 0 && slices.Contains(s.filter.Areas, p.Area) {
				want[p.ID] = p.Revision
			}
		}
		if !maps.Equal(s.knows, want) {
			rt.Fatalf("the subscriber knows %v, the room has %v", s.knows, want)
		}
	})
}

// TestFeedUnderLoad has subscribers that begin and follow while the room
// changes as fast as it can.
func TestFeedUnderLoad(t *testing.T) {
	const pictures, steps = 40, 600
	h := newHarness(t, scaledStore(t, pictures))
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range steps {
			p := scaled(i % pictures)
			p.Revision = uint64(i/pictures + 1)
			p.Area = areas[(i/pictures+i)%len(areas)]
			h.change(p)
		}
		h.flush()
	}()
	subscribers := make([]subscriber, 4)
	for i := range subscribers {
		subscribers[i] = subscriber{harness: h, fail: t.Fatalf, filter: desk.Filter{Areas: []string{"maas"}}}
		subscribers[i].begin(7, func() {})
		subscribers[i].follow(50, 100)
	}
	<-done
	want := map[fusion.PictureID]uint64{}
	for _, row := range h.room.store.Table().Rows() {
		if row.Area == "maas" {
			want[row.ID] = row.Revision
		}
	}
	for i := range subscribers {
		subscribers[i].catchUp(100)
		if len(want) == 0 || !maps.Equal(subscribers[i].knows, want) {
			t.Errorf("subscriber %d knows %v, the room has %v", i, subscribers[i].knows, want)
		}
	}
}

// TestFeedWaits has a client that waits until something changes.
func TestFeedWaits(t *testing.T) {
	h := newHarness(t, scaledStore(t, 3))
	s := subscriber{harness: h, fail: t.Fatalf}
	s.begin(10, func() {})
	got := make(chan desk.FeedChangesReply, 1)
	go func() { got <- s.follow(10, 20_000) }()
	p := scaled(1)
	h.change(p)
	select {
	case reply := <-got:
		if len(reply.Changes) != 1 || reply.Changes[0].ID != p.ID || reply.Changes[0].Summary.Revision != 2 {
			t.Errorf("it got %+v", reply)
		}
	case <-time.After(15 * time.Second):
		t.Error("it did not hear of the change")
	}
}

// TestSlowSubscriber comes back when the stream does not have any more what
// it has missed, and is told to begin again.
func TestSlowSubscriber(t *testing.T) {
	h := newHarness(t, scaledStore(t, 3))
	p := scaled(1)
	h.change(p)
	h.flush()
	s := subscriber{harness: h, fail: t.Fatalf}
	s.begin(10, func() {})
	for range 5 {
		h.change(p)
	}
	h.flush()
	if reply := s.follow(100, 0); len(reply.Changes) != 1 || reply.Changes[0].Summary.Revision != p.Revision {
		t.Fatalf("five revisions of one picture come as %+v", reply.Changes)
	}
	for range 5 {
		h.change(p)
	}
	h.flush()
	stream, err := h.bus.JS().Stream(t.Context(), fusion.StreamPictures)
	if err == nil {
		err = stream.Purge(t.Context(), jetstream.WithPurgeKeep(2))
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = try[desk.FeedChangesReply](h, "wall", desk.EndpointFeedChanges, desk.FeedChangesRequest{Cursor: s.cursor})
	if fusion.KindOf(err) != fusion.KindExpired {
		t.Fatalf("got %v", err)
	}
	s.cursor = ""
	s.begin(10, func() {})
	if s.knows[p.ID] != p.Revision {
		t.Errorf("the new snapshot has revision %d, want %d", s.knows[p.ID], p.Revision)
	}
}

// TestSnapshotThatWasLeftTooLong asks for a page of a snapshot of another
// process.
func TestSnapshotThatWasLeftTooLong(t *testing.T) {
	h, other := newHarness(t, scaledStore(t, 30)), newHarness(t, scaledStore(t, 30))
	first := ask[desk.FeedSnapshotReply](h, "wall", desk.EndpointFeedSnapshot, desk.FeedSnapshotRequest{Limit: 10})
	_, err := try[desk.FeedSnapshotReply](other, "wall", desk.EndpointFeedSnapshot, desk.FeedSnapshotRequest{Limit: 10, Page: first.Next})
	if fusion.KindOf(err) != fusion.KindExpired {
		t.Errorf("page: %v", err)
	}
	_, err = try[desk.FeedChangesReply](other, "wall", desk.EndpointFeedChanges, desk.FeedChangesRequest{Cursor: first.Cursor})
	if fusion.KindOf(err) != fusion.KindExpired {
		t.Errorf("changes: %v", err)
	}
	var none *store.Row
	if table := h.room.store.Table(); table.Same(10_000, "x") != none {
		t.Error("a slot beyond the table has a row")
	}
}
