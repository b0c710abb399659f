package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
)

// write sends what is queued and confirms what was sent, in order, until ctx
// is done or the stream has another writer.
func (o *Output) write(ctx context.Context) error {
	for {
		var acked <-chan *jetstream.PubAck
		var failed <-chan error
		queue := o.queue
		sent := o.line.Sent()
		if len(sent) > 0 {
			acked, failed = sent[0].future.Ok(), sent[0].future.Err()
		}
		if len(sent) >= outputsInFlight {
			queue = nil
		}
		var err error
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case ack := <-acked:
			err = o.confirm(ctx, ack)
		case <-failed:
			err = o.recover(ctx)
		case q := <-queue:
			err = o.take(ctx, q)
		}
		if err != nil {
			return err
		}
	}
}

func (o *Output) take(ctx context.Context, q *queued) error {
	if q.flushed == nil {
		o.line.Add(q.place, q)
		if err := o.send(len(o.line.Sent()) - 1); err != nil {
			return o.recover(ctx)
		}
		return nil
	}
	for len(o.line.Sent()) > 0 {
		oldest := o.line.Sent()[0].future
		var err error
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case ack := <-oldest.Ok():
			err = o.confirm(ctx, ack)
		case <-oldest.Err():
			err = o.recover(ctx)
		}
		if err != nil {
			return err
		}
	}
	close(q.flushed)
	return nil
}

// send publishes the i-th output on its way; it expects all before it.
func (o *Output) send(i int) (err error) {
	q := o.line.Sent()[i]
	msg := nats.NewMsg(q.msg.Subject)
	msg.Data = q.msg.Data
	maps.Copy(msg.Header, q.msg.Header)
	msg.Header.Set(jetstream.ExpectedLastSeqHeader, strconv.FormatUint(o.line.Expects(i), 10))
	q.future, err = o.js.PublishMsgAsync(msg)
	return err
}

func (o *Output) confirm(ctx context.Context, ack *jetstream.PubAck) error {
	if !o.line.Confirm(ack.Stream, ack.Sequence) {
		return o.recover(ctx)
	}
	return nil
}

// recover finds out what of the pending outputs is stored and sends the rest
// again, until that works. A publish of before that arrives late does no harm:
// it is either the one that is expected or it is refused.
func (o *Output) recover(ctx context.Context) error {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := o.reconcile(ctx)
		if err == nil || errors.Is(err, ErrFenced) || errors.Is(err, nats.ErrMaxPayload) {
			return err
		}
		if wait(ctx, pause); ctx.Err() != nil {
			return fmt.Errorf("stopped waiting: %w", context.Cause(ctx))
		}
	}
}

func (o *Output) reconcile(ctx context.Context) error {
	last, err := o.last(ctx)
	if err != nil {
		return err
	}
	if err := o.line.Reconcile(last); err != nil {
		return err
	}
	for i := range o.line.Sent() {
		if err := o.send(i); err != nil {
			return err
		}
	}
	return nil
}

func (o *Output) last(ctx context.Context) (Newest, error) {
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	s, err := o.js.Stream(ctx, o.stream)
	if err != nil {
		return Newest{}, err
	}
	state := s.CachedInfo().State
	if state.Msgs == 0 {
		return Newest{Seq: state.LastSeq}, nil
	}
	m, err := s.GetMsg(ctx, state.LastSeq)
	if err != nil {
		return Newest{}, fmt.Errorf("read message %d: %w", state.LastSeq, err)
	}
	place, err := fusion.ParsePlace(m.Header.Get(HeaderPlace))
	if err != nil {
		return Newest{}, fusion.Errorf(fusion.KindCorrupt, "read message "+strconv.FormatUint(state.LastSeq, 10), "header %s: %w", HeaderPlace, err)
	}
	return Newest{Seq: state.LastSeq, Place: place, Writer: m.Header.Get(headerWriter)}, nil
}
