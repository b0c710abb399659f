package desk

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/access"
	"github.com/openiroom/iroom/fusion/audit"
)

// Headers of a request.
const (
	HeaderActor   = "Iroom-Actor"   // for whom a user asks that speaks for others
	HeaderPurpose = "Iroom-Purpose" // what for; stands in the audit
)

// maxAsked is how much of a question stands in the audit, in bytes.
const maxAsked = 1000

// Endpoint is what a client can ask.
type Endpoint struct {
	Name    string
	About   string // one sentence
	Role    access.Role
	Request reflect.Type
	Reply   reflect.Type

	wait   time.Duration // how long an answer may take
	answer func(ctx context.Context, c *call, data []byte) ([]byte, error)
}

// call is one request: who asks, and what the audit will say of it.
type call struct {
	user    access.User
	person  string // who answers for it
	entry   audit.Entry
	audited bool // the entry must be stored before the answer goes out
}

// hands makes the call one of the audit: it hands over so many pictures,
// entities or letters, of some of which parts are withheld.
func (c *call) hands(results, withheld int) {
	c.audited, c.entry.Results, c.entry.Withheld = true, results, withheld
}

// endpoint makes an endpoint of a function from request to reply.
func endpoint[Req, Reply any](name string, role access.Role, about string, answer func(context.Context, *call, Req) (Reply, error)) Endpoint {
	return Endpoint{
		Name: name, About: about, Role: role, Request: reflect.TypeFor[Req](), Reply: reflect.TypeFor[Reply](), wait: requestTimeout,
		answer: func(ctx context.Context, c *call, data []byte) ([]byte, error) {
			var req Req
			if len(data) > 0 {
				if err := json.Unmarshal(data, &req, json.RejectUnknownMembers(true)); err != nil {
					return nil, fusion.Errorf(fusion.KindInvalid, "read the request", "%w", err)
				}
			}
			reply, err := answer(ctx, c, req)
			if err != nil {
				return nil, err
			}
			return fusion.Encode(reply)
		},
	}
}

// handler answers each request in a goroutine of its own, so that one that
// waits keeps no other waiting.
func (d *Desk) handler(e Endpoint) micro.Handler {
	return micro.HandlerFunc(func(r micro.Request) {
		select {
		case d.places <- struct{}{}:
		default:
			d.refuse(r.Reply(), fusion.Errorf(fusion.KindUnavailable, "", "the desk is answering %d requests already", maxAtOnce).WithHint("ask again"))
			return
		}
		go func() {
			defer func() { <-d.places }()
			ctx, cancel := context.WithTimeout(context.Background(), e.wait)
			defer cancel()
			reply, err := d.serve(ctx, e, r)
			if err != nil {
				d.refuse(r.Reply(), err)
				return
			}
			d.send(&nats.Msg{Subject: r.Reply(), Data: reply})
		}()
	})
}

// refuse answers with the headers of a service error. The request itself is
// done with when its handler returns, which is before the answer is there.
func (d *Desk) refuse(reply string, err error) {
	d.send(&nats.Msg{Subject: reply, Header: nats.Header{
		micro.ErrorCodeHeader: {string(fusion.KindOf(err))}, micro.ErrorHeader: {strings.ReplaceAll(err.Error(), "\n", "; ")},
	}})
}

func (d *Desk) send(m *nats.Msg) {
	if m.Subject == "" {
		return // nobody waits for it
	}
	if err := d.nc.PublishMsg(m); err != nil {
		d.log.Warn("a reply could not be sent", "problem", err)
	}
}

// serve answers a request. What was refused because it is not allowed, and
// all that shows or changes something, is in the audit before the client has
// the answer.
func (d *Desk) serve(ctx context.Context, e Endpoint, r micro.Request) ([]byte, error) {
	c := &call{entry: audit.Entry{Time: time.Now().UTC(), What: e.Name, Asked: string(r.Data()[:min(maxAsked, len(r.Data()))])}}
	reply, err := d.answer(ctx, e, c, r)
	if err == nil && len(reply) > maxReply {
		err = fusion.Errorf(fusion.KindLimit, "", "the answer has %d bytes; at most %d go in one", len(reply), maxReply).
			WithHint("ask for fewer at once")
	}
	denied := fusion.KindOf(err) == fusion.KindDenied
	if err != nil {
		c.entry.Problem, c.entry.Results = err.Error(), 0
	}
	if c.audited && (err == nil || c.entry.Verb != "") || denied {
		if bad := d.room.Audit(ctx, c.entry); bad != nil {
			return nil, errors.Join(bad, err)
		}
	}
	return reply, err
}

func (d *Desk) answer(ctx context.Context, e Endpoint, c *call, r micro.Request) (reply []byte, err error) {
	c.entry.User = fusion.APIUser(r.Subject())
	if c.user, err = d.room.Users().Get(c.entry.User); err != nil {
		return nil, err
	}
	c.entry.Purpose = c.user.Purpose
	if p := r.Headers().Get(HeaderPurpose); p != "" {
		c.entry.Purpose = p[:min(len(p), maxFilter)]
	}
	if c.person, err = c.user.Person(r.Headers().Get(HeaderActor)); err != nil {
		return nil, err
	}
	c.entry.Who = c.person
	if err := c.user.AtLeast(e.Role); err != nil {
		return nil, err
	}
	return e.answer(ctx, c, r.Data())
}
