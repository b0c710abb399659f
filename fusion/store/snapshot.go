package store

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/tidwall/btree"
)

// Snapshot is all that a store holds at one moment, in the order of the keys.
// The store goes on and the snapshot stays what it is, since they share what
// neither changes any more. Any goroutine may read it.
type Snapshot struct{ entries *btree.Map[string, string] }

// Snapshot takes what the store holds now, in no time. It is for the goroutine
// that writes to the store, between two steps.
func (s *Store) Snapshot() *Snapshot { return &Snapshot{s.saved.Copy()} }

// all yields the entries in the order of their keys.
func (s *Snapshot) all() iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) { s.entries.Scan(yield) }
}

// under yields the entries of a prefix.
func (s *Snapshot) under(prefix string) iter.Seq2[string, string] {
	return func(yield func(key, value string) bool) {
		s.entries.Ascend(prefix, func(key, value string) bool { return strings.HasPrefix(key, prefix) && yield(key, value) })
	}
}

// size is the number of bytes that writeTo writes.
func (s *Snapshot) size() (n int64) {
	for key, value := range s.all() {
		n += framed(key) + framed(value)
	}
	return n
}

func framed(text string) int64 {
	var length [binary.MaxVarintLen64]byte
	return int64(binary.PutUvarint(length[:], uint64(len(text))) + len(text))
}

// writeTo writes every key and its value, each after its length; equal
// snapshots give equal bytes.
func (s *Snapshot) writeTo(w io.Writer) error {
	b := bufio.NewWriterSize(w, 1<<20)
	var length []byte
	for key, value := range s.all() {
		for _, text := range [...]string{key, value} {
			length = binary.AppendUvarint(length[:0], uint64(len(text)))
			_, err := b.Write(length)
			if err == nil {
				_, err = b.WriteString(text)
			}
			if err != nil {
				return err
			}
		}
	}
	return b.Flush()
}

// readSnapshot reads what writeTo wrote.
func readSnapshot(b []byte) (*Snapshot, error) {
	s := &Snapshot{new(btree.Map[string, string])}
	for last := ""; len(b) > 0; {
		var key, value string
		var whole bool
		if key, b, whole = cutFramed(b); whole {
			value, b, whole = cutFramed(b)
		}
		if !whole || key <= last {
			return nil, fmt.Errorf("the store is not readable after the entry %q", last)
		}
		s.entries.Load(key, value)
		last = key
	}
	return s, nil
}

// cutFramed cuts off a text that stands after its length; false: there is none.
func cutFramed(b []byte) (text string, rest []byte, whole bool) {
	length, n := binary.Uvarint(b)
	if n <= 0 || length > uint64(len(b)-n) {
		return "", nil, false
	}
	end := n + int(length)
	return string(b[n:end]), b[end:], true
}

// Difference says where two snapshots differ first, "" when they are equal.
// other is called by a name of its own.
func (s *Snapshot) Difference(other *Snapshot, called string) string {
	a, b := s.entries.Iter(), other.entries.Iter()
	for inA, inB := a.First(), b.First(); inA || inB; inA, inB = a.Next(), b.Next() {
		switch {
		case !inB || inA && a.Key() < b.Key():
			return fmt.Sprintf("%s is not there %s", a.Key(), called)
		case !inA || b.Key() < a.Key():
			return fmt.Sprintf("%s is there only %s", b.Key(), called)
		case a.Value() != b.Value():
			return fmt.Sprintf("%s: %s", a.Key(), FirstDifference(a.Value(), b.Value(), called))
		}
	}
	return ""
}

// FirstDifference shows two texts around where they differ first.
func FirstDifference(a, b, called string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	around := func(s string) string { return fmt.Sprintf("%q", s[max(0, min(i-40, len(s))):min(len(s), i+80)]) }
	return fmt.Sprintf("at byte %d of %d: %s, %s %s", i, len(a), around(a), called, around(b))
}
