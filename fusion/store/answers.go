package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
)

// What commands leave behind is kept for so long by the room's clock, and for
// so many commands.
const (
	keepAnswersFor = 24 * time.Hour
	keepAnswers    = 10_000
	keepUndos      = 200 // each may hold a picture with all its evidence
)

// kept is a kind of entry that is kept for a while: under its id, and numbered
// in the order of their coming.
type kept struct {
	byID, byNumber string
	most           uint64
}

var (
	answers = kept{"answer/", "answered/", keepAnswers}
	undos   = kept{"undo/", "undoable/", keepUndos}
)

// keptAt is the entry under a number.
type keptAt struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

// PutAnswer keeps the answer to a command and forgets old ones.
func (t *Tx) PutAnswer(r fusion.CommandResult, at time.Time) error {
	return t.keep(answers, r.Command, at, r)
}

// Answer returns the answer to a command, or ErrNotFound.
func (t *Tx) Answer(command string) (r fusion.CommandResult, err error) {
	return r, t.kept(answers, command, &r)
}

// Undo is what it takes to undo a merge or a split.
type Undo struct {
	Verb          fusion.Verb          `json:"verb"`
	At            time.Time            `json:"at"`
	From          fusion.PictureID     `json:"from"`           // that was merged, or split off
	Into          fusion.PictureID     `json:"into"`           // that it was merged into, or split from
	Status        fusion.PictureStatus `json:"status"`         // of From, before
	AcknowledgeBy time.Time            `json:"acknowledge_by"` // of From, before
	FromRegrouped string               `json:"from_regrouped"` // before
	Before        *fusion.Picture      `json:"before"`         // Into, without its timeline
}

// PutUndo keeps what it takes to undo a command and forgets old ones.
func (t *Tx) PutUndo(command string, u Undo) error { return t.keep(undos, command, u.At, u) }

// Undo returns what it takes to undo a command, or ErrNotFound.
func (t *Tx) Undo(command string) (u Undo, err error) { return u, t.kept(undos, command, &u) }

func (t *Tx) kept(k kept, id string, v any) error {
	text, err := t.get(k.byID + id)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("store: %s%s: %w", k.byID, id, err)
	}
	return nil
}

func (t *Tx) keep(k kept, id string, at time.Time, v any) error {
	newest, err := t.newest(k)
	if err != nil {
		return err
	}
	for key, value := range map[string]any{k.byID + id: v, k.key(newest + 1): keptAt{id, at}} {
		b, err := fusion.Encode(value)
		if err != nil {
			return fmt.Errorf("encode %s: %w", key, err)
		}
		if err := t.set(key, string(b)); err != nil {
			return err
		}
	}
	return t.forget(k, newest+1, at)
}

func (k kept) key(n uint64) string { return fmt.Sprintf("%s%020d", k.byNumber, n) }

func (k kept) number(key string) (uint64, error) {
	return strconv.ParseUint(strings.TrimPrefix(key, k.byNumber), 10, 64)
}

// newest is the number of the newest entry, 0 when there is none.
func (t *Tx) newest(k kept) (n uint64, err error) {
	var bad error
	err = t.tx.DescendLessOrEqual("", k.byNumber+"\xff", func(key, _ string) bool {
		if strings.HasPrefix(key, k.byNumber) {
			n, bad = k.number(key)
		}
		return false
	})
	if err = errors.Join(err, bad); err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	return n, nil
}

// forget removes the entries that are too old or too many.
func (t *Tx) forget(k kept, newest uint64, at time.Time) error {
	var gone []string
	var bad error
	err := t.prefixed(k.byNumber, func(key, value string) bool {
		var n uint64
		var e keptAt
		if n, bad = k.number(key); bad == nil {
			bad = json.Unmarshal([]byte(value), &e)
		}
		if bad != nil || (n+k.most > newest && at.Sub(e.At) < keepAnswersFor) {
			return false
		}
		gone = append(gone, key, k.byID+e.ID)
		return true
	})
	if err = errors.Join(err, bad); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	for _, key := range gone {
		if err := t.remove(key); err != nil {
			return err
		}
	}
	return nil
}
