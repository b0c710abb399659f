package cap

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

const longestBackoff = 15 * time.Minute

// source polls each address in a goroutine of its own, so that a slow or dead
// one holds up no other. It fails, for the runner to see, only when every
// address fails.
type source struct {
	addresses  []string
	interval   time.Duration
	http       *http.Client
	log        *slog.Logger
	checkpoint connectors.Checkpoint
	now        func() time.Time
	wait       func(context.Context, time.Duration) error

	deliveries chan delivery
	down       chan error
	stop       context.CancelFunc
	pollers    sync.WaitGroup

	mu      sync.Mutex
	pages   map[string]*page
	failing map[string]error
}

type delivery struct {
	msg connectors.Message
	ack connectors.Ack
}

func newSource(h connectors.Host, c config) *source {
	return &source{
		addresses: c.URLs, interval: time.Duration(c.Interval), http: h.HTTP, checkpoint: h.Checkpoint,
		log: cmp.Or(h.Log, slog.New(slog.DiscardHandler)).With("connector", h.Name),
		now: time.Now, wait: sleep,
		deliveries: make(chan delivery), down: make(chan error, 1), failing: map[string]error{},
	}
}

// Open starts the pollers. While every address fails it is an error until one
// of them is due again.
func (s *source) Open(ctx context.Context) error {
	if s.http == nil || s.checkpoint == nil {
		return fusion.Errorf(fusion.KindInvalid, "cap source", "the room gave it no HTTP client or no checkpoint")
	}
	if s.pages == nil {
		if err := s.load(ctx); err != nil {
			return err
		}
	}
	if err := s.allFailing(); err != nil {
		return err
	}
	s.takeBack()
	polling, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	for _, address := range s.addresses {
		s.pollers.Go(func() { s.poller(polling, address, s.pages[address]) })
	}
	return nil
}

// allFailing is nil when an address works or may be asked again.
func (s *source) allFailing() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	for _, p := range s.pages {
		if !p.next.After(now) {
			return nil
		}
	}
	return s.problem()
}

// problem joins the failures when every address fails. It needs mu.
func (s *source) problem() error {
	if len(s.failing) < len(s.addresses) {
		return nil
	}
	var all []error
	for _, address := range slices.Sorted(maps.Keys(s.failing)) {
		all = append(all, s.failing[address])
	}
	return errors.Join(all...)
}

// takeBack removes a failure that Read did not report yet.
func (s *source) takeBack() {
	select {
	case <-s.down:
	default:
	}
}

// Read gives the next document of any address.
func (s *source) Read(ctx context.Context) (connectors.Message, connectors.Ack, error) {
	select {
	case d := <-s.deliveries:
		return d.msg, d.ack, nil
	case err := <-s.down:
		return connectors.Message{}, nil, err
	case <-ctx.Done():
		return connectors.Message{}, nil, ctx.Err()
	}
}

// Close stops the pollers and waits for them as long as ctx lasts.
func (s *source) Close(ctx context.Context) error {
	s.stop()
	stopped := make(chan struct{})
	go func() {
		s.pollers.Wait()
		close(stopped)
	}()
	select {
	case <-stopped:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *source) poller(ctx context.Context, address string, p *page) {
	for s.wait(ctx, p.next.Sub(s.now())) == nil {
		err := s.poll(ctx, address, p)
		if ctx.Err() != nil {
			return
		}
		s.schedule(address, p, err)
	}
}

// schedule says when the page is due again: after the interval with up to a
// tenth of jitter, longer after each failure and as long as the server asks.
func (s *source) schedule(address string, p *page, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delay := s.interval
	if err == nil {
		p.failures = 0
		delete(s.failing, address)
		s.takeBack()
	} else {
		p.failures++
		s.failing[address] = err
		delay = max(min(s.interval<<min(p.failures, 10), longestBackoff), s.interval)
		if busy, ok := errors.AsType[*busyError](err); ok {
			delay = max(delay, busy.after)
		}
		s.log.Warn("address not read", "address", address, "failures", p.failures, "again_in", delay, "problem", err)
	}
	p.next = s.now().Add(delay + rand.N(delay/10+1))
	if all := s.problem(); all != nil {
		select {
		case s.down <- all:
		default:
		}
	}
}

// sleep waits unless ctx ends before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ctx.Err()
	}
}
