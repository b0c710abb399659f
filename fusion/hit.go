package fusion

import "time"

// Hit is a rule that matched: which version, on which inputs, with which
// score, and what it asks for.
type Hit struct {
	ID      EventID     `json:"id"`
	Rule    string      `json:"rule"`
	Version string      `json:"version"` // hash of the rule's content
	Title   string      `json:"title"`
	Mode    string      `json:"mode"` // live or shadow; a shadow hit opens and joins nothing
	Key     string      `json:"key,omitzero"`
	Time    time.Time   `json:"time"` // event time of the event that completed it
	Inputs  []Input     `json:"inputs"`
	Score   float64     `json:"score,omitzero"`
	Parts   []ScorePart `json:"parts,omitempty"`
	Matched []ListMatch `json:"matched,omitempty"`
	Picture PictureID   `json:"picture,omitzero"` // the picture that it opened or joined
}

// Input is an event that a hit rests on, with the fields that mattered.
type Input struct {
	Name   string            `json:"name"` // as the rule calls it
	Event  EventID           `json:"event"`
	Type   EventType         `json:"type"`
	Source string            `json:"source"`
	Time   time.Time         `json:"time"`
	Fields map[string]string `json:"fields,omitempty"`
}

// ScorePart is one named part of a score.
type ScorePart struct {
	Points  float64 `json:"points"`
	Because string  `json:"because"`
}

// ListMatch says which entry of a watchlist matched, and how.
type ListMatch struct {
	List  string `json:"list"`
	Value string `json:"value"`          // the entry
	Read  string `json:"read,omitzero"`  // what was read, when it was a candidate that matched
	Exact bool   `json:"exact"`          // false: by a read candidate
	Entry string `json:"entry,omitzero"` // the entry's note
}
