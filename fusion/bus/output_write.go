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
		if len(o.pending) > 0 {
			acked, failed = o.pending[0].future.Ok(), o.pending[0].future.Err()
		}
		if len(o.pending) >= outputsInFlight {
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

func (o *Output) take(ctx context.Context, q queued) error {
	if q.flushed == nil {
		o.pending = append(o.pending, q)
		if err := o.send(len(o.pending) - 1); err != nil {
			return o.recover(ctx)
		}
		return nil
	}
	for len(o.pending) > 0 {
		var err error
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case ack := <-o.pending[0].future.Ok():
			err = o.confirm(ctx, ack)
		case <-o.pending[0].future.Err():
			err = o.recover(ctx)
		}
		if err != nil {
			return err
		}
	}
	close(q.flushed)
	return nil
}

// send publishes the i-th pending output; it expects all before it.
func (o *Output) send(i int) (err error) {
	q := &o.pending[i]
	msg := nats.NewMsg(q.msg.Subject)
	msg.Data = q.msg.Data
	maps.Copy(msg.Header, q.msg.Header)
	msg.Header.Set(jetstream.ExpectedLastSeqHeader, strconv.FormatUint(o.stored+uint64(i), 10))
	q.future, err = o.js.PublishMsgAsync(msg)
	return err
}

func (o *Output) confirm(ctx context.Context, ack *jetstream.PubAck) error {
	if ack.Stream != o.stream || ack.Sequence != o.stored+1 {
		return o.recover(ctx)
	}
	o.stored++
	o.pending = o.pending[1:]
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
	if last.seq < o.stored || last.seq > o.stored+uint64(len(o.pending)) {
		return o.fenced("its last sequence is %d and should lie between %d and %d", last.seq, o.stored, o.stored+uint64(len(o.pending)))
	}
	if n := last.seq - o.stored; n > 0 {
		if last.writer != o.writer || last.place != o.pending[n-1].place {
			return o.fenced("its message %d came from another writer, at place %s", last.seq, last.place)
		}
		o.stored, o.pending = last.seq, o.pending[n:]
	}
	for i := range o.pending {
		if err := o.send(i); err != nil {
			return err
		}
	}
	return nil
}

func (o *Output) fenced(format string, args ...any) error {
	return fusion.Errorf(fusion.KindConflict, "write to stream "+o.stream, "%w: %s", ErrFenced, fmt.Sprintf(format, args...)).
		WithHint("only one room may run on a bus; stop one of them")
}

// newest is what the newest message of an output stream says.
type newest struct {
	seq    uint64
	place  fusion.Place
	writer string
}

func (o *Output) last(ctx context.Context) (newest, error) {
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	s, err := o.js.Stream(ctx, o.stream)
	if err != nil {
		return newest{}, err
	}
	state := s.CachedInfo().State
	if state.Msgs == 0 {
		return newest{seq: state.LastSeq}, nil
	}
	m, err := s.GetMsg(ctx, state.LastSeq)
	if err != nil {
		return newest{}, fmt.Errorf("read message %d: %w", state.LastSeq, err)
	}
	place, err := fusion.ParsePlace(m.Header.Get(HeaderPlace))
	if err != nil {
		return newest{}, fusion.Errorf(fusion.KindCorrupt, "read message "+strconv.FormatUint(state.LastSeq, 10), "header %s: %w", HeaderPlace, err)
	}
	return newest{seq: state.LastSeq, place: place, writer: m.Header.Get(headerWriter)}, nil
}
