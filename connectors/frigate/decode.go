package frigate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/kit/mqtt"
	"github.com/openiroom/iroom/fusion"
)

// maxDepth bounds the nesting of a payload; Frigate's own has 6 levels.
const maxDepth = 32

// mapper turns the payloads of one Frigate into events.
type mapper struct {
	cfg    Config
	source string
}

// Map reads one message, by its topic where it has one, else by its content.
func (m *mapper) Map(msg connectors.Message) connectors.Mapping {
	topic, known := msg.Meta[mqtt.MetaTopic]
	if !known {
		return m.payload(msg)
	}
	rest, ours := strings.CutPrefix(topic, m.cfg.Prefix+"/")
	if !ours {
		return refuse("unsupported", "topic", "topic %q is not below %q; is prefix the topic_prefix of Frigate?", topic, m.cfg.Prefix)
	}
	switch rest {
	case "events", "tracked_object_update", "triggers":
		return m.payload(msg)
	case "reviews":
		return review()
	}
	if camera, sound, ok := strings.Cut(rest, "/audio/"); ok {
		return m.sound(msg, camera, sound)
	}
	return skip("topic %q tells a count, a state or a picture; tracked objects come on %s/events", topic, m.cfg.Prefix)
}

// payload reads JSON, of which the content tells the kind.
func (m *mapper) payload(msg connectors.Message) connectors.Mapping {
	b := bytes.TrimSpace(msg.Payload)
	if err := fusion.CheckDepth(b, maxDepth); err != nil {
		return refuse("too-large", "", "the payload is %w", err)
	}
	if len(b) > 0 && b[0] == '[' {
		return m.list(b)
	}
	var u update
	if err := json.Unmarshal(b, &u); err != nil {
		return malformed(err)
	}
	switch {
	case slices.Contains([]string{"new", "update", "end", "genai"}, u.Type):
		return m.change(b)
	case u.EventID != "":
		return m.trigger(msg, u)
	case u.Type != "":
		return m.update(msg, u)
	case u.ID != "" && u.Camera != "":
		return m.listed(b)
	}
	return refuse("unsupported", "type", "the payload is none of Frigate's: it has neither a type nor the id of an object")
}

// change maps what became of a tracked object.
func (m *mapper) change(b []byte) connectors.Mapping {
	var c change
	if err := json.Unmarshal(b, &c); err != nil {
		return malformed(err)
	}
	o := c.After
	if o == nil {
		o = c.Before
	}
	switch {
	case o == nil:
		return refuse("missing", "after", "the change says nothing about an object")
	case o.Severity != "":
		return review()
	}
	zones := o.CurrentZones
	if c.Type == "end" {
		zones = o.EnteredZones
	}
	at := o.FrameTime
	if at == nil {
		at = o.StartTime
	}
	return m.object(o, sighting{phase: c.Type, at: at, zones: zones})
}

// list maps the answer of the HTTP interface to a request for events.
func (m *mapper) list(b []byte) (all connectors.Mapping) {
	var items []jsontext.Value
	if err := json.Unmarshal(b, &items); err != nil {
		return malformed(err)
	}
	if len(items) == 0 {
		return skip("the list of events is empty")
	}
	for _, item := range items {
		one := m.listed(item)
		all.Events = append(all.Events, one.Events...)
		all.Skips = append(all.Skips, one.Skips...)
		all.Rejects = append(all.Rejects, one.Rejects...)
	}
	all.Events = once(all.Events)
	return all
}

// listed maps one element of that list.
func (m *mapper) listed(b []byte) connectors.Mapping {
	var o object
	if err := json.Unmarshal(b, &o); err != nil {
		return malformed(err)
	}
	if d := o.Data; d != nil {
		o.TopScore, o.Score, o.AverageSpeed, o.Plate, o.PlateScore = d.TopScore, d.Score, d.AverageSpeed, d.Plate, d.PlateScore
	}
	s := sighting{phase: "update", at: o.StartTime, zones: o.Zones}
	if o.EndTime != nil {
		s.phase, s.at = "end", o.EndTime
	}
	if o.Data != nil && o.Data.Type == "audio" {
		return m.heard(&o, s)
	}
	mapping := m.object(&o, s)
	if o.Data != nil && o.Data.Description != "" && len(mapping.Events) > 0 {
		describe(mapping.Events[0], o.Data.Description)
	}
	return mapping
}

func review() connectors.Mapping {
	return skip("a review groups tracked objects, which come by themselves")
}

func skip(format string, args ...any) connectors.Mapping {
	return connectors.Mapping{Skips: []string{fmt.Sprintf(format, args...)}}
}

func refuse(code, field, format string, args ...any) connectors.Mapping {
	return connectors.Mapping{Rejects: []*fusion.Rejection{fusion.Reject(code, field, format, args...)}}
}

func malformed(err error) connectors.Mapping {
	return refuse("syntax", "", "the payload is not JSON as Frigate writes it: %w", err)
}

// once leaves out events that stand in a list twice.
func once(events []*fusion.Event) []*fusion.Event {
	seen := map[fusion.EventID]bool{}
	kept := events[:0]
	for _, e := range events {
		if !seen[e.ID] {
			seen[e.ID] = true
			kept = append(kept, e)
		}
	}
	return kept
}
