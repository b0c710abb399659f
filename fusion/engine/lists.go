package engine

import (
	"fmt"
	"slices"

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

// maxListPart bounds the entries of one message, so that it stays far below
// the limit of a message.
const maxListPart = 500

// ListChanges are the messages that replace a watchlist by the entries.
func ListChanges(entries []store.ListEntry) []ListChange {
	changes := []ListChange{{Clear: true}}
	for part := range slices.Chunk(entries, maxListPart) {
		changes = append(changes, ListChange{Put: part})
	}
	return changes
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
