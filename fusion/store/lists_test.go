package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion/store"
)

func TestEntriesAfter(t *testing.T) {
	s, err := store.New()
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10 {
		for _, list := range []string{"a", "a-b", "b"} {
			if err := tx.PutEntry(store.ListEntry{List: list, Value: fmt.Sprintf("V/%d", n), Expires: time.Unix(int64(n), 0)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	for list, want := range map[string]int{"a": 10, "a-b": 10, "": 30, "c": 0} {
		seen := map[string]bool{}
		var after store.ListEntry
		for {
			var page []store.ListEntry
			err := s.View(func(tx *store.Tx) (err error) {
				page, err = tx.EntriesAfter(list, after, 4)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, e := range page {
				seen[e.List+" "+e.Value] = true
			}
			after = page[len(page)-1]
		}
		if len(seen) != want {
			t.Errorf("list %q has %d entries by pages, want %d", list, len(seen), want)
		}
	}
}

func TestEntryExpires(t *testing.T) {
	end := time.Unix(100, 0)
	e := store.ListEntry{Value: "A", Expires: end}
	if e.Expired(end.Add(-1)) || !e.Expired(end) || (store.ListEntry{}).Expired(end) {
		t.Error("an entry counts up to its end and not from then on; one without an end counts for ever")
	}
	if !e.Equal(store.ListEntry{Value: "A", Expires: end.UTC()}) || e.Equal(store.ListEntry{Value: "A"}) {
		t.Error("two entries are equal when they say the same")
	}
}
