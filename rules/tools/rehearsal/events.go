package rehearsal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/openiroom/iroom/fusion"
)

// Events reads events, one CloudEvents JSON object a line, in the order in
// which a room got them. Empty lines are passed over; the first line that is
// not a valid event ends it with an error that says which.
func Events(r io.Reader) iter.Seq2[*fusion.Event, error] {
	return func(yield func(*fusion.Event, error) bool) {
		lines := bufio.NewReader(r)
		for n := 1; ; n++ {
			line, err := lines.ReadBytes('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				yield(nil, fmt.Errorf("line %d: %w", n, err))
				return
			}
			for _, e := range decode(line, n) {
				if !yield(e.event, e.err) || e.err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

type decoded struct {
	event *fusion.Event
	err   error
}

// decode reads one line, which may also hold a batch.
func decode(line []byte, n int) (list []decoded) {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	events, err := fusion.DecodeBatch(line)
	if err != nil {
		return []decoded{{nil, fmt.Errorf("line %d: %w", n, err)}}
	}
	for _, e := range events {
		if err := e.Validate(); err != nil {
			return append(list, decoded{nil, fmt.Errorf("line %d, event %s: %w", n, e.ID, err)})
		}
		list = append(list, decoded{e, nil})
	}
	return list
}
