package main

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

// TestBackupOfARoomAtWork copies a room of the real binary under load, kills a
// restore of it halfway, restores it, and lets the restored room go on.
func TestBackupOfARoomAtWork(t *testing.T) {
	r := newKillRoom(t)
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() { r.send(ctx) })
	}
	process := r.start()
	for r.checkpoints() == 0 {
		r.waitForProgress()
	}
	file := filepath.Join(t.TempDir(), "room.backup")
	r.iroom(0, "backup", file, "--config", filepath.Join(r.dir, "room.yaml"))
	r.waitForProgress()
	cancel()
	load.Wait()
	r.interrupt(process)
	r.iroom(0, "backup", "verify", file)
	r.iroom(1, "backup", file, "--config", filepath.Join(r.dir, "room.yaml")) // it is there

	dir := filepath.Join(t.TempDir(), "again")
	r.killRestore(file, dir)
	r.iroom(0, "restore", file, dir)
	r.iroom(1, "restore", file, dir) // it is there
	again := &killRoom{t: t, dir: dir, binary: r.binary, url: r.url, log: r.log, acked: r.acked}
	again.next.Store(r.next.Load())
	again.verify()
	last := sameLog(t, filepath.Join(r.dir, "room", "bus"), filepath.Join(dir, "data", "bus"))

	ctx, cancel = context.WithCancel(t.Context())
	load.Go(func() { again.send(ctx) })
	process = again.start()
	again.waitForProgress()
	cancel()
	load.Wait()
	again.interrupt(process)
	again.verify()
	if now := lastOfLog(t, filepath.Join(dir, "data", "bus")); now <= last {
		t.Errorf("the restored log ends at %d as before", now)
	}
}

func (r *killRoom) checkpoints() int {
	names, err := filepath.Glob(filepath.Join(r.dir, "room", "state", "checkpoint-*.iroom"))
	if err != nil {
		r.t.Fatal(err)
	}
	return len(names)
}

// iroom runs a command line that must end with the code.
func (r *killRoom) iroom(code int, args ...string) {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), r.binary, args...)
	out, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		r.t.Fatalf("iroom %q ends with %d: %v\n%s", args, got, err, out)
	}
}

// killRestore kills a restore as soon as it has begun.
func (r *killRoom) killRestore(file, dir string) {
	r.t.Helper()
	cmd := exec.Command(r.binary, "restore", file, dir)
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !exists(r.t, dir+".partial"); {
		if time.Now().After(deadline) {
			r.t.Fatal("the restore does not begin")
		}
		r.until(time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		r.t.Fatal("the restore ended before it was killed")
	}
	if exists(r.t, dir) {
		r.t.Error("a restore that was killed left a room that looks whole")
	}
}

func exists(t *testing.T, name string) bool {
	t.Helper()
	_, err := os.Stat(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

// sameLog checks that a restored log has the messages of the original, up to
// the last, which it returns.
func sameLog(t *testing.T, original, restored string) uint64 {
	last := lastOfLog(t, restored)
	want, got := logOf(t, original, last), logOf(t, restored, last)
	if len(want) != len(got) || last == 0 {
		t.Fatalf("%d messages are restored, of %d", len(got), len(want))
	}
	for i, w := range want {
		if g := got[i]; g.Sequence != w.Sequence || g.Subject != w.Subject || !g.Time.Equal(w.Time) || !bytes.Equal(g.Data, w.Data) {
			t.Fatalf("message %d is restored as %+v, was %+v", w.Sequence, g, w)
		}
	}
	return last
}

func openBus(t *testing.T, dir string) *bus.Bus {
	t.Helper()
	b, err := bus.Start(t.Context(), bus.Options{Dir: dir, MaxStore: 1 << 30}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func lastOfLog(t *testing.T, dir string) uint64 {
	b := openBus(t, dir)
	defer b.Close()
	s, err := b.JS().Stream(t.Context(), fusion.StreamRoom)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.LastSeq
}

func logOf(t *testing.T, dir string, last uint64) (list []*jetstream.RawStreamMsg) {
	b := openBus(t, dir)
	defer b.Close()
	s, err := b.JS().Stream(t.Context(), fusion.StreamRoom)
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(1); seq <= last; seq++ {
		m, err := s.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}
