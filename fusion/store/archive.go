package store

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

const (
	keyClosed   = "closed/"   // time of closing, sortable, and picture: pictures that are still here
	keyArchived = "archived/" // day: the highest number of that day's pictures that is not here any more
)

// sortable is a time of day to the second, so that keys of equal length sort
// in its order.
const sortable = "20060102150405"

func closedKey(at time.Time) string { return keyClosed + at.UTC().Format(sortable) + "/" }

// ClosedBefore returns the ids of at most limit pictures that were closed in a
// second before that of the time, those closed first in front.
func (t *Tx) ClosedBefore(at time.Time, limit int) (ids []fusion.PictureID, err error) {
	until := closedKey(at)
	err = t.prefixed(keyClosed, func(key, _ string) bool {
		if key >= until || len(ids) == limit {
			return false
		}
		ids = append(ids, fusion.PictureID(key[len(until):]))
		return true
	})
	return ids, err
}

// Archive removes a closed picture. What is left is that its id was given:
// its revisions stay in the stream of pictures, and the id of one that was
// merged still leads to where it goes on.
func (t *Tx) Archive(id fusion.PictureID) error {
	p, err := t.Picture(id)
	if err != nil {
		return err
	}
	if p.Open() {
		return fmt.Errorf("archive incident %s: it is %s", id, p.Status)
	}
	for _, key := range []string{keyPicture + string(id), closedKey(p.Closed) + string(id)} {
		if err := t.remove(key); err != nil {
			return err
		}
	}
	day, _, _ := strings.Cut(string(id), "-")
	if highest, err := t.get(keyArchived + day); err == nil && !after(string(id), highest) {
		return nil
	}
	return t.set(keyArchived+day, string(id))
}

// Archived reports whether a picture was archived. Ids of a day are given
// without a gap, so every one up to the highest archived one that is not here
// was archived too.
func (t *Tx) Archived(id fusion.PictureID) bool {
	day, number, ok := strings.Cut(string(id), "-")
	highest, err := t.get(keyArchived + day)
	if err != nil || !ok || !isNumber(number) || after(string(id), highest) {
		return false
	}
	_, err = t.get(keyPicture + string(id))
	return errors.Is(err, ErrNotFound)
}

// after reports whether an id of the same day was given after another.
// Numbers have at least four digits, and more when they need them.
func after(id, other string) bool {
	return len(id) > len(other) || len(id) == len(other) && id > other
}

// isNumber reports whether a picture can have the number.
func isNumber(s string) bool {
	return len(s) >= 4 && strings.Trim(s, "0") != "" && strings.Trim(s, "0123456789") == "" && (len(s) == 4 || s[0] != '0')
}
