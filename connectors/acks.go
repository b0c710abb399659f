package connectors

import "sync"

// ackQueue calls acks in the order of reading, whatever the order in which
// the messages become durable.
type ackQueue struct {
	pending chan *pendingAck
	done    sync.WaitGroup
}

type pendingAck struct {
	ack     Ack
	receipt Receipt
	settled chan struct{}
}

func newAckQueue(size int) *ackQueue {
	q := &ackQueue{pending: make(chan *pendingAck, size)}
	q.done.Go(func() {
		for p := range q.pending {
			<-p.settled
			p.ack(p.receipt)
		}
	})
	return q
}

// push blocks while the queue is full. The returned function must be called
// once.
func (q *ackQueue) push(ack Ack) func(Receipt) {
	p := &pendingAck{ack: ack, settled: make(chan struct{})}
	q.pending <- p
	return func(r Receipt) {
		p.receipt = r
		close(p.settled)
	}
}

func (q *ackQueue) drain() {
	close(q.pending)
	q.done.Wait()
}
