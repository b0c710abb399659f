package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/micro"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/access"
	"github.com/openiroom/iroom/fusion/audit"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/notify"
	"github.com/openiroom/iroom/fusion/store"
)

// notifier tells people, with what serves it.
type notifier struct {
	plan    *notify.Plan
	stop    context.CancelFunc
	done    chan struct{}
	service micro.Service
}

// NotifyPlan checks and compiles who is told of what, without I/O.
func NotifyPlan(c *config.Config) (*notify.Plan, error) {
	var section notify.Config
	if err := c.Notify.Decode(&section); err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "notify", "%w", err)
	}
	return notify.Compile(section)
}

// startNotify tells people from here on, when the configuration says whom.
func (r *Room) startNotify(ctx, running context.Context) error {
	plan, err := NotifyPlan(r.cfg)
	if err != nil || plan.Empty() {
		return err
	}
	client, err := outgoing(r.cfg.Outgoing)
	if err != nil {
		return err
	}
	n, err := notify.Open(ctx, notify.Options{
		Plan: plan, JS: r.bus.JS(), Log: r.log, MaxStore: r.bus.MaxStore(), Hosts: r.cfg.Outgoing.Hosts, HTTP: client,
		Secret: r.cfg.Secret, Clock: r.clock, Dead: r.deadNotice, Audit: r.auditNotice, Allow: r.allowNotify,
	})
	if err != nil {
		return err
	}
	r.notifier = &notifier{plan: plan, done: make(chan struct{})}
	running, r.notifier.stop = context.WithCancel(running)
	go func() {
		defer close(r.notifier.done)
		if err := n.Run(running); err != nil {
			r.log.Warn("what was told last may be told again", "problem", err)
		}
	}()
	r.notifier.service, err = n.Serve(r.bus.Conn())
	return err
}

// serveLinks serves the links of messages on the HTTP listener.
func (r *Room) serveLinks() error {
	if r.notifier == nil {
		return nil
	}
	handler, err := notify.AckHandler(notify.AckOptions{
		Plan: r.notifier.plan, Secret: r.cfg.Secret, Log: r.log, Picture: r.picture, Acknowledge: r.acknowledge,
	})
	if err != nil || handler == nil {
		return err
	}
	if _, err = r.web.handle(notify.AckPath, handler); err != nil {
		return fusion.Errorf(fusion.KindInvalid, "notify.links", "%w", err)
	}
	return nil
}

// stopNotify waits until what is being sent is sent and recorded.
func (r *Room) stopNotify(ctx context.Context) error {
	n := r.notifier
	if n == nil {
		return nil
	}
	n.stop()
	err := within(ctx, func() { <-n.done })
	if n.service != nil {
		r.warn("the notifier's service", n.service.Stop())
	}
	return err
}

// clock is the room's clock, and that on the wall before the first message.
func (r *Room) clock() time.Time {
	if t := r.loop.status().clock; !t.IsZero() {
		return t
	}
	return time.Now().UTC()
}

// picture returns an incident, or the one in which it goes on.
func (r *Room) picture(_ context.Context, id fusion.PictureID) (p *fusion.Picture, err error) {
	err = r.Store().View(func(tx *store.Tx) error {
		if id, err = tx.Resolve(id); err != nil {
			return err
		}
		p, err = tx.Picture(id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, fusion.Errorf(fusion.KindNotFound, "", "there is no incident %q", id)
	}
	return p, err
}

// acknowledge gives the command to the desk, as everybody does.
func (r *Room) acknowledge(ctx context.Context, c fusion.Command) (fusion.CommandResult, error) {
	return desk.Ask[fusion.CommandResult](ctx, r.bus.Conn(), desk.EndpointCommand(fusion.VerbAcknowledge), c)
}

// deadNotice puts a message that could not be sent into the dead letters.
func (r *Room) deadNotice(ctx context.Context, d notify.Dead) error {
	return r.ingest.Dead(ctx, connectors.DeadLetter{
		Connector: "notify", Version: "notify/1", Payload: d.Message, Origin: "receiver " + d.Receiver, Received: time.Now().UTC(),
		Rejection: &fusion.Rejection{Code: d.Code, Stage: "send", Err: fmt.Errorf("the message did not reach %s: %w", d.Receiver, d.Reason)},
	})
}

func (r *Room) auditNotice(ctx context.Context, a notify.Audit) error {
	return r.Audit(ctx, audit.Entry{
		Time: time.Now().UTC(), Who: a.Who, User: a.User, What: a.What, Asked: a.Asked, Reason: a.Reason, Applied: true,
	})
}

// allowNotify says who answers for what a user of the bus asks the notifier,
// under the rules of the desk.
func (r *Room) allowNotify(user, named, endpoint string) (string, error) {
	u, err := r.Users().Get(user)
	if err != nil {
		return "", err
	}
	role := access.Reader
	switch group, _, _ := strings.Cut(endpoint, "."); group {
	case "command":
		role = access.Operator
	case "admin":
		role = access.Engineer
	}
	if err := u.AtLeast(role); err != nil {
		return "", err
	}
	return u.Person(named)
}
