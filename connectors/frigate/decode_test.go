package frigate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// mapFile maps a capture as the connector of the sample configuration would,
// one second after another.
func mapFile(t *testing.T, config, capture string) (all connectors.Mapping) {
	t.Helper()
	c, err := Kind.New(connectors.Host{Name: "yard"}, connectors.DecodeYAML([]byte(config)))
	if err != nil {
		t.Fatal(err)
	}
	received := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for msg, err := range Kind.Split("capture", strings.NewReader(capture)) {
		if err != nil {
			t.Fatal(err)
		}
		received = received.Add(time.Second)
		msg.Received = received
		one := connectors.MapSafely(c.Mapper, Kind, "yard", msg)
		all.Events = append(all.Events, one.Events...)
		all.Skips = append(all.Skips, one.Skips...)
		all.Rejects = append(all.Rejects, one.Rejects...)
	}
	return all
}

func oneEvent(t *testing.T, config, capture string) *fusion.Event {
	t.Helper()
	m := mapFile(t, config, capture)
	if len(m.Events) != 1 || len(m.Skips)+len(m.Rejects) > 0 {
		t.Fatalf("%s\ngives %d events, skips %q, rejects %v", capture, len(m.Events), m.Skips, m.Rejects)
	}
	return m.Events[0]
}

// seen is a change of a tracked object with more fields.
func seen(phase, fields string) string {
	return `frigate/events {"type":"` + phase + `","before":null,"after":{"id":"1607123955.475377-mxklsc","camera":"gate","frame_time":1607123962.082975,` +
		`"start_time":1607123955.475377,"current_zones":["yard"],"entered_zones":["yard","drive"],` + fields + `}}` + "\n"
}

func TestNamesOfPersonsAreNotTakenOver(t *testing.T) {
	const vehicleModel = "classifiers: [vehicle_body]"
	m := mapFile(t, vehicleModel, seen("new", `"label":"person","sub_label":"John Smith"`)+
		seen("update", `"label":"person","sub_label":["John Smith",0.79],"data":{"sub_labels":["John Smith"]}`)+
		seen("end", `"label":"car","sub_label":["John's car",0.9],"recognized_license_plate":["12-ABC-3",0.8]`)+
		`frigate/tracked_object_update {"type":"face","id":"1607123955.475377-a","name":"John","score":0.9,"camera":"gate","timestamp":1607123958.7}`+"\n"+
		`frigate/tracked_object_update {"type":"lpr","id":"1607123955.475377-a","name":"John's car","plate":"12-ABC-3","score":0.9,"camera":"gate","timestamp":1607123958.7}`+"\n"+
		`frigate/tracked_object_update {"type":"classification","id":"1607123955.475377-a","model":"people","sub_label":"John","camera":"gate","timestamp":1607123958.7}`+"\n"+
		`frigate/reviews {"type":"new","after":{"id":"1607123955.475377-r","camera":"gate","severity":"alert","data":{"sub_labels":["John"]}}}`+"\n")
	if len(m.Events) != 5 || len(m.Skips) != 3 || len(m.Rejects) != 0 {
		t.Errorf("%d events, skips %q, rejects %v", len(m.Events), m.Skips, m.Rejects)
	}
	for _, e := range m.Events {
		b, err := fusion.Encode(e)
		if err != nil || strings.Contains(string(b), "John") {
			t.Errorf("a name is in the event (%v): %s", err, b)
		}
	}
	if strings.Contains(strings.Join(m.Skips, ""), "John") {
		t.Errorf("a name is in the skips: %q", m.Skips)
	}
}

func TestPhases(t *testing.T) {
	m := mapFile(t, "unit: mph", seen("new", `"label":"car","current_estimated_speed":0`)+
		seen("update", `"label":"car","sub_label":["ups",0.8],"current_estimated_speed":10,"average_estimated_speed":20`)+
		seen("end", `"label":"car","current_estimated_speed":10,"average_estimated_speed":20`))
	if len(m.Events) != 3 {
		t.Fatalf("%d events, rejects %v", len(m.Events), m.Rejects)
	}
	ids := map[fusion.EventID]bool{}
	for i, want := range []struct {
		msgtype fusion.MsgType
		zones   []string
		speed   any
		sub     any
	}{
		{fusion.MsgAlert, []string{"yard"}, nil, nil},
		{fusion.MsgUpdate, []string{"yard"}, 16.1, "ups"},
		{fusion.MsgUpdate, []string{"yard", "drive"}, 32.2, nil},
	} {
		e := m.Events[i]
		ids[e.ID] = true
		zones, _ := e.Attrs["zones"].([]string)
		if e.MsgType != want.msgtype || !slices.Equal(zones, want.zones) || e.Attrs["speed_kmh"] != want.speed || e.Attrs["sub_label"] != want.sub {
			t.Errorf("event %d: %s %v", i, e.MsgType, e.Attrs)
		}
		if e.Subject != m.Events[0].Subject || !e.Time.Equal(time.UnixMilli(1607123962083)) {
			t.Errorf("event %d is about %s at %s", i, e.Subject, e.Time)
		}
	}
	if len(ids) != 3 {
		t.Errorf("the three phases have %d ids", len(ids))
	}
}

