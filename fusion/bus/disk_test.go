//go:build linux

package bus_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

// TestDiskFullHeals fills the disk under the store, sees publishes fail, and
// frees space; the watch restarts the server and nothing acknowledged is lost.
func TestDiskFullHeals(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=48m"); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	b := start(t, bus.Options{Dir: filepath.Join(dir, "bus"), MaxStore: 1 << 30, Ballast: 8 << 20, HealthEvery: 50 * time.Millisecond})
	t.Cleanup(b.Close)
	if err := bus.Migrate(t.Context(), b.JS(), bus.Settings{MaxStore: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	log := openLog(t, b)
	acked := fillUp(t, log, filepath.Join(dir, "filler"))
	ctx, stop := context.WithCancel(limited(t))
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	seq := acked
	var err error
	for seq == acked {
		short, cancel := context.WithTimeout(ctx, time.Second)
		if seq, err = log.Publish(short, fusion.SubjectTick, []byte("healed"), 0, nil); err != nil {
			seq = acked
		}
		cancel()
		if ctx.Err() != nil {
			t.Fatalf("the bus did not heal: %v", err)
		}
	}
	checkTicks(t, log, acked, seq)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// fillUp takes the disk's space and publishes until that fails; it returns the
// last acknowledged sequence.
func fillUp(t *testing.T, log *bus.Log, filler string) (acked uint64) {
	t.Helper()
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := uint64(1); ; i++ {
		if i == 20 {
			for err == nil {
				_, err = f.Write(make([]byte, 1<<16))
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		seq, err := log.Publish(ctx, fusion.SubjectTick, append(fmt.Appendf(nil, "%d ", i), make([]byte, 64<<10)...), 0, nil)
		cancel()
		if err != nil {
			return acked
		}
		acked = seq
	}
}

func checkTicks(t *testing.T, log *bus.Log, acked, last uint64) {
	t.Helper()
	ctx, stop := context.WithCancel(limited(t))
	defer stop()
	err := log.Read(ctx, 1, func(m bus.Message) error {
		var i uint64
		if m.Seq <= acked {
			if _, err := fmt.Sscanf(string(m.Data), "%d ", &i); err != nil || i != m.Seq || m.Gap != 0 {
				return fmt.Errorf("message %d says %d, gap %d: %w", m.Seq, i, m.Gap, err)
			}
		}
		if m.Seq == last {
			stop()
		}
		return nil
	})
	if err != nil || !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("read back: %v", err)
	}
}
