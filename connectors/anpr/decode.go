package anpr

import (
	"fmt"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// Vendor is the maker of the software that read a plate.
type Vendor string

// The vendors whose payloads are understood.
const (
	OpenALPR        Vendor = "openalpr"        // OpenALPR and its successor Rekor Scout
	PlateRecognizer Vendor = "platerecognizer" // Stream and Snapshot
	Axis            Vendor = "axis"            // the FF Group application on Axis and other cameras
)

// mapper turns a request body into passages.
type mapper struct {
	source string // of its events
	vendor Vendor // "" means: recognise each document
	zone   *time.Location
	sites  map[string]Site
}

// reader takes the passages out of one document of a vendor.
type reader func(m *mapping, doc node, at string)

var readers = map[Vendor]reader{
	OpenALPR:        readOpenALPR,
	PlateRecognizer: readPlateRecognizer,
	Axis:            readAxis,
}

// mapping collects what becomes of one message.
type mapping struct {
	mapper   *mapper
	received time.Time
	pictures []fusion.Media
	seen     map[fusion.EventID]bool
	result   connectors.Mapping
}

// Map implements [connectors.Mapper].
func (m *mapper) Map(msg connectors.Message) connectors.Mapping {
	run := &mapping{mapper: m, received: msg.Received, seen: map[fusion.EventID]bool{}}
	parts, err := unwrap(msg)
	if err != nil {
		run.reject("syntax", "", "the body cannot be taken apart: %w", err)
		return run.result
	}
	doc, err := parse(parts.document)
	if err != nil {
		run.reject("syntax", "", "not the JSON of a camera: %w", err)
		return run.result
	}
	run.pictures = parts.pictures
	if !doc.isList() {
		run.document(doc, "")
		return run.result
	}
	for i, item := range doc.list() {
		run.document(item, fmt.Sprintf("[%d]", i))
	}
	if len(doc.list()) == 0 {
		run.skip("", "an empty list")
	}
	return run.result
}

// document reads one document with the reader of its vendor.
func (m *mapping) document(doc node, at string) {
	vendor := m.mapper.vendor
	if vendor == "" {
		vendor = recognise(doc)
	}
	read, ok := readers[vendor]
	if !ok || !doc.isObject() {
		m.reject("unsupported", at, "not in the form of OpenALPR, Plate Recognizer or an Axis plate reader")
		return
	}
	read(m, doc, at)
}

// recognise tells the vendor by the fields that only its documents have.
func recognise(doc node) Vendor {
	results := doc.at("results").isList()
	switch {
	case doc.has(axisPlates...), doc.has("carID", "carMoveDirection"):
		return Axis
	case doc.has("hook"), doc.at("data", "results").isList():
		return PlateRecognizer
	case doc.has("data_type"), doc.at("plate").has("data_type"), doc.at("group").has("data_type"):
		return OpenALPR
	case results && doc.has("epoch_time", "credit_cost", "img_width"):
		return OpenALPR
	case results && doc.has("timestamp", "camera_id", "filename", "processing_time"):
		return PlateRecognizer
	}
	return ""
}

func (m *mapping) skip(at, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	if at != "" {
		reason = at + ": " + reason
	}
	m.result.Skips = append(m.result.Skips, reason)
}

func (m *mapping) reject(code, field, format string, args ...any) {
	m.result.Rejects = append(m.result.Rejects, fusion.Reject(code, field, format, args...))
}

// join makes a path below at.
func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}
