// Package store holds what is queried of the room's state: pictures, what
// finds them, and watchlists, in an in-memory buntdb. The engine writes to it
// inside its step, in one transaction for each message of the log; the desk
// reads from it at any time and always sees whole steps.
//
// Nothing here is durable by itself. The log is the truth, and a [Checkpoint]
// file saves the store together with the engine's own state, so that a start
// need not replay the whole log.
package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/btree"
	"github.com/tidwall/buntdb"

	"github.com/openiroom/iroom/fusion"
)

// ErrNotFound says that there is no such picture or entry.
var ErrNotFound = errors.New("not found")

// The prefixes of keys.
const (
	keyApplied = "applied" // sequence of the last applied message
	keyPicture = "picture/"
	keyOpen    = "open/"   // of pictures that are not closed
	keyPlace   = "place/"  // of open pictures, spatial index
	keyEntity  = "entity/" // type/value/picture, of open pictures
	keyList    = "list/"   // list/value

	placeIndex = "place"
)

// Store is the queried state of the room.
type Store struct {
	db       *buntdb.DB
	saved    *btree.Map[string, string] // what db holds, committed; of the writer alone
	evidence evidence                   // guarded as db is
	tables   *tables                    // of the writer alone, but for the current one
}

// New makes an empty store.
func New() (*Store, error) {
	db, err := buntdb.Open(":memory:")
	if err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	if err := db.CreateSpatialIndex(placeIndex, keyPlace+"*", buntdb.IndexRect); err != nil {
		return nil, fmt.Errorf("index the store: %w", err)
	}
	return &Store{db: db, saved: new(btree.Map[string, string]), evidence: newEvidence(), tables: newTables()}, nil
}

// Close frees the store.
func (s *Store) Close() error { return s.db.Close() }

// Begin starts the one writing transaction of a step. It must be committed
// or rolled back; readers wait until then.
func (s *Store) Begin() (*Tx, error) {
	tx, err := s.db.Begin(true)
	if err != nil {
		return nil, fmt.Errorf("begin a step: %w", err)
	}
	return &Tx{tx: tx, store: s}, nil
}

// View runs fn over one consistent state.
func (s *Store) View(fn func(*Tx) error) error {
	return s.db.View(func(tx *buntdb.Tx) error { return fn(&Tx{tx: tx, store: s}) })
}

// Tx is a transaction over the store.
type Tx struct {
	tx      *buntdb.Tx
	store   *Store
	changes []change // to be saved when this commits
	undo    []func() // what takes back the changes of evidence
	rows    map[fusion.PictureID]Row
}

// change is an entry that is written or, without a value, removed.
type change struct {
	key   string
	value *string
}

// Commit makes the writes visible.
func (t *Tx) Commit() error {
	for _, c := range t.changes {
		if c.value == nil {
			t.store.saved.Delete(c.key)
		} else {
			t.store.saved.Set(c.key, *c.value)
		}
	}
	if err := t.tx.Commit(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return t.publish()
}

// Rollback drops the writes.
func (t *Tx) Rollback() error {
	for _, undo := range slices.Backward(t.undo) {
		undo()
	}
	return t.tx.Rollback()
}

// Applied is the sequence of the last message that the state contains.
func (t *Tx) Applied() (uint64, error) {
	v, err := t.get(keyApplied)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var seq uint64
	if _, err := fmt.Sscan(v, &seq); err != nil {
		return 0, fmt.Errorf("applied sequence: %w", err)
	}
	return seq, nil
}

// SetApplied records the last message that the state contains.
func (t *Tx) SetApplied(seq uint64) error { return t.set(keyApplied, fmt.Sprint(seq)) }

func (t *Tx) get(key string) (string, error) {
	v, err := t.tx.Get(key)
	if errors.Is(err, buntdb.ErrNotFound) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	return v, nil
}

func (t *Tx) set(key, value string) error {
	if _, _, err := t.tx.Set(key, value, nil); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	t.changes = append(t.changes, change{key, &value})
	return nil
}

// remove removes an entry, if it is there.
func (t *Tx) remove(key string) error {
	if _, err := t.tx.Delete(key); errors.Is(err, buntdb.ErrNotFound) {
		return nil
	} else if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	t.changes = append(t.changes, change{key, nil})
	return nil
}

func (t *Tx) suffixes(prefix string) ([]fusion.PictureID, error) {
	var ids []fusion.PictureID
	err := t.prefixed(prefix, func(key, _ string) bool {
		ids = append(ids, fusion.PictureID(key[len(prefix):]))
		return true
	})
	return ids, err
}

// prefixed visits the keys of a prefix in order.
func (t *Tx) prefixed(prefix string, visit func(key, value string) bool) error {
	err := t.tx.AscendGreaterOrEqual("", prefix, func(key, value string) bool {
		return strings.HasPrefix(key, prefix) && visit(key, value)
	})
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}
