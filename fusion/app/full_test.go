//go:build linux

package app_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// TestFullDiskLosesNothing fills the disk under a running room. It says so in
// its alarms; when there is space again it goes on by itself, with everything
// that was acknowledged, and its state is that of a fresh replay.
func TestFullDiskLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a while: the bus waits before it tries again")
	}
	h := onSmallDisk(t)
	r, err := h.start(false)
	if err != nil {
		t.Fatal(err)
	}
	stopped := false
	defer func() {
		if !stopped {
			r.Stop()
		}
	}()
	listed := &plates{home: h, room: r}
	for range 20 {
		if err := listed.put(); err != nil {
			t.Fatal(err)
		}
	}
	filler := filepath.Join(h.dir, "filler")
	h.eventually("an alarm", func() bool {
		fill(t, filler)
		if err := listed.put(); err == nil {
			return false
		}
		room, err := r.Room(t.Context())
		return err != nil || strings.Contains(strings.Join(room.Alarms, " "), "the bus")
	})
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	h.eventually("an acknowledgement after there was space", func() bool { return listed.put() == nil })
	h.eventually("the end of the alarms", func() bool {
		room, err := r.Room(t.Context())
		return err == nil && len(room.Alarms) == 0
	})
	listed.check()
	r.Stop()
	stopped = true
	v, err := app.Verify(t.Context(), h.cfg, quiet, func(uint64, uint64) {})
	if err != nil || v.Difference != "" {
		t.Errorf("%+v, %v", v, err)
	}
}

func onSmallDisk(t *testing.T) *home {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=160m"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	cfg, err := config.Parse(filepath.Join(dir, "room.yaml"), []byte("dir: data\nbus: {max_store: 1GB}\ncheckpoint: {every: 100ms}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return &home{t, dir, cfg}
}

// fill takes all space that is left.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return // not even a file fits
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// plates are entries of a watchlist that were acknowledged.
type plates struct {
	*home
	room  *app.Room
	tried int
	acked []string
}

func (p *plates) put() error {
	p.tried++
	value := fmt.Sprintf("AB%05d", p.tried)
	change := engine.ListChange{Put: []store.ListEntry{{Value: value, Note: strings.Repeat("x", 32<<10)}}}
	_, err := p.room.ChangeList(p.t.Context(), desk.ListChangeRequest{List: "stolen-plates", Change: change})
	if err == nil {
		p.acked = append(p.acked, value)
	}
	return err
}

func (p *plates) check() {
	p.t.Helper()
	err := p.room.Store().View(func(tx *store.Tx) error {
		for _, value := range p.acked {
			if _, err := tx.Entry("stolen-plates", value); err != nil {
				return fmt.Errorf("%s: %w", value, err)
			}
		}
		return nil
	})
	if err != nil {
		p.t.Errorf("of %d entries that were acknowledged: %v", len(p.acked), err)
	}
}

func (h *home) eventually(what string, holds func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("there was no %s", what)
		}
	}
}
