package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/ingest"
)

const patience = 30 * time.Second

var (
	quiet = slog.New(slog.DiscardHandler)
	noon  = time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
)

func startBus(tb testing.TB) *bus.Bus {
	tb.Helper()
	b, err := bus.Start(tb.Context(), bus.Options{Dir: tb.TempDir(), MaxStore: 1 << 30, Ballast: 1 << 10}, quiet)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.Close)
	if err := bus.Migrate(tb.Context(), b.JS(), bus.Settings{MaxStore: 1 << 30}); err != nil {
		tb.Fatal(err)
	}
	return b
}

func newIngest(tb testing.TB, b *bus.Bus, opt ingest.Options) *ingest.Ingest {
	tb.Helper()
	in, err := ingest.New(b.JS(), opt, quiet)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := in.Close(ctx); err != nil {
			tb.Error(err)
		}
	})
	return in
}

func limited(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	tb.Cleanup(cancel)
	return ctx
}

func event(n int) *fusion.Event {
	source := "camera/1"
	return &fusion.Event{
		ID: fusion.NewEventID(source, fmt.Sprint(n), ""), Source: source, Type: fusion.TypeANPR, Time: noon, RecordedTime: noon,
		Status: fusion.StatusActual, MsgType: fusion.MsgAlert, Attrs: map[string]any{"camera": "1"},
	}
}

// logged is what the log holds.
type logged struct {
	ids      []fusion.EventID
	events   []*fusion.Event
	subjects []string
	ttls     []string
}

func readLog(tb testing.TB, b *bus.Bus) (all logged) {
	tb.Helper()
	log, err := bus.OpenLog(limited(tb), b.JS())
	if err != nil {
		tb.Fatal(err)
	}
	state, err := log.State(limited(tb))
	if err != nil || state.Last == 0 {
		tb.Fatalf("the log holds nothing (%v)", err)
	}
	ctx, stop := context.WithCancel(limited(tb))
	defer stop()
	err = log.Read(ctx, 1, func(m bus.Message) error {
		if got := m.Header.Get("Content-Type"); got != "application/cloudevents-batch+json" {
			return fmt.Errorf("content type %q", got)
		}
		events, err := fusion.DecodeBatch(m.Data)
		for _, e := range events {
			all.ids = append(all.ids, e.ID)
		}
		all.events = append(all.events, events...)
		all.subjects = append(all.subjects, m.Subject)
		all.ttls = append(all.ttls, m.Header.Get("Nats-TTL"))
		if m.Seq == state.Last {
			stop()
		}
		return err
	})
	if err != nil || !errors.Is(ctx.Err(), context.Canceled) {
		tb.Fatalf("read the log: %v", err)
	}
	return all
}

func submit(tb testing.TB, in *ingest.Ingest, item ingest.Item) error {
	tb.Helper()
	done := make(chan error, 2)
	if err := in.Submit(limited(tb), item, func(err error) { done <- err }); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-time.After(patience):
		return errors.New("done was not called")
	}
}

