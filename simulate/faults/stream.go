package faults

import (
	"context"
	"fmt"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

const (
	inFlight = 6    // outputs that an outlet has on their way at most
	patience = 5000 // looks at the oldest of them, until it must be stored
)

// stream is an output stream of the world.
type stream struct {
	name    string
	stored  []output
	checked int // so many were compared with the reference
}

// output is one message of an output stream.
type output struct {
	subject string
	place   fusion.Place
	writer  string
	data    []byte
}

// offer stores an output if the stream ends where its writer thinks.
func (s *stream) offer(o output, expect uint64) (seq uint64, ok bool) {
	if expect != uint64(len(s.stored)) {
		return 0, false
	}
	s.stored = append(s.stored, o)
	return uint64(len(s.stored)), true
}

func (s *stream) newest() bus.Newest {
	n := bus.Newest{Seq: uint64(len(s.stored))}
	if n.Seq > 0 {
		last := s.stored[n.Seq-1]
		n.Place, n.Writer = last.place, last.writer
	}
	return n
}

// Outlet sends to one output stream, as [bus.Output] does, over the network
// of the world.
type Outlet struct {
	life   *Life
	stream *stream
	writer string
	line   *bus.Pipeline[*sending]
	err    error
}

// sending is an output on its way, with its newest attempt.
type sending struct {
	output
	try *attempt
}

// attempt is one publish: on its way until one of these is true.
type attempt struct {
	seq           uint64 // once acked
	acked, failed bool
	missed        bool // it or its answer is lost
}

// Outlet opens an output stream.
func (l *Life) Outlet(name string) *Outlet {
	w := l.world
	s := w.streams[name]
	w.writers++
	o := &Outlet{life: l, stream: s, writer: fmt.Sprint("writer-", w.writers)}
	o.line = bus.NewPipeline[*sending](name, o.writer, s.newest())
	l.outlets = append(l.outlets, o)
	return o
}

// Cursor is the place of the newest output that was taken.
func (o *Outlet) Cursor() fusion.Place { return o.line.Cursor() }

// Publish takes an output; one that is not after the cursor is passed over.
func (o *Outlet) Publish(_ context.Context, subject string, data []byte, place fusion.Place) error {
	if o.line.Taken(place) {
		return nil
	}
	if err := o.drain(inFlight - 1); err != nil {
		return err
	}
	s := &sending{output: output{subject, place, o.writer, data}}
	o.line.Add(place, s)
	o.line.Take(place)
	o.send(len(o.line.Sent()) - 1)
	return nil
}

// Flush returns when all that was taken is stored.
func (o *Outlet) Flush(context.Context) error { return o.drain(0) }

// drain waits until at most so many outputs are on their way.
func (o *Outlet) drain(most int) error {
	for pumps := 0; o.err == nil && len(o.line.Sent()) > most; pumps++ {
		if pumps > patience {
			o.life.world.fail("stream %s: %d outputs are never stored", o.stream.name, len(o.line.Sent()))
		}
		o.pump()
	}
	return o.err
}

func (o *Outlet) send(i int) {
	w := o.life.world
	s, expect, try := o.line.Sent()[i], o.line.Expects(i), &attempt{}
	s.try = try
	arrive := func() {
		seq, ok := o.stream.offer(s.output, expect)
		answer := func() { try.seq, try.acked, try.failed = seq, ok, !ok }
		switch {
		case w.faulty(10):
			try.missed = true
		case w.faulty(6):
			w.later(answer)
		default:
			answer()
		}
	}
	switch {
	case w.busDown > 0, w.faulty(10):
		try.missed = true
	case w.faulty(4):
		w.later(arrive)
	default:
		arrive()
	}
}

// pump does what the writer of an output does next: it waits for the oldest.
func (o *Outlet) pump() {
	w := o.life.world
	o.life.mayDie(400)
	w.network()
	w.busRecovers()
	if o.err != nil || len(o.line.Sent()) == 0 {
		return
	}
	switch try := o.line.Sent()[0].try; {
	case try.acked:
		if !o.line.Confirm(o.stream.name, try.seq) {
			o.recover()
		}
	case try.failed, try.missed, w.rand.IntN(12) == 0: // the last: it took too long
		o.recover()
	}
}

// recover asks the stream what is stored and sends the rest again.
func (o *Outlet) recover() {
	w := o.life.world
	for w.busDown > 0 {
		o.life.mayDie(100)
		w.busRecovers()
	}
	if o.err = o.line.Reconcile(o.stream.newest()); o.err != nil {
		w.note("%s: %v", o.stream.name, o.err)
		return
	}
	for i := range o.line.Sent() {
		o.send(i)
	}
}
