// Package audit keeps who read or changed what, for which purpose, in a chain:
// each entry holds the SHA-256 of the one before it, so that an entry cannot
// be changed, left out or put in between without all later ones showing it.
//
// The desk writes an entry before it answers. When the entry cannot be stored
// the request is refused, so nothing is read or changed unseen. Entries of
// requests that come together are stored in one message. The chain shows that
// something was done to the past, not by whom, and not when the newest entries
// were cut off: keep the newest hash elsewhere for that.
package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/openiroom/iroom/fusion"
)

// Entry is one line of the audit.
type Entry struct {
	N        uint64           `json:"n"`    // 1 for the first of the chain
	Prev     string           `json:"prev"` // SHA-256 of the entry before, hex; "" for the first
	Time     time.Time        `json:"time"`
	Who      string           `json:"who"`  // who answers for it
	User     string           `json:"user"` // of the bus that asked
	What     string           `json:"what"` // the endpoint
	Verb     fusion.Verb      `json:"verb,omitzero"`
	Incident fusion.PictureID `json:"incident,omitzero"`
	Entity   string           `json:"entity,omitzero"` // type and value that were asked for
	Asked    string           `json:"asked,omitzero"`  // the question, in JSON
	Purpose  string           `json:"purpose,omitzero"`
	Reason   string           `json:"reason,omitzero"`
	Command  string           `json:"command,omitzero"`  // its id
	Applied  bool             `json:"applied,omitzero"`  // of a command
	Revision uint64           `json:"revision,omitzero"` // that it made
	Results  int              `json:"results"`           // pictures or entities that were handed over
	Withheld int              `json:"withheld,omitzero"` // those of them of which parts were left out
	Problem  string           `json:"problem,omitzero"`  // why it was refused
}

// Head is the end of the chain.
type Head struct {
	N    uint64 `json:"n"`
	Hash string `json:"hash"` // SHA-256 of entry N, hex; "" when there is none
}

// seal gives the next entry its place in the chain and encodes it.
func (h *Head) seal(e Entry) ([]byte, error) {
	e.N, e.Prev = h.N+1, h.Hash
	b, err := fusion.Encode(e)
	if err != nil {
		return nil, fmt.Errorf("encode an entry of the audit: %w", err)
	}
	*h = Head{e.N, hashOf(b)}
	return b, nil
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Decode reads the entries of one message of the stream, with the hash of
// each. chained is false for a message of before there was a chain.
func Decode(data []byte) (entries []Entry, hashes []string, chained bool, err error) {
	if jsontext.Value(data).Kind() != '[' {
		return nil, nil, false, nil
	}
	var parts []jsontext.Value
	if err := json.Unmarshal(data, &parts); err != nil {
		return nil, nil, true, fmt.Errorf("read the audit: %w", err)
	}
	for _, part := range parts {
		var e Entry
		if err := json.Unmarshal(part, &e, json.RejectUnknownMembers(true)); err != nil {
			return nil, nil, true, fmt.Errorf("read the audit: %w", err)
		}
		entries, hashes = append(entries, e), append(hashes, hashOf(part))
	}
	return entries, hashes, true, nil
}

// Chain checks entries in the order in which they are stored.
type Chain struct {
	Head    Head
	Begun   bool   // the first entry was seen
	From    uint64 // its number; above 1 the stream keeps no earlier ones
	Entries uint64 // that were checked
	Before  uint64 // messages of before there was a chain
}

// Take checks the entries of the next message. seq is its sequence, for the
// error, which is of kind corrupt.
func (c *Chain) Take(seq uint64, data []byte) ([]Entry, error) {
	entries, hashes, chained, err := Decode(data)
	switch {
	case err != nil:
		return nil, broken(seq, "%w", err)
	case !chained && c.Begun:
		return nil, broken(seq, "it is not part of the chain")
	case !chained:
		c.Before++
		return nil, nil
	}
	for i, e := range entries {
		if !c.Begun {
			c.Begun, c.From, c.Head = true, e.N, Head{e.N - 1, e.Prev}
			if e.N == 1 && e.Prev != "" {
				return nil, broken(seq, "its first entry follows one that is not there")
			}
		}
		if e.N != c.Head.N+1 || e.Prev != c.Head.Hash {
			return nil, broken(seq, "entry %d does not follow the one before it, %d: something was changed, taken out or put in", e.N, c.Head.N)
		}
		c.Head = Head{e.N, hashes[i]}
		c.Entries++
	}
	return entries, nil
}

func broken(seq uint64, format string, args ...any) error {
	return fusion.Errorf(fusion.KindCorrupt, fmt.Sprintf("audit, message %d", seq), format, args...).
		WithHint("the entries before it are sound; compare it and those after it with a backup")
}
