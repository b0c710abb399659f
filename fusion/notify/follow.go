package notify

import (
	"context"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
)

// taken is an alert as the stream has it.
type taken struct {
	seq   uint64
	alert fusion.Alert
	bad   error // it is not an alert
}

// follow sets the cursor where there is none, and begins anew with a stream
// that was made anew.
func (n *Notifier) follow(ctx context.Context) error {
	s, err := n.opt.JS.Stream(ctx, fusion.StreamAlerts)
	if err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "follow the alerts", "%w", err)
	}
	info := s.CachedInfo()
	switch at := n.core.cursor; {
	case at.Created.IsZero():
		n.core.cursor = cursor{Created: info.Created.UTC(), Seq: info.State.LastSeq}
	case !at.Created.Equal(info.Created):
		n.opt.Log.Warn("the stream of alerts was made anew; it is read from its beginning")
		n.core.rebase(info.Created.UTC())
	case info.State.FirstSeq > at.Seq+1:
		n.opt.Log.Error("alerts expired before anybody was told of them", "alerts", info.State.FirstSeq-at.Seq-1)
	}
	n.core.change(cursorKey)
	return nil
}

// rebase makes sequences begin anew.
func (c *core) rebase(created time.Time) {
	c.cursor = cursor{Created: created}
	for key, t := range c.tickets {
		waiting := t.News > t.lastTold().Seq
		t.Seq, t.News = 0, 0
		for name, told := range t.Told {
			told.Seq = 0
			t.Told[name] = told
		}
		if waiting {
			t.News = 1
		}
		c.change(ticketPrefix + key)
	}
}

func (n *Notifier) take(a taken) {
	if a.bad != nil {
		n.opt.Log.Error("a message of the stream of alerts is none", "sequence", a.seq, "problem", a.bad)
		n.core.cursor.Seq = a.seq
		return
	}
	n.core.take(a.alert, a.seq)
}

// read hands over alerts from a sequence on until ctx is done.
func (n *Notifier) read(ctx context.Context, from uint64) {
	for ctx.Err() == nil {
		err := n.session(ctx, &from)
		if ctx.Err() == nil {
			n.opt.Log.Warn("the alerts cannot be followed; trying again", "problem", err)
			wait(ctx, pauseAfter)
		}
	}
}

func (n *Notifier) session(ctx context.Context, from *uint64) error {
	consumer, err := n.opt.JS.OrderedConsumer(ctx, fusion.StreamAlerts, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: *from,
	})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		meta, err := msg.Metadata()
		if err != nil {
			return err
		}
		a := taken{seq: meta.Sequence.Stream}
		a.bad = json.Unmarshal(msg.Data(), &a.alert)
		select {
		case n.alerts <- a:
			*from = a.seq + 1
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
