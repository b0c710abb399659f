package bus

import (
	"errors"
	"fmt"

	"github.com/openiroom/iroom/fusion"
)

// ErrFenced says that somebody else writes to the same stream. The engine must
// stop.
var ErrFenced = errors.New("another engine writes to the same stream")

// Pipeline is what the writer of an output stream knows of it: the place of
// the newest output that was taken, what is surely stored, and what was sent
// after that, in order, each expecting the one before it. It does no I/O.
//
// Taken and Take are for the goroutine that publishes, all else for the one
// that sends.
type Pipeline[T any] struct {
	stream, writer string

	taken  fusion.Place
	stored uint64 // last sequence that is surely in the stream
	places []fusion.Place
	sent   []T
}

// Newest is what the newest message of an output stream says.
type Newest struct {
	Seq    uint64
	Place  fusion.Place
	Writer string // of its pipeline
}

// NewPipeline makes the pipeline of a stream whose newest message is last.
// No two pipelines may have the same writer.
func NewPipeline[T any](stream, writer string, last Newest) *Pipeline[T] {
	return &Pipeline[T]{stream: stream, writer: writer, taken: last.Place, stored: last.Seq}
}

// Cursor is the place of the newest output that was taken.
func (p *Pipeline[T]) Cursor() fusion.Place { return p.taken }

// Taken reports whether the output of that place was taken before.
func (p *Pipeline[T]) Taken(place fusion.Place) bool { return place.Compare(p.taken) <= 0 }

// Take moves the cursor to an output.
func (p *Pipeline[T]) Take(place fusion.Place) { p.taken = place }

// Add puts an output behind those that are on their way.
func (p *Pipeline[T]) Add(place fusion.Place, v T) {
	p.places, p.sent = append(p.places, place), append(p.sent, v)
}

// Sent are the outputs that are on their way, oldest first.
func (p *Pipeline[T]) Sent() []T { return p.sent }

// Expects is the last sequence that the stream must have before it stores the
// i-th output on its way.
func (p *Pipeline[T]) Expects(i int) uint64 { return p.stored + uint64(i) }

// Confirm takes the acknowledgement of the oldest output on its way; false: it
// is not the one that was expected, and the stream must be asked.
func (p *Pipeline[T]) Confirm(stream string, seq uint64) bool {
	if stream != p.stream || seq != p.stored+1 {
		return false
	}
	p.advance(1)
	return true
}

// Reconcile finds out from the newest message which outputs on their way are
// stored. [ErrFenced]: another writer was there.
func (p *Pipeline[T]) Reconcile(last Newest) error {
	if last.Seq < p.stored || last.Seq > p.stored+uint64(len(p.sent)) {
		return p.fenced("its last sequence is %d and should lie between %d and %d", last.Seq, p.stored, p.stored+uint64(len(p.sent)))
	}
	if n := int(last.Seq - p.stored); n > 0 {
		if last.Writer != p.writer || last.Place != p.places[n-1] {
			return p.fenced("its message %d came from another writer, at place %s", last.Seq, last.Place)
		}
		p.advance(n)
	}
	return nil
}

func (p *Pipeline[T]) advance(n int) {
	p.stored += uint64(n)
	p.places, p.sent = p.places[n:], p.sent[n:]
}

func (p *Pipeline[T]) fenced(format string, args ...any) error {
	return fusion.Errorf(fusion.KindConflict, "write to stream "+p.stream, "%w: %s", ErrFenced, fmt.Sprintf(format, args...)).
		WithHint("only one room may run on a bus; stop one of them")
}
