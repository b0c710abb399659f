package store

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/paulmach/orb"
	"github.com/tidwall/buntdb"

	"github.com/openiroom/iroom/fusion"
)

// PutPicture stores a revision, encoded.
func (t *Tx) PutPicture(id fusion.PictureID, encoded []byte) error {
	return t.set(keyPicture+string(id), string(encoded))
}

// Finders are the keys that find a picture: its place, its entities and the
// things that its evidence is about. A closed picture has none.
type Finders map[string]string

// Refind replaces the finders of a picture by what finds it now, and returns
// them. before are those of its last call, nil for a new picture.
func (t *Tx) Refind(before Finders, p *fusion.Picture) (Finders, error) {
	now := maps.Collect(finders(p))
	for key := range before {
		if _, stays := now[key]; stays {
			continue
		}
		if _, err := t.tx.Delete(key); err != nil && !errors.Is(err, buntdb.ErrNotFound) {
			return now, fmt.Errorf("store: %w", err)
		}
	}
	for key, value := range now {
		if was, had := before[key]; had && was == value {
			continue
		}
		if err := t.set(key, value); err != nil {
			return now, err
		}
	}
	return now, nil
}

// FindersOf returns the keys that find a stored picture.
func FindersOf(p *fusion.Picture) Finders { return maps.Collect(finders(p)) }

// finders yields the keys that find an open picture.
func finders(p *fusion.Picture) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		if p == nil || !p.Open() {
			return
		}
		id := string(p.ID)
		if !yield(keyOpen+id, "") {
			return
		}
		if at, ok := p.Place.Center(); ok && !yield(keyPlace+id, point(at)) {
			return
		}
		for _, e := range p.Entities {
			if !yield(entityKey(e.Type, e.Value)+id, "") {
				return
			}
		}
		for _, e := range p.Evidence {
			if e.Subject != "" && !yield(thingKey(e.Source, e.Type, e.Subject)+id, "") {
				return
			}
			if !yield(eventKey(e.Event)+id, "") {
				return
			}
		}
	}
}

func point(p orb.Point) string { return fmt.Sprintf("[%.7f %.7f]", p.Lon(), p.Lat()) }

func entityKey(t fusion.EntityType, value string) string {
	return keyEntity + string(t) + "/" + url.QueryEscape(value) + "/"
}

// thingKey is the key of what an event is about: what a source calls subject,
// as one type of event reports it.
func thingKey(source string, t fusion.EventType, subject string) string {
	return keyThing + url.QueryEscape(source) + "/" + string(t) + "/" + url.QueryEscape(subject) + "/"
}

func eventKey(id fusion.EventID) string { return keyEvent + url.QueryEscape(string(id)) + "/" }

// PictureBytes returns the newest revision, encoded, or ErrNotFound.
func (t *Tx) PictureBytes(id fusion.PictureID) ([]byte, error) {
	v, err := t.get(keyPicture + string(id))
	return []byte(v), err
}

// Picture returns the newest revision, or ErrNotFound.
func (t *Tx) Picture(id fusion.PictureID) (*fusion.Picture, error) {
	b, err := t.PictureBytes(id)
	if err != nil {
		return nil, fmt.Errorf("incident %s: %w", id, err)
	}
	p := new(fusion.Picture)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("incident %s: %w", id, err)
	}
	return p, nil
}

// PicturesBefore yields the pictures whose id is lower than before, newest
// first; all of them when before is "".
func (t *Tx) PicturesBefore(before fusion.PictureID) iter.Seq2[*fusion.Picture, error] {
	return func(yield func(*fusion.Picture, error) bool) {
		pivot := keyPicture + cmp.Or(string(before), "\xff")
		err := t.tx.DescendLessOrEqual("", pivot, func(key, value string) bool {
			if !strings.HasPrefix(key, keyPicture) {
				return false
			}
			if key == keyPicture+string(before) {
				return true
			}
			p := new(fusion.Picture)
			err := json.Unmarshal([]byte(value), p)
			return yield(p, err)
		})
		if err != nil {
			yield(nil, fmt.Errorf("store: %w", err))
		}
	}
}

// Open returns the ids of all pictures that are not closed, in order.
func (t *Tx) Open() ([]fusion.PictureID, error) { return t.suffixes(keyOpen) }

// WithEntity returns the ids of the open pictures that name the entity.
func (t *Tx) WithEntity(e fusion.EntityType, value string) ([]fusion.PictureID, error) {
	return t.suffixes(entityKey(e, value))
}

// WithEvidence returns the ids of the open pictures that have the event, or
// another version of the thing that it is about, as evidence.
func (t *Tx) WithEvidence(e *fusion.Event) ([]fusion.PictureID, error) {
	ids, err := t.WithEvent(e.ID)
	if err != nil || e.Subject == "" {
		return ids, err
	}
	more, err := t.suffixes(thingKey(e.Source, e.Type, e.Subject))
	return append(ids, more...), err
}

// WithEvent returns the ids of the open pictures that have the event as
// evidence.
func (t *Tx) WithEvent(id fusion.EventID) ([]fusion.PictureID, error) {
	return t.suffixes(eventKey(id))
}

// Within returns the ids of the open pictures whose place lies in the box,
// in no particular order.
func (t *Tx) Within(box orb.Bound) ([]fusion.PictureID, error) {
	var ids []fusion.PictureID
	bounds := fmt.Sprintf("[%.7f %.7f],[%.7f %.7f]", box.Min.Lon(), box.Min.Lat(), box.Max.Lon(), box.Max.Lat())
	err := t.tx.Intersects(placeIndex, bounds, func(key, _ string) bool {
		ids = append(ids, fusion.PictureID(strings.TrimPrefix(key, keyPlace)))
		return true
	})
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return ids, nil
}
