package store_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

func TestPicturesAreFound(t *testing.T) {
	s := newStore(t)
	fill(t, s, 9)
	err := s.View(func(tx *store.Tx) error {
		vehicle, err := tx.WithEntity(fusion.EntityVehicle, "AB1/*?")
		want := []fusion.PictureID{"261124-0001", "261124-0004", "261124-0007"}
		if err != nil || !slices.Equal(vehicle, want) {
			t.Errorf("with the vehicle: %v %v", vehicle, err)
		}
		thing := tx.WithEvidence(&fusion.Event{ID: "new", Source: "s", Type: fusion.TypeCall, Subject: "call/3"})
		if !slices.Equal(thing, []fusion.PictureID{"261124-0003"}) {
			t.Errorf("with the call: %v", thing)
		}
		if other := tx.WithEvidence(&fusion.Event{ID: "new", Source: "s", Type: fusion.TypeIncident, Subject: "call/3"}); len(other) != 0 {
			t.Errorf("another type with the same subject finds %v", other)
		}
		box, err := tx.Within(orb.Bound{Min: orb.Point{5.015, 50.9}, Max: orb.Point{5.045, 51.1}})
		slices.Sort(box)
		if err != nil || !slices.Equal(box, []fusion.PictureID{"261124-0002", "261124-0003", "261124-0004"}) {
			t.Errorf("in the box: %v %v", box, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestClosedPictureIsFoundByIDOnly(t *testing.T) {
	s := newStore(t)
	fill(t, s, 2)
	tx, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	p := picture(1)
	before := store.FindersOf(p)
	p.Status = fusion.PictureClosed
	if _, err := tx.Refind(before, p); err != nil {
		t.Fatal(err)
	}
	if found := tx.WithEvent(p.Evidence[0].Event); len(found) != 0 {
		t.Errorf("a closed picture is found by its evidence: %v", found)
	}
	if open, err := tx.Open(); err != nil || len(open) != 1 {
		t.Errorf("open: %v %v", open, err)
	}
	if _, err := tx.Picture(p.ID); err != nil {
		t.Error(err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	err = s.View(func(tx *store.Tx) error {
		if open, err := tx.Open(); err != nil || len(open) != 2 {
			t.Errorf("after the rollback %v are open: %v", open, err)
		}
		if found := tx.WithEvent(p.Evidence[0].Event); !slices.Equal(found, []fusion.PictureID{p.ID}) {
			t.Errorf("after the rollback its evidence finds %v", found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPagesGoFromNewToOld(t *testing.T) {
	s := newStore(t)
	fill(t, s, 5)
	var got []fusion.PictureID
	err := s.View(func(tx *store.Tx) error {
		for p, err := range tx.PicturesBefore("261124-0003") {
			if err != nil {
				return err
			}
			got = append(got, p.ID)
		}
		return nil
	})
	if err != nil || !slices.Equal(got, []fusion.PictureID{"261124-0002", "261124-0001", "261124-0000"}) {
		t.Errorf("%v %v", got, err)
	}
}

func TestListsComeAndGo(t *testing.T) {
	s := newStore(t)
	tx, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"AB12CD", "+31612345678"} {
		if err := tx.PutEntry(store.ListEntry{List: "stolen-plates", Value: v, Note: "n"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.PutEntry(store.ListEntry{List: "stolen-plates-2", Value: "X"}); err != nil {
		t.Fatal(err)
	}
	if err := tx.DeleteEntry("stolen-plates", "AB12CD"); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Entry("stolen-plates", "AB12CD"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("deleted, yet %v", err)
	}
	if list, err := tx.Entries("stolen-plates"); err != nil || len(list) != 1 || list[0].Value != "+31612345678" {
		t.Errorf("%v %v", list, err)
	}
	if all, err := tx.Entries(""); err != nil || len(all) != 2 {
		t.Errorf("%v %v", all, err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}
