package bus

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/openiroom/iroom/fusion"
)

const (
	// HeaderPlace is the place on the log of what an output came from.
	HeaderPlace = "Iroom-Place"
	// headerWriter tells the outputs of two writers apart.
	headerWriter = "Iroom-Writer"

	outputsInFlight = 256
	ackWithin       = 5 * time.Second
)

// Output writes one output stream: in order, each output once, in a pipeline.
// Every message expects the one before it, so a lost or repeated publish can
// neither make a hole nor a double. Publish is for
// one goroutine; Flush may be called beside it.
type Output struct {
	js     jetstream.JetStream
	stream string
	writer string

	line    *Pipeline[*queued]
	skipped atomic.Uint64
	queue   chan *queued
	done    chan struct{} // closed when the writer ended; err says why
	err     error
	cancel  context.CancelFunc
	wg      sync.WaitGroup
}

// queued is an output on its way, or, with flushed, the request to tell when
// all before it are stored.
type queued struct {
	msg     *nats.Msg
	place   fusion.Place
	future  jetstream.PubAckFuture
	flushed chan struct{}
}

// NewOutput opens an output stream and takes the cursor from its newest
// message. It works until ctx is done or Close is called.
func NewOutput(ctx context.Context, js jetstream.JetStream, stream string) (*Output, error) {
	own, err := jetstream.New(js.Conn(), jetstream.WithPublishAsyncTimeout(ackWithin),
		jetstream.WithPublishAsyncMaxPending(2*outputsInFlight))
	if err != nil {
		return nil, fmt.Errorf("open output stream %s: %w", stream, err)
	}
	o := &Output{js: own, stream: stream, writer: nuid.Next(), queue: make(chan *queued, outputsInFlight), done: make(chan struct{})}
	last, err := o.last(ctx)
	if err != nil {
		return nil, fmt.Errorf("open output stream %s: %w", stream, err)
	}
	o.line = NewPipeline[*queued](stream, o.writer, last)
	ctx, o.cancel = context.WithCancel(ctx)
	o.wg.Go(func() {
		defer close(o.done)
		o.err = o.write(ctx)
	})
	return o, nil
}

// Cursor is the place of the newest output that was taken.
func (o *Output) Cursor() fusion.Place { return o.line.Cursor() }

// Skipped counts the outputs that were passed over because they were stored
// before.
func (o *Output) Skipped() uint64 { return o.skipped.Load() }

// Close stops the writer. What was not flushed may not be stored.
func (o *Output) Close() {
	o.cancel()
	o.wg.Wait()
}

// Publish takes an output; one that is not after the cursor is passed over. It
// blocks while too much is in flight. The error of an earlier output, such as
// [ErrFenced], is the error of all later ones.
func (o *Output) Publish(ctx context.Context, subject string, data []byte, place fusion.Place) error {
	if o.line.Taken(place) {
		o.skipped.Add(1)
		return nil
	}
	msg := nats.NewMsg(subject)
	msg.Data = data
	msg.Header.Set(HeaderPlace, place.String())
	msg.Header.Set(headerWriter, o.writer)
	if err := o.enqueue(ctx, &queued{msg: msg, place: place}); err != nil {
		return err
	}
	o.line.Take(place)
	return nil
}

// Flush returns when all that was taken is stored.
func (o *Output) Flush(ctx context.Context) error {
	flushed := make(chan struct{})
	if err := o.enqueue(ctx, &queued{flushed: flushed}); err != nil {
		return err
	}
	select {
	case <-flushed:
		return nil
	case <-o.done:
		return o.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (o *Output) enqueue(ctx context.Context, q *queued) error {
	select {
	case <-o.done:
		return o.err
	default:
	}
	select {
	case o.queue <- q:
		return nil
	case <-o.done:
		return o.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
