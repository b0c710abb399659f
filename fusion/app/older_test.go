package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openiroom/iroom/fusion"
)

// busDir is the folder of the log.
func (h *home) busDir() string { return filepath.Join(h.dir, "data", "bus") }

// keepLog copies the log of a stopped room, and returns what puts it back.
func (h *home) keepLog() (restore func()) {
	h.t.Helper()
	kept := filepath.Join(h.t.TempDir(), "bus")
	if err := os.CopyFS(kept, os.DirFS(h.busDir())); err != nil {
		h.t.Fatal(err)
	}
	return func() {
		h.t.Helper()
		if err := os.RemoveAll(h.busDir()); err != nil {
			h.t.Fatal(err)
		}
		if err := os.CopyFS(h.busDir(), os.DirFS(kept)); err != nil {
			h.t.Fatal(err)
		}
	}
}

// TestOlderLogIsRefused starts a room whose log was restored from a backup that
// is older than its checkpoint. What comes next on such a log has sequences
// that the checkpoint contains already, so the room would pass it over: no
// flag makes it start. Without the checkpoints it does.
func TestOlderLogIsRefused(t *testing.T) {
	h := newHome(t)
	h.live(3)
	restore := h.keepLog()
	h.live(5)
	restore()
	for _, acceptLoss := range []bool{false, true} {
		h.neverStarts(acceptLoss, "before the checkpoint", "it is older", "move the checkpoints")
	}
	h.forget()
	h.live(1)
}

// TestNewLogIsRefused is the same with a log that was made anew.
func TestNewLogIsRefused(t *testing.T) {
	h := newHome(t)
	h.live(3)
	if err := os.RemoveAll(h.busDir()); err != nil {
		t.Fatal(err)
	}
	for _, acceptLoss := range []bool{false, true} {
		h.neverStarts(acceptLoss, "the log was made anew", "move the checkpoints")
	}
	h.forget()
	h.live(1)
}

func (h *home) neverStarts(acceptLoss bool, words ...string) {
	h.t.Helper()
	r, err := h.start(acceptLoss)
	if err == nil {
		r.Stop()
		h.t.Fatalf("the room starts, --accept-loss is %t", acceptLoss)
	}
	if fusion.KindOf(err) != fusion.KindCorrupt {
		h.t.Errorf("the kind is %s", fusion.KindOf(err))
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			h.t.Errorf("%q is not in: %v", w, err)
		}
	}
}