func TestManyEventsFewMessages(t *testing.T) {
	const items, each = 200, 25
	b := startBus(t)
	in := newIngest(t, b, ingest.Options{})
	var wg sync.WaitGroup
	wg.Add(items)
	var want []fusion.EventID
	for i := range items {
		item := ingest.Item{Connector: "anpr"}
		for j := range each {
			e := event(i*each + j)
			item.Events, want = append(item.Events, e), append(want, e.ID)
		}
		err := in.Submit(limited(t), item, func(err error) {
			if err != nil {
				t.Error(err)
			}
			wg.Done()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	got := readLog(t, b)
	if !slices.Equal(got.ids, want) {
		t.Errorf("%d events are on the log, want %d in their order", len(got.ids), len(want))
	}
	if n := len(got.subjects); n > items/2 {
		t.Errorf("%d items made %d messages", items, n)
	}
	if s := in.Stats(); s.Events != items*each || s.Messages != uint64(len(got.subjects)) {
		t.Errorf("stats are %+v", s)
	}
}

func TestMessagesAreBounded(t *testing.T) {
	b := startBus(t)
	in := newIngest(t, b, ingest.Options{MaxEvents: 3, Linger: time.Hour})
	item := ingest.Item{Connector: "anpr"}
	for i := range 9 {
		item.Events = append(item.Events, event(i))
	}
	if err := submit(t, in, item); err != nil {
		t.Fatal(err)
	}
	if got := readLog(t, b); len(got.subjects) != 3 || len(got.ids) != 9 {
		t.Errorf("%d events in %d messages", len(got.ids), len(got.subjects))
	}
}

func TestMessagesStayUnderTheByteLimit(t *testing.T) {
	b := startBus(t)
	in := newIngest(t, b, ingest.Options{})
	item := ingest.Item{Connector: "anpr"}
	for i := range 8 {
		e := event(i)
		e.Attrs["text"] = strings.Repeat("x", 90<<10)
		item.Events = append(item.Events, e)
	}
	if err := submit(t, in, item); err != nil {
		t.Fatal(err)
	}
	if got := readLog(t, b); len(got.subjects) != 4 || len(got.ids) != 8 {
		t.Errorf("%d events in %d messages", len(got.ids), len(got.subjects))
	}
}

func TestClassAndLife(t *testing.T) {
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		kind   fusion.EventType
		retain time.Duration
		class  string
		ttl    time.Duration
	}{
		"sensor":               {fusion.TypeANPR, 0, "week", 7 * day},
		"open":                 {fusion.TypeNews, 0, "month", 30 * day},
		"police":               {fusion.TypeCall, 0, "month", 30 * day},
		"system":               {fusion.TypeConnectorState, 0, "month", 30 * day},
		"rounded down":         {fusion.TypeCall, 29 * day, "week", 7 * day},
		"exactly":              {fusion.TypeCall, 7 * day, "week", 7 * day},
		"never below shortest": {fusion.TypeCall, time.Minute, "day", day},
		"already over":         {fusion.TypeCall, -day, "day", day},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBus(t)
			in := newIngest(t, b, ingest.Options{})
			e := event(1)
			if e.Type = c.kind; c.retain != 0 {
				e.Handling = &fusion.Handling{RetainUntil: noon.Add(c.retain)}
			}
			if err := submit(t, in, ingest.Item{Connector: "x", Events: []*fusion.Event{e}}); err != nil {
				t.Fatal(err)
			}
			got := readLog(t, b)
			ttl, err := time.ParseDuration(got.ttls[0])
			if err != nil || ttl != c.ttl || got.subjects[0] != "iroom.in.event.room."+c.class {
				t.Errorf("%s for %s (%v)", got.subjects[0], ttl, err)
			}
		})
	}
}

