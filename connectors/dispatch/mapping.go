package dispatch

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// mapper turns a message into calls and incidents.
type mapper struct {
	cfg     Config
	source  string // of its events
	natures natures
	zone    *time.Location
}

// mapping collects what becomes of one message.
type mapping struct {
	*mapper
	out  connectors.Mapping
	seen map[fusion.EventID]bool
}

// Map reads a message by the format of the configuration, or recognises it.
func (m *mapper) Map(msg connectors.Message) connectors.Mapping {
	mp := &mapping{mapper: m, seen: map[fusion.EventID]bool{}}
	format := m.cfg.Format
	if format == FormatAuto {
		format = recognise(msg.Payload)
	}
	if format == FormatEIDO {
		mp.readJSON(msg.Payload)
	} else {
		mp.readCSV(msg.Payload)
	}
	return mp.out
}

// recognise tells JSON from CSV by the first character.
func recognise(payload []byte) Format {
	text := bytes.TrimSpace(bytes.TrimPrefix(payload, []byte("\xef\xbb\xbf")))
	if len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		return FormatEIDO
	}
	return FormatCSV
}

func (mp *mapping) skip(why string) { mp.out.Skips = append(mp.out.Skips, why) }

func (mp *mapping) reject(code, field, format string, args ...any) {
	mp.out.Rejects = append(mp.out.Rejects, fusion.Reject(code, field, format, args...))
}

// event makes an event with what all events of the connector share. nativeID
// and version make its id.
func (mp *mapping) event(t fusion.EventType, subject, nativeID, version string, at time.Time) *fusion.Event {
	handling := fusion.Handling{TLP: mp.cfg.Handling.TLP, Basis: mp.cfg.Handling.Basis, Purpose: mp.cfg.Handling.Purpose}
	return &fusion.Event{
		ID:     fusion.NewEventID(mp.source, nativeID, version),
		Source: mp.source, Type: t, Subject: subject, Time: at.UTC(),
		Reliability: mp.cfg.Reliability, Credibility: mp.cfg.Credibility,
		Handling: &handling, Attrs: map[string]any{}, Unmapped: map[string]any{},
	}
}

// add takes a finished event. The same thing in the same version twice in one
// message is one event.
func (mp *mapping) add(e *fusion.Event) {
	if mp.seen[e.ID] {
		mp.skip("it repeats an earlier part of the message")
		return
	}
	mp.seen[e.ID] = true
	if len(e.Unmapped) == 0 {
		e.Unmapped = nil
	}
	mp.out.Events = append(mp.out.Events, e)
}

// setText sets an attribute unless it is blank.
func setText(attrs map[string]any, name, value string) {
	if value = strings.TrimSpace(value); value != "" {
		attrs[name] = short(value)
	}
}

// setDescription sets the words of the call taker, for people and for rules.
func setDescription(e *fusion.Event, text string) {
	setText(e.Attrs, "text", text)
	e.Description, _ = e.Attrs["text"].(string)
}

// short cuts a text to what an event may carry, at a character's end.
func short(s string) string {
	if len(s) <= fusion.MaxTextBytes {
		return s
	}
	n := fusion.MaxTextBytes
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// addEntity adds an entity once.
func addEntity(e *fusion.Event, entity fusion.Entity) {
	for _, have := range e.Entities {
		if have.Type == entity.Type && have.Value == entity.Value {
			return
		}
	}
	if entity.Raw == entity.Value {
		entity.Raw = ""
	}
	if entity.Value != "" {
		e.Entities = append(e.Entities, entity)
	}
}
