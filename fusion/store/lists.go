package store

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/go-json-experiment/json"
	"github.com/tidwall/buntdb"

	"github.com/openiroom/iroom/fusion"
)

// ListEntry is one entry of a watchlist.
type ListEntry struct {
	List    string `json:"list"`
	Value   string `json:"value"` // canonical
	Note    string `json:"note,omitzero"`
	Owner   string `json:"owner,omitzero"`
	Purpose string `json:"purpose,omitzero"`
}

// PutEntry adds or replaces an entry of a watchlist.
func (t *Tx) PutEntry(e ListEntry) error {
	b, err := fusion.Encode(e)
	if err != nil {
		return fmt.Errorf("encode a list entry: %w", err)
	}
	return t.set(listKey(e.List)+url.QueryEscape(e.Value), string(b))
}

// DeleteEntry removes an entry of a watchlist, if it is there.
func (t *Tx) DeleteEntry(list, value string) error {
	_, err := t.tx.Delete(listKey(list) + url.QueryEscape(value))
	if err != nil && !errors.Is(err, buntdb.ErrNotFound) {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Entry returns an entry of a watchlist, or ErrNotFound.
func (t *Tx) Entry(list, value string) (e ListEntry, err error) {
	v, err := t.get(listKey(list) + url.QueryEscape(value))
	if err != nil {
		return e, err
	}
	return e, json.Unmarshal([]byte(v), &e)
}

// Entries returns the entries of a watchlist, or of all when list is "".
func (t *Tx) Entries(list string) (entries []ListEntry, err error) {
	prefix := keyList
	if list != "" {
		prefix = listKey(list)
	}
	var bad error
	err = t.prefixed(prefix, func(_, value string) bool {
		var e ListEntry
		bad = json.Unmarshal([]byte(value), &e)
		entries = append(entries, e)
		return bad == nil
	})
	return entries, errors.Join(err, bad)
}

func listKey(list string) string { return keyList + list + "/" }
