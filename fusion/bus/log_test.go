package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

func TestReadReportsHoles(t *testing.T) {
	b := room(t, bus.Options{})
	log := openLog(t, b)
	ctx := limited(t)
	for range 10 {
		if _, err := publishUntil(ctx, log); err != nil {
			t.Fatal(err)
		}
	}
	s, err := b.JS().Stream(ctx, fusion.StreamRoom)
	if err != nil {
		t.Fatal(err)
	}
	for _, seq := range []uint64{1, 2, 5, 8, 9} {
		if err := s.DeleteMsg(ctx, seq); err != nil {
			t.Fatal(err)
		}
	}
	for from, want := range map[uint64]string{0: "3+2 4+0 6+1 7+0 10+2", 4: "4+0 6+1 7+0 10+2", 8: "10+2", 10: "10+0"} {
		if got := readTo(t, log, from, 10); got != want {
			t.Errorf("from %d: %s, want %s", from, got, want)
		}
	}
	if state, err := log.State(ctx); err != nil || state.First != 3 || state.Last != 10 || state.Created.IsZero() {
		t.Errorf("state %+v, %v", state, err)
	}
}

// readTo writes each message up to sequence last as sequence+gap.
func readTo(t *testing.T, log *bus.Log, from, last uint64) string {
	t.Helper()
	ctx, stop := context.WithCancel(limited(t))
	defer stop()
	var got []string
	err := log.Read(ctx, from, func(m bus.Message) error {
		got = append(got, fmt.Sprintf("%d+%d", m.Seq, m.Gap))
		if m.Time.IsZero() || m.Time.Location() != time.UTC || m.Subject != fusion.SubjectTick {
			t.Errorf("message %+v", m)
		}
		if m.Seq >= last {
			stop()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(got, " ")
}

// TestReadGoesOnAcrossRestarts reads while another goroutine writes and the
// server is restarted under both.
func TestReadGoesOnAcrossRestarts(t *testing.T) {
	const restarts, total = 3, 400
	b := room(t, bus.Options{})
	log := openLog(t, b)
	ctx := limited(t)
	acked := make(chan []uint64, 1)
	go func() {
		var seqs []uint64
		for len(seqs) < total && ctx.Err() == nil {
			if seq, err := log.Publish(ctx, fusion.SubjectTick, nil, time.Hour, nil); err == nil {
				seqs = append(seqs, seq)
			}
		}
		acked <- seqs
	}()
	reading, stop := context.WithCancel(ctx)
	defer stop()
	var got []uint64
	done := make(chan error, 1)
	seen := make(chan uint64, 10*total)
	go func() {
		done <- log.Read(reading, 1, func(m bus.Message) error {
			if got = append(got, m.Seq); m.Gap != 0 || m.Seq != uint64(len(got)) {
				return fmt.Errorf("message %d with gap %d came as number %d", m.Seq, m.Gap, len(got))
			}
			seen <- m.Seq
			return nil
		})
	}()
	for i := range uint64(restarts) {
		for seq := uint64(0); seq < (i+1)*total/(restarts+1); {
			seq = await(t, seen, done)
		}
		if err := b.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	seqs := <-acked
	if len(seqs) != total {
		t.Fatalf("%d of %d were acknowledged", len(seqs), total)
	}
	for seq := uint64(0); seq < slices.Max(seqs); {
		seq = await(t, seen, done)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for _, seq := range seqs {
		if _, ok := slices.BinarySearch(got, seq); !ok {
			t.Errorf("message %d was acknowledged and not read", seq)
		}
	}
}

func await(t *testing.T, seen <-chan uint64, done <-chan error) uint64 {
	t.Helper()
	select {
	case seq := <-seen:
		return seq
	case err := <-done:
		t.Fatalf("reading ended: %v", err)
	case <-time.After(patience):
		t.Fatal("nothing more was read")
	}
	return 0
}

func TestReadStopsOnAnotherLog(t *testing.T) {
	b := room(t, bus.Options{})
	log := openLog(t, b)
	ctx := limited(t)
	if err := b.JS().DeleteStream(ctx, fusion.StreamRoom); err != nil {
		t.Fatal(err)
	}
	if err := bus.Migrate(ctx, b.JS(), bus.Settings{MaxStore: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	err := log.Read(ctx, 1, func(bus.Message) error { return nil })
	if !errors.Is(err, bus.ErrRecreated) || fusion.KindOf(err) != fusion.KindCorrupt {
		t.Errorf("got %v", err)
	}
}

// TestReadNoticesAnotherLogWhileItReads makes the log anew under a reader.
func TestReadNoticesAnotherLogWhileItReads(t *testing.T) {
	b := room(t, bus.Options{})
	log := openLog(t, b)
	ctx := limited(t)
	if _, err := publishUntil(ctx, log); err != nil {
		t.Fatal(err)
	}
	err := log.Read(ctx, 1, func(bus.Message) error {
		return errors.Join(b.JS().DeleteStream(ctx, fusion.StreamRoom), bus.Migrate(ctx, b.JS(), bus.Settings{MaxStore: 1 << 30}))
	})
	if !errors.Is(err, bus.ErrRecreated) {
		t.Errorf("got %v", err)
	}
}

// TestReadEndsWhileTheBusIsAway cancels a reader that waits for a dead server.
func TestReadEndsWhileTheBusIsAway(t *testing.T) {
	b := room(t, bus.Options{})
	log := openLog(t, b)
	if _, err := publishUntil(limited(t), log); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- log.Read(ctx, 1, func(bus.Message) error {
			b.Kill()
			stop()
			return nil
		})
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("Read did not end")
	}
}

func TestReadReturnsTheCallersError(t *testing.T) {
	log := openLog(t, room(t, bus.Options{}))
	if _, err := publishUntil(limited(t), log); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	if err := log.Read(limited(t), 1, func(bus.Message) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}

func TestPublishExpects(t *testing.T) {
	log := openLog(t, room(t, bus.Options{}))
	ctx := limited(t)
	for i := range uint64(3) {
		if seq, err := log.Publish(ctx, fusion.SubjectTick, nil, 0, new(i)); err != nil || seq != i+1 {
			t.Fatalf("got %d, %v", seq, err)
		}
	}
	_, err := log.Publish(ctx, fusion.SubjectTick, nil, 0, new(uint64(1)))
	if !errors.Is(err, bus.ErrFenced) || fusion.KindOf(err) != fusion.KindConflict {
		t.Errorf("a stale expectation gives %v", err)
	}
}

func BenchmarkRead(b *testing.B) {
	benchRoom, log := benchmarkLog(b)
	data := make([]byte, 100<<10)
	for range 200 {
		if _, err := log.Publish(b.Context(), fusion.SubjectTick, data, 0, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(200 * int64(len(data)))
	for b.Loop() {
		ctx, stop := context.WithCancel(b.Context())
		if err := log.Read(ctx, 1, func(m bus.Message) error {
			if m.Seq == 200 {
				stop()
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
		stop()
	}
	benchRoom.Close()
}
