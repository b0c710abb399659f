package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/semaphore"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

type (
	// Item is what a connector hands over: the events of one message.
	Item = connectors.Item
	// DeadLetter is what a connector could not understand.
	DeadLetter = connectors.DeadLetter
)

var _ connectors.Sink = (*Ingest)(nil)

// ErrClosed says that the ingest was closed before the events were durable.
var ErrClosed = errors.New("the ingest is closed")

// Options say how the ingest collects.
type Options struct {
	Classes   []Class       // retention classes; none means [DefaultClasses]
	Linger    time.Duration // pause between two messages of a class; 0 means 3 ms
	MaxEvents int           // events of one message; 0 means 500
	MaxBytes  int           // bytes of one message; 0 means 200 KiB
	InFlight  int           // events that may wait for the disk; 0 means 20000
}

// Stats count what the ingest did since it was made.
type Stats struct {
	Events, Messages, Retries, Dead uint64
}

// Ingest writes events to the log. Its methods may be called at the same time.
type Ingest struct {
	js      jetstream.JetStream
	log     *slog.Logger
	opt     Options
	classes classes
	room    *semaphore.Weighted // places for events in flight

	life context.Context // ends when Close gives up waiting
	end  context.CancelFunc

	mu     sync.RWMutex // guards lanes and closed; held for reading while a lane is fed
	lanes  map[fusion.Class]*lane
	closed bool
	wg     sync.WaitGroup

	events, messages, retries, dead atomic.Uint64
}

// New makes an ingest that publishes through js. Close ends it.
func New(js jetstream.JetStream, opt Options, log *slog.Logger) (*Ingest, error) {
	classes, err := newClasses(opt.Classes)
	if err != nil {
		return nil, err
	}
	opt.Linger = cmp.Or(opt.Linger, 3*time.Millisecond)
	opt.MaxEvents = cmp.Or(opt.MaxEvents, 500)
	opt.MaxBytes = cmp.Or(opt.MaxBytes, 200<<10)
	opt.InFlight = cmp.Or(opt.InFlight, 20_000)
	in := &Ingest{
		js: js, log: log, opt: opt, classes: classes,
		room: semaphore.NewWeighted(int64(opt.InFlight)), lanes: map[fusion.Class]*lane{},
	}
	in.life, in.end = context.WithCancel(context.Background())
	return in, nil
}

// Stats tells what the ingest did.
func (in *Ingest) Stats() Stats {
	return Stats{Events: in.events.Load(), Messages: in.messages.Load(), Retries: in.retries.Load(), Dead: in.dead.Load()}
}

// Submit takes the events of one message and calls done once all are durable,
// or with the reason why they never will be. It blocks while too much is in
// flight and, with KeepRaw, until the original is stored. When it returns an
// error, done is not called and the item must be submitted again.
func (in *Ingest) Submit(ctx context.Context, item Item, done func(error)) error {
	if in.isClosed() {
		return ErrClosed
	}
	if item.KeepRaw && len(item.Raw) > 0 && len(item.Events) > 0 {
		if err := in.keepRaw(ctx, item); err != nil {
			return err
		}
	}
	parts, err := in.encode(ctx, item)
	if err != nil {
		return err
	}
	if len(parts) == 0 {
		done(nil)
		return nil
	}
	weight := int64(min(len(parts), in.opt.InFlight))
	if err := in.acquire(ctx, weight); err != nil {
		return err
	}
	receipt := &receipt{left: len(parts), done: func(err error) {
		in.room.Release(weight)
		done(err)
	}}
	if !in.feed(parts, receipt) {
		in.room.Release(weight)
		return ErrClosed
	}
	return nil
}

// acquire waits for places until ctx or the ingest ends.
func (in *Ingest) acquire(ctx context.Context, weight int64) error {
	ctx, cancel := in.bound(ctx)
	defer cancel()
	if err := in.room.Acquire(ctx, weight); err != nil {
		return fmt.Errorf("too much is in flight: %w", context.Cause(ctx))
	}
	return nil
}

// bound makes a context that also ends with the ingest.
func (in *Ingest) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(in.life, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// encode makes the wire form of the events; those that have none are dead.
func (in *Ingest) encode(ctx context.Context, item Item) ([]part, error) {
	parts := make([]part, 0, len(item.Events))
	for _, e := range item.Events {
		b, err := fusion.Encode(e)
		if err == nil && len(b) <= fusion.MaxEventBytes && len(b) <= in.opt.MaxBytes {
			parts = append(parts, part{class: in.classes.of(e), event: b})
			continue
		}
		letter := DeadLetter{Connector: item.Connector, Payload: item.Raw, Received: e.RecordedTime}
		letter.Rejection = &fusion.Rejection{Code: "invalid", Stage: "encode", Err: err}
		if err == nil {
			letter.Rejection.Code = "too-large"
			letter.Rejection.Err = fmt.Errorf("the event has %d bytes; at most %d are accepted", len(b), min(fusion.MaxEventBytes, in.opt.MaxBytes))
		}
		if len(letter.Payload) == 0 {
			letter.Payload = b
		}
		if e.Provenance != nil {
			letter.Version = e.Provenance.Version
		}
		if err := in.Dead(ctx, letter); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// keepRaw stores the original and points the events at it. An original over
// the limit of a message is not kept; its digest and size stand in the events.
func (in *Ingest) keepRaw(ctx context.Context, item Item) error {
	if int64(len(item.Raw)) > in.maxPayload() {
		in.log.Warn("an original is too large to keep", "connector", item.Connector, "bytes", len(item.Raw))
		return nil
	}
	sum := sha256.Sum256(item.Raw)
	digest := hex.EncodeToString(sum[:])
	keep := in.classes[0]
	for _, e := range item.Events {
		if c := in.classes.of(e); c.Keep > keep.Keep {
			keep = c
		}
	}
	msg := nats.NewMsg(fusion.RawSubject(item.Connector))
	msg.Data = item.Raw
	msg.Header.Set(jetstream.MsgIDHeader, item.Connector+"-"+digest)
	seq, err := in.persist(ctx, msg, keep.Keep)
	if err != nil {
		return err
	}
	for _, e := range item.Events {
		if e.Provenance == nil {
			e.Provenance = &fusion.Provenance{Connector: item.Connector}
		}
		e.Provenance.Raw = &fusion.Raw{Sequence: seq, SHA256: digest, Size: len(item.Raw)}
	}
	return nil
}

// maxPayload is how many bytes fit in a message beside its headers.
func (in *Ingest) maxPayload() int64 { return in.js.Conn().MaxPayload() - 16<<10 }

func (in *Ingest) isClosed() bool {
	in.mu.RLock()
	defer in.mu.RUnlock()
	return in.closed
}

// Close takes no more events and waits until those that it has are durable.
// When ctx ends before, the rest is given back with [ErrClosed].
func (in *Ingest) Close(ctx context.Context) error {
	in.mu.Lock()
	if !in.closed {
		in.closed = true
		for _, l := range in.lanes {
			close(l.in)
		}
	}
	in.mu.Unlock()
	stop := context.AfterFunc(ctx, in.end)
	defer stop()
	in.wg.Wait()
	in.end()
	return context.Cause(ctx)
}
