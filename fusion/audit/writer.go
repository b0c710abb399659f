package audit

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// ErrMoved says that the stream has another last message than was expected.
var ErrMoved = errors.New("the audit has another last message")

// Stream is where the audit is stored.
type Stream interface {
	// Last is the newest message and its sequence; 0 when there is none.
	Last(ctx context.Context) (seq uint64, data []byte, err error)
	// Append stores a message behind the one of sequence last; [ErrMoved] when
	// that is not the newest. After another error it may be stored or not.
	Append(ctx context.Context, last uint64, data []byte) (seq uint64, err error)
}

const (
	storeWithin = 5 * time.Second
	mostWaiting = 1000 // requests that wait for their entry
	mostAtOnce  = 200  // entries in one message
)

// Writer stores entries in the order in which they come. It is for any number
// of goroutines.
type Writer struct {
	stream Stream
	queue  chan pending
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once

	// Of the goroutine that writes:
	head  Head
	last  uint64 // sequence of the newest message
	known bool   // that head and last are the stream's
}

type pending struct {
	entry  Entry
	stored chan error
}

// NewWriter begins to write behind what the stream holds. Close ends it.
func NewWriter(s Stream) *Writer {
	w := &Writer{stream: s, queue: make(chan pending, mostWaiting), stop: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w
}

// Close stores what waits and ends the writer. It may be called twice.
func (w *Writer) Close() {
	w.once.Do(func() { close(w.stop) })
	<-w.done
}

// Write returns when the entry is stored. An error, of kind unavailable, means
// that it may not be, and that what it is about must not happen.
func (w *Writer) Write(ctx context.Context, e Entry) error {
	p := pending{e, make(chan error, 1)}
	select {
	case <-w.stop:
		return unwritten(errors.New("the room is stopping"))
	default:
	}
	select {
	case w.queue <- p:
	default:
		return unwritten(errors.New("too many requests wait for it"))
	}
	select {
	case err := <-p.stored:
		return err
	case <-w.done:
		return unwritten(errors.New("the room is stopping"))
	case <-ctx.Done():
		return unwritten(context.Cause(ctx))
	}
}

func unwritten(err error) error {
	return fusion.Errorf(fusion.KindUnavailable, "audit", "the entry was not stored: %w", err).
		WithHint("nothing is shown or changed without it; ask again, and a command with the same id is obeyed once")
}

func (w *Writer) run() {
	defer close(w.done)
	for {
		select {
		case p := <-w.queue:
			w.write(w.collect(p))
		case <-w.stop:
			for len(w.queue) > 0 {
				w.write(w.collect(<-w.queue))
			}
			return
		}
	}
}

// collect takes what came while the message before was stored.
func (w *Writer) collect(first pending) []pending {
	batch := []pending{first}
	for len(batch) < mostAtOnce {
		select {
		case p := <-w.queue:
			batch = append(batch, p)
		default:
			return batch
		}
	}
	return batch
}

func (w *Writer) write(batch []pending) {
	ctx, cancel := context.WithTimeout(context.Background(), storeWithin)
	defer cancel()
	err := w.store(ctx, batch)
	if err != nil {
		err = unwritten(err)
	}
	for _, p := range batch {
		p.stored <- err
	}
}

// store stores the entries. When it is not sure of what the stream holds it
// asks: the message may have been stored although the acknowledgement was lost.
func (w *Writer) store(ctx context.Context, batch []pending) error {
	for {
		if err := w.learn(ctx); err != nil {
			return err
		}
		head := w.head
		data, err := message(&head, batch)
		if err != nil {
			return err
		}
		seq, err := w.stream.Append(ctx, w.last, data)
		if err != nil {
			w.known = false
			if seq, err = w.found(ctx, data, err); err != nil {
				return err
			}
		}
		if seq > 0 {
			w.head, w.last, w.known = head, seq, true
			return nil
		}
	}
}

// learn asks the stream where the chain ends.
func (w *Writer) learn(ctx context.Context) error {
	if w.known {
		return nil
	}
	seq, data, err := w.stream.Last(ctx)
	if err != nil {
		return err
	}
	w.head, w.last = Head{}, seq
	if seq > 0 {
		entries, hashes, _, err := Decode(data)
		if err != nil {
			return err
		}
		if n := len(entries); n > 0 {
			w.head = Head{entries[n-1].N, hashes[n-1]}
		}
	}
	w.known = true
	return nil
}

// found looks whether a message that was not acknowledged is the newest all
// the same: then it returns its sequence. 0 without an error: another is the
// newest, and this one must be made anew.
func (w *Writer) found(ctx context.Context, data []byte, cause error) (uint64, error) {
	seq, newest, err := w.stream.Last(ctx)
	switch {
	case err != nil:
		return 0, errors.Join(cause, err)
	case seq > 0 && bytes.Equal(newest, data):
		return seq, nil
	case errors.Is(cause, ErrMoved):
		return 0, nil
	}
	return 0, cause
}

func message(head *Head, batch []pending) ([]byte, error) {
	sealed := make([][]byte, len(batch))
	for i, p := range batch {
		var err error
		if sealed[i], err = head.seal(p.entry); err != nil {
			return nil, err
		}
	}
	return fusion.EncodeBatch(sealed), nil
}
