package tailfile

import "bytes"

// Record is one record of a CSV file.
type Record struct {
	Start, End int64  // its place in the file, bytes; End is that of the next record
	Text       []byte // without the line end
}

// cutter cuts bytes that arrive in pieces into records, as RFC 4180 has them:
// a newline ends a record unless it stands in a quoted field, and a quote
// opens a field only at its beginning.
type cutter struct {
	comma    byte
	limit    int   // bytes a record may have
	base     int64 // place of buf[0] in the file
	buf      []byte
	scanned  int // bytes of buf that state has seen
	newline  int // of the first line end that was seen in quotes, else -1
	state    cutState
	finished bool
}

type cutState byte

const (
	atField  cutState = iota // a field begins
	inPlain                  // in a field without quotes
	inQuotes                 // in a quoted field
	onQuote                  // behind a quote in a quoted field: its end, or the first of a doubled one
)

func newCutter(comma byte, limit int, base int64) *cutter {
	return &cutter{comma: comma, limit: limit, base: base, newline: -1}
}

func (c *cutter) feed(b []byte) { c.buf = append(c.buf, b...) }

// end is the place behind all that was fed.
func (c *cutter) end() int64 { return c.base + int64(len(c.buf)) }

// next returns the next complete record. A record over the limit, or with a
// quote that the end of the file leaves open, ends at its first line end, or
// at the limit when it has none.
func (c *cutter) next() (Record, bool) {
	for c.scanned < len(c.buf) && c.scanned < c.limit {
		b := c.buf[c.scanned]
		c.scanned++
		if b == '\n' && c.state != inQuotes {
			return c.cut(c.scanned), true
		}
		if b == '\n' && c.newline < 0 {
			c.newline = c.scanned
		}
		c.state = c.after(b)
	}
	switch {
	case (c.scanned >= c.limit || c.finished && c.state == inQuotes) && c.newline > 0:
		return c.cut(c.newline), true
	case c.scanned >= c.limit:
		return c.cut(c.limit), true
	case c.finished && len(c.buf) > 0:
		return c.cut(len(c.buf)), true
	}
	return Record{}, false
}

func (c *cutter) after(b byte) cutState {
	switch {
	case c.state == inQuotes && b != '"':
		return inQuotes
	case c.state == inQuotes:
		return onQuote
	case b == '"' && c.state != inPlain:
		return inQuotes
	case b == c.comma:
		return atField
	}
	return inPlain
}

func (c *cutter) cut(n int) Record {
	text := bytes.Clone(bytes.TrimSuffix(bytes.TrimSuffix(c.buf[:n], []byte("\n")), []byte("\r")))
	r := Record{Start: c.base, End: c.base + int64(n), Text: text}
	c.buf, c.base = c.buf[n:], c.base+int64(n)
	c.scanned, c.newline, c.state = 0, -1, atField
	return r
}

// finish says that nothing more will come: what is left is the last record.
// It reports whether something is left.
func (c *cutter) finish() bool {
	c.finished = true
	return len(c.buf) > 0
}
