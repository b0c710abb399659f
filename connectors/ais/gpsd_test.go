package ais

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

var received = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// gpsd is what gpsd made of one message. The numbers are raw fields unless
// Scaled.
type gpsd struct {
	Class       string   `json:"class"`
	Type        int      `json:"type"`
	MMSI        uint32   `json:"mmsi"`
	Scaled      bool     `json:"scaled"`
	Status      int      `json:"status"`
	StatusText  string   `json:"status_text"`
	Turn        any      `json:"turn"`
	Speed       *float64 `json:"speed"`
	Accuracy    bool     `json:"accuracy"`
	Lon         float64  `json:"lon"`
	Lat         float64  `json:"lat"`
	Course      float64  `json:"course"`
	Heading     *float64 `json:"heading"`
	Alt         *float64 `json:"alt"`
	IMO         uint32   `json:"imo"`
	Callsign    string   `json:"callsign"`
	Name        string   `json:"shipname"`
	ShipType    float64  `json:"shiptype"`
	Bow         float64  `json:"to_bow"`
	Stern       float64  `json:"to_stern"`
	Port        float64  `json:"to_port"`
	Starboard   float64  `json:"to_starboard"`
	Draught     float64  `json:"draught"`
	Destination string   `json:"destination"`
}

// gpsdTypes are the types that are events here.
var gpsdTypes = []int{1, 2, 3, 5, 9, 18, 19, 24, 27}

func TestAgreesWithGpsd(t *testing.T) {
	for _, c := range []struct {
		in, want string
		atLeast  int
	}{
		{"gpsd-sample.aivdm", "gpsd-sample.aivdm.js.chk", 19},
		{"ais-nmea.log", "ais-nmea.log.chk", 265},
	} {
		t.Run(c.in, func(t *testing.T) {
			events := bySubject(t, filepath.Join("testdata", "in", c.in))
			skipped := map[int]int{}
			compared := 0
			for _, want := range readGpsd(t, filepath.Join("testdata", "gpsd", c.want)) {
				if !slices.Contains(gpsdTypes, want.Type) {
					skipped[want.Type]++
					continue
				}
				compared++
				compareGpsd(t, want, events[fmt.Sprintf("%09d", want.MMSI)])
			}
			t.Logf("%d messages agree", compared)
			for _, kind := range slices.Sorted(maps.Keys(skipped)) {
				t.Logf("type %d: %d messages skipped: %s", kind, skipped[kind], skippedTypes[kind])
				if skippedTypes[kind] == "" {
					t.Errorf("type %d is neither an event nor skipped with a reason", kind)
				}
			}
			if compared < c.atLeast {
				t.Errorf("%d messages were compared, expected at least %d", compared, c.atLeast)
			}
		})
	}
}

// compareGpsd looks for events of the vessel that say what gpsd says.
func compareGpsd(t *testing.T, want gpsd, events []*fusion.Event) {
	t.Helper()
	wanted := want.scaled().facets()
	for facet, text := range wanted {
		found := slices.ContainsFunc(events, func(e *fusion.Event) bool { return facetsOf(e)[facet] == text })
		if !found {
			var have []string
			for _, e := range events {
				have = append(have, facetsOf(e)[facet])
			}
			t.Errorf("type %d of %d, %s:\nwant %s\nhave %q", want.Type, want.MMSI, facet, text, slices.Compact(have))
		}
	}
}

// scaled gives the numbers the units of the scaled form.
func (g gpsd) scaled() gpsd {
	if g.Scaled {
		return g
	}
	if g.Speed != nil && g.Type != 9 && g.Type != 27 {
		g.Speed = new(*g.Speed / 10)
	}
	g.Lon, g.Lat, g.Draught = g.Lon/600000, g.Lat/600000, g.Draught/10
	if g.Type != 27 {
		g.Course /= 10
	}
	return g
}

