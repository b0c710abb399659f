package devices

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

const (
	maxBacklog   = 512 // messages for who connects after they were sent
	writeTimeout = 2 * time.Second
)

// receiver is an AIS receiver that serves its lines to every TCP client. What
// comes while nobody is connected is kept for the first who connects.
type receiver struct {
	listener net.Listener
	mu       sync.Mutex
	clients  map[net.Conn]struct{}
	backlog  [][]byte
}

func newReceiver(l net.Listener) *receiver {
	return &receiver{listener: l, clients: map[net.Conn]struct{}{}}
}

// accept runs until the listener is closed.
func (r *receiver) accept() {
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.welcome(conn)
	}
}

func (r *receiver) welcome(conn net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clients[conn] = struct{}{}
	waiting := r.backlog
	r.backlog = nil
	for _, line := range waiting {
		r.write(line)
	}
}

// send gives the lines to all clients.
func (r *receiver) send(_ context.Context, m message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.write(m.payload)
	return nil
}

// write gives up clients that do not read, and keeps what nobody took.
func (r *receiver) write(lines []byte) {
	taken := false
	for conn := range r.clients {
		err := conn.SetWriteDeadline(time.Now().Add(writeTimeout))
		if err == nil {
			_, err = conn.Write(lines)
		}
		if err != nil {
			delete(r.clients, conn)
			conn.Close() //nolint:errcheck // it failed before
			continue
		}
		taken = true
	}
	if !taken {
		r.backlog = append(r.backlog, lines)
		r.backlog = r.backlog[max(0, len(r.backlog)-maxBacklog):]
	}
}

// close ends a run; the server goes on.
func (r *receiver) close() error { return nil }

// shutDown ends the server and its connections.
func (r *receiver) shutDown() error {
	err := r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for conn := range r.clients {
		err = errors.Join(err, conn.Close())
	}
	clear(r.clients)
	return err
}
