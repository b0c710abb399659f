package ais

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/openiroom/iroom/connectors"
)

const (
	dialTimeout = 15 * time.Second
	keepAlive   = 30 * time.Second
)

// source is a TCP client. One life is from Open to Close.
type source struct {
	config  config
	conn    net.Conn
	lines   *lineReader
	groups  *assembler
	ready   []connectors.Message // assembled and not yet read
	failure error                // ends this life once ready is empty
	slots   chan struct{}        // one for each unacknowledged message
}

// Open connects and sends the greeting.
func (s *source) Open(ctx context.Context) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return fmt.Errorf("AIS server %s: %w", s.config.Address, err)
	}
	if err := s.greet(conn); err != nil {
		return errors.Join(fmt.Errorf("AIS server %s does not take the greeting: %w", s.config.Address, err), conn.Close())
	}
	*s = source{
		config: s.config, conn: conn, lines: newLineReader(conn), groups: newAssembler(),
		slots: make(chan struct{}, s.config.Unacknowledged),
	}
	return nil
}

func (s *source) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dialer := &net.Dialer{KeepAlive: keepAlive}
	if s.config.Transport == transportTLS {
		secure := tls.Dialer{NetDialer: dialer, Config: &tls.Config{MinVersion: tls.VersionTLS12}}
		return secure.DialContext(ctx, "tcp", s.config.Address)
	}
	return dialer.DialContext(ctx, "tcp", s.config.Address)
}

func (s *source) greet(conn net.Conn) error {
	if s.config.Send == "" {
		return nil
	}
	if err := conn.SetWriteDeadline(time.Now().Add(dialTimeout)); err != nil {
		return err
	}
	_, err := io.WriteString(conn, s.config.Send+"\r\n")
	return err
}

// Read returns the next line or group of lines. It waits while too many
// messages are unacknowledged. An acknowledgement frees its place and no more:
// the server cannot be asked to send again.
func (s *source) Read(ctx context.Context) (connectors.Message, connectors.Ack, error) {
	slots := s.slots
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return connectors.Message{}, nil, ctx.Err()
	}
	m, err := s.next(ctx)
	if err != nil {
		<-slots
		return connectors.Message{}, nil, err
	}
	return m, func(connectors.Receipt) { <-slots }, nil
}

func (s *source) next(ctx context.Context) (connectors.Message, error) {
	for len(s.ready) == 0 && s.failure == nil {
		line, err := s.line(ctx)
		if err != nil {
			s.ready, s.failure = s.groups.flush(), s.explain(ctx, err)
			break
		}
		s.ready = s.groups.add(connectors.Message{Payload: line, Origin: s.config.Address, Received: time.Now().UTC()})
	}
	if len(s.ready) == 0 {
		return connectors.Message{}, s.failure
	}
	m := s.ready[0]
	s.ready = s.ready[1:]
	return m, nil
}

// line reads one line, at most for the idle time and until ctx is done.
func (s *source) line(ctx context.Context) ([]byte, error) {
	if err := s.conn.SetReadDeadline(time.Now().Add(time.Duration(s.config.Idle))); err != nil {
		return nil, err
	}
	conn := s.conn // which Close may forget while the function still runs
	stop := context.AfterFunc(ctx, func() {
		// It fails only on a closed connection, on which no read waits.
		if err := conn.SetReadDeadline(time.Unix(1, 0)); err != nil {
			return
		}
	})
	defer stop()
	return s.lines.next()
}

// explain says why a life ended. The end of the stream is a failure too: a
// live stream is never complete, and the runner must connect again.
func (s *source) explain(ctx context.Context, err error) error {
	problem, network := errors.AsType[net.Error](err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.EOF):
		return fmt.Errorf("AIS server %s closed the connection: %w", s.config.Address, io.ErrUnexpectedEOF)
	case network && problem.Timeout():
		return fmt.Errorf("AIS server %s was silent for %s: %w", s.config.Address, s.config.Idle, err)
	}
	return fmt.Errorf("AIS server %s: %w", s.config.Address, err)
}

// Close gives the connection back.
func (s *source) Close(context.Context) error {
	if s.conn == nil {
		return nil
	}
	conn := s.conn
	s.conn = nil
	return conn.Close()
}
