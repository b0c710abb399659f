package store

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
)

// rowsInChunk is how many rows are copied when one of them changes.
const rowsInChunk = 256

type chunk [rowsInChunk]Row

// Table is every picture that the store holds, in short, at one moment. It is
// never changed: the next commit makes another one that shares what is the
// same. So a query neither waits for a step nor keeps one waiting, and who
// turns pages may hold a table as long as it takes.
type Table struct {
	Applied uint64 // the last message of the log that it contains
	chunks  []*chunk
	count   int
}

// Len is the number of pictures.
func (t *Table) Len() int { return t.count }

// Rows yields the rows with their slots, in the order of the slots. A picture
// keeps its slot as long as the store holds it.
func (t *Table) Rows() iter.Seq2[int, *Row] {
	return func(yield func(int, *Row) bool) {
		for c, rows := range t.chunks {
			for i := range rows {
				if rows[i].Brief != nil && !yield(c*rowsInChunk+i, &rows[i]) {
					return
				}
			}
		}
	}
}

// Backwards yields the same in the reverse order: mostly the pictures that were
// opened last first.
func (t *Table) Backwards() iter.Seq2[int, *Row] {
	return func(yield func(int, *Row) bool) {
		for c, rows := range slices.Backward(t.chunks) {
			for i := range slices.Backward(rows[:]) {
				if rows[i].Brief != nil && !yield(c*rowsInChunk+i, &rows[i]) {
					return
				}
			}
		}
	}
}

// Same returns the row that a picture has in this table, nil when it has none.
// slot and id are those of another table of the same store.
func (t *Table) Same(slot int, id fusion.PictureID) *Row {
	if slot/rowsInChunk >= len(t.chunks) {
		return nil
	}
	r := &t.chunks[slot/rowsInChunk][slot%rowsInChunk]
	if r.Brief == nil || r.ID != id {
		return nil
	}
	return r
}

// TableOf makes a table of pictures that no store holds, such as those of the
// past. No two rows may be of the same picture.
func TableOf(applied uint64, rows []Row) *Table {
	b := newTables()
	for _, r := range rows {
		b.put(r)
	}
	return b.publish(applied)
}

// tables makes one table after another. One goroutine writes, any may take
// the current one.
type tables struct {
	current atomic.Pointer[Table]

	chunks []*chunk
	own    map[int]bool // chunks that no published table has yet
	slots  map[fusion.PictureID]int
	free   []int
	size   int
}

func newTables() *tables {
	b := &tables{own: map[int]bool{}, slots: map[fusion.PictureID]int{}}
	b.current.Store(new(Table))
	return b
}

// Table is the table of the newest commit.
func (s *Store) Table() *Table { return s.tables.current.Load() }

func (b *tables) put(r Row) {
	slot, known := b.slots[r.ID]
	if !known {
		slot = b.slot()
		b.slots[r.ID] = slot
	}
	b.writable(slot / rowsInChunk)[slot%rowsInChunk] = r
}

func (b *tables) slot() int {
	if n := len(b.free); n > 0 {
		slot := b.free[n-1]
		b.free = b.free[:n-1]
		return slot
	}
	b.size++
	return b.size - 1
}

func (b *tables) drop(id fusion.PictureID) {
	slot, known := b.slots[id]
	if !known {
		return
	}
	delete(b.slots, id)
	b.free = append(b.free, slot)
	b.writable(slot / rowsInChunk)[slot%rowsInChunk] = Row{}
}

func (b *tables) writable(c int) *chunk {
	if c == len(b.chunks) {
		b.chunks = append(b.chunks, new(chunk))
		b.own[c] = true
	}
	if !b.own[c] {
		b.chunks[c] = new(*b.chunks[c])
		b.own[c] = true
	}
	return b.chunks[c]
}

func (b *tables) publish(applied uint64) *Table {
	t := &Table{Applied: cmp.Or(applied, b.current.Load().Applied), chunks: b.current.Load().chunks, count: len(b.slots)}
	if len(b.own) > 0 {
		t.chunks = slices.Clone(b.chunks)
		clear(b.own)
	}
	b.current.Store(t)
	return t
}

// PutRow gives the row of a picture that was put just before, which saves
// decoding it when this commits.
func (t *Tx) PutRow(r Row) {
	if t.rows == nil {
		t.rows = map[fusion.PictureID]Row{}
	}
	t.rows[r.ID] = r
}

// publish makes the table of what this transaction committed.
func (t *Tx) publish() error {
	b := t.store.tables
	var applied uint64
	var bad error
	for _, c := range t.changes {
		id, isPicture := strings.CutPrefix(c.key, keyPicture)
		switch {
		case c.key == keyApplied && c.value != nil:
			applied, bad = strconv.ParseUint(*c.value, 10, 64)
		case isPicture && c.value == nil:
			b.drop(fusion.PictureID(id))
		case isPicture:
			row, err := t.row(fusion.PictureID(id), *c.value)
			if err != nil {
				return err
			}
			b.put(row)
		}
	}
	b.publish(applied)
	return bad
}

func (t *Tx) row(id fusion.PictureID, encoded string) (Row, error) {
	if r, ok := t.rows[id]; ok {
		return r, nil
	}
	return decodeRow(string(id), encoded)
}

func decodeRow(id, encoded string) (Row, error) {
	p := new(fusion.Picture)
	if err := json.Unmarshal([]byte(encoded), p); err != nil {
		return Row{}, fmt.Errorf("incident %s: %w", id, err)
	}
	return RowOf(p), nil
}

// loadTable makes the first table of a snapshot, of which the open pictures
// are decoded already.
func (s *Store) loadTable(from *Snapshot, open []*fusion.Picture) error {
	for _, p := range open {
		s.tables.put(RowOf(p))
	}
	var ids, encoded []string
	for key, value := range from.under(keyPicture) {
		if id := key[len(keyPicture):]; !s.tables.has(fusion.PictureID(id)) {
			ids, encoded = append(ids, id), append(encoded, value)
		}
	}
	rows, err := decodeRows(ids, encoded)
	for _, r := range rows {
		s.tables.put(r)
	}
	var applied uint64
	if v, ok := from.entries.Get(keyApplied); ok && err == nil {
		applied, err = strconv.ParseUint(v, 10, 64)
	}
	if err == nil {
		s.tables.publish(applied)
	}
	return err
}

func (b *tables) has(id fusion.PictureID) bool {
	_, known := b.slots[id]
	return known
}

// decodeRows decodes pictures on all processors.
func decodeRows(ids, encoded []string) ([]Row, error) {
	rows, errs := make([]Row, len(ids)), make([]error, len(ids))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(ids); i = int(next.Add(1)) - 1 {
				rows[i], errs[i] = decodeRow(ids[i], encoded[i])
			}
		})
	}
	workers.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return rows, nil
}
