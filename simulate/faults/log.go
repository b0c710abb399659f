package faults

import (
	"context"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

// journal is the log of the world. What it acknowledged it never loses.
type journal struct {
	created  time.Time
	messages []bus.Message
}

func (j *journal) last() uint64 { return uint64(len(j.messages)) }

func (j *journal) message(seq uint64) bus.Message { return j.messages[seq-1] }

// newestTime is the engine's clock at the end of the log.
func (j *journal) newestTime() (at time.Time) {
	for _, m := range j.messages {
		at = later(at, m.Time)
	}
	return at
}

// append stores a message, stamped with the server's clock.
func (w *World) append(subject string, data []byte) uint64 {
	seq := w.log.last() + 1
	w.log.messages = append(w.log.messages, bus.Message{Seq: seq, Subject: subject, Time: w.clock, Data: data})
	return seq
}

// State is what a start asks of the log.
func (l *Life) State() bus.LogState {
	s := bus.LogState{Created: l.world.log.created, Last: l.world.log.last()}
	if s.Last > 0 {
		s.First = 1
	}
	return s
}

// Find is that of the real log.
func (l *Life) Find(_ context.Context, subject string, from uint64) (list []bus.Message, err error) {
	for _, m := range l.world.log.messages {
		if m.Seq >= from && m.Subject == subject {
			list = append(list, m)
		}
	}
	return list, nil
}

// Publish writes a message of the room itself.
func (l *Life) Publish(_ context.Context, subject string, data []byte, _ time.Duration, _ *uint64) (uint64, error) {
	return l.world.append(subject, data), nil
}

// Read delivers the log as the real one does, and lets the world go on in
// between. Deliveries get lost and come twice. It ends when the room is to
// stop.
func (l *Life) Read(_ context.Context, from uint64, fn func(bus.Message) error) error {
	w := l.world
	at, next, delivery := bus.Position{Next: max(from, 1)}, max(from, 1), uint64(0)
	again := func() {
		at.Begin()
		next, delivery = at.Next, 0
	}
	again()
	for w.turn(l) {
		l.applied = at.Next - 1
		if w.busDown > 0 || w.heartbeatMissing(next, at.Next) {
			again()
			continue
		}
		for range 1 + w.rand.IntN(12) {
			if next > w.log.last() {
				break
			}
			m := w.log.message(next)
			next, delivery = next+1, delivery+1
			if w.faulty(60) {
				w.note("message %d is lost on the way", m.Seq)
				continue
			}
			gap, err := at.Take(delivery, m.Seq)
			if err != nil {
				again()
				break
			}
			m.Gap = gap
			if err := fn(m); err != nil {
				return err
			}
			if w.faulty(60) {
				w.note("message %d comes twice", m.Seq)
				next, delivery = m.Seq, delivery-1
			}
		}
	}
	l.applied = at.Next - 1
	return nil
}

// heartbeatMissing: the server has sent more than came, and nothing follows
// that would show it.
func (w *World) heartbeatMissing(next, want uint64) bool {
	return next > want && next > w.log.last() && w.rand.IntN(3) == 0
}

// letter is what a publisher sends until it is acknowledged.
type letter struct {
	subject string
	data    []byte
	events  []fusion.EventID
	seq     uint64 // of one copy on the log, once acknowledged
	tries   int
}

// post sends a letter once. It may be stored or not, now or later, and the
// publisher may hear of it or not.
func (w *World) post(l *letter) {
	l.tries++
	if w.busDown > 0 {
		return
	}
	switch {
	case w.faulty(8):
		w.note("a %s is dropped", l.subject)
	case w.faulty(8):
		w.note("a %s is late", l.subject)
		w.later(func() {
			seq := w.append(l.subject, l.data)
			if l.seq == 0 && w.rand.IntN(2) == 0 {
				l.seq = seq
			}
		})
	case w.faulty(8):
		w.append(l.subject, l.data)
		w.note("a %s is stored, its acknowledgement lost", l.subject)
	default:
		seq := w.append(l.subject, l.data)
		if l.seq == 0 {
			l.seq = seq
		}
	}
}

// later does something when the network comes to it; nothing keeps the order.
func (w *World) later(do func()) { w.flying = append(w.flying, do) }

// network lets one thing arrive that is on its way.
func (w *World) network() {
	if len(w.flying) == 0 || w.busDown > 0 {
		return
	}
	i := w.rand.IntN(len(w.flying))
	do := w.flying[i]
	w.flying = append(w.flying[:i], w.flying[i+1:]...)
	do()
}
