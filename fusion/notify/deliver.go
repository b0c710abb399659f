package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// result is what became of an attempt to send.
type result struct {
	message *Message
	err     error
}

// dispatch begins to send what is due.
func (n *Notifier) dispatch(ctx context.Context) {
	for name, box := range n.core.inboxes {
		if box.Out == nil || n.under[name] || time.Now().Before(box.Out.Next) {
			continue
		}
		out, m := box.Out, *box.Out
		n.under[name] = true
		body := m.text(n.words(name), n.links)
		n.sending.Go(func() {
			err := n.send(ctx, &m, body)
			select {
			case n.results <- result{out, err}:
			case <-ctx.Done():
				n.late(out, err)
			}
		})
	}
}

func (n *Notifier) words(receiver string) *wording {
	if r := n.opt.Plan.receivers[receiver]; r != nil {
		return words[r.Language]
	}
	return words[English]
}

// errGone is the reason of messages to a receiver that was taken out.
var errGone = errors.New("there is no such receiver any more")

// send outlasts ctx, so that a message is not cut off when the room stops.
func (n *Notifier) send(ctx context.Context, m *Message, body string) error {
	s := n.senders[m.Receiver]
	if s == nil {
		return fusion.Errorf(fusion.KindInvalid, "", "%w", errGone)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendWithin)
	defer cancel()
	return s.send(ctx, m, body)
}

// finish notes what became of an attempt.
func (n *Notifier) finish(ctx context.Context, r result) {
	m := r.message
	delete(n.under, m.Receiver)
	if r.err == nil {
		n.core.sent(m, time.Now())
		return
	}
	kind := fusion.KindOf(r.err)
	permanent := kind == fusion.KindInvalid || kind == fusion.KindDenied
	givenUp := n.core.failed(m, time.Now(), permanent)
	n.opt.Log.Warn("a message did not reach its receiver", "receiver", m.Receiver, "attempts", m.Attempts, "given_up", givenUp, "problem", r.err)
	if !givenUp {
		return
	}
	if err := n.bury(ctx, m, r.err); err != nil {
		n.opt.Log.Error("a dead letter could not be stored; the message is tried again", "receiver", m.Receiver, "problem", err)
		return
	}
	n.core.giveUp(m, time.Now())
}

// bury puts a message into the dead letters.
func (n *Notifier) bury(ctx context.Context, m *Message, reason error) error {
	data, err := fusion.Encode(m)
	if err != nil {
		return fmt.Errorf("encode a message: %w", err)
	}
	code := "unreachable"
	switch {
	case errors.Is(reason, errGone):
		code = "gone"
	case fusion.KindOf(reason) != fusion.KindUnavailable:
		code = "invalid"
	}
	return n.opt.Dead(ctx, Dead{Receiver: m.Receiver, Message: data, Reason: reason, Code: code})
}

// late keeps the results that come after the end of Run's loop.
func (n *Notifier) late(m *Message, err error) {
	if err == nil {
		n.ending.Lock()
		defer n.ending.Unlock()
		n.went = append(n.went, m)
	}
}
