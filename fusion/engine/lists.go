package engine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// ListChange is a message that changes a watchlist. Values are canonical.
type ListChange struct {
	Clear  bool              `json:"clear,omitzero"` // remove everything first
	Delete []string          `json:"delete,omitempty"`
	Put    []store.ListEntry `json:"put,omitempty"`
}

// A message of the log stays far below the limit of the bus: a change has at
// most so many bytes of entries, as they are encoded.
const maxListPart = 128 << 10

// ListChanges are the messages that make a watchlist hold the wanted entries
// when it holds the known ones. What is new comes before what goes, so that
// an entry that stays is on the list at every moment.
func ListChanges(wanted []store.ListEntry, known ...store.ListEntry) []ListChange {
	has := make(map[string]store.ListEntry, len(known))
	for _, e := range known {
		e.List = ""
		has[e.Value] = e
	}
	var parts listParts
	wants := make(map[string]bool, len(wanted))
	for _, e := range wanted {
		wants[e.Value] = true
		e.List = ""
		if old, ok := has[e.Value]; !ok || !old.Equal(e) {
			parts.put(e)
		}
	}
	for _, e := range known {
		if !wants[e.Value] {
			parts.remove(e.Value)
		}
	}
	return parts.changes
}

// listParts divides a change into messages.
type listParts struct {
	changes []ListChange
	size    int
}

// room makes the last change one that still takes n bytes.
func (p *listParts) room(n int) *ListChange {
	if p.size += n; len(p.changes) == 0 || p.size > maxListPart {
		p.changes, p.size = append(p.changes, ListChange{}), n
	}
	return &p.changes[len(p.changes)-1]
}

func (p *listParts) put(e store.ListEntry) {
	const names = 80 // of its fields, and its time
	c := p.room(names + len(e.Value) + len(e.Note) + len(e.Owner) + len(e.Purpose))
	c.Put = append(c.Put, e)
}

func (p *listParts) remove(value string) {
	c := p.room(len(value) + len(`"",`))
	c.Delete = append(c.Delete, value)
}

func (s *step) changeList(list string) error {
	var c ListChange
	if err := json.Unmarshal(s.msg.Data, &c); err != nil {
		s.refuse(0, s.msg.Data, fusion.Reject("syntax", "", "not a change of a watchlist: %v", err))
		return nil
	}
	if c.Clear {
		entries, err := s.tx.Entries(list)
		if err != nil {
			return err
		}
		for _, e := range entries {
			c.Delete = append(c.Delete, e.Value)
		}
	}
	for _, v := range c.Delete {
		if err := s.tx.DeleteEntry(list, v); err != nil {
			return fmt.Errorf("list %s: %w", list, err)
		}
	}
	for _, e := range c.Put {
		e.List = list
		if err := s.tx.PutEntry(e); err != nil {
			return fmt.Errorf("list %s: %w", list, err)
		}
	}
	return nil
}

// listed looks for an entry that counts at that time, and returns what a hit
// says of it.
func listed(tx *store.Tx, list, value string, at time.Time) (entry string, ok bool) {
	e, err := tx.Entry(list, value)
	if err != nil || e.Expired(at) {
		return "", false
	}
	return e.String(), true
}

// ListInvolved is the name of a list that nobody keeps: the vehicles, vessels,
// aircraft and units that open pictures name. A rule that asks
// listed("in-open-incidents", …) finds what of them passes by.
const ListInvolved = "in-open-incidents"

var involvedTypes = []fusion.EntityType{fusion.EntityVehicle, fusion.EntityVessel, fusion.EntityAircraft, fusion.EntityUnit}

// involved names an open picture that has the vehicle, vessel, aircraft or unit.
// The step keeps the list until a picture changes.
func (s *step) involved(value string) (entry string, ok bool) {
	if s.Engine.involved == nil {
		s.Engine.involved = involvedIn(s.open)
	}
	id, ok := s.Engine.involved[value]
	return "part of " + string(id), ok
}

// involvedIn is the list; of several pictures the one that was opened first.
func involvedIn(open map[fusion.PictureID]*fusion.Picture) map[string]fusion.PictureID {
	list := map[string]fusion.PictureID{}
	for _, id := range slices.Sorted(maps.Keys(open)) {
		for _, e := range open[id].Entities {
			if _, known := list[e.Value]; !known && slices.Contains(involvedTypes, e.Type) {
				list[e.Value] = id
			}
		}
	}
	return list
}
