package fusion_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/paulmach/orb"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

var update = flag.Bool("update", false, "rewrite the published schema")

// call is the example of the normalized event in ARCHITECTURE.md.
const call = `{"specversion":"1.0","id":"0b8c2a44-6b1f-5d8e-9b1a-1c2d3e4f5a6b","source":"dispatch/lmk","type":"police.dispatch.call",
 "time":"2026-03-27T18:04:11.25Z","recordedtime":"2026-03-27T18:04:17.02Z","datacontenttype":"application/json",
 "data":{"status":"actual","msgtype":"alert","description":"Er slaat rook uit een woning","language":"nl",
 "geometry":{"type":"Point","coordinates":[5.98712,51.19433]},"location":{"ce":60,"method":"human"},
 "entities":[{"type":"phone","role":"caller","value":"+31612345678"}],"reliability":"C","credibility":3,
 "attrs":{"nature":"fire.building","priority":1,"call":"8812345"},
 "handling":{"tlp":"amber","basis":"wpg-8","purpose":"daily-police-task"}}}`

func decode(t testing.TB, text string) (*fusion.Event, error) {
	t.Helper()
	e := new(fusion.Event)
	return e, json.Unmarshal([]byte(text), e)
}

func TestDecodeExample(t *testing.T) {
	e, err := decode(t, call)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	if e.Attrs["nature"] != "fire.building" || e.CE() != 60 || e.Entity(fusion.EntityPhone).Value != "+31612345678" {
		t.Errorf("decoded %+v", e)
	}
	if p, ok := e.Geometry.Center(); !ok || p != (orb.Point{5.98712, 51.19433}) {
		t.Errorf("geometry %v", e.Geometry)
	}
}

