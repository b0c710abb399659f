package ais

import (
	"bytes"
	"slices"

	"github.com/openiroom/iroom/connectors"
)

const (
	maxGroups = 64  // unfinished groups that wait at the same time
	maxAge    = 128 // lines after which a group waits no longer
)

// groupKey is what the parts of one broadcast have in common.
type groupKey struct {
	talker, kind, channel string
	sequence, parts       int64
	from                  string // TAG group, else TAG station
}

// group is a broadcast of which parts are missing.
type group struct {
	key   groupKey
	since int // the line count of its first part
	parts []*connectors.Message
}

// assembler joins the sentences of one broadcast into one message, whose
// payload is their lines in the order of the parts. All other lines pass
// unchanged. A group that waits too long, or is one too many, passes as it is,
// for the mapper to reject.
type assembler struct {
	lines   int
	waiting []*group // oldest first
}

func newAssembler() *assembler { return &assembler{} }

// add takes one line and returns the messages that are complete with it.
func (a *assembler) add(m connectors.Message) (out []connectors.Message) {
	a.lines++
	for len(a.waiting) > 0 && a.lines-a.waiting[0].since > maxAge {
		out = append(out, a.release(0))
	}
	s, problem := parseSentence(string(m.Payload))
	if problem != nil || s.NumFragments == 1 {
		return append(out, m)
	}
	key := groupKey{s.Talker, s.Type, s.Channel, s.MessageID, s.NumFragments, s.tag.station}
	if s.tag.group != "" {
		key.from = "g:" + s.tag.group
	}
	i := slices.IndexFunc(a.waiting, func(g *group) bool { return g.key == key })
	if i >= 0 && a.waiting[i].parts[s.FragmentNumber-1] != nil {
		out = append(out, a.release(i))
		i = -1
	}
	if i < 0 {
		a.waiting = append(a.waiting, &group{key: key, since: a.lines, parts: make([]*connectors.Message, s.NumFragments)})
		i = len(a.waiting) - 1
	}
	g := a.waiting[i]
	g.parts[s.FragmentNumber-1] = &m
	switch {
	case !slices.Contains(g.parts, nil):
		out = append(out, a.release(i))
	case len(a.waiting) > maxGroups:
		out = append(out, a.release(0))
	}
	return out
}

// flush returns the groups that still wait.
func (a *assembler) flush() (out []connectors.Message) {
	for len(a.waiting) > 0 {
		out = append(out, a.release(0))
	}
	return out
}

// release takes the group at i out, as one message. Its origin is that of the
// first part it has; it was received when the last of its parts was.
func (a *assembler) release(i int) connectors.Message {
	g := a.waiting[i]
	a.waiting = slices.Delete(a.waiting, i, i+1)
	parts := slices.DeleteFunc(g.parts, func(m *connectors.Message) bool { return m == nil })
	joined := *parts[0]
	var lines [][]byte
	for _, m := range parts {
		lines = append(lines, m.Payload)
		if m.Received.After(joined.Received) {
			joined.Received = m.Received
		}
	}
	joined.Payload = bytes.Join(lines, []byte("\n"))
	return joined
}
