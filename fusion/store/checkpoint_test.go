package store_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

func checkpoint(t testing.TB, seq uint64) *store.Checkpoint {
	s := newStore(t)
	fill(t, s, 2)
	return &store.Checkpoint{
		Seq: seq, LogCreated: time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC), Bundle: "b", Engine: "1",
		State: fmt.Appendf(nil, `{"at":%d}`, seq), Store: s.Snapshot(),
	}
}

func TestCheckpointComesBack(t *testing.T) {
	dir := t.TempDir()
	for seq := range uint64(5) {
		if err := checkpoint(t, seq+1).Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	got, damaged, err := store.Newest(dir)
	if err != nil || len(damaged) != 0 || got == nil {
		t.Fatalf("%v %v %v", got, damaged, err)
	}
	want := checkpoint(t, 5)
	if got.Seq != want.Seq || !got.LogCreated.Equal(want.LogCreated) || !bytes.Equal(got.State, want.State) || got.Store.Difference(want.Store, "wanted") != "" {
		t.Errorf("got %+v", got)
	}
	if left := files(t, dir); len(left) != 3 {
		t.Errorf("kept %v, want three", left)
	}
}

func TestNoCheckpoint(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), "absent")} {
		if c, damaged, err := store.Newest(dir); c != nil || damaged != nil || err != nil {
			t.Errorf("%v %v %v", c, damaged, err)
		}
	}
}

// TestDamageFallsBack cuts the newest checkpoint at every byte and flips every
// byte of it: the one before must be taken, and the damage told.
func TestDamageFallsBack(t *testing.T) {
	dir := t.TempDir()
	for seq := range uint64(2) {
		if err := checkpoint(t, seq+1).Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	newest := files(t, dir)[1]
	whole, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1 << (i % 8)
		for _, bad := range [][]byte{whole[:i], flipped} {
			if err := os.WriteFile(newest, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			c, damaged, err := store.Newest(dir)
			if err != nil || c == nil || c.Seq != 1 || len(damaged) != 1 || fusion.KindOf(damaged[0]) != fusion.KindCorrupt {
				t.Fatalf("byte %d: %+v, %v, %v", i, c, damaged, err)
			}
		}
	}
}

// TestTornWriteIsNoCheckpoint leaves what a crash before the rename leaves.
func TestTornWriteIsNoCheckpoint(t *testing.T) {
	dir := t.TempDir()
	if err := checkpoint(t, 1).Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "checkpoint-00000000000000000002.iroom.tmp"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, damaged, err := store.Newest(dir); err != nil || len(damaged) != 0 || c.Seq != 1 {
		t.Fatalf("%+v %v %v", c, damaged, err)
	}
	if err := checkpoint(t, 2).Write(dir); err != nil {
		t.Fatal(err)
	}
}

func TestUnwritableFolderIsASentence(t *testing.T) {
	err := checkpoint(t, 1).Write(filepath.Join(t.TempDir(), "absent"))
	if fusion.KindOf(err) != fusion.KindUnavailable {
		t.Errorf("%v", err)
	}
}

func FuzzDecodeCheckpoint(f *testing.F) {
	b, err := checkpoint(f, 7).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := store.DecodeCheckpoint(b)
		if err != nil {
			return
		}
		if _, err := c.Encode(); err != nil {
			t.Fatal(err)
		}
	})
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "checkpoint-*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestStoreSavesAndFinds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStore(t)
		n := rapid.IntRange(0, 20).Draw(rt, "pictures")
		fill(t, s, n)
		saved := s.Snapshot()
		back, open, err := store.Load(saved)
		if err != nil {
			rt.Fatal(err)
		}
		if len(open) != n {
			rt.Fatalf("%d open pictures come back, want %d", len(open), n)
		}
		if d := saved.Difference(back.Snapshot(), "again"); d != "" {
			rt.Fatalf("a store is not saved as it was: %s", d)
		}
		err = back.View(func(tx *store.Tx) error {
			open, err := tx.Open()
			if len(open) != n {
				rt.Fatalf("%d open, want %d", len(open), n)
			}
			return err
		})
		if err != nil {
			rt.Fatal(err)
		}
	})
}

func newStore(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.New()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func picture(i int) *fusion.Picture {
	return &fusion.Picture{
		ID: fusion.PictureID(fmt.Sprintf("261124-%04d", i)), Status: fusion.PictureNew, Place: fusion.NewPoint(5+float64(i)/100, 51),
		Entities: []fusion.Entity{{Type: fusion.EntityVehicle, Value: fmt.Sprintf("AB%d/*?", i%3)}},
		Evidence: []fusion.Evidence{{Event: fusion.EventID(fmt.Sprint("e", i)), Source: "s", Type: fusion.TypeCall, Subject: fmt.Sprint("call/", i)}},
	}
}

// fill puts n open pictures into the store in one step.
func fill(t testing.TB, s *store.Store, n int) {
	t.Helper()
	tx, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		p := picture(i)
		b, err := fusion.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := tx.PutPicture(p.ID, b); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Refind(store.Finders{}, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}
