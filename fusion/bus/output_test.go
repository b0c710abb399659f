package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

func benchmarkLog(b *testing.B) (*bus.Bus, *bus.Log) {
	b.Helper()
	r, err := bus.Start(b.Context(), bus.Options{Dir: b.TempDir(), MaxStore: 1 << 30}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(r.Close)
	if err := bus.Migrate(b.Context(), r.JS(), bus.Settings{MaxStore: 1 << 30}); err != nil {
		b.Fatal(err)
	}
	log, err := bus.OpenLog(b.Context(), r.JS())
	if err != nil {
		b.Fatal(err)
	}
	return r, log
}

func newOutput(t *testing.T, b *bus.Bus) *bus.Output {
	t.Helper()
	o, err := bus.NewOutput(limited(t), b.JS(), fusion.StreamHits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

func publish(ctx context.Context, o *bus.Output, seq int) error {
	return o.Publish(ctx, "iroom.out.hit.fire", fmt.Append(nil, seq), fusion.Place{Seq: uint64(seq), Index: 1, N: 2})
}

// checkStored asserts that the stream holds 1..n, each once and in order.
func checkStored(t *testing.T, b *bus.Bus, n int) {
	t.Helper()
	ctx := limited(t)
	s, err := b.JS().Stream(ctx, fusion.StreamHits)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.CachedInfo().State.LastSeq; got != uint64(n) {
		t.Errorf("%d outputs are stored, want %d", got, n)
	}
	for i := 1; i <= n; i++ {
		m, err := s.GetMsg(ctx, uint64(i))
		if err != nil || string(m.Data) != fmt.Sprint(i) {
			t.Fatalf("message %d is %v (%v)", i, m, err)
		}
	}
}

func TestOutputPassesOverWhatIsStored(t *testing.T) {
	b := room(t, bus.Options{})
	ctx := limited(t)
	first := newOutput(t, b)
	if first.Cursor() != (fusion.Place{}) {
		t.Errorf("an empty stream has the cursor %s", first.Cursor())
	}
	for i := 1; i <= 5; i++ {
		if err := publish(ctx, first, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	first.Close()
	second := newOutput(t, b)
	if second.Cursor() != (fusion.Place{Seq: 5, Index: 1, N: 2}) {
		t.Errorf("the cursor is %s", second.Cursor())
	}
	for i := 1; i <= 8; i++ {
		if err := publish(ctx, second, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := second.Flush(ctx); err != nil || second.Skipped() != 5 {
		t.Errorf("%d skipped, %v", second.Skipped(), err)
	}
	checkStored(t, b, 8)
}

func TestSecondWriterIsRefused(t *testing.T) {
	b := room(t, bus.Options{})
	ctx := limited(t)
	first, second := newOutput(t, b), newOutput(t, b)
	if err := errors.Join(publish(ctx, first, 1), first.Flush(ctx)); err != nil {
		t.Fatal(err)
	}
	// The second makes the same output at the same place, as a replay would.
	err := errors.Join(publish(ctx, second, 1), second.Flush(ctx))
	if !errors.Is(err, bus.ErrFenced) || fusion.KindOf(err) != fusion.KindConflict {
		t.Errorf("the second got %v", err)
	}
	if err := publish(ctx, second, 2); !errors.Is(err, bus.ErrFenced) {
		t.Errorf("and then %v", err)
	}
	if err := errors.Join(publish(ctx, first, 2), first.Flush(ctx)); err != nil {
		t.Errorf("the first got %v", err)
	}
	checkStored(t, b, 2)
}

// TestOutputsOnceAcrossRestarts restarts the server while outputs are in
// flight, so that publishes and acknowledgements get lost.
func TestOutputsOnceAcrossRestarts(t *testing.T) {
	const total, restarts = 1500, 4
	b := room(t, bus.Options{})
	ctx := limited(t)
	o := newOutput(t, b)
	half := make(chan struct{}, restarts)
	done := make(chan error, 1)
	go func() {
		for i := 1; i <= total; i++ {
			if err := publish(ctx, o, i); err != nil {
				done <- err
				return
			}
			if i%(total/(restarts+1)) == 0 && i < total {
				half <- struct{}{}
			}
		}
		done <- o.Flush(ctx)
	}()
	for range restarts {
		<-half
		if err := b.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	checkStored(t, b, total)
}

func TestFlushEndsWithItsContext(t *testing.T) {
	b := room(t, bus.Options{})
	o := newOutput(t, b)
	b.Kill()
	ctx, cancel := context.WithCancel(t.Context())
	if err := publish(ctx, o, 1); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := o.Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
