package tailfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"strconv"

	"github.com/openiroom/iroom/connectors"
)

// The names of what a message of a file says in its Meta.
const (
	MetaFile   = "file"   // identity of the file, from its header and first record
	MetaOffset = "offset" // where the record begins, bytes
)

const chunkBytes = 64 << 10

var bom = []byte("\xef\xbb\xbf")

// table makes messages of the records of one file: the first is its header.
type table struct {
	name   string
	header []byte
	id     string
	head   int64 // end of the first record after the header, 0 as long as there is none
}

// take returns the message of a record, false for the header and blank lines.
func (t *table) take(r Record) (connectors.Message, bool) {
	if r.Start == 0 {
		r.Text = bytes.TrimPrefix(r.Text, bom)
	}
	switch {
	case len(bytes.TrimSpace(r.Text)) == 0:
		return connectors.Message{}, false
	case t.header == nil:
		t.header = r.Text
		return connectors.Message{}, false
	case t.head == 0:
		t.head, t.id = r.End, identity(t.header, r.Text)
	}
	offset := strconv.FormatInt(r.Start, 10)
	return connectors.Message{
		Payload: bytes.Join([][]byte{t.header, r.Text}, []byte("\n")),
		Origin:  t.name + ":" + offset,
		Meta:    map[string]string{MetaFile: t.id, MetaOffset: offset},
	}, true
}

func identity(header, first []byte) string {
	h := sha256.New()
	h.Write(header)
	h.Write([]byte{'\n'})
	h.Write(first)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Split cuts a complete file into the messages that a [Source] would hand
// over. A last record without line end is taken.
func Split(name string, r io.Reader, comma byte) iter.Seq2[connectors.Message, error] {
	return func(yield func(connectors.Message, error) bool) {
		c, t := newCutter(comma, defaultMaxRecord, 0), &table{name: name}
		chunk := make([]byte, chunkBytes)
		for !c.finished {
			n, err := r.Read(chunk)
			c.feed(chunk[:n])
			if errors.Is(err, io.EOF) {
				c.finish()
			} else if err != nil {
				yield(connectors.Message{}, err)
				return
			}
			for rec, ok := c.next(); ok; rec, ok = c.next() {
				if m, ok := t.take(rec); ok && !yield(m, nil) {
					return
				}
			}
		}
	}
}