func TestDecodeIsStrict(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"duplicate context attribute": {`"source":`, `"source":"x","source":`, "duplicate"},
		"duplicate data field":        {`"status":`, `"status":"test","status":`, "duplicate"},
		"duplicate attribute":         {`"priority":`, `"priority":2,"priority":`, "duplicate"},
		"case variant in context":     {`"source":`, `"Source":"x","source":`, `Source is a variant of "source"`},
		"case variant in data":        {`"status":`, `"STATUS":"test","status":`, `data.STATUS is a variant of "status"`},
		"other spec version":          {`"1.0"`, `"0.3"`, "specversion"},
		"other content type":          {`application/json`, `text/plain`, "datacontenttype"},
		"wrong JSON type":             {`"credibility":3`, `"credibility":"3"`, "credibility"},
		"geometry of no known type":   {`"Point"`, `"Blob"`, "GeoJSON"},
		"too deep":                    {`"priority":1`, `"priority":` + strings.Repeat("[", 40) + strings.Repeat("]", 40), "nested deeper"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode(t, strings.Replace(call, c.old, c.new, 1))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestUnknownFieldsAreKept(t *testing.T) {
	text := strings.Replace(call, `"status":`, `"mood":"grim","unmapped":{"x":1},"status":`, 1)
	text = strings.Replace(text, `"source":`, `"traceparent":"00-ab","source":`, 1)
	e, err := decode(t, text)
	if err != nil {
		t.Fatal(err)
	}
	if e.Unmapped["mood"] != "grim" || e.Unmapped["x"] != 1.0 || e.Extensions["traceparent"] != "00-ab" {
		t.Errorf("unmapped %v, extensions %v", e.Unmapped, e.Extensions)
	}
	roundTrip(t, e)
}

func TestValidateNamesTheField(t *testing.T) {
	for _, c := range []struct{ old, new, field string }{
		{`"id":"0b8c2a44-6b1f-5d8e-9b1a-1c2d3e4f5a6b"`, `"id":" "`, "id"},
		{`"dispatch/lmk"`, `""`, "source"},
		{`"police.dispatch.call"`, `"Police.Call"`, "type"},
		{`"police.dispatch.call"`, `"police.dispatch.cal"`, "type"},
		{`2026-03-27T18:04:11.25Z`, `0001-01-01T00:00:00Z`, "time"},
		{`2026-03-27T18:04:17.02Z`, `1066-01-01T00:00:00Z`, "recordedtime"},
		{`"status":"actual"`, `"status":"real"`, "data.status"},
		{`"msgtype":"alert"`, `"msgtype":"cancel"`, "data.references"},
		{`[5.98712,51.19433]`, `[51.19433,95.98712]`, "data.geometry"},
		{`"ce":60`, `"ce":-1`, "data.location.ce"},
		{`"method":"human"`, `"method":"guess"`, "data.location.method"},
		{`"type":"phone"`, `"type":"telephone"`, "data.entities[0].type"},
		{`"value":"+31612345678"`, `"value":""`, "data.entities[0].value"},
		{`"reliability":"C"`, `"reliability":"G"`, "data.reliability"},
		{`"credibility":3`, `"credibility":7`, "data.credibility"},
		{`"priority":1`, `"priority":"high"`, "data.attrs.priority"},
		{`"tlp":"amber"`, `"tlp":"orange"`, "data.handling.tlp"},
		{`"credibility":3`, `"credibility":3,"confidence":101`, "data.confidence"},
	} {
		e, err := decode(t, strings.Replace(call, c.old, c.new, 1))
		if err != nil {
			t.Errorf("%s: %v", c.new, err)
			continue
		}
		err = e.Validate()
		if field, ok := errors.AsType[*fusion.FieldError](err); !ok || field.Field != c.field {
			t.Errorf("%s: error %v, want field %s", c.new, err, c.field)
		}
	}
}

func TestGeometryIsValidated(t *testing.T) {
	for text, valid := range map[string]bool{
		`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`:                      true,
		`{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}`:                      false,
		`{"type":"Polygon","coordinates":[]}`:                                               false,
		`{"type":"LineString","coordinates":[[0,0]]}`:                                       false,
		`{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}`:               true,
		`{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[0,0]}]}`: true,
		`{"type":"Point","coordinates":[181,0]}`:                                            false,
		`{"type":"MultiPoint","coordinates":[]}`:                                            false,
	} {
		e, err := decode(t, strings.Replace(call, `{"type":"Point","coordinates":[5.98712,51.19433]}`, text, 1))
		if err == nil {
			err = e.Validate()
		}
		if (err == nil) != valid {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func roundTrip(t testing.TB, e *fusion.Event) {
	t.Helper()
	b, err := fusion.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	back := new(fusion.Event)
	if err := json.Unmarshal(b, back); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	b2, err := fusion.Encode(back)
	if err != nil || !bytes.Equal(b, b2) {
		t.Fatalf("%v\nfirst %s\nthen  %s", err, b, b2)
	}
}

// events draws valid events.
func events(t *rapid.T) *fusion.Event {
	types := fusion.EventTypes()
	instant := rapid.Int64Range(0, 4e9).Draw(t, "time")
	confidence := rapid.Float64Range(0, 100).Draw(t, "confidence")
	e := &fusion.Event{
		ID:     fusion.NewEventID("s", rapid.String().Draw(t, "native"), ""),
		Source: rapid.StringMatching(`[a-z]{1,8}/[a-z0-9]{1,8}`).Draw(t, "source"),
		Type:   types[rapid.IntRange(0, len(types)-1).Draw(t, "type")], Time: time.Unix(instant, 123e6).UTC(),
		Subject: rapid.String().Draw(t, "subject"), Status: fusion.StatusActual, MsgType: fusion.MsgAlert,
		Description: rapid.String().Draw(t, "description"), Confidence: &confidence,
		Geometry: fusion.NewPoint(rapid.Float64Range(-180, 180).Draw(t, "lon"), rapid.Float64Range(-90, 90).Draw(t, "lat")),
		Entities: []fusion.Entity{{Type: fusion.EntityObject, Value: "x" + rapid.String().Draw(t, "entity")}},
		Attrs:    rapid.MapOf(rapid.StringMatching(`x_[a-z]{1,6}`), rapid.Custom(func(t *rapid.T) any { return rapid.String().Draw(t, "v") })).Draw(t, "attrs"),
	}
	return e
}

func TestRoundTripAndSchema(t *testing.T) {
	schema := compileSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		e := events(t)
		if err := e.Validate(); err != nil {
			t.Fatal(err)
		}
		b, err := fusion.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(instance); err != nil {
			t.Fatalf("a valid event does not fit the published schema: %v", err)
		}
		batch, err := fusion.DecodeBatch(fusion.EncodeBatch([][]byte{b, b}))
		if err != nil || len(batch) != 2 {
			t.Fatalf("batch: %v", err)
		}
		again, err := fusion.Encode(batch[1])
		if err != nil || !bytes.Equal(b, again) {
			t.Fatalf("%v\nfirst %s\nthen  %s", err, b, again)
		}
	})
}

const schemaFile = "event.schema.json"

func TestPublishedSchemaIsThatOfTheTypes(t *testing.T) {
	got, err := json.Marshal(fusion.Schema(), json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(schemaFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil || !bytes.Equal(want, got) {
		t.Fatalf("%s is not what the types say (%v); run go test ./fusion -update and look at the difference", schemaFile, err)
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaFile, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestSchemaRefusesWhatValidationRefuses(t *testing.T) {
	schema := compileSchema(t)
	for _, c := range []struct{ old, new string }{
		{`"status":"actual"`, `"status":"real"`},
		{`"ce":60`, `"ce":-1`},
		{`"reliability":"C"`, `"reliability":"G"`},
		{`"type":"phone"`, `"type":"telephone"`},
		{`"source":"dispatch/lmk",`, ``},
	} {
		instance, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(call, c.old, c.new, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(instance) == nil {
			t.Errorf("the schema accepts %q", c.new)
		}
	}
}

func TestIDsAreStable(t *testing.T) {
	if got := fusion.NewEventID("dispatch/lmk", "8812345", "1"); got != "7d2fda12-cc44-5dc9-a886-ab7c480066fb" {
		t.Errorf("id %s", got)
	}
	if fusion.NewEventID("a", "b", "c") == fusion.NewEventID("ab", "", "c") || fusion.NewEventID("a", "b", "") == fusion.NewEventID("a", "", "b") {
		t.Error("parts run into each other")
	}
	if fusion.PayloadID([]byte("x"), "1") == fusion.PayloadID([]byte("x"), "2") {
		t.Error("the device's time does not count")
	}
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add([]byte(call))
	f.Add([]byte("[" + call + "," + call + "]"))
	f.Add([]byte(`[null]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := fusion.DecodeBatch(b)
		if err != nil {
			return
		}
		for _, e := range list {
			if e.Validate() == nil {
				roundTrip(t, e)
				fusion.Describe(e)
			}
		}
	})
}
