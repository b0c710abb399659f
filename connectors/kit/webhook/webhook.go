// Package webhook is the source of connectors whose devices and systems push
// over HTTP. It stands at the edge of the data's way: a request to the room's
// listener becomes one message, and the answer waits until that message is
// durable.
//
// A 2xx or 422 answer means that the room holds the request for ever, as
// events or in the dead-letter stream; any other answer means that the sender
// keeps it and sends it again. The number of requests and bytes in memory is
// bounded. The package does not look into the body, and it does not tell
// repeats apart: the ids that a mapper gives do.
package webhook

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// Config says where requests come in and who may send them.
type Config struct {
	// Path on the room's listener; "" means /in/<name of the instance>.
	Path string `yaml:"path"`
	// Token is a reference to a secret (env:NAME or file:PATH) that a sender
	// shows as `Authorization: Bearer …`, as header X-Token or, when it can
	// only be given a URL, as query parameter token. "" admits everybody who
	// reaches the listener.
	Token string `yaml:"token"`
	// MaxBytes bounds a body, packed and unpacked; 0 means 4 MiB.
	MaxBytes int64 `yaml:"max_bytes"`
	// Timeout bounds the reading of a body, and after that the wait until it
	// is durable; 0 means 10 s.
	Timeout fusion.Duration `yaml:"timeout"`
}

const (
	defaultMaxBytes = 4 << 20
	mostMaxBytes    = 64 << 20
	defaultTimeout  = fusion.Duration(10 * time.Second)
	// maxWaiting bounds the requests that are read or wait at one time.
	maxWaiting = 128
)

// methods are those that get an answer here; all but POST are told so.
var methods = []string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete}

// Source receives HTTP requests. It implements [connectors.Source].
type Source struct {
	host connectors.Host
	cfg  Config
	open *session
	stop []func()
}

// New checks the configuration. The token is resolved by Open.
func New(h connectors.Host, cfg Config) (*Source, error) {
	cfg.Path = cmp.Or(cfg.Path, "/in/"+h.Name)
	cfg.MaxBytes = cmp.Or(cfg.MaxBytes, defaultMaxBytes)
	cfg.Timeout = cmp.Or(cfg.Timeout, defaultTimeout)
	switch {
	case !strings.HasPrefix(cfg.Path, "/") || strings.ContainsAny(cfg.Path, " {}?#"):
		return nil, fmt.Errorf("path is %q; write it like /in/cameras, without blanks, braces or a query", cfg.Path)
	case cfg.MaxBytes < 0 || cfg.MaxBytes > mostMaxBytes:
		return nil, fmt.Errorf("max_bytes is %d; it lies between 1 and %d", cfg.MaxBytes, mostMaxBytes)
	case cfg.Timeout < 0:
		return nil, fmt.Errorf("timeout is %s; it is a positive time such as 10s", cfg.Timeout)
	}
	return &Source{host: h, cfg: cfg}, nil
}

// Open begins to listen at the path.
func (s *Source) Open(context.Context) error {
	if s.host.Handle == nil {
		return errors.New("the room has no HTTP listener; configure one to receive requests")
	}
	opened := newSession(s.cfg)
	if err := s.resolveToken(opened); err != nil {
		return err
	}
	for _, method := range methods {
		stop, err := s.host.Handle(method+" "+s.cfg.Path, opened)
		if err != nil {
			s.unregister()
			return fmt.Errorf("listening at %s: %w", s.cfg.Path, err)
		}
		s.stop = append(s.stop, stop)
	}
	s.open = opened
	return nil
}

func (s *Source) resolveToken(into *session) error {
	if s.cfg.Token == "" {
		return nil
	}
	if s.host.Secret == nil {
		return fmt.Errorf("token refers to the secret %s, but the room resolves no secrets", s.cfg.Token)
	}
	token, err := s.host.Secret(s.cfg.Token)
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	if token = strings.TrimSpace(token); token == "" {
		return fmt.Errorf("token: the secret %s is empty", s.cfg.Token)
	}
	into.token = new(sha256.Sum256([]byte(token)))
	return nil
}

// Read returns the next request's body. Its ack answers the request.
func (s *Source) Read(ctx context.Context) (connectors.Message, connectors.Ack, error) {
	if s.open == nil {
		return connectors.Message{}, nil, errors.New("the webhook is not open")
	}
	select {
	case d := <-s.open.queue:
		return d.message, d.ack, nil
	case <-ctx.Done():
		return connectors.Message{}, nil, ctx.Err()
	}
}

// Close stops listening and turns away the requests that were not read.
func (s *Source) Close(context.Context) error {
	s.unregister()
	if s.open != nil {
		close(s.open.closed)
		s.open = nil
	}
	return nil
}

func (s *Source) unregister() {
	for _, stop := range s.stop {
		stop()
	}
	s.stop = nil
}