// facets are the texts by which the two decodes are compared: all fields of a
// position in one, and the static fields one by one, since gpsd joins the two
// parts of type 24.
func (g gpsd) facets() map[string]string {
	f := map[string]string{}
	if g.Type != 5 && g.Type != 24 {
		speed, heading := math.NaN(), math.NaN()
		if g.Speed != nil && *g.Speed < noSpeed/10.0 {
			speed = *g.Speed * knot
		}
		if g.Heading != nil && *g.Heading < 360 {
			heading = *g.Heading
		}
		course := g.Course
		if course >= 360 {
			course = math.NaN()
		}
		ce := accuracy(g.Accuracy)
		if g.Type == 27 {
			ce = errorLongRange
		}
		if g.Lon == 181 || g.Lat == 91 {
			ce = 0
		}
		altitude := math.NaN()
		if g.Alt != nil {
			altitude = *g.Alt
		}
		f["position"] = positionText(g.Lon, g.Lat, ce, speed, course, heading, altitude, gpsdStatus(g.StatusText))
	}
	if g.Type == 5 || g.Type == 19 || g.Type == 24 {
		f["name"], f["callsign"], f["destination"] = g.Name, g.Callsign, g.Destination
		f["type"], f["imo"] = fmt.Sprint(g.ShipType), fmt.Sprint(g.IMO)
		f["size"] = fmt.Sprintf("%g x %g, %.1f", g.Bow+g.Stern, g.Port+g.Starboard, g.Draught)
	}
	return f
}

// gpsdStatus is a status of gpsd in our spelling.
func gpsdStatus(s string) string {
	s = strings.ToLower(s)
	if s == "not defined" {
		return ""
	}
	return strings.Replace(s, "maneuverability", "manoeuvrability", 1)
}

func positionText(lon, lat, ce, speed, course, heading, altitude float64, status string) string {
	return fmt.Sprintf("%.4f %.4f ce %g, %.2f m/s to %.1f, heading %g, altitude %g, %q", lon, lat, ce, speed, course, heading, altitude, status)
}

func facetsOf(e *fusion.Event) map[string]string {
	str := func(name string) string { s, _ := e.Attrs[name].(string); return s }
	num := func(name string, missing float64) float64 {
		if v, ok := e.Attrs[name].(float64); ok {
			return v
		}
		return missing
	}
	if e.Type == fusion.TypeVesselStatic {
		return map[string]string{
			"name": str("name"), "callsign": str("callsign"), "destination": str("destination"),
			"type": fmt.Sprint(num("ship_type_code", 0)), "imo": cmp.Or(str("imo"), "0"),
			"size": fmt.Sprintf("%g x %g, %.1f", num("length_m", 0), num("beam_m", 0), num("draught_m", 0)),
		}
	}
	point := orb.Point{181, 91}
	if e.Geometry != nil {
		point = e.Geometry.Geometry.(orb.Point)
	}
	speed, course := math.NaN(), math.NaN()
	if e.Track != nil && e.Track.Speed != nil {
		speed = *e.Track.Speed
	}
	if e.Track != nil && e.Track.Course != nil {
		course = *e.Track.Course
	}
	return map[string]string{"position": positionText(point[0], point[1], e.CE(), speed, course,
		num("heading", math.NaN()), num("altitude_m", math.NaN()), str("status"))}
}

func readGpsd(t *testing.T, file string) (out []gpsd) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if !bytes.HasPrefix(lines.Bytes(), []byte(`{"class":"AIS"`)) {
			continue
		}
		var g gpsd
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatal(err)
		}
		out = append(out, g)
	}
	return out
}

func bySubject(t *testing.T, file string) map[string][]*fusion.Event {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	m, events := testMapper(t), map[string][]*fusion.Event{}
	for msg, err := range Kind.Split(file, in) {
		if err != nil {
			t.Fatal(err)
		}
		msg.Received = received
		for _, e := range m.Map(msg).Events {
			events[e.Subject] = append(events[e.Subject], e)
		}
	}
	return events
}

func testMapper(t *testing.T) connectors.Mapper {
	t.Helper()
	c, err := Kind.New(connectors.Host{}, connectors.DecodeYAML([]byte(named)))
	if err != nil {
		t.Fatal(err)
	}
	return c.Mapper
}
