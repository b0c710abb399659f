package fusion

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	specVersion = "1.0"
	contentType = "application/json"

	// MaxEventBytes bounds one encoded event.
	MaxEventBytes = 128 << 10
	// maxDepth bounds the nesting of one attribute.
	maxDepth = 12
)

// wireEvent is the CloudEvents form of an [Event].
type wireEvent struct {
	SpecVersion  string         `json:"specversion"`
	ID           EventID        `json:"id"`
	Source       string         `json:"source"`
	Type         EventType      `json:"type"`
	Subject      string         `json:"subject,omitzero"`
	Time         time.Time      `json:"time"`
	RecordedTime time.Time      `json:"recordedtime,omitzero"`
	ExpiryTime   time.Time      `json:"expirytime,omitzero"`
	ContentType  string         `json:"datacontenttype,omitzero"`
	Data         wireData       `json:"data"`
	Extensions   map[string]any `json:",embed"`
}

type wireData struct {
	Status      Status         `json:"status,omitzero"`
	MsgType     MsgType        `json:"msgtype,omitzero"`
	References  []string       `json:"references,omitempty"`
	Category    []string       `json:"category,omitempty"`
	Headline    string         `json:"headline,omitzero"`
	Description string         `json:"description,omitzero"`
	Language    string         `json:"language,omitzero"`
	Web         string         `json:"web,omitzero"`
	Severity    string         `json:"severity,omitzero"`
	Urgency     string         `json:"urgency,omitzero"`
	Certainty   string         `json:"certainty,omitzero"`
	Geometry    *Geometry      `json:"geometry,omitzero"`
	Location    *Location      `json:"location,omitzero"`
	Track       *Track         `json:"track,omitzero"`
	Entities    []Entity       `json:"entities,omitempty"`
	Reliability string         `json:"reliability,omitzero"`
	Credibility int            `json:"credibility,omitzero"`
	Confidence  *float64       `json:"confidence,omitzero"`
	Handling    *Handling      `json:"handling,omitzero"`
	Media       []Media        `json:"media,omitempty"`
	Provenance  *Provenance    `json:"provenance,omitzero"`
	Attrs       wireAttrs      `json:"attrs,omitempty"`
	Unmapped    map[string]any `json:"unmapped,omitempty"`
	Rest        map[string]any `json:",embed"`
}

// wireAttrs is read as a value of any kind, which costs less than reading a
// map of them.
type wireAttrs map[string]any

// UnmarshalJSONFrom is for the JSON package.
func (a *wireAttrs) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var v any
	if err := json.UnmarshalDecode(dec, &v); err != nil {
		return err
	}
	m, ok := v.(map[string]any)
	if !ok && v != nil {
		return &FieldError{"data.attrs", "is not an object"}
	}
	*a = m
	return nil
}

// wires are spare wire forms.
var wires = sync.Pool{New: func() any { return new(wireEvent) }}

// encodeOptions make equal values equal bytes.
var encodeOptions = json.JoinOptions(json.Deterministic(true), jsontext.EscapeForHTML(false))

// Encode writes v as compact JSON in which equal values give equal bytes.
func Encode(v any) ([]byte, error) { return json.Marshal(v, encodeOptions) }

// MarshalJSONTo writes the event as a CloudEvents 1.0 JSON event.
func (e *Event) MarshalJSONTo(enc *jsontext.Encoder) error {
	w := wireEvent{
		SpecVersion: specVersion, ID: e.ID, Source: e.Source, Type: e.Type, Subject: e.Subject,
		Time: e.Time.UTC(), RecordedTime: utc(e.RecordedTime), ExpiryTime: utc(e.ExpiryTime),
		ContentType: contentType, Extensions: e.Extensions,
		Data: wireData{
			Status: e.Status, MsgType: e.MsgType, References: e.References, Category: e.Category,
			Headline: e.Headline, Description: e.Description, Language: e.Language, Web: e.Web,
			Severity: e.Severity, Urgency: e.Urgency, Certainty: e.Certainty,
			Geometry: e.Geometry, Location: e.Location, Track: e.Track, Entities: e.Entities,
			Reliability: e.Reliability, Credibility: e.Credibility, Confidence: e.Confidence,
			Handling: e.Handling, Media: e.Media, Provenance: e.Provenance,
			Attrs: e.Attrs, Unmapped: e.Unmapped,
		},
	}
	return json.MarshalEncode(enc, &w, encodeOptions)
}

// UnmarshalJSONFrom reads a CloudEvents 1.0 JSON event strictly: duplicate
// names and names that differ from a known one in case only are errors;
// unknown fields of data go to Unmapped, unknown context attributes to
// Extensions. It does not validate, see [Event.Validate].
func (e *Event) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	begin := dec.InputOffset()
	w := wires.Get().(*wireEvent)
	defer func() {
		*w = wireEvent{}
		wires.Put(w)
	}()
	if err := json.UnmarshalDecode(dec, w); err != nil {
		return fmt.Errorf("not a CloudEvents JSON event: %w", err)
	}
	if n := dec.InputOffset() - begin; n > MaxEventBytes {
		return &FieldError{"event", fmt.Sprintf("has %d bytes; at most %d are accepted", n, MaxEventBytes)}
	}
	return e.fromWire(w)
}

