package store

import (
	"slices"

	"github.com/openiroom/iroom/fusion"
)

// evidence finds open pictures by their evidence. There is much of it and it
// follows from the pictures, so no checkpoint holds it: [Load] makes it again.
type evidence struct {
	events found[fusion.EventID]
	things found[thing]
}

// thing is what an event is about: what a source calls subject, as one type
// of event reports it.
type thing struct {
	source  string
	of      fusion.EventType
	subject string
}

func newEvidence() evidence {
	return evidence{found[fusion.EventID]{}, found[thing]{}}
}

// found are pictures by what finds them. The lists are never changed in
// place, so that all evidence of a picture can share one.
type found[K comparable] map[K][]fusion.PictureID

func (f found[K]) add(key K, id []fusion.PictureID) {
	if known := f[key]; len(known) > 0 {
		id = slices.Concat(known, id)
	}
	f[key] = id
}

func (f found[K]) remove(key K, id fusion.PictureID) {
	left := slices.DeleteFunc(slices.Clone(f[key]), func(x fusion.PictureID) bool { return x == id })
	if len(left) == 0 {
		delete(f, key)
		return
	}
	f[key] = left
}

// references are the keys of one kind that find a picture.
type references[K comparable] map[K]struct{}

// replace makes a picture found by now instead of before, and returns what
// undoes that.
func (f found[K]) replace(id fusion.PictureID, before, now references[K]) (undo func()) {
	var gone, come []K
	for key := range before {
		if _, stays := now[key]; !stays {
			gone = append(gone, key)
			f.remove(key, id)
		}
	}
	list := []fusion.PictureID{id}
	for key := range now {
		if _, had := before[key]; !had {
			come = append(come, key)
			f.add(key, list)
		}
	}
	return func() {
		for _, key := range come {
			f.remove(key, id)
		}
		for _, key := range gone {
			f.add(key, list)
		}
	}
}

// referencesOf are what the evidence of an open picture is found by.
func referencesOf(p *fusion.Picture) (references[fusion.EventID], references[thing]) {
	if p == nil || !p.Open() {
		return nil, nil
	}
	events := make(references[fusion.EventID], len(p.Evidence))
	things := make(references[thing], len(p.Evidence))
	for i := range p.Evidence {
		v := &p.Evidence[i]
		events[v.Event] = struct{}{}
		if v.Subject != "" {
			things[thing{v.Source, v.Type, v.Subject}] = struct{}{}
		}
	}
	return events, things
}

// addAll adds what finds a picture that was not there yet.
func (e *evidence) addAll(p *fusion.Picture) {
	events, things := referencesOf(p)
	list := []fusion.PictureID{p.ID}
	for key := range events {
		e.events.add(key, list)
	}
	for key := range things {
		e.things.add(key, list)
	}
}

// WithEvidence returns the ids of the open pictures that have the event, or
// another version of the thing that it is about, as evidence.
func (t *Tx) WithEvidence(e *fusion.Event) []fusion.PictureID {
	ids := t.WithEvent(e.ID)
	if e.Subject == "" {
		return ids
	}
	return slices.Concat(ids, t.store.evidence.things[thing{e.Source, e.Type, e.Subject}])
}

// WithEvent returns the ids of the open pictures that have the event as
// evidence.
func (t *Tx) WithEvent(id fusion.EventID) []fusion.PictureID {
	return slices.Clone(t.store.evidence.events[id])
}
