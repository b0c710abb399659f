package app_test

import (
	"bytes"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/store"
)

// TestDamagedCheckpointsGiveWayToTheLog damages one checkpoint after the other,
// the newest first: the room starts from the one before, at last from the log,
// has what it had, and says so.
func TestDamagedCheckpointsGiveWayToTheLog(t *testing.T) {
	h := newHome(t)
	for range 3 {
		h.live(1)
	}
	dir := filepath.Join(h.dir, "data", "state")
	kept := checkpoints(t, dir)
	for damaged := range len(kept) + 1 {
		restore(t, dir, damage(kept, damaged))
		var said bytes.Buffer
		r, err := app.Start(t.Context(), app.Options{Config: h.cfg, Log: slog.New(slog.NewTextHandler(&said, nil))})
		if err != nil {
			t.Fatal(err)
		}
		err = r.Store().View(func(tx *store.Tx) error {
			_, err := tx.Entry("stolen-plates", "AB123C")
			return err
		})
		r.Stop()
		if n := strings.Count(said.String(), "a checkpoint is damaged"); err != nil || n != damaged {
			t.Errorf("%d of %d are damaged: %d are told, %v\n%s", damaged, len(kept), n, err, said.String())
		}
	}
}

// damage cuts off the last byte of the newest checkpoints.
func damage(files map[string][]byte, newest int) map[string][]byte {
	files = maps.Clone(files)
	names := slices.Sorted(maps.Keys(files))
	for _, name := range names[len(names)-newest:] {
		files[name] = files[name][:len(files[name])-1]
	}
	return files
}