func (e *Event) fromWire(w *wireEvent) error {
	if w.SpecVersion != specVersion {
		return &FieldError{"specversion", fmt.Sprintf("is %q; only %q is known", w.SpecVersion, specVersion)}
	}
	if w.ContentType != "" && w.ContentType != contentType {
		return &FieldError{"datacontenttype", fmt.Sprintf("is %q; only %q is known", w.ContentType, contentType)}
	}
	if err := noCaseVariants("", w.Extensions, contextNames); err != nil {
		return err
	}
	if err := noCaseVariants("data.", w.Data.Rest, dataNames); err != nil {
		return err
	}
	d := &w.Data
	*e = Event{
		ID: w.ID, Source: w.Source, Type: w.Type, Subject: w.Subject,
		Time: w.Time.UTC(), RecordedTime: utc(w.RecordedTime), ExpiryTime: utc(w.ExpiryTime), Extensions: w.Extensions,
		Status: d.Status, MsgType: d.MsgType, References: d.References, Category: d.Category,
		Headline: d.Headline, Description: d.Description, Language: d.Language, Web: d.Web,
		Severity: d.Severity, Urgency: d.Urgency, Certainty: d.Certainty,
		Geometry: d.Geometry, Location: d.Location, Track: d.Track, Entities: d.Entities,
		Reliability: d.Reliability, Credibility: d.Credibility, Confidence: d.Confidence,
		Handling: d.Handling, Media: d.Media, Provenance: d.Provenance, Attrs: d.Attrs, Unmapped: d.Unmapped,
	}
	if err := e.keepUnmapped(d.Rest); err != nil {
		return err
	}
	return e.checkDepth()
}

// checkDepth bounds the nesting of what has no form of its own.
func (e *Event) checkDepth() error {
	return errors.Join(shallow("", e.Extensions), shallow("data.attrs.", e.Attrs), shallow("data.unmapped.", e.Unmapped))
}

func shallow(field string, values map[string]any) error {
	for name, v := range values {
		if deeper(v, maxDepth) {
			return &FieldError{field + name, fmt.Sprintf("is nested deeper than %d levels", maxDepth)}
		}
	}
	return nil
}

// deeper reports whether a decoded JSON value is nested deeper than levels.
func deeper(v any, levels int) bool {
	below := func(v any) bool { return deeper(v, levels-1) }
	switch v := v.(type) {
	case map[string]any:
		return levels == 0 || containsValue(v, below)
	case []any:
		return levels == 0 || slices.ContainsFunc(v, below)
	}
	return false
}

func containsValue(m map[string]any, is func(any) bool) bool {
	for _, v := range m {
		if is(v) {
			return true
		}
	}
	return false
}

func (e *Event) keepUnmapped(rest map[string]any) error {
	for name, v := range rest {
		if _, taken := e.Unmapped[name]; taken {
			return &FieldError{"data." + name, "stands both in data and in data.unmapped"}
		}
		if e.Unmapped == nil {
			e.Unmapped = map[string]any{}
		}
		e.Unmapped[name] = v
	}
	return nil
}

// DecodeBatch reads the body of a log message: a CloudEvents JSON batch, or a
// lone event.
func DecodeBatch(b []byte) ([]*Event, error) {
	trimmed := bytes.TrimLeft(b, " \t\r\n")
	if len(trimmed) > 0 && trimmed[0] == '{' {
		e := new(Event)
		return []*Event{e}, json.Unmarshal(trimmed, e)
	}
	var events []*Event
	if err := json.Unmarshal(b, &events); err != nil {
		return nil, fmt.Errorf("not a CloudEvents JSON batch: %w", err)
	}
	for i, e := range events {
		if e == nil {
			return nil, &FieldError{fmt.Sprintf("[%d]", i), "is null"}
		}
	}
	return events, nil
}

// EncodeBatch writes a CloudEvents JSON batch of events that are already
// encoded.
func EncodeBatch(events [][]byte) []byte {
	size := 2
	for _, e := range events {
		size += len(e) + 1
	}
	batch := append(make([]byte, 0, size), '[')
	for i, e := range events {
		if i > 0 {
			batch = append(batch, ',')
		}
		batch = append(batch, e...)
	}
	return append(batch, ']')
}

// CheckDepth refuses JSON that is nested deeper than max, before anything
// recursive reads it.
func CheckDepth(b []byte, max int) error {
	depth, inString := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if depth++; depth > max {
				return fmt.Errorf("nested deeper than %d levels", max)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

func noCaseVariants(prefix string, rest map[string]any, known map[string]bool) error {
	for name := range rest {
		if lower := strings.ToLower(name); known[lower] {
			return &FieldError{prefix + name, fmt.Sprintf("is a variant of %q; names are case-sensitive", lower)}
		}
	}
	return nil
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}
