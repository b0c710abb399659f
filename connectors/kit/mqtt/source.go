package mqtt

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

const (
	openTimeout = 15 * time.Second // for connecting and subscribing
	keepAlive   = 30               // s
)

// The names under which a message's Meta tells what MQTT says beside the
// payload.
const (
	MetaTopic    = "topic"
	MetaQoS      = "qos"       // 0 or 1
	MetaRetained = "retained"  // "true": the last state of the topic, told because the room subscribed
	MetaTooLarge = "too-large" // size in bytes of a payload that was cut to the limit, see [Limited]
)

// Source listens to topics, see the package comment.
type Source struct {
	host    connectors.Host
	cfg     Config
	session *session
	link    link
}

var _ connectors.Source = (*Source)(nil)

// link is a connection to a broker.
type link interface {
	close(ctx context.Context) error
}

// account is what a client shows to a broker.
type account struct{ user, password string }

// New checks the configuration without I/O.
func New(h connectors.Host, cfg Config) (*Source, error) {
	if h.Log == nil {
		h.Log = slog.New(slog.DiscardHandler)
	}
	if err := cfg.complete(h.Name); err != nil {
		return nil, &fusion.Error{Kind: fusion.KindInvalid, Op: "mqtt", Err: err}
	}
	return &Source{host: h, cfg: cfg}, nil
}

// Open connects, resumes the session and subscribes.
func (s *Source) Open(ctx context.Context) error {
	to, err := s.cfg.endpoint(s.host)
	if err != nil {
		return err
	}
	if to.addr == "" {
		return fusion.Errorf(fusion.KindUnavailable, "open MQTT", "the room's own MQTT listener is not on").
			WithHint("switch it on, or name a broker")
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if err := s.connect(ctx, to); err != nil {
		return &fusion.Error{Kind: fusion.KindUnavailable, Op: "open " + to.String(), Err: err}
	}
	return nil
}

func (s *Source) connect(ctx context.Context, to endpoint) error {
	who, err := s.account()
	if err != nil {
		return err
	}
	security, err := s.security(to)
	if err != nil {
		return err
	}
	dial := dial5
	if s.cfg.Version == Version311 {
		dial = dial3
	}
	in := newSession(s.host.Log, s.host.Name, to, s.cfg)
	if s.link, err = dial(ctx, s.cfg, to, who, security, in); err != nil {
		in.end(err)
		return err
	}
	s.session = in
	return nil
}

func (s *Source) account() (account, error) {
	if s.cfg.own() {
		return account{s.host.MQTTUser, s.host.MQTTPassword}, nil
	}
	if s.cfg.Password == "" {
		return account{user: s.cfg.Username}, nil
	}
	if s.host.Secret == nil {
		return account{}, errors.New("the password is a reference to a secret, and there is nothing here that resolves it")
	}
	password, err := s.host.Secret(s.cfg.Password)
	if err != nil {
		return account{}, fmt.Errorf("password: %w", err)
	}
	return account{s.cfg.Username, password}, nil
}

func (s *Source) security(to endpoint) (*tls.Config, error) {
	if !to.tls {
		return nil, nil
	}
	if s.cfg.own() {
		return s.host.MQTTTLS, nil
	}
	c := &tls.Config{ServerName: to.host, MinVersion: tls.VersionTLS12}
	if s.cfg.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(s.cfg.CAFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file %s has no certificate in PEM form", s.cfg.CAFile)
	}
	return c, nil
}

// Read returns the next message, or why the connection ended.
func (s *Source) Read(ctx context.Context) (connectors.Message, connectors.Ack, error) {
	in := s.session
	select {
	case <-ctx.Done():
		return connectors.Message{}, nil, ctx.Err()
	case <-in.gone:
		return connectors.Message{}, nil, in.cause
	case d := <-in.inbox:
		return d.message, func(r connectors.Receipt) { in.settle(d, r) }, nil
	}
}

// Close ends the connection and leaves the session with the broker.
func (s *Source) Close(ctx context.Context) error { return s.link.close(ctx) }

// Limited makes a mapper reject the messages that were too large.
func Limited(m connectors.Mapper) connectors.Mapper {
	return connectors.MapperFunc(func(msg connectors.Message) connectors.Mapping {
		if size := msg.Meta[MetaTooLarge]; size != "" {
			return connectors.Mapping{Rejects: []*fusion.Rejection{fusion.Reject("too-large", "",
				"the payload has %s bytes; only its first %d were kept; raise max_bytes if it is rightly so large", size, len(msg.Payload))}}
		}
		return m.Map(msg)
	})
}
