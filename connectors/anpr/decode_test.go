package anpr

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

var received = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// decode maps a payload with a configuration.
func decode(t *testing.T, config, payload string) connectors.Mapping {
	t.Helper()
	c, err := Kind.New(connectors.Host{Name: "gate"}, connectors.DecodeYAML([]byte(config)))
	if err != nil {
		t.Fatal(err)
	}
	msg := connectors.Message{Payload: []byte(payload), Received: received}
	return connectors.MapSafely(c.Mapper, Kind, "gate", msg)
}

// one decodes a payload that holds one passage.
func one(t *testing.T, config, payload string) *fusion.Event {
	t.Helper()
	got := decode(t, config, payload)
	if len(got.Events) != 1 || len(got.Rejects) > 0 {
		t.Fatalf("%d events, rejects %v, skips %v", len(got.Events), got.Rejects, got.Skips)
	}
	return got.Events[0]
}

func TestTimes(t *testing.T) {
	amsterdam, err := time.LoadLocation("Europe/Amsterdam")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"1623405938":                       "2021-06-11T10:05:38Z",
		"1623405938.25":                    "2021-06-11T10:05:38.25Z",
		"1623405938252":                    "2021-06-11T10:05:38.252Z",
		"1.623405938252e12":                "2021-06-11T10:05:38.252Z",
		"1623405938252001":                 "2021-06-11T10:05:38.252001Z",
		"1623405938252000001":              "2021-06-11T10:05:38.252000001Z",
		"20210611 130538252":               "2021-06-11T11:05:38.252Z",
		"20211211 130538252":               "2021-12-11T12:05:38.252Z",
		"2021-09-29 05:56:13.606935+00:00": "2021-09-29T05:56:13.606935Z",
		"2025-02-19 09:35:04.691903+0100":  "2025-02-19T08:35:04.691903Z",
		"2021-09-29T05:56:13.606935Z":      "2021-09-29T05:56:13.606935Z",
		"2025-05-30 13:59:09.481824":       "2025-05-30T11:59:09.481824Z",
		"2025-05-30T13:59:09":              "2025-05-30T11:59:09Z",
		"yesterday":                        "",
		"-5":                               "",
		"1e300":                            "",
		"NaN":                              "",
		"20211311 130538252":               "",
	} {
		got, _, err := moment(amsterdam, node{}, node{"0"}, node{text})
		if (err != nil) != (want == "") || err == nil && got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s is read as %s, %v; want %s", text, got.Format(time.RFC3339Nano), err, want)
		}
	}
}

func TestUTCWinsOverLocalTime(t *testing.T) {
	e := one(t, "time_zone: Europe/Kyiv", `{"plateText":"A1","capture_timestamp":"1623405938252","datetime":"20210611 120000000"}`)
	if got := e.Time.Format(time.RFC3339Nano); got != "2021-06-11T10:05:38.252Z" {
		t.Errorf("time %s", got)
	}
	e = one(t, "time_zone: Europe/Kyiv", `{"plateText":"A1","capture_timestamp":null,"datetime":"20210611 130538252"}`)
	if got := e.Time.Format(time.RFC3339Nano); got != "2021-06-11T10:05:38.252Z" {
		t.Errorf("local time %s", got)
	}
}

func TestCoursesNeedAHeading(t *testing.T) {
	payload := `{"camera_id":"n","timestamp":"2025-01-01T00:00:00Z","results":[{"plate":"A1","direction":210}]}`
	e := one(t, "", payload)
	if e.Track != nil || e.Attrs["direction"] != "210" {
		t.Errorf("without a heading: track %+v, direction %v", e.Track, e.Attrs["direction"])
	}
	e = one(t, "cameras: {n: {lon: 5, lat: 51, course: 200}}", payload)
	if e.Track == nil || *e.Track.Course != 50 {
		t.Errorf("with a heading of 200 deg: track %+v", e.Track)
	}
}

func TestASiteWinsOverTheGeotag(t *testing.T) {
	payload := `{"plateText":"A1","cameraId":"n","geotag":{"lat":"50.4","lon":30.5}}`
	e := one(t, "cameras: {n: {lon: 5, lat: 51, ce: 12, area: centre, name: Markt}}", payload)
	p, _ := e.Geometry.Center()
	if p.Lon() != 5 || p.Lat() != 51 || e.CE() != 12 || e.Location.Method != "camera-site" || e.Location.Area != "centre" {
		t.Errorf("place %v %+v", p, e.Location)
	}
	e = one(t, "", payload)
	if p, _ = e.Geometry.Center(); p.Lon() != 30.5 || p.Lat() != 50.4 || e.Location.Method != "gps" {
		t.Errorf("place %v %+v", p, e.Location)
	}
	for _, tag := range []string{`null`, `{}`, `{"lat":0,"lon":0}`, `{"lat":-1,"lon":-1}`, `{"lat":91,"lon":5}`, `"here"`} {
		if e := one(t, "", `{"plateText":"A1","geotag":`+tag+`}`); e.Geometry != nil {
			t.Errorf("geotag %s makes the place %v", tag, e.Geometry)
		}
	}
}

