package store

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

// PutPicture stores a revision, encoded.
func (t *Tx) PutPicture(id fusion.PictureID, encoded []byte) error {
	delete(t.rows, id)
	return t.set(keyPicture+string(id), string(encoded))
}

// Finders are what finds a picture: its place, its entities and its evidence
// when it is open, the time of its closing when it is not.
type Finders struct {
	keys   map[string]string
	events references[fusion.EventID]
	things references[thing]
}

// FindersOf returns what finds a stored picture, nothing for nil.
func FindersOf(p *fusion.Picture) Finders {
	f := Finders{keys: maps.Collect(finders(p))}
	f.events, f.things = referencesOf(p)
	return f
}

// Refind replaces the finders of a picture by what finds it now, and returns
// them. before are those of its last call, none for a new picture.
func (t *Tx) Refind(before Finders, p *fusion.Picture) (Finders, error) {
	now := FindersOf(p)
	for key := range before.keys {
		if _, stays := now.keys[key]; stays {
			continue
		}
		if err := t.remove(key); err != nil {
			return now, err
		}
	}
	for key, value := range now.keys {
		if was, had := before.keys[key]; had && was == value {
			continue
		}
		if err := t.set(key, value); err != nil {
			return now, err
		}
	}
	t.undo = append(t.undo, t.store.evidence.events.replace(p.ID, before.events, now.events),
		t.store.evidence.things.replace(p.ID, before.things, now.things))
	return now, nil
}

// finders yields the keys that find a picture.
func finders(p *fusion.Picture) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		if p == nil {
			return
		}
		id := string(p.ID)
		if !p.Open() {
			yield(closedKey(p.Closed)+id, "")
			return
		}
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
	}
}

func point(p orb.Point) string { return fmt.Sprintf("[%.7f %.7f]", p.Lon(), p.Lat()) }

func entityKey(t fusion.EntityType, value string) string {
	return keyEntity + string(t) + "/" + url.QueryEscape(value) + "/"
}

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
