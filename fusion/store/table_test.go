package store_test

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// revisionsIn are the pictures of a table by their revision.
func revisionsIn(t *store.Table) map[fusion.PictureID]uint64 {
	found := map[fusion.PictureID]uint64{}
	for slot, row := range t.Rows() {
		if t.Same(slot, row.ID) != row {
			return nil
		}
		found[row.ID] = row.Revision
	}
	if len(found) != t.Len() {
		return nil
	}
	return found
}

// TestTablesAreWhatWasCommitted changes, archives and rolls back pictures,
// keeps the tables on the way, and compares them and one that is loaded with
// what they must be.
func TestTablesAreWhatWasCommitted(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStore(t)
		var kept []*store.Table
		var want []map[fusion.PictureID]uint64
		now := map[fusion.PictureID]uint64{}
		for seq := range rapid.IntRange(1, 40).Draw(rt, "steps") {
			tx, err := s.Begin()
			if err != nil {
				rt.Fatal(err)
			}
			next := maps.Clone(now)
			for range rapid.IntRange(0, 3).Draw(rt, "changes") {
				p := picture(rapid.IntRange(1, 600).Draw(rt, "picture"))
				if next[p.ID] > 0 && rapid.IntRange(0, 2).Draw(rt, "archive") == 0 {
					archive(rt, tx, p)
					delete(next, p.ID)
					continue
				}
				p.Revision = next[p.ID] + 1
				next[p.ID] = p.Revision
				write(rt, tx, p, rapid.Bool().Draw(rt, "with row"))
			}
			if err := tx.SetApplied(uint64(seq + 1)); err != nil {
				rt.Fatal(err)
			}
			if rapid.IntRange(0, 3).Draw(rt, "rollback") == 0 {
				if err := tx.Rollback(); err != nil {
					rt.Fatal(err)
				}
				continue
			}
			if err := tx.Commit(); err != nil {
				rt.Fatal(err)
			}
			now = next
			if s.Table().Applied != uint64(seq+1) {
				rt.Fatalf("the table contains message %d, want %d", s.Table().Applied, seq+1)
			}
			kept, want = append(kept, s.Table()), append(want, now)
		}
		for i, table := range kept {
			if got := revisionsIn(table); !maps.Equal(got, want[i]) {
				rt.Fatalf("table %d has %v, want %v", i, got, want[i])
			}
		}
		loaded, _, err := store.Load(s.Snapshot())
		if err != nil {
			rt.Fatal(err)
		}
		if got := revisionsIn(loaded.Table()); !maps.Equal(got, now) || loaded.Table().Applied != s.Table().Applied {
			rt.Fatalf("the loaded table has %v, want %v", got, now)
		}
	})
}

func write(rt *rapid.T, tx *store.Tx, p *fusion.Picture, withRow bool) {
	b, err := fusion.Encode(p)
	if err == nil {
		err = tx.PutPicture(p.ID, b)
	}
	if err != nil {
		rt.Fatal(err)
	}
	if withRow {
		tx.PutRow(store.RowOf(p))
	}
}

// archive closes a picture and archives it.
func archive(rt *rapid.T, tx *store.Tx, p *fusion.Picture) {
	p.Status = fusion.PictureClosed
	write(rt, tx, p, true)
	if err := tx.Archive(p.ID); err != nil {
		rt.Fatal(err)
	}
}

func TestTableBackwards(t *testing.T) {
	var rows []store.Row
	for i := range 700 {
		p := picture(i)
		p.ID = fusion.PictureID(fmt.Sprintf("261124-%04d", i))
		rows = append(rows, store.RowOf(p))
	}
	table := store.TableOf(9, rows)
	next := 700
	for slot, row := range table.Backwards() {
		if next--; slot != next || row.ID != rows[next].ID {
			t.Fatalf("slot %d comes with %s, want %d", slot, row.ID, next)
		}
	}
	if next != 0 || table.Applied != 9 {
		t.Errorf("%d rows are missing, applied %d", next, table.Applied)
	}
}