func TestAPlateIsOnePassageHoweverOftenItIsRepeated(t *testing.T) {
	m := mapFile(t, "", seen("update", `"label":"car","recognized_license_plate":"12-abc-3","recognized_license_plate_score":0.93`)+
		seen("end", `"label":"car","recognized_license_plate":"12-abc-3","recognized_license_plate_score":0.95`)+
		`frigate/tracked_object_update {"type":"lpr","id":"1607123955.475377-mxklsc","plate":"12ABC3","score":0.9,"timestamp":1607123963}`+"\n")
	ids := map[fusion.EventID]bool{}
	for _, e := range m.Events {
		if e.Type == fusion.TypeANPR {
			ids[e.ID] = true
			if v := e.Entity(fusion.EntityVehicle); v.Value != "12ABC3" || len(v.Candidates) > 0 {
				t.Errorf("vehicle %+v", v)
			}
		}
	}
	if len(m.Events) != 5 || len(ids) != 1 {
		t.Errorf("%d events, %d passages", len(m.Events), len(ids))
	}
}

func TestSounds(t *testing.T) {
	e := oneEvent(t, "labels: {yell: scream}", "frigate/gate/audio/yell ON\n")
	if e.Type != fusion.TypeAudio || e.Attrs["label"] != "scream" || e.Attrs["device"] != "gate" {
		t.Errorf("%s %v", e.Type, e.Attrs)
	}
	listed := oneEvent(t, "", `[{"id":"1607123955.4-x","label":"fire_alarm","camera":"gate","start_time":1607123955.4,"end_time":1607123960,"data":{"type":"audio","score":0.8}}]`)
	if listed.Type != fusion.TypeAudio || listed.Attrs["label"] != "fire_alarm" || *listed.Confidence != 80 {
		t.Errorf("%s %v %v", listed.Type, listed.Attrs, listed.Confidence)
	}
	m := mapFile(t, "", "frigate/gate/audio/yell ON\nfrigate/gate/audio/yell OFF\nfrigate/gate/audio/yell ON\nfrigate/gate/audio/dBFS -40.1\nfrigate/gate/audio/yell maybe\n")
	if len(m.Events) != 2 || m.Events[0].ID == m.Events[1].ID || len(m.Skips) != 2 || len(m.Rejects) != 1 {
		t.Errorf("%d events, skips %q, rejects %v", len(m.Events), m.Skips, m.Rejects)
	}
}

func TestClassificationAndLabels(t *testing.T) {
	e := oneEvent(t, "classifiers: [body]", `{"type":"classification","id":"1607123955.4-x","camera":"gate","timestamp":1607123958.748393,"model":"body","sub_label":"van","score":0.87}`)
	if e.Attrs["sub_label"] != "van" || *e.Confidence != 87 || !e.Time.Equal(time.UnixMilli(1607123958748)) {
		t.Errorf("%v %v %s", e.Attrs, *e.Confidence, e.Time)
	}
	e = oneEvent(t, "labels: {flames: fire}", seen("new", `"label":"flames"`))
	if e.Attrs["label"] != "fire" {
		t.Errorf("label %v", e.Attrs["label"])
	}
}

func TestWhatIsNoEvent(t *testing.T) {
	for capture, want := range map[string]string{
		seen("new", `"label":"car","false_positive":true`): "false positive",
		"frigate/available online":                         "count, a state",
		"frigate/stats {}":                                 "count, a state",
		"frigate/gate/person 2":                            "count, a state",
		"[]":                                               "is empty",
		`{"type":"description","id":"1-x","description":" "}`:                   "description is empty",
		`{"type":"genai","after":{"id":"1-x","camera":"c","severity":"alert"}}`: "review",
	} {
		m := mapFile(t, "", capture)
		if len(m.Events)+len(m.Rejects) > 0 || len(m.Skips) != 1 || !strings.Contains(m.Skips[0], want) {
			t.Errorf("%s\nskips %q, rejects %v", capture, m.Skips, m.Rejects)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	for capture, code := range map[string]string{
		`{"type":"new"`:                         "syntax",
		`{"type":"new","type":"end"}`:           "syntax",
		`{"type":"new"}`:                        "missing",
		`{"hello":1}`:                           "unsupported",
		"nvr/events {}":                         "unsupported",
		seen("new", `"label":""`):               "missing",
		seen("new", `"label":"c","score":7`):    "invalid",
		`{"type":"lpr","id":"1-x","plate":"-"}`: "missing",
		`{"type":"lpr","plate":"A"}`:            "missing",
		`{"type":"dance","id":"1-x"}`:           "unsupported",
		strings.Repeat("[", 100):                "too-large",
	} {
		m := mapFile(t, "", capture)
		if len(m.Events) > 0 || len(m.Rejects) != 1 || m.Rejects[0].Code != code {
			t.Errorf("%s\ngives skips %q, rejects %v; want %s", capture, m.Skips, m.Rejects, code)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	for config, want := range map[string]string{
		"unit: knots":                             "unit",
		"prefix: a/+":                             "prefix",
		"base_url: frigate.example":               "base_url",
		"cameras: {gate: {lon: 200, lat: 1}}":     "cameras.gate",
		"mqtt: {broker: 'http://x'}":              "broker",
		"camera: {}":                              "camera",
		"cameras: {gate: {lon: 5, lat: 1, x: 1}}": "x",
	} {
		_, err := Kind.New(connectors.Host{Name: "yard"}, connectors.DecodeYAML([]byte(config)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v", config, err)
		}
	}
}
