package bus

import "fmt"

// Position is where a reader of the log stands, over its sessions. It does no
// I/O.
type Position struct {
	Next      uint64 // sequence of the message that is read next
	delivered uint64 // in this session
}

// Begin starts a session.
func (p *Position) Begin() { p.delivered = 0 }

// Take takes the delivery of a message and returns how many sequences are
// missing before it: they are not on the log. An error means that a message
// was lost or doubled on the way; the session must end.
func (p *Position) Take(delivery, seq uint64) (gap uint64, err error) {
	if delivery != p.delivered+1 || seq < p.Next {
		return 0, fmt.Errorf("message %d came as delivery %d, expected was %d", seq, delivery, p.delivered+1)
	}
	gap = seq - p.Next
	p.delivered, p.Next = delivery, seq+1
	return gap, nil
}
