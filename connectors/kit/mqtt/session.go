package mqtt

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/openiroom/iroom/connectors"
)

// inboxSize is how many messages wait in memory at most. It exceeds what a
// broker sends without acknowledgement (the room's own listener: 1024), so
// that those never hold up the answers to our own packets.
const inboxSize = 4096

var errClosed = errors.New("the connection was closed")

// session is what one connection receives.
type session struct {
	log      *slog.Logger
	instance string
	from     endpoint
	maxBytes int

	inbox chan delivery
	gone  chan struct{} // closed when the connection is of no more use
	once  sync.Once
	cause error // why; set before gone is closed
}

// delivery is a message with the way to acknowledge it.
type delivery struct {
	message connectors.Message
	qos     byte
	ack     func() error
}

func newSession(log *slog.Logger, instance string, from endpoint, cfg Config) *session {
	return &session{
		log: log, instance: instance, from: from, maxBytes: cfg.MaxBytes,
		inbox: make(chan delivery, max(inboxSize, cfg.MaxInFlight)),
		gone:  make(chan struct{}),
	}
}

// end makes Read return the cause; only the first cause counts.
func (s *session) end(cause error) {
	s.once.Do(func() {
		s.cause = fmt.Errorf("%s: %w", s.from, cause)
		close(s.gone)
	})
}

// receive takes a message from the broker. It blocks while the inbox is full,
// which holds up the broker. After the end it drops the message: unacknowledged,
// it comes again.
func (s *session) receive(topic string, payload []byte, qos byte, retained bool, ack func() error) {
	m := connectors.Message{
		Payload: payload, Origin: s.from.String() + "/" + topic, Received: time.Now().UTC(),
		Meta: map[string]string{MetaTopic: topic, MetaQoS: strconv.Itoa(int(qos))},
	}
	if retained {
		m.Meta[MetaRetained] = "true"
	}
	if len(payload) > s.maxBytes {
		m.Meta[MetaTooLarge] = strconv.Itoa(len(payload))
		m.Payload = payload[:s.maxBytes:s.maxBytes]
	}
	select {
	case <-s.gone:
	case s.inbox <- delivery{m, qos, ack}:
	}
}

// settle acknowledges a message that the room took. One that it did not take
// ends the connection, since brokers send again only in the next; and nothing
// after it is acknowledged, so that the order is kept.
func (s *session) settle(d delivery, r connectors.Receipt) {
	select {
	case <-s.gone:
		return
	default:
	}
	switch {
	case r.Err == nil && d.qos == 0:
	case r.Err == nil:
		if err := d.ack(); err != nil {
			s.end(fmt.Errorf("a message could not be acknowledged: %w", err))
		}
	case d.qos == 0:
		s.log.Warn("a message with QoS 0 is lost", "connector", s.instance, "problem", r.Err)
	default:
		s.end(fmt.Errorf("a message could not be stored and must come again: %w", r.Err))
	}
}
