package store

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
)

// ListEntry is one entry of a watchlist.
type ListEntry struct {
	List    string    `json:"list"`
	Value   string    `json:"value"` // canonical
	Note    string    `json:"note,omitzero"`
	Owner   string    `json:"owner,omitzero"`
	Purpose string    `json:"purpose,omitzero"`
	Expires time.Time `json:"expires,omitzero"` // from then on it is on no list any more; zero: never
}

// Expired reports whether the entry no longer counts at that time.
func (e ListEntry) Expired(at time.Time) bool { return !e.Expires.IsZero() && !at.Before(e.Expires) }

// Equal reports whether two entries say the same.
func (e ListEntry) Equal(o ListEntry) bool {
	same := e.Expires.Equal(o.Expires)
	e.Expires, o.Expires = time.Time{}, time.Time{}
	return same && e == o
}

// String is what a hit says of the entry: its note, and in brackets whose it
// is.
func (e ListEntry) String() string {
	if e.Owner == "" {
		return e.Note
	}
	return strings.TrimSpace(e.Note + " (" + e.Owner + ")")
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
	return t.remove(listKey(list) + url.QueryEscape(value))
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

// EntriesAfter returns at most limit entries of a watchlist, or of all when
// list is "", that stand behind the entry after; the zero entry stands before
// all.
func (t *Tx) EntriesAfter(list string, after ListEntry, limit int) (entries []ListEntry, err error) {
	prefix, from := keyList, keyList
	if list != "" {
		prefix, from = listKey(list), listKey(list)
	}
	if after.Value != "" {
		from = listKey(after.List) + url.QueryEscape(after.Value)
	}
	var bad error
	err = t.tx.AscendGreaterOrEqual("", from, func(key, value string) bool {
		if !strings.HasPrefix(key, prefix) || len(entries) == limit {
			return false
		}
		if after.Value != "" && key == from {
			return true
		}
		var e ListEntry
		bad = json.Unmarshal([]byte(value), &e)
		entries = append(entries, e)
		return bad == nil
	})
	if err = errors.Join(err, bad); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return entries, nil
}

func listKey(list string) string { return keyList + list + "/" }
