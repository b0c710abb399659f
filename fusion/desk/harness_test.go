package desk_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/access"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/audit"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/store"
)

var quiet = slog.New(slog.DiscardHandler)

// harness is a desk on a real bus and a real store. The test is the engine.
type harness struct {
	t     testing.TB
	bus   *bus.Bus
	room  *room
	out   *bus.Output
	conns map[string]*nats.Conn
}

// room is what a desk needs of a room for its queries.
type room struct {
	desk.Backend
	*app.Revisions
	log   *bus.Log
	store *store.Store
	users access.Users

	mu      sync.Mutex
	entries []audit.Entry
	full    bool // no entry can be stored
}

// Store is that of the engine now.
func (r *room) Store() *store.Store {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.store
}

// use makes the room another one.
func (r *room) use(s *store.Store) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.store = s
}

func (r *room) Users() access.Users { return r.users }

func (r *room) Stored(ctx context.Context) (desk.RevisionsState, error) {
	return r.Revisions.Stored(ctx)
}

func (r *room) StoredIDs(ctx context.Context) ([]fusion.PictureID, error) {
	return r.Revisions.StoredIDs(ctx)
}

func (r *room) LastRevisions(ctx context.Context, ids []fusion.PictureID, upTo desk.UpTo, do func(desk.Revision) error) error {
	return r.Revisions.LastRevisions(ctx, ids, upTo, do)
}

func (r *room) RevisionsFrom(ctx context.Context, seq uint64, id fusion.PictureID, limit int) ([]desk.Revision, error) {
	return r.Revisions.RevisionsFrom(ctx, seq, id, limit)
}

func (r *room) Changes() <-chan struct{} { return r.Revisions.Changes() }

func (r *room) LogMessage(ctx context.Context, seq uint64) ([]byte, error) {
	m, err := r.log.Get(ctx, seq)
	return m.Data, err
}

func (r *room) Audit(_ context.Context, e audit.Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.full {
		return fusion.Errorf(fusion.KindUnavailable, "audit", "%w", errors.New("the stream is full"))
	}
	r.entries = append(r.entries, e)
	return nil
}

// audited takes the entries since the last call.
func (r *room) audited() []audit.Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.entries
	r.entries = nil
	return list
}

func (r *room) fill(full bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.full = full
}

// people are the users of the harness.
var people = []access.User{
	{Name: "wall", Role: access.Reader, Purpose: "wall"},
	{Name: "maas", Role: access.Reader, Areas: []string{"maas"}},
	{Name: "fires", Role: access.Reader, Kinds: []string{"fire"}},
	{Name: "green", Role: access.Operator, TLP: "green"},
	{Name: "jan", Role: access.Operator},
	{Name: "chief", Role: access.Supervisor},
	{Name: "gateway", Role: access.Operator, SpeaksFor: []string{"piet"}},
}

func newHarness(t testing.TB, s *store.Store) *harness {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var users []bus.User
	h := &harness{t: t, room: &room{store: s, users: access.Users{}}, conns: map[string]*nats.Conn{}}
	for _, u := range people {
		h.room.users[u.Name] = u
		users = append(users, bus.User{Name: u.Name, Role: bus.Role(u.Role), Password: u.Name})
	}
	var err error
	if h.bus, err = bus.Start(ctx, bus.Options{Dir: t.TempDir(), Listen: "127.0.0.1:0", MaxStore: 1 << 30, NoSyncAlways: true, Users: users}, quiet); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.bus.Close)
	if err := bus.Migrate(ctx, h.bus.JS(), bus.Settings{MaxStore: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	if h.room.Revisions, err = app.NewRevisions(h.bus.JS()); err != nil {
		t.Fatal(err)
	}
	if h.room.log, err = bus.OpenLog(ctx, h.bus.JS()); err != nil {
		t.Fatal(err)
	}
	if h.out, err = bus.NewOutput(context.WithoutCancel(t.Context()), h.bus.JS(), fusion.StreamPictures); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.out.Close)
	d, err := desk.Serve(h.bus.Conn(), h.room, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Stop(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// as is the connection of a user.
func (h *harness) as(user string) *nats.Conn {
	h.t.Helper()
	if nc := h.conns[user]; nc != nil {
		return nc
	}
	nc, err := nats.Connect(h.bus.ClientURL(), nats.UserInfo(user, user), nats.CustomInboxPrefix(bus.InboxPrefix(user)))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(nc.Close)
	h.conns[user] = nc
	return nc
}

// try asks as a user.
func try[Reply any](h *harness, user, endpoint string, request any) (Reply, error) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	return desk.Ask[Reply](ctx, h.as(user), endpoint, request)
}

// ask asks what must be answered.
func ask[Reply any](h *harness, user, endpoint string, request any) Reply {
	h.t.Helper()
	reply, err := try[Reply](h, user, endpoint, request)
	if err != nil {
		h.t.Fatalf("%s asks %s: %v", user, endpoint, err)
	}
	return reply
}

// change does what a step of the engine does with pictures: one more revision
// of each, in the store and then in the stream.
func (h *harness) change(pictures ...*fusion.Picture) {
	h.t.Helper()
	seq := h.room.store.Table().Applied + 1
	for i, p := range pictures {
		p.Revision++
		p.At = fusion.Place{Seq: seq, N: i + 1}.String()
	}
	put(h.t, h.room.store, seq, pictures...)
	h.send(seq, pictures...)
}

func (h *harness) send(seq uint64, pictures ...*fusion.Picture) {
	h.t.Helper()
	for i, p := range pictures {
		b, err := fusion.Encode(p)
		if err == nil {
			err = h.out.Publish(h.t.Context(), "iroom.out.picture."+string(p.ID), b, fusion.Place{Seq: seq, N: i + 1})
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

// flush waits until the stream has all.
func (h *harness) flush() {
	h.t.Helper()
	if err := h.out.Flush(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func newStore(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// shortly is for a request that nobody will answer.
func shortly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}
