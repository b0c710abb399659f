package ais

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	goais "github.com/BertoldVdb/go-ais"
	"github.com/BertoldVdb/go-ais/aisnmea"
	nmea "github.com/adrianmo/go-nmea"
	"pgregory.net/rapid"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

const moored = "!AIVDM,1,1,,A,38Id705000rRVJhE7cl9n;160000,0*40" // second 35

var voyageLines = []string{
	"!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C",
	"!AIVDM,2,2,1,A,88888888880,2*25",
}

func mapLines(t *testing.T, lines ...string) connectors.Mapping {
	t.Helper()
	msg := connectors.Message{Payload: []byte(strings.Join(lines, "\n")), Received: received}
	return connectors.MapSafely(testMapper(t), Kind, "test", msg)
}

func oneEvent(t *testing.T, lines ...string) *fusion.Event {
	t.Helper()
	got := mapLines(t, lines...)
	if len(got.Events) != 1 || len(got.Rejects) != 0 {
		t.Fatalf("%q gave %d events and rejections %v", lines, len(got.Events), got.Rejects)
	}
	return got.Events[0]
}

// encode makes the sentence of a message, whose numbers are the raw fields.
func encode(t *testing.T, p goais.Packet) string {
	t.Helper()
	codec := goais.CodecNew(false, false)
	codec.FloatWithoutConversion = true
	lines := aisnmea.NMEACodecNew(codec).EncodeSentence(aisnmea.VdmPacket{
		TalkerID: "AI", MessageType: "VDM", Channel: 1, Packet: p,
	})
	if len(lines) != 1 {
		t.Fatalf("the message takes %d sentences", len(lines))
	}
	return lines[0]
}

