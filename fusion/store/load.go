package store

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/go-json-experiment/json"
	"github.com/tidwall/buntdb"

	"github.com/openiroom/iroom/fusion"
)

// loadAtOnce is how many entries are loaded in one transaction.
const loadAtOnce = 10_000

// Load makes a store of a snapshot, and returns the open pictures too, by id:
// they are read for what finds them.
func Load(from *Snapshot) (*Store, []*fusion.Picture, error) {
	// Nothing of it becomes garbage, so to look for some often is in vain.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	s, err := New()
	if err != nil {
		return nil, nil, err
	}
	filled := make(chan error, 1)
	go func() { filled <- s.fill(from) }()
	open, err := openPictures(from)
	if full := <-filled; err == nil {
		err = full
	}
	if err != nil {
		return nil, nil, fmt.Errorf("load the store: %w", err)
	}
	for _, p := range open {
		s.evidence.addAll(p)
	}
	if err := s.loadTable(from, open); err != nil {
		return nil, nil, fmt.Errorf("load the store: %w", err)
	}
	s.saved = from.entries.Copy()
	return s, open, nil
}

// fill puts the entries into the database, in their order, so that equal
// snapshots make equal ones.
func (s *Store) fill(from *Snapshot) error {
	entries := from.entries.Iter()
	for more := entries.First(); more; {
		err := s.db.Update(func(tx *buntdb.Tx) error {
			for n := 0; more && n < loadAtOnce; n++ {
				if _, _, err := tx.Set(entries.Key(), entries.Value(), nil); err != nil {
					return err
				}
				more = entries.Next()
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// openPictures decodes the open pictures of a snapshot on all processors.
func openPictures(from *Snapshot) ([]*fusion.Picture, error) {
	var ids []string
	for key := range from.under(keyOpen) {
		ids = append(ids, key[len(keyOpen):])
	}
	open, errs := make([]*fusion.Picture, len(ids)), make([]error, len(ids))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(ids); i = int(next.Add(1)) - 1 {
				encoded, _ := from.entries.Get(keyPicture + ids[i])
				open[i] = new(fusion.Picture)
				errs[i] = json.Unmarshal([]byte(encoded), open[i])
			}
		})
	}
	workers.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("incident %s, which is open: %w", ids[i], err)
		}
	}
	return open, nil
}
