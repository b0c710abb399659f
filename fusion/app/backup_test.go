package app_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/store"
)

func silent(string, int64) {}

// backedUp makes a backup of a stopped room.
func (h *home) backedUp() []byte {
	h.t.Helper()
	file := filepath.Join(h.dir, "room.yaml")
	if err := os.WriteFile(file, []byte("dir: data\nbus: {max_store: 1GB}\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
	var b bytes.Buffer
	m, err := app.Backup(h.t.Context(), h.cfg, file, nil, quiet, &b, silent)
	if err != nil {
		h.t.Fatal(err)
	}
	if m.Checkpoint == 0 || len(m.Streams) < 7 {
		h.t.Errorf("the backup has %+v", m)
	}
	return b.Bytes()
}

func TestRestoredRoomGoesOn(t *testing.T) {
	h := newHome(t)
	h.live(5)
	file, dir := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "again")
	if err := os.WriteFile(file, h.backedUp(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir+".partial", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Restore(t.Context(), file, dir, quiet, silent); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Restore(t.Context(), file, dir, quiet, silent); fusion.KindOf(err) != fusion.KindInvalid {
		t.Errorf("over a folder that is there: %v", err)
	}
	cfg, err := config.Load(filepath.Join(dir, "room.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	again := &home{t, dir, cfg}
	v, err := app.Verify(t.Context(), again.cfg, quiet, func(uint64, uint64) {})
	if err != nil || v.Difference != "" {
		t.Fatalf("%+v: %v", v, err)
	}
	last := h.lastMessage()
	if got := again.lastMessage(); got.Sequence != last.Sequence || !got.Time.Equal(last.Time) || !bytes.Equal(got.Data, last.Data) {
		t.Errorf("the last message is %+v, want %+v", got, last)
	}
	again.live(2)
	if got := again.lastMessage(); got.Sequence <= last.Sequence {
		t.Errorf("the log does not go on: it ends at %d", got.Sequence)
	}
}

// lastMessage is the newest one of the log of a stopped room.
func (h *home) lastMessage() (m *jetstream.RawStreamMsg) {
	h.t.Helper()
	h.tamper(func(ctx context.Context, s jetstream.Stream) (err error) {
		m, err = s.GetMsg(ctx, s.CachedInfo().State.LastSeq)
		return err
	})
	return m
}

// TestDamagedBackupIsRefused cuts a backup and flips bits of it: it is refused,
// or what it holds is the same all the same.
func TestDamagedBackupIsRefused(t *testing.T) {
	h := newHome(t)
	h.live(2)
	whole := h.backedUp()
	want, err := app.VerifyBackup(bytes.NewReader(whole), silent)
	if err != nil {
		t.Fatal(err)
	}
	end := bytes.LastIndex(whole, []byte("manifest.sha256")) + 512 + 64
	step := max(1, len(whole)/997)
	for i := 0; i < len(whole); i += step {
		if _, err := app.VerifyBackup(bytes.NewReader(whole[:i]), silent); i < end && fusion.KindOf(err) != fusion.KindCorrupt {
			t.Fatalf("cut at byte %d of %d: %v", i, len(whole), err)
		}
		whole[i] ^= 1 << (i % 8)
		got, err := app.VerifyBackup(bytes.NewReader(whole), silent)
		whole[i] ^= 1 << (i % 8)
		if err == nil && !reflect.DeepEqual(got, want) || err != nil && fusion.KindOf(err) != fusion.KindCorrupt {
			t.Fatalf("byte %d of %d flipped: %+v, %v", i, len(whole), got, err)
		}
	}
}

func TestBackupOfAnotherLogIsRefused(t *testing.T) {
	h := newHome(t)
	h.live(2)
	state := filepath.Join(h.dir, "data", "state")
	c, _, err := store.Newest(state)
	if err != nil {
		t.Fatal(err)
	}
	c.LogCreated = c.LogCreated.Add(1)
	if err := c.Write(state); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(h.dir, "room.yaml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = app.Backup(t.Context(), h.cfg, file, nil, quiet, new(bytes.Buffer), silent)
	if err == nil || !strings.Contains(err.Error(), "is not one of the log") {
		t.Errorf("%v", err)
	}
}
