package rules

import (
	"hash/maphash"
	"slices"

	"github.com/openiroom/iroom/fusion"
)

// held finds the entries of all windows by the id of their event and by the
// thing that it is about. Entries with the same hash hang on each other, so
// what is found is compared again.
type held struct {
	seed   maphash.Seed
	ids    map[uint64]*entry
	things map[uint64]*entry
}

func newHeld() held {
	return held{maphash.MakeSeed(), map[uint64]*entry{}, map[uint64]*entry{}}
}

func (h *held) idHash(id fusion.EventID) uint64 { return maphash.String(h.seed, string(id)) }

func (h *held) thingHash(source, subject string) uint64 {
	var m maphash.Hash
	m.SetSeed(h.seed)
	m.WriteString(source)
	m.WriteByte(0)
	m.WriteString(subject)
	return m.Sum64()
}

func (h *held) add(e *entry) {
	id, source, subject := e.identity()
	at := h.idHash(id)
	e.nextID, h.ids[at] = h.ids[at], e
	if subject != "" {
		at = h.thingHash(source, subject)
		e.nextThing, h.things[at] = h.things[at], e
	}
}

func (h *held) remove(e *entry) {
	id, source, subject := e.identity()
	unhang(h.ids, h.idHash(id), e, func(e *entry) **entry { return &e.nextID })
	if subject != "" {
		unhang(h.things, h.thingHash(source, subject), e, func(e *entry) **entry { return &e.nextThing })
	}
}

func unhang(m map[uint64]*entry, at uint64, e *entry, next func(*entry) **entry) {
	first := m[at]
	for p := &first; *p != nil; p = next(*p) {
		if *p == e {
			*p = *next(e)
			break
		}
	}
	*next(e) = nil
	if m[at] = first; first == nil {
		delete(m, at)
	}
}

// byID are the entries that hold the event.
func (h *held) byID(id fusion.EventID) (list []*entry) {
	for e := h.ids[h.idHash(id)]; e != nil; e = e.nextID {
		if e.id() == id {
			list = append(list, e)
		}
	}
	return inOrder(list)
}

// holds reports whether the rule holds the event.
func (h *held) holds(id fusion.EventID, rule string) bool {
	for e := h.ids[h.idHash(id)]; e != nil; e = e.nextID {
		if e.home.place.rule == rule && e.id() == id {
			return true
		}
	}
	return false
}

// byThing are the entries that hold versions of the thing.
func (h *held) byThing(source, subject string) []*entry {
	return h.byThingOf(source, subject, func(*entry) bool { return true })
}

// byThingOf are those of them that are wanted. A thing may have thousands of
// versions where every one counts, so what is cheap to see is asked first.
func (h *held) byThingOf(source, subject string, wanted func(*entry) bool) (list []*entry) {
	for e := h.things[h.thingHash(source, subject)]; e != nil; e = e.nextThing {
		if !wanted(e) {
			continue
		}
		if _, s, t := e.identity(); s == source && t == subject {
			list = append(list, e)
		}
	}
	return inOrder(list)
}

// inOrder makes the order independent of how the entries came in.
func inOrder(list []*entry) []*entry {
	slices.SortFunc(list, func(a, b *entry) int {
		if c := a.home.place.compare(b.home.place); c != 0 {
			return c
		}
		return compareEntries(a, b)
	})
	return list
}
