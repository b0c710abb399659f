package connectors_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// scripted is a source that plays what a test says.
type scripted struct {
	mu     sync.Mutex
	opens  int
	closes int
	steps  []step
	acked  []string
	failed []string
}

type step struct {
	payload string
	err     error
	panics  bool
}

func (s *scripted) Open(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opens++
	return nil
}

func (s *scripted) Close(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closes++
	return nil
}

func (s *scripted) Read(ctx context.Context) (connectors.Message, connectors.Ack, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.steps) == 0 {
		return connectors.Message{}, nil, io.EOF
	}
	next := s.steps[0]
	s.steps = s.steps[1:]
	if next.panics {
		panic("the device sent nonsense")
	}
	if next.err != nil {
		return connectors.Message{}, nil, next.err
	}
	m := connectors.Message{Payload: []byte(next.payload), Received: time.Now()}
	return m, func(r connectors.Receipt) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.Err != nil {
			s.failed = append(s.failed, next.payload)
			return
		}
		s.acked = append(s.acked, next.payload)
	}, nil
}

// memory is a sink that makes events durable when it is told to.
type memory struct {
	mu      sync.Mutex
	events  []string
	dead    []connectors.DeadLetter
	pending []func(error)
	hold    bool
	refuse  error
}

func (m *memory) Submit(_ context.Context, item connectors.Item, done func(error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return m.refuse
	}
	for _, e := range item.Events {
		m.events = append(m.events, e.Description)
	}
	if m.hold && item.Events[0].Type != fusion.TypeConnectorState {
		m.pending = append(m.pending, done)
		return nil
	}
	done(nil)
	return nil
}

// settle makes the i-th message that is held durable.
func (m *memory) settle(i int) {
	m.mu.Lock()
	done := m.pending[i]
	m.mu.Unlock()
	done(nil)
}

func (m *memory) held() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.pending)
}

func (m *memory) Dead(_ context.Context, letter connectors.DeadLetter) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = append(m.dead, letter)
	return nil
}

// text makes an event of every payload but some.
var text = connectors.MapperFunc(func(m connectors.Message) connectors.Mapping {
	switch p := string(m.Payload); {
	case p == "panic":
		panic("a mapper with a mistake")
	case p == "nothing":
		return connectors.Mapping{}
	case strings.HasPrefix(p, "skip"):
		return connectors.Mapping{Skips: []string{"not of interest"}}
	case p == "invalid":
		return connectors.Mapping{Events: []*fusion.Event{{ID: "x", Type: fusion.TypeNews}}}
	default:
		return connectors.Mapping{Events: []*fusion.Event{{
			ID: fusion.NewEventID("test", p, ""), Source: "test", Type: fusion.TypeNews, Time: m.Received.Add(time.Hour), Description: p,
		}}}
	}
})

func runner(src connectors.Source, sink connectors.Sink) *connectors.Runner {
	return &connectors.Runner{
		Kind: &connectors.Kind{Name: "test", Version: "1"}, Name: "t1", Sink: sink, Log: slog.New(slog.DiscardHandler),
		Connector: &connectors.Connector{Source: src, Mapper: text}, InFlight: 8,
	}
}

func TestEveryPartIsAccountedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &scripted{steps: []step{{payload: "a"}, {payload: "panic"}, {payload: "nothing"}, {payload: "skip 1"}, {payload: "invalid"}, {payload: "b"}}}
		sink := &memory{}
		r := runner(src, sink)
		r.Run(t.Context())
		if want := []string{"a", "panic", "nothing", "skip 1", "invalid", "b"}; !slices.Equal(src.acked, want) {
			t.Errorf("acknowledged %q, want %q", src.acked, want)
		}
		var codes []string
		for _, l := range sink.dead {
			codes = append(codes, l.Rejection.Code)
			if len(l.Payload) == 0 || l.Version != "test/1" {
				t.Errorf("dead letter %+v", l)
			}
		}
		if want := []string{"panic", "unsupported", "invalid"}; !slices.Equal(codes, want) {
			t.Errorf("dead letters %q, want %q", codes, want)
		}
		s := r.Status()
		if s.State != connectors.StateComplete || s.Messages != 6 || s.Events != 2 || s.Skipped != 1 || s.Dead != 3 {
			t.Errorf("status %+v", s)
		}
	})
}