func TestASecondLookAtACarIsTheSameThing(t *testing.T) {
	first := one(t, "", `{"plateText":"A1","cameraId":"n","carID":"7","carState":"new","capture_timestamp":"1623405938252"}`)
	last := one(t, "", `{"plateText":"A1B","cameraId":"n","carID":"7","carState":"lost","capture_timestamp":"1623405938999"}`)
	if first.ID == last.ID || first.Subject != last.Subject {
		t.Errorf("ids %s %s, subjects %s %s", first.ID, last.ID, first.Subject, last.Subject)
	}
	restarted := one(t, "", `{"plateText":"Z9","cameraId":"n","carID":"7","carState":"new","capture_timestamp":"1623505938252"}`)
	if restarted.Subject == first.Subject {
		t.Error("another car with the same number on another day is taken for the first")
	}
}

func TestRepeatsInOneMessageCountOnce(t *testing.T) {
	doc := `{"plateText":"A1","cameraId":"n","carID":"7","carState":"new","capture_timestamp":"1623405938252"}`
	got := decode(t, "", "["+doc+","+doc+"]")
	if len(got.Events) != 1 || len(got.Skips) != 1 {
		t.Errorf("%d events, skips %v", len(got.Events), got.Skips)
	}
}

func TestNoOutcomeIsSilent(t *testing.T) {
	for payload, want := range map[string]string{
		``:                                    "syntax",
		`{`:                                   "syntax",
		`null`:                                "unsupported",
		`{}`:                                  "unsupported",
		`"text"`:                              "unsupported",
		`{"plateText":"A","plateText":"B"}`:   "syntax",
		`{"plateText":"A"} {"plateText":"B"}`: "syntax",
		strings.Repeat("[", 100):              "syntax",
		`{"plateText":""}`:                    "missing",
		`{"hook":{},"data":{}}`:               "missing",
		`{"hook":{},"data":{"results":7}}`:    "invalid",
		`{"data_type":"alpr_results","results":{}}`:                                    "invalid",
		"--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n{}\r\n--x--\r\n": "syntax",
		"json=%zz": "syntax",
	} {
		got := decode(t, "", payload)
		if len(got.Rejects) != 1 || got.Rejects[0].Code != want {
			t.Errorf("%q gives %v, want one rejection %s", payload, got.Rejects, want)
		}
	}
	for _, payload := range []string{
		`[]`, `{"carID":"1"}`, `{"data_type":"heartbeat"}`, `{"data_type":"alpr_results","results":[]}`,
		`{"data_type":"alpr_results"}`, `{"hook":{},"data":{"results":null}}`, `{"data_type":"alpr_group","epoch_start":1}`,
	} {
		if got := decode(t, "", payload); len(got.Skips) != 1 || len(got.Rejects) > 0 {
			t.Errorf("%q gives skips %v and rejects %v", payload, got.Skips, got.Rejects)
		}
	}
}

func TestVendorCanBeSet(t *testing.T) {
	payload := `{"results":[{"plate":"A1","score":0.5}]}`
	if got := decode(t, "", payload); len(got.Rejects) != 1 {
		t.Errorf("a document that could be of anyone: %+v", got)
	}
	if e := one(t, "vendor: platerecognizer", payload); *e.Confidence != 50 {
		t.Errorf("confidence %g", *e.Confidence)
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	for _, config := range []string{
		"vendor: acme", "time_zone: Nowhere/Else", "path: nowhere", "colour: red",
		"cameras: {n: {}}", "cameras: {n: {lon: 500, lat: 5}}", "cameras: {n: {lon: 5, lat: 51, ce: -1}}",
		"cameras: {n: {lon: 5, lat: 51, course: 400}}", "cameras: {n: {lon: 5, lat: 51, colour: red}}",
	} {
		if _, err := Kind.New(connectors.Host{Name: "gate"}, connectors.DecodeYAML([]byte(config))); err == nil {
			t.Errorf("%q is accepted", config)
		}
	}
}

func TestSplit(t *testing.T) {
	for content, want := range map[string]int{
		"{\"a\":1}":              1,
		"{\n\"a\":1\n}\n":        1,
		"{\"a\":1}\n\n{\"b\":2}": 2,
		"{\"a\":1}\n{broken\n{}": 3,
		"":                       1,
	} {
		n := 0
		for _, err := range Kind.Split("f", bytes.NewBufferString(content)) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != want {
			t.Errorf("%q is %d messages, want %d", content, n, want)
		}
	}
}

// Whatever the camera says, candidates are canonical plates, best first, each
// once, and never the plate itself.
func TestCandidates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plates := rapid.SliceOf(rapid.StringMatching(`[ab1 -]{0,3}`)).Draw(t, "plates")
		scores := rapid.SliceOfN(rapid.SampledFrom([]any{"0.5", "1", "0", "2", "x", nil}), len(plates), len(plates)).Draw(t, "scores")
		var all []candidate
		for i, p := range plates {
			all = append(all, candidate{node{p}, node{scores[i]}})
		}
		seen, last := map[string]bool{"AB": true}, 100.0
		for _, c := range others("AB", all, 100) {
			if seen[c.Value] || c.Value != fusion.CanonicalPlate(c.Value) || c.Confidence > last || c.Value == "" {
				t.Fatalf("candidates %+v", others("AB", all, 100))
			}
			seen[c.Value], last = true, c.Confidence
		}
		for _, p := range plates {
			if v := fusion.CanonicalPlate(p); v != "" && !seen[v] {
				t.Fatalf("%s is missing", v)
			}
		}
	})
}
