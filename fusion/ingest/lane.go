package ingest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/openiroom/iroom/fusion"
)

const (
	batchType = "application/cloudevents-batch+json"

	ackWithin    = 5 * time.Second
	firstPause   = 50 * time.Millisecond
	longestPause = 5 * time.Second
)

// part is one event on its way.
type part struct {
	class   Class
	event   []byte
	receipt *receipt
}

// receipt tells a connector when the last of its events is durable.
type receipt struct {
	mu   sync.Mutex
	left int
	err  error
	done func(error)
}

func (r *receipt) settle(err error) {
	r.mu.Lock()
	r.left--
	r.err = errors.Join(r.err, err)
	last := r.left == 0
	r.mu.Unlock()
	if last {
		r.done(r.err)
	}
}

// lane publishes the events of one subject, one message after the other; what
// comes while one is on its way is in the next.
type lane struct {
	in      chan part
	ingest  *Ingest
	subject string
	keep    time.Duration
	held    *part     // did not fit in the message before
	rested  time.Time // until then it waits for more events: the end of the message before, and the linger
}

// feed gives the events to their lanes; false: the ingest is closed. A lane
// takes as many as may be in flight, so this never blocks.
func (in *Ingest) feed(parts []part, r *receipt) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return false
	}
	for _, p := range parts {
		p.receipt = r
		in.lane(p.class).in <- p
	}
	return true
}

func (in *Ingest) lane(c Class) *lane {
	if l, ok := in.lanes[c.Name]; ok {
		return l
	}
	l := &lane{
		in: make(chan part, in.opt.InFlight), ingest: in,
		subject: fusion.EventSubject(fusion.PublisherRoom, c.Name), keep: c.Keep,
	}
	in.lanes[c.Name] = l
	in.wg.Go(l.run)
	return l
}

func (l *lane) run() {
	for {
		batch := l.collect()
		if len(batch) == 0 {
			return
		}
		err := l.publish(batch)
		l.rested = time.Now().Add(l.ingest.opt.Linger)
		for _, p := range batch {
			p.receipt.settle(err)
		}
	}
}

// collect waits for an event and takes what comes with it; nothing when the
// lane is closed and empty. The first event after a rest waits for no other.
func (l *lane) collect() (batch []part) {
	size := 2
	add := func(p part) bool {
		if len(batch) > 0 && size+len(p.event)+1 > l.ingest.opt.MaxBytes {
			l.held = &p
			return false
		}
		size += len(p.event) + 1
		batch = append(batch, p)
		return len(batch) < l.ingest.opt.MaxEvents
	}
	if l.held != nil {
		p := *l.held
		l.held = nil
		if !add(p) {
			return batch
		}
	} else if p, ok := <-l.in; !ok || !add(p) {
		return batch
	}
	timer := time.NewTimer(time.Until(l.rested))
	defer timer.Stop()
	for {
		select { // what is there already comes along, also when the rest is over
		case p, ok := <-l.in:
			if !ok || !add(p) {
				return batch
			}
			continue
		default:
		}
		select {
		case p, ok := <-l.in:
			if !ok || !add(p) {
				return batch
			}
		case <-timer.C:
			return batch
		}
	}
}

func (l *lane) publish(batch []part) error {
	events := make([][]byte, len(batch))
	for i, p := range batch {
		events[i] = p.event
	}
	msg := nats.NewMsg(l.subject)
	msg.Data = fusion.EncodeBatch(events)
	msg.Header.Set("Content-Type", batchType)
	msg.Header.Set(jetstream.MsgIDHeader, nuid.Next())
	if _, err := l.ingest.persist(context.Background(), msg, l.keep); err != nil {
		return err
	}
	l.ingest.events.Add(uint64(len(batch)))
	l.ingest.messages.Add(1)
	return nil
}

// persist publishes until the message is on disk, ctx ends or the ingest gives
// up. The message has an id, so that a repeat is not stored again.
func (in *Ingest) persist(ctx context.Context, msg *nats.Msg, keep time.Duration) (uint64, error) {
	ctx, cancel := in.bound(ctx)
	defer cancel()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		seq, err := in.publishOnce(ctx, msg, keep)
		if err == nil {
			return seq, nil
		}
		if errors.Is(err, nats.ErrMaxPayload) {
			return 0, fusion.Errorf(fusion.KindLimit, "publish to "+msg.Subject, "%w", err).WithHint("raise max_payload of the server")
		}
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		in.retries.Add(1)
		in.log.Warn("the bus did not take a message; it is tried again", "subject", msg.Subject, "pause", pause, "problem", err)
		wait(ctx, pause)
	}
}

func (in *Ingest) publishOnce(ctx context.Context, msg *nats.Msg, keep time.Duration) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	var opts []jetstream.PublishOpt
	if keep > 0 {
		opts = append(opts, jetstream.WithMsgTTL(keep))
	}
	ack, err := in.js.PublishMsg(ctx, msg, opts...)
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

// wait sleeps unless ctx ends before.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
