package bus_test

import (
	"log/slog"
	"testing"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

// TestStoreMayShrinkAndGrow starts a room again with other limits; what it has
// must be there each time.
func TestStoreMayShrinkAndGrow(t *testing.T) {
	dir := t.TempDir()
	for i, size := range []int64{1 << 30, 128 << 20, 0, 2 << 30} {
		b, err := bus.Start(t.Context(), bus.Options{Dir: dir, MaxStore: size}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := bus.Migrate(t.Context(), b.JS(), bus.Settings{MaxStore: b.MaxStore()}); err != nil {
			t.Fatalf("start %d with %d bytes: %v", i, size, err)
		}
		log, err := bus.OpenLog(t.Context(), b.JS())
		if err != nil {
			t.Fatal(err)
		}
		if seq, err := log.Publish(t.Context(), fusion.SubjectTick, []byte("{}"), 0, nil); err != nil || seq != uint64(i+1) {
			t.Errorf("start %d with %d bytes: sequence %d, %v", i, size, seq, err)
		}
		b.Close()
	}
}

func TestTooSmallAStoreIsASentence(t *testing.T) {
	_, err := bus.Start(t.Context(), bus.Options{Dir: t.TempDir(), MaxStore: 1 << 20}, slog.New(slog.DiscardHandler))
	if fusion.KindOf(err) != fusion.KindUnavailable {
		t.Errorf("%v", err)
	}
}
