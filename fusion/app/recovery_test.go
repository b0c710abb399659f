package app_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

var quiet = slog.New(slog.DiscardHandler)

// home is the folder of a room that is started and stopped.
type home struct {
	t   *testing.T
	dir string
	cfg *config.Config
}

func newHome(t *testing.T) *home {
	dir := t.TempDir()
	cfg, err := config.Parse(filepath.Join(dir, "room.yaml"), []byte("dir: data\nbus: {max_store: 1GB}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return &home{t, dir, cfg}
}

func (h *home) start(acceptLoss bool) (*app.Room, error) {
	return app.Start(h.t.Context(), app.Options{Config: h.cfg, Log: quiet, AcceptLoss: acceptLoss})
}

// live starts the room, changes a watchlist n times and stops it.
func (h *home) live(n int) {
	h.t.Helper()
	r, err := h.start(false)
	if err != nil {
		h.t.Fatal(err)
	}
	defer r.Stop()
	for range n {
		change := desk.ListChangeRequest{List: "stolen-plates", Change: engine.ListChange{Put: []store.ListEntry{{Value: "AB123C"}}}}
		if _, err := r.ChangeList(h.t.Context(), change); err != nil {
			h.t.Fatal(err)
		}
	}
}

// tamper changes the log of a stopped room.
func (h *home) tamper(do func(ctx context.Context, s jetstream.Stream) error) {
	h.t.Helper()
	b, err := bus.Start(h.t.Context(), bus.Options{Dir: filepath.Join(h.dir, "data", "bus")}, quiet)
	if err != nil {
		h.t.Fatal(err)
	}
	defer b.Close()
	s, err := b.JS().Stream(h.t.Context(), fusion.StreamRoom)
	if err == nil {
		err = do(h.t.Context(), s)
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *home) forget() {
	h.t.Helper()
	if err := os.RemoveAll(filepath.Join(h.dir, "data", "state")); err != nil {
		h.t.Fatal(err)
	}
}

// refuses checks that the room does not start, with words that say why and
// what to do, and that it starts when the loss is accepted.
func (h *home) refuses(words ...string) {
	h.t.Helper()
	r, err := h.start(false)
	if err == nil {
		r.Stop()
		h.t.Fatal("the room starts")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			h.t.Errorf("%q is not in: %v", w, err)
		}
	}
	if fusion.KindOf(err) != fusion.KindCorrupt {
		h.t.Errorf("the kind is %s", fusion.KindOf(err))
	}
	r, err = h.start(true)
	if err != nil {
		h.t.Fatalf("although the loss is accepted: %v", err)
	}
	r.Stop()
}

func TestStateComesBack(t *testing.T) {
	h := newHome(t)
	h.live(3)
	for _, lose := range []bool{false, true} {
		if lose {
			h.forget() // the log alone is enough
		}
		r, err := h.start(false)
		if err != nil {
			t.Fatal(err)
		}
		err = r.Store().View(func(tx *store.Tx) error {
			_, err := tx.Entry("stolen-plates", "AB123C")
			return err
		})
		r.Stop()
		if err != nil {
			t.Errorf("without checkpoint %v: %v", lose, err)
		}
	}
}

func TestPurgedPastTheCheckpointIsRefused(t *testing.T) {
	h := newHome(t)
	h.live(3)
	state := filepath.Join(h.dir, "data", "state")
	kept := checkpoints(t, state)
	h.live(5)
	restore(t, state, kept)
	h.tamper(func(ctx context.Context, s jetstream.Stream) error {
		return s.Purge(ctx, jetstream.WithPurgeKeep(1))
	})
	h.refuses("was purged", "--accept-loss")
}

func TestLogWithoutBeginningAndWithoutCheckpointIsRefused(t *testing.T) {
	h := newHome(t)
	h.live(3)
	h.forget()
	h.tamper(func(ctx context.Context, s jetstream.Stream) error { return s.Purge(ctx, jetstream.WithPurgeKeep(2)) })
	h.refuses("there is no checkpoint and the log begins at message", "--accept-loss")
}

func TestYoungHoleIsRefused(t *testing.T) {
	h := newHome(t)
	h.live(4)
	h.forget()
	h.tamper(func(ctx context.Context, s jetstream.Stream) error { return s.DeleteMsg(ctx, 3) })
	h.refuses("are missing that cannot have expired yet", "--accept-loss")
}

func checkpoints(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	names, err := filepath.Glob(filepath.Join(dir, "checkpoint-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if files[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func restore(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
