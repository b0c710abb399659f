package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/openiroom/iroom/fusion"
)

// The endpoints, below `iroom.api.<user>.`: readers list silences, operators
// change them, engineers send test messages.
const (
	EndpointSilences   = "silences"
	EndpointSilence    = "command.silence"
	EndpointUnsilence  = "command.unsilence"
	EndpointNotifyTest = "admin.notify-test"
)

// SilenceRequest asks for a silence from now on.
type SilenceRequest struct {
	When   string          `json:"when"`
	Owner  string          `json:"owner"`
	Reason string          `json:"reason"`
	For    fusion.Duration `json:"for"`
}

// UnsilenceRequest ends a silence.
type UnsilenceRequest struct {
	ID    string `json:"id"`
	Owner string `json:"owner"` // who ends it
}

// SilencesReply lists silences by when they end.
type SilencesReply struct {
	Clock    time.Time `json:"clock"` // of the room
	Silences []Silence `json:"silences"`
}

// TestRequest asks for a test message.
type TestRequest struct {
	Receiver string `json:"receiver"`
}

// TestReply says that the receiver's service took the message.
type TestReply struct {
	ID string `json:"id"` // of the message
}

// Serve answers requests until the returned service is stopped. Run must run.
func (n *Notifier) Serve(nc *nats.Conn) (micro.Service, error) {
	service, err := micro.AddService(nc, micro.Config{Name: "iroom-notify", Version: "0.1.0", Description: "silences and test messages of an iRoom operations room"})
	if err != nil {
		return nil, fmt.Errorf("start the notifier's service: %w", err)
	}
	for name, handler := range map[string]micro.Handler{
		EndpointSilences:   handle(n, n.silences),
		EndpointSilence:    handle(n, n.silence),
		EndpointUnsilence:  handle(n, n.unsilence),
		EndpointNotifyTest: handle(n, n.test),
	} {
		if err := service.AddEndpoint(fusion.Token(name), handler, micro.WithEndpointSubject(fusion.APISubject("*", name))); err != nil {
			return nil, fmt.Errorf("start the notifier's endpoint %s: %w", name, err)
		}
	}
	return service, nil
}

// handle makes a handler of a function from user and request to reply. Each
// request is answered in a goroutine of its own, since a test may take long.
func handle[Req, Reply any](n *Notifier, answer func(ctx context.Context, user string, r Req) (Reply, error)) micro.Handler {
	return micro.HandlerFunc(func(r micro.Request) {
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), sendWithin)
			defer cancel()
			reply, err := decodeAndAnswer(ctx, r, answer)
			if err != nil {
				err = r.Error(string(fusion.KindOf(err)), err.Error(), nil)
			} else {
				err = r.Respond(reply)
			}
			if err != nil {
				n.opt.Log.Warn("a reply could not be sent", "problem", err)
			}
		}()
	})
}

func decodeAndAnswer[Req, Reply any](ctx context.Context, r micro.Request, answer func(context.Context, string, Req) (Reply, error)) ([]byte, error) {
	var req Req
	if err := json.Unmarshal(r.Data(), &req, json.RejectUnknownMembers(true)); err != nil && len(r.Data()) > 0 {
		return nil, fusion.Errorf(fusion.KindInvalid, "read the request", "%w", err)
	}
	reply, err := answer(ctx, fusion.APIUser(r.Subject()), req)
	if err != nil {
		return nil, err
	}
	return fusion.Encode(reply)
}

// within runs do in the goroutine of Run and returns when its effects are
// recorded.
func (n *Notifier) within(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	request := func() {
		err := do()
		if !n.save(ctx) {
			err = fusion.Errorf(fusion.KindUnavailable, "", "the change could not be recorded: %w", context.Cause(ctx))
		}
		done <- err
	}
	select {
	case n.requests <- request:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (n *Notifier) silences(ctx context.Context, user string, _ struct{}) (reply SilencesReply, err error) {
	if _, err := n.opt.Allow(user, "", EndpointSilences); err != nil {
		return reply, err
	}
	reply.Clock = n.opt.Clock()
	err = n.within(ctx, func() error {
		reply.Silences = n.core.listSilences()
		return nil
	})
	return reply, err
}

func (n *Notifier) silence(ctx context.Context, user string, r SilenceRequest) (s Silence, err error) {
	if r.Owner, err = n.opt.Allow(user, r.Owner, EndpointSilence); err != nil {
		return s, err
	}
	now := n.opt.Clock()
	s = Silence{ID: uuid.NewString()[:8], When: r.When, Owner: r.Owner, Reason: r.Reason, From: now, Until: now.Add(time.Duration(r.For))}
	if err := n.within(ctx, func() error { return n.core.addSilence(s) }); err != nil {
		return s, err
	}
	return s, n.opt.Audit(ctx, Audit{User: user, Who: r.Owner, What: EndpointSilence, Asked: s.ID + ": " + s.When, Reason: r.Reason})
}

func (n *Notifier) unsilence(ctx context.Context, user string, r UnsilenceRequest) (reply struct{}, err error) {
	if r.Owner, err = n.opt.Allow(user, r.Owner, EndpointUnsilence); err != nil {
		return reply, err
	}
	if err := n.within(ctx, func() error { return n.core.removeSilence(r.ID) }); err != nil {
		return reply, err
	}
	return reply, n.opt.Audit(ctx, Audit{User: user, Who: r.Owner, What: EndpointUnsilence, Asked: r.ID})
}

// test sends a message past all stages, once.
func (n *Notifier) test(ctx context.Context, user string, r TestRequest) (TestReply, error) {
	if _, err := n.opt.Allow(user, "", EndpointNotifyTest); err != nil {
		return TestReply{}, err
	}
	to := n.opt.Plan.receivers[r.Receiver]
	if to == nil {
		return TestReply{}, fusion.Errorf(fusion.KindNotFound, "notify", "there is no receiver %q", r.Receiver).
			WithHint("it is one of those in the configuration of the room")
	}
	w := words[to.Language]
	m := &Message{Receiver: to.Name, Title: w.test, Body: w.testBody, Made: n.opt.Clock(), Wall: time.Now(), Test: true}
	m.ID = m.key()
	return TestReply{m.ID}, n.send(ctx, m, m.text(w, nil))
}
