package bus

import "github.com/nats-io/nats-server/v2/server"

// Kill stops the server behind the bus's back and returns it.
func (b *Bus) Kill() *server.Server {
	s := b.Running()
	s.Shutdown()
	s.WaitForShutdown()
	return s
}

// Running is the server that runs now, nil while it restarts.
func (b *Bus) Running() *server.Server {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.server
}
