package dispatch

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/openiroom/iroom/fusion"
)

const (
	maxDepth       = 64
	maxEntityBytes = 512
)

// readJSON takes the EIDOs out of a message: alone, in an array, or in a
// message of NENA-STA-024.
func (mp *mapping) readJSON(payload []byte) {
	payload = []byte(strings.TrimPrefix(string(payload), "\xef\xbb\xbf"))
	if err := fusion.CheckDepth(payload, maxDepth); err != nil {
		mp.reject("syntax", "", "%w", err)
		return
	}
	var documents list[jsontext.Value]
	if err := json.Unmarshal(payload, &documents); err != nil {
		mp.reject("syntax", "", "it is not JSON: %w", err)
		return
	}
	for _, document := range documents {
		mp.readDocument(document)
	}
	if len(documents) == 0 {
		mp.skip("an empty list")
	}
}

// envelope is a message of NENA-STA-024.1.1 that carries EIDOs. The name
// requestAwarenes is spelt as the published schema has it.
type envelope struct {
	ID    string `json:"$id"`
	Event *struct {
		Notification list[jsontext.Value] `json:"notification"`
	} `json:"event"`
	RequestForService *carrier `json:"requestForService"`
	ResourceMessage   *carrier `json:"resourceMessage"`
	RequestAwareness  *carrier `json:"requestAwareness"`
	RequestAwarenes   *carrier `json:"requestAwarenes"`
}

type carrier struct {
	EIDO jsontext.Value `json:"eido"`
}

func (mp *mapping) readDocument(document jsontext.Value) {
	var e envelope
	if err := json.Unmarshal(document, &e); err != nil {
		mp.reject("invalid", "", "it is neither an EIDO nor a message of NENA-STA-024: %w", err)
		return
	}
	var inside []jsontext.Value
	if e.Event != nil {
		inside = e.Event.Notification
	}
	for _, c := range []*carrier{e.RequestForService, e.ResourceMessage, e.RequestAwareness, e.RequestAwarenes} {
		if c != nil && c.EIDO != nil {
			inside = append(inside, c.EIDO)
		}
	}
	switch {
	case e.ID != "":
		mp.readEIDO(document)
	case len(inside) > 0:
		for _, eido := range inside {
			mp.readEIDO(eido)
		}
	case e.Event != nil:
		mp.skip("a notification without EIDO")
	default:
		mp.reject("unsupported", "$id", "it is neither an EIDO nor a message of NENA-STA-024 that carries one")
	}
}

// list reads an array, or a lone value as a list of one.
type list[T any] []T

func (l *list[T]) UnmarshalJSON(b []byte) error {
	if jsontext.Value(b).Kind() == '[' {
		return json.Unmarshal(b, (*[]T)(l))
	}
	if jsontext.Value(b).Kind() == 'n' {
		return nil
	}
	*l = make(list[T], 1)
	return json.Unmarshal(b, &(*l)[0])
}

// words reads a text, a number, an object with a `value` as NIEM has it, or
// an array of these.
type words []string

func (w *words) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	w.collect(v)
	return nil
}

func (w *words) collect(v any) {
	switch v := v.(type) {
	case string:
		if v = strings.TrimSpace(v); v != "" {
			*w = append(*w, v)
		}
	case float64:
		*w = append(*w, strconv.FormatFloat(v, 'f', -1, 64))
	case map[string]any:
		w.collect(v["value"])
	case []any:
		for _, item := range v {
			w.collect(item)
		}
	}
}

func (w words) first() string {
	if len(w) == 0 {
		return ""
	}
	return w[0]
}

// stamp reads a time of W3C's profile of ISO 8601 with its offset.
func stamp(text string) (time.Time, error) { return time.Parse(time.RFC3339, text) }