func TestFutureTimeIsClamped(t *testing.T) {
	m := connectors.Message{Payload: []byte("a"), Received: time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)}
	got := connectors.MapSafely(text, &connectors.Kind{Name: "test", Version: "1"}, "t1", m).Events[0]
	if !got.Time.Equal(m.Received) || !got.Provenance.ClampedFrom.Equal(m.Received.Add(time.Hour)) {
		t.Errorf("time %v, claimed %v", got.Time, got.Provenance.ClampedFrom)
	}
}

func TestAcksKeepTheOrderOfReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &scripted{steps: []step{{payload: "a"}, {payload: "b"}, {payload: "c"}}}
		sink := &memory{hold: true}
		done := make(chan struct{})
		go func() {
			runner(src, sink).Run(t.Context())
			close(done)
		}()
		synctest.Wait()
		if sink.held() != 3 || len(src.acked) != 0 {
			t.Fatalf("%d in flight, %d acknowledged before anything is durable", sink.held(), len(src.acked))
		}
		for _, i := range []int{2, 0, 1} {
			sink.settle(i)
			synctest.Wait()
		}
		<-done
		if !slices.Equal(src.acked, []string{"a", "b", "c"}) {
			t.Errorf("acknowledged %q", src.acked)
		}
	})
}

func TestInFlightIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &scripted{}
		for i := range 100 {
			src.steps = append(src.steps, step{payload: fmt.Sprint(i)})
		}
		sink := &memory{hold: true}
		r := runner(src, sink)
		done := make(chan struct{})
		go func() {
			r.Run(t.Context())
			close(done)
		}()
		synctest.Wait()
		if n := sink.held(); n > r.InFlight+2 {
			t.Errorf("%d messages are in flight, the bound is %d", n, r.InFlight)
		}
		for i := range 100 {
			synctest.Wait()
			sink.settle(i)
		}
		<-done
		if len(src.acked) != 100 {
			t.Errorf("%d acknowledged", len(src.acked))
		}
	})
}

func TestFailingSourceIsOpenedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &scripted{steps: []step{{payload: "a"}, {err: errors.New("connection reset")}, {panics: true}, {payload: "b"}}}
		sink := &memory{}
		r := runner(src, sink)
		r.Run(t.Context())
		if src.opens != 3 || src.closes != 3 || !slices.Equal(src.acked, []string{"a", "b"}) {
			t.Errorf("%d opens, %d closes, acknowledged %q", src.opens, src.closes, src.acked)
		}
		if s := r.Status(); s.Errors != 2 {
			t.Errorf("status %+v", s)
		}
	})
}

func TestWhatIsNotDurableIsNotAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &scripted{steps: []step{{payload: "a"}}}
		runner(src, &memory{refuse: errors.New("the bus is away")}).Run(t.Context())
		if len(src.acked) != 0 || !slices.Equal(src.failed, []string{"a"}) {
			t.Errorf("acknowledged %q, refused %q", src.acked, src.failed)
		}
	})
}

func TestStopEndsInBoundedTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		src := &blocking{}
		done := make(chan struct{})
		r := runner(src, &memory{})
		go func() {
			r.Run(ctx)
			close(done)
		}()
		synctest.Wait()
		cancel()
		<-done
		if s := r.Status(); s.State != connectors.StateStopped || !src.closed {
			t.Errorf("status %+v, closed %v", s, src.closed)
		}
	})
}

// blocking is a source that never has anything.
type blocking struct{ closed bool }

func (b *blocking) Open(context.Context) error { return nil }
func (b *blocking) Read(ctx context.Context) (connectors.Message, connectors.Ack, error) {
	<-ctx.Done()
	return connectors.Message{}, nil, ctx.Err()
}

func (b *blocking) Close(context.Context) error {
	b.closed = true
	return nil
}