func TestClassesAreChecked(t *testing.T) {
	for name, list := range map[string][]ingest.Class{
		"name":  {{Name: "A b", Keep: time.Hour}},
		"life":  {{Name: "a", Keep: time.Millisecond}},
		"twice": {{Name: "a", Keep: time.Hour}, {Name: "a", Keep: time.Minute}},
	} {
		if _, err := ingest.New(nil, ingest.Options{Classes: list}, quiet); fusion.KindOf(err) != fusion.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRawIsKeptFirst(t *testing.T) {
	b := startBus(t)
	in := newIngest(t, b, ingest.Options{})
	raw := []byte("original \x00 bytes")
	for i := range 2 { // the same original again is kept once
		if err := submit(t, in, ingest.Item{Connector: "anpr", Events: []*fusion.Event{event(i)}, Raw: raw, KeepRaw: true}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := b.JS().Stream(limited(t), fusion.StreamRaw)
	if err != nil || s.CachedInfo().State.Msgs != 1 {
		t.Fatalf("RAW holds %+v (%v)", s.CachedInfo().State, err)
	}
	for _, e := range readLog(t, b).events {
		m, err := s.GetMsg(limited(t), e.Provenance.Raw.Sequence)
		if err != nil || !bytes.Equal(m.Data, raw) || e.Provenance.Raw.Size != len(raw) || m.Header.Get("Nats-TTL") == "" {
			t.Errorf("raw of %+v is %v (%v)", e.Provenance.Raw, m, err)
		}
	}
}

// TestAcknowledgedIsOnTheLog restarts the server again and again under many
// submitters: what is acknowledged is on the log, once and as it was.
func TestAcknowledgedIsOnTheLog(t *testing.T) {
	const items, restarts = 1200, 4
	b := startBus(t)
	in := newIngest(t, b, ingest.Options{MaxEvents: 5, InFlight: 50})
	acked := make(chan int, items)
	go func() {
		for i := range items {
			item := ingest.Item{Connector: "anpr", Events: []*fusion.Event{event(i)}}
			err := in.Submit(context.Background(), item, func(err error) {
				if err != nil {
					t.Error(err)
				}
				acked <- i
			})
			if err != nil {
				t.Error(err)
			}
		}
	}()
	var want []fusion.EventID
	for len(want) < items {
		select {
		case i := <-acked:
			want = append(want, event(i).ID)
		case <-time.After(patience):
			t.Fatalf("%d of %d were acknowledged", len(want), items)
		}
		if n := len(want); n%(items/(restarts+1)) == 0 && n < items {
			if err := b.Restart(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := readLog(t, b); !slices.Equal(got.ids, want) {
		t.Errorf("%d events are on the log, %d were acknowledged, or their order differs", len(got.ids), len(want))
	}
}

// TestPushesBack fills what may be in flight while nothing can be stored.
func TestPushesBack(t *testing.T) {
	b := startBus(t)
	in := newIngest(t, b, ingest.Options{InFlight: 2})
	ctx := limited(t)
	if err := b.JS().DeleteStream(ctx, fusion.StreamRoom); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 2)
	for i := range 2 {
		if err := in.Submit(ctx, ingest.Item{Connector: "a", Events: []*fusion.Event{event(i)}}, func(err error) { done <- err }); err != nil {
			t.Fatal(err)
		}
	}
	full, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	err := in.Submit(full, ingest.Item{Connector: "a", Events: []*fusion.Event{event(3)}}, func(error) { t.Error("done was called") })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one more gives %v", err)
	}
	if err := bus.Migrate(ctx, b.JS(), bus.Settings{MaxStore: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := readLog(t, b); len(got.ids) != 2 {
		t.Errorf("%d events on the log", len(got.ids))
	}
}

func TestCloseDrainsAndLeavesNothingBehind(t *testing.T) {
	b := startBus(t)
	if _, err := b.JS().AccountInfo(limited(t)); err != nil { // the client's own goroutines are up
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	in, err := ingest.New(b.JS(), ingest.Options{Linger: time.Hour}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	if err := in.Submit(limited(t), ingest.Item{Events: []*fusion.Event{event(1)}}, func(err error) { done <- err }); err != nil {
		t.Fatal(err)
	}
	if err := in.Close(limited(t)); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	default:
		t.Error("Close returned before the event was durable")
	}
	if err := in.Submit(t.Context(), ingest.Item{Events: []*fusion.Event{event(2)}}, nil); !errors.Is(err, ingest.ErrClosed) {
		t.Errorf("Submit after Close gives %v", err)
	}
	deadline := time.Now().Add(patience)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines before, %d after", before, n)
	}
}

func TestCloseGivesBackWhatCannotBeStored(t *testing.T) {
	b := startBus(t)
	if err := b.JS().DeleteStream(limited(t), fusion.StreamRoom); err != nil {
		t.Fatal(err)
	}
	in, err := ingest.New(b.JS(), ingest.Options{}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	if err := in.Submit(limited(t), ingest.Item{Events: []*fusion.Event{event(1)}}, func(err error) { done <- err }); err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := in.Close(over); !errors.Is(err, context.Canceled) {
		t.Errorf("Close gives %v", err)
	}
	if err := <-done; !errors.Is(err, ingest.ErrClosed) {
		t.Errorf("done got %v", err)
	}
}

func BenchmarkSubmit(b *testing.B) {
	r := startBus(b)
	in := newIngest(b, r, ingest.Options{})
	var wg sync.WaitGroup
	for i := 0; b.Loop(); i++ {
		wg.Add(1)
		err := in.Submit(b.Context(), ingest.Item{Connector: "anpr", Events: []*fusion.Event{event(i)}}, func(error) { wg.Done() })
		if err != nil {
			b.Fatal(err)
		}
	}
	wg.Wait()
	b.ReportMetric(float64(in.Stats().Events)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(in.Stats().Events)/float64(in.Stats().Messages), "events/message")
}