func tagged(tags, line string) string {
	return `\` + tags + "*" + nmea.Checksum(tags) + `\` + line
}

func TestTimeOfEvent(t *testing.T) {
	ownSecond := time.Date(2026, 1, 2, 3, 3, 35, 0, time.UTC)
	for _, c := range []struct {
		name, line string
		want       time.Time
	}{
		{"the second of the message", moored, ownSecond},
		{"tag in seconds", tagged("c:1428621738", moored), time.Unix(1428621738, 0)},
		{"tag in milliseconds", tagged("c:1428621738250", moored), time.UnixMilli(1428621738250)},
		{"tag of another century", tagged("c:12415440354", moored), ownSecond},
		{"tag before AIS", tagged("c:12", moored), ownSecond},
		{"suffix after a comma", moored + ",1428621738", time.Unix(1428621738, 0)},
		{"suffix after a space", moored + " 1428621738", time.Unix(1428621738, 0)},
		{"suffix of several fields", moored + ",s20,r003669945,1428621738", time.Unix(1428621738, 0)},
		{"tag before suffix", tagged("c:1428621738", moored) + ",1428621799", time.Unix(1428621738, 0)},
		{"suffix that is no time", moored + ",rssi -80", ownSecond},
		{"no time at all", strings.Join(voyageLines, "\n"), received},
	} {
		if got := oneEvent(t, c.line).Time; !got.Equal(c.want) {
			t.Errorf("%s: the time is %s, expected %s", c.name, got, c.want.UTC())
		}
	}
}

func TestWrongCountOfFillBits(t *testing.T) {
	right := oneEvent(t, "!AIVDM,1,1,,A,13aIkM@P00PJ@qPNL=e@0?wJ28JO,0*66")
	wrong := oneEvent(t, "!AIVDM,1,1,,A,13aIkM@P00PJ@qPNL=e@0?wJ28JO,5*63")
	if facetsOf(right)["position"] != facetsOf(wrong)["position"] {
		t.Errorf("got %v, expected %v", facetsOf(wrong), facetsOf(right))
	}
}

func TestSameBroadcastIsOneEvent(t *testing.T) {
	a := oneEvent(t, tagged("s:north,c:1428621738", moored))
	b := oneEvent(t, tagged("s:south,c:1428621738", strings.Replace(moored[:len(moored)-3], ",A,", ",B,", 1)))
	if a.ID != b.ID {
		t.Error("the same broadcast relayed by two stations has two ids")
	}
	later := oneEvent(t, tagged("s:north,c:1428621739", moored))
	if a.ID == later.ID {
		t.Error("broadcasts of different seconds have one id")
	}
}

func TestRejectsAndSkips(t *testing.T) {
	for _, c := range []struct{ name, line, code, skip string }{
		{"garbage", "foobar", "syntax", ""},
		{"no exclamation mark", "AIVDM,1,1,,A,38Id705000rRVJhE7cl9n;160000,0*40", "syntax", ""},
		{"control byte", "!AIVDM,1,1,,A,38Id\x00", "syntax", ""},
		{"checksum", strings.Replace(moored, "*40", "*41", 1), "checksum", ""},
		{"checksum of the tag block", `\s:x*00\` + moored, "checksum", ""},
		{"tag block without checksum", `\s:x\` + moored, "syntax", ""},
		{"part 0", "!AIVDM,0,1,,A,38Id705000rRVJhE7cl9n;160000,0", "syntax", ""},
		{"first part alone", voyageLines[0], "incomplete", ""},
		{"last part alone", voyageLines[1], "incomplete", ""},
		{"too short for its type", "!AIVDM,1,1,,A,38Id705000rRVJ,0", "invalid", ""},
		{"shorter than a header", "!AIVDM,1,1,,A,38,0", "invalid", ""},
		{"reserved type", "!AIVDM,1,1,,A,l8Id705000rRVJhE7cl9n;160000,0", "unsupported", ""},
		{"long", "!AIVDM,1,1,,A," + strings.Repeat("0", maxLine), "too-large", ""},
		{"another sentence", "$GPGGA,1*00", "", "not an AIS sentence: $GPGGA"},
		{"comment", "# x", "", "a comment"},
		{"base station", "!AIVDM,1,1,,A,403OviQuMGCqWrRO9>E6fE700@GO,0*4D", "", "type 4: base station report, not a vessel"},
	} {
		got := mapLines(t, c.line)
		if len(got.Events) != 0 {
			t.Errorf("%s: is an event", c.name)
		}
		if c.code != "" && (len(got.Rejects) != 1 || got.Rejects[0].Code != c.code) {
			t.Errorf("%s: rejections %v, expected code %s", c.name, got.Rejects, c.code)
		}
		if c.skip != "" && (len(got.Skips) != 1 || got.Skips[0] != c.skip) {
			t.Errorf("%s: skips %q, expected %q", c.name, got.Skips, c.skip)
		}
	}
}

// A distress transmitter that has no fix yet says 91 and 181 degrees.
func TestWithoutPosition(t *testing.T) {
	e := oneEvent(t, encode(t, goais.PositionReport{
		Header: goais.Header{MessageID: 1, UserID: 970123456}, Valid: true, NavigationalStatus: 14, RateOfTurn: -128,
		Sog: 1023, Longitude: 181 * 600000, Latitude: 91 * 600000, Cog: 3600, TrueHeading: 511, Timestamp: 60,
	}))
	if e.Geometry != nil || e.Location != nil || e.Track != nil {
		t.Errorf("the event has a place or a track: %v %v %v", e.Geometry, e.Location, e.Track)
	}
	if len(e.Attrs) != 2 || e.Attrs["status"] != "ais-sart active" || e.Attrs["class"] != "A" {
		t.Errorf("attrs are %v", e.Attrs)
	}
	if e.Entities[0].Role != "search-and-rescue-transmitter" {
		t.Errorf("role is %s", e.Entities[0].Role)
	}
}

func TestPositionIsCarriedThrough(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		lon := rapid.Int64Range(-180*600000, 180*600000).Draw(r, "lon")
		lat := rapid.Int64Range(-90*600000, 90*600000).Draw(r, "lat")
		sog, cog := rapid.IntRange(0, 1022).Draw(r, "sog"), rapid.IntRange(0, 3599).Draw(r, "cog")
		mmsi := rapid.Uint32Range(0, maxMMSI).Draw(r, "mmsi")
		e := oneEvent(t, encode(t, goais.StandardClassBPositionReport{
			Header: goais.Header{MessageID: 18, UserID: mmsi}, Valid: true, Sog: goais.Field10(sog),
			Longitude: goais.FieldLatLonFine(lon), Latitude: goais.FieldLatLonFine(lat), Cog: goais.Field10(cog), TrueHeading: 511,
		}))
		p, _ := e.Geometry.Center()
		want := []float64{float64(mmsi), float64(lon) / 600000, float64(lat) / 600000, float64(sog) / 10 * 1852 / 3600, float64(cog) / 10}
		got := []float64{asNumber(t, e.Subject), p[0], p[1], *e.Track.Speed, *e.Track.Course}
		for i, tolerance := range []float64{0, 1e-7, 1e-7, 1e-3, 1e-9} {
			if math.Abs(got[i]-want[i]) > tolerance {
				r.Fatalf("got %v, want %v", got, want)
			}
		}
		if len(e.Subject) != 9 {
			r.Fatalf("the subject is %q, not nine digits", e.Subject)
		}
	})
}

func asNumber(t *testing.T, s string) float64 {
	t.Helper()
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConfiguration(t *testing.T) {
	for config, wrong := range map[string]string{
		"address: nowhere": "address", "address: a:1\ntransport: udp": "transport", "address: a:1\nidle: 1ms": "idle",
		"address: a:1\nreliability: G": "reliability", "address: a:1\ncredibility: 7": "credibility",
		"address: a:1\nunacknowledged: -1": "unacknowledged", "address: a:1\ncolour: red": "colour",
	} {
		_, err := Kind.New(connectors.Host{}, connectors.DecodeYAML([]byte(config)))
		if err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: the error is %v, expected one about %s", config, err, wrong)
		}
	}
}

func TestSentenceWithoutMessageIsSkipped(t *testing.T) {
	for msg, err := range Kind.Split("empty.ais", strings.NewReader("!AIVDM,1,1,,B,,0*25\n")) {
		if err != nil {
			t.Fatal(err)
		}
		c, err := Kind.New(connectors.Host{Name: "ais"}, connectors.DecodeYAML([]byte(Kind.Sample)))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Mapper.Map(msg); len(got.Skips) != 1 || len(got.Events)+len(got.Rejects) != 0 {
			t.Errorf("%+v", got)
		}
	}
}
