package notify

import (
	"context"
	"fmt"
	"net/http"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"github.com/openiroom/iroom/fusion"
)

// HeaderKey is the header with the idempotency key, on topics and webhooks.
const HeaderKey = "Idempotency-Key"

// TopicSubject is where the messages of a topic go.
func TopicSubject(topic string) string { return "iroom.notify." + topic }

// sender sends one message after the other to one receiver. An error of kind
// invalid or denied means that trying again cannot help.
type sender interface {
	send(ctx context.Context, m *Message, body string) error
}

// topicSender publishes messages on the bus, where they are stored.
type topicSender struct {
	js      jetstream.JetStream
	subject string
}

// topicMessage is what topics carry.
type topicMessage struct {
	Message
	Text string `json:"text"` // the body with its links
}

func (s topicSender) send(ctx context.Context, m *Message, body string) error {
	msg := nats.NewMsg(s.subject)
	msg.Header.Set(HeaderKey, m.ID)
	var err error
	if msg.Data, err = fusion.Encode(topicMessage{*m, body}); err != nil {
		return fmt.Errorf("encode a message: %w", err)
	}
	_, err = s.js.PublishMsg(ctx, msg, jetstream.WithMsgID(m.ID), jetstream.WithExpectStream(StreamNotify))
	return err
}

// serviceSender sends messages through a service of shoutrrr. The library
// makes its own HTTP clients; where it takes one it gets the room's, which
// checks redirects and addresses, and everywhere the host of the URL is
// checked before each message.
type serviceSender struct {
	name   string
	target *target
	hosts  []string
	client *http.Client
	busy   chan struct{} // holds one while the library works, since it cannot be stopped
}

func newServiceSender(name, secret string, hosts []string, client *http.Client) (*serviceSender, error) {
	t, err := parseTarget(secret)
	if err != nil {
		return nil, receiverError(name, err)
	}
	s := &serviceSender{name, t, hosts, client, make(chan struct{}, 1)}
	if err := t.allowed(hosts); err != nil {
		return nil, receiverError(name, err)
	}
	if t.kind == "matrix" { // the library logs in when it makes the service
		return s, nil
	}
	if _, err := s.service(""); err != nil {
		return nil, receiverError(name, err)
	}
	return s, nil
}

func receiverError(name string, err error) error {
	return fusion.Errorf(fusion.KindInvalid, "notify receiver "+name, "%w", err)
}

// service makes the library's service for one message.
func (s *serviceSender) service(key string) (types.Service, error) {
	u := *s.target.url
	if s.target.kind == "generic" {
		q := u.Query()
		q.Set("@"+HeaderKey, key)
		u.RawQuery = q.Encode()
	}
	svc, err := new(router.ServiceRouter).Locate(u.String())
	if err != nil {
		return nil, invalidTarget("the service " + s.target.kind + " does not understand it: " + s.target.redact(err.Error()))
	}
	if c, ok := svc.(interface{ SetHTTPClient(client *http.Client) }); ok && s.client != nil {
		c.SetHTTPClient(s.client)
	}
	return svc, nil
}

func (s *serviceSender) send(ctx context.Context, m *Message, body string) error {
	if err := s.target.allowed(s.hosts); err != nil {
		return receiverError(s.name, err)
	}
	select {
	case s.busy <- struct{}{}:
	default:
		return fusion.Errorf(fusion.KindUnavailable, "notify receiver "+s.name, "the attempt before has not ended")
	}
	done := make(chan error, 1)
	go func() {
		defer func() { <-s.busy }()
		done <- s.deliver(m, body)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fusion.Errorf(fusion.KindUnavailable, "notify receiver "+s.name, "the service took too long: %w", context.Cause(ctx))
	}
}

// deliver makes an error of a panic in the library.
func (s *serviceSender) deliver(m *Message, body string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fusion.Errorf(fusion.KindUnavailable, "notify receiver "+s.name, "the service %s panicked", s.target.kind)
		}
	}()
	svc, err := s.service(m.ID)
	if err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "notify receiver "+s.name, "%w", err)
	}
	params := types.Params{}
	if s.target.titled {
		params["title"] = m.Title
	} else {
		body = m.Title + "\n" + body
	}
	if err := svc.Send(body, &params); err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "notify receiver "+s.name, "%s", s.target.redact(err.Error()))
	}
	return nil
}
