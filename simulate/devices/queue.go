package devices

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/openiroom/iroom/simulate"
)

// maxQueued bounds what a device keeps for a target that is away.
const maxQueued = 4096

// message is an encoded emission.
type message struct {
	payload  []byte
	emission simulate.Emission
}

// queue holds what a device has to send. When it is full the oldest goes.
type queue struct {
	mu    sync.Mutex
	items []message
	some  chan struct{} // holds a token while there may be items
}

func newQueue() *queue { return &queue{some: make(chan struct{}, 1)} }

// put appends, and reports whether the oldest had to go.
func (q *queue) put(m message) (dropped bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if dropped = len(q.items) == maxQueued; dropped {
		q.items = q.items[1:]
	}
	q.items = append(q.items, m)
	q.signal()
	return dropped
}

func (q *queue) signal() {
	select {
	case q.some <- struct{}{}:
	default:
	}
}

// take waits for the oldest; false: ctx is done.
func (q *queue) take(ctx context.Context) (message, bool) {
	for {
		select {
		case <-ctx.Done():
			return message{}, false
		case <-q.some:
		}
		if m, ok := q.pop(); ok {
			return m, true
		}
	}
}

func (q *queue) pop() (m message, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return m, false
	}
	m, q.items = q.items[0], q.items[1:]
	if len(q.items) > 0 {
		q.signal()
	}
	return m, true
}

// counters count what became of the emissions.
type counters struct {
	mu        sync.Mutex
	delivered map[simulate.Device]int64
	dropped   atomic.Int64
}

func (c *counters) sent(d simulate.Device) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.delivered == nil {
		c.delivered = map[simulate.Device]int64{}
	}
	c.delivered[d]++
}

func (c *counters) read() (map[simulate.Device]int64, int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[simulate.Device]int64, len(c.delivered))
	maps.Copy(all, c.delivered)
	return all, c.dropped.Load()
}
