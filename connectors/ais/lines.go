package ais

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// maxLine bounds a line, in bytes. A sentence has at most 82 (NMEA 0183) and a
// TAG block adds some tens.
const maxLine = 1024

// lineReader reads lines. Of a line that is too long it gives the first bytes,
// more than maxLine, so that the mapper rejects them, and passes over the rest.
type lineReader struct {
	r        *bufio.Reader
	count    int  // lines seen so far, blank ones too
	skipping bool // in the rest of a line that was too long
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, maxLine+2)}
}

// next returns the next line that is not blank, without its end; the caller
// may keep it. A last line without end counts.
func (l *lineReader) next() ([]byte, error) {
	for {
		raw, err := l.r.ReadSlice('\n')
		tooLong := errors.Is(err, bufio.ErrBufferFull)
		rest := l.skipping
		l.skipping = tooLong
		if !rest && len(raw) > 0 {
			l.count++
			line := bytes.TrimSpace(raw)
			if tooLong {
				line = raw // trimming must not hide its length
			}
			if len(line) > 0 {
				return bytes.Clone(line), nil
			}
		}
		if err != nil && !tooLong {
			return nil, err
		}
	}
}
