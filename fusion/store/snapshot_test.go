package store_test

import (
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// TestSnapshotStaysWhatItIs changes a store at random, in steps of which some
// are dropped. Every snapshot stays what the store was when it was taken.
func TestSnapshotStaysWhatItIs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStore(t)
		type taken struct {
			snapshot *store.Snapshot
			want     map[string]string
		}
		var all []taken
		now := map[string]string{}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			next := maps.Clone(now)
			tx, err := s.Begin()
			if err != nil {
				rt.Fatal(err)
			}
			for range rapid.IntRange(0, 40).Draw(rt, "changes") {
				change(rt, tx, next)
			}
			end := tx.Commit
			if rapid.Bool().Draw(rt, "dropped") {
				end, next = tx.Rollback, now
			}
			if err := end(); err != nil {
				rt.Fatal(err)
			}
			now = next
			all = append(all, taken{s.Snapshot(), now})
		}
		for i, x := range all {
			if got := entries(rt, x.snapshot); fmt.Sprint(got) != fmt.Sprint(x.want) {
				rt.Fatalf("snapshot %d holds %v, want %v", i, got, x.want)
			}
		}
	})
}

// change puts or removes an entry of a watchlist.
func change(rt *rapid.T, tx *store.Tx, held map[string]string) {
	value := fmt.Sprintf("V%03d", rapid.IntRange(0, 600).Draw(rt, "value"))
	note := rapid.StringMatching("[a-z]{0,3}").Draw(rt, "note")
	var err error
	if note == "" {
		delete(held, value)
		err = tx.DeleteEntry("l", value)
	} else {
		held[value] = note
		err = tx.PutEntry(store.ListEntry{List: "l", Value: value, Note: note})
	}
	if err != nil {
		rt.Fatal(err)
	}
}

// entries are what a store of the snapshot has on the watchlist.
func entries(rt *rapid.T, snapshot *store.Snapshot) map[string]string {
	s, _, err := store.Load(snapshot)
	if err != nil {
		rt.Fatal(err)
	}
	m := map[string]string{}
	err = s.View(func(tx *store.Tx) error {
		list, err := tx.Entries("l")
		for _, e := range list {
			m[e.Value] = e.Note
		}
		return err
	})
	if err != nil || s.Close() != nil {
		rt.Fatal(err)
	}
	return m
}

// TestSnapshotIsWrittenBesideTheSteps writes snapshots in one goroutine while
// another changes the store; the race detector watches.
func TestSnapshotIsWrittenBesideTheSteps(t *testing.T) {
	s, dir := newStore(t), t.TempDir()
	fill(t, s, 600)
	var writing sync.WaitGroup
	for seq := range uint64(4) {
		c := checkpoint(t, seq+1)
		c.Store = s.Snapshot()
		writing.Go(func() {
			if _, err := c.Encode(); err != nil {
				t.Error(err)
			}
		})
		for i := range 300 {
			put(t, s, int(seq), i)
		}
	}
	writing.Wait()
	c := checkpoint(t, 9)
	c.Store = s.Snapshot()
	if err := c.Write(dir); err != nil {
		t.Fatal(err)
	}
	back, _, err := store.Newest(dir)
	if err != nil || back.Store.Difference(s.Snapshot(), "in the store") != "" {
		t.Errorf("%v %s", err, back.Store.Difference(s.Snapshot(), "in the store"))
	}
}

func put(t *testing.T, s *store.Store, round, i int) {
	t.Helper()
	tx, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.PutEntry(store.ListEntry{List: "l", Value: fmt.Sprint(i), Note: fmt.Sprint(round)}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

func TestDifferenceOfSnapshots(t *testing.T) {
	a, b := newStore(t), newStore(t)
	put(t, a, 1, 1)
	put(t, b, 2, 1)
	put(t, b, 2, 2)
	for _, c := range []struct {
		a, b *store.Store
		want bool
	}{{a, a, false}, {a, b, true}, {b, a, true}, {newStore(t), a, true}, {a, newStore(t), true}} {
		if got := c.a.Snapshot().Difference(c.b.Snapshot(), "there"); (got != "") != c.want {
			t.Errorf("%q", got)
		}
	}
}

func TestArchiveKnowsWhichIDsWereGiven(t *testing.T) {
	s := newStore(t)
	for _, id := range []fusion.PictureID{"261124-0001", "261124-0002", "261124-9999", "261124-10000", "261125-0001"} {
		putClosed(t, s, id)
	}
	tx, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if ids, err := tx.ClosedBefore(closedAt, 9); err != nil || len(ids) != 0 {
		t.Errorf("before it was closed: %v %v", ids, err)
	}
	if ids, err := tx.ClosedBefore(closedAt.Add(time.Second), 3); err != nil || len(ids) != 3 {
		t.Errorf("three of those that are closed: %v %v", ids, err)
	}
	for _, id := range []fusion.PictureID{"261124-10000", "261124-9999", "261124-0001"} {
		if err := tx.Archive(id); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[fusion.PictureID]bool{
		"261124-0001": true, "261124-9999": true, "261124-10000": true, "261124-0500": true, // it must have been archived before
		"261124-0002": false, "261125-0001": false, "261124-10001": false, "261123-0001": false,
		"": false, "261124": false, "261124-": false, "261124-0000": false, "261124-001": false, "261124-00001": false, "261124-00x1": false,
	} {
		if got := tx.Archived(id); got != want {
			t.Errorf("%q is archived: %t, want %t", id, got, want)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := s.View(func(tx *store.Tx) error { return tx.Archive("261125-0002") }); err == nil {
		t.Error("a picture that is not there is archived")
	}
}

var closedAt = time.Date(2026, 11, 24, 3, 0, 0, 5, time.UTC)

func putClosed(t *testing.T, s *store.Store, id fusion.PictureID) {
	t.Helper()
	p := picture(1)
	p.ID, p.Status, p.Closed = id, fusion.PictureClosed, closedAt
	b, err := fusion.Encode(p)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.PutPicture(p.ID, b); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Refind(store.Finders{}, p); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}
