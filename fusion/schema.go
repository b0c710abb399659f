package fusion

import (
	"reflect"
	"strings"
	"time"
)

// contextNames and dataNames are the names of the wire form, in lower case.
var (
	contextNames = namesOf(reflect.TypeFor[wireEvent]())
	dataNames    = namesOf(reflect.TypeFor[wireData]())
)

func namesOf(t reflect.Type) map[string]bool {
	names := map[string]bool{}
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			names[name] = true
		}
	}
	return names
}

// enums are the closed lists of values, by the dotted path of the field.
var enums = map[string][]string{
	"data.status":          {string(StatusActual), string(StatusExercise), string(StatusTest)},
	"data.msgtype":         {string(MsgAlert), string(MsgUpdate), string(MsgCancel)},
	"data.severity":        {"extreme", "severe", "moderate", "minor", "unknown"},
	"data.urgency":         {"immediate", "expected", "future", "past", "unknown"},
	"data.certainty":       {"observed", "likely", "possible", "unlikely", "unknown"},
	"data.reliability":     {"A", "B", "C", "D", "E", "F"},
	"data.location.method": {"gps", "camera-site", "geocoded", "cell", "human"},
	"data.entities.type":   {"vehicle", "person", "phone", "address", "vessel", "aircraft", "unit", "object", "account"},
	"data.handling.tlp":    {"clear", "green", "amber", "amber+strict", "red"},
	"data.handling.basis":  {"wpg-8", "wpg-9", "wpg-10", "wpg-13", "public"},
	"specversion":          {specVersion},
}

// bounds are the ranges of numbers, by the dotted path of the field.
var bounds = map[string][2]float64{
	"data.credibility":                    {0, 6},
	"data.confidence":                     {0, 100},
	"data.entities.candidates.confidence": {0, 100},
	"data.location.ce":                    {0, 4e7},
	"data.track.course":                   {0, 360},
	"data.track.speed":                    {0, 4e5},
}

// required are the fields that every event has, by the path of their object.
var required = map[string][]string{
	"":                         {"specversion", "id", "source", "type", "time", "data"},
	"data.entities":            {"type", "value"},
	"data.entities.candidates": {"value", "confidence"},
	"data.media":               {"ref"},
}

// Schema is the JSON Schema (2020-12) of the event as it is on the wire, made
// from the Go types.
func Schema() map[string]any {
	s := schemaOf("", reflect.TypeFor[wireEvent]())
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["$id"] = "https://github.com/openiroom/iroom/fusion/event.schema.json"
	s["title"] = "iRoom event: a CloudEvents 1.0 JSON event"
	return s
}

func schemaOf(path string, t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[*Geometry]():
		return geometrySchema()
	case t.Kind() == reflect.Pointer:
		return schemaOf(path, t.Elem())
	}
	switch t.Kind() {
	case reflect.Struct:
		return objectSchema(path, t)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(path, t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object"}
	case reflect.String:
		return stringSchema(path)
	case reflect.Int, reflect.Uint64:
		return numberSchema(path, "integer")
	default:
		return numberSchema(path, "number")
	}
}

func objectSchema(path string, t reflect.Type) map[string]any {
	props := map[string]any{}
	for f := range t.Fields() {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			props[name] = schemaOf(joinPath(path, name), f.Type)
		}
	}
	s := map[string]any{"type": "object", "properties": props}
	if names := required[path]; names != nil {
		s["required"] = names
	}
	return s
}

func stringSchema(path string) map[string]any {
	s := map[string]any{"type": "string"}
	if values := enums[path]; values != nil {
		s["enum"] = values
	}
	return s
}

func numberSchema(path, kind string) map[string]any {
	s := map[string]any{"type": kind}
	if b, ok := bounds[path]; ok {
		s["minimum"], s["maximum"] = b[0], b[1]
	}
	return s
}

func geometrySchema() map[string]any {
	return map[string]any{
		"type": "object", "required": []string{"type"},
		"properties": map[string]any{
			"type": map[string]any{"enum": []string{
				"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
			}},
			"coordinates": map[string]any{"type": "array"},
			"geometries":  map[string]any{"type": "array"},
		},
	}
}

func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
