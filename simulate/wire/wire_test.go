package wire_test

import (
	"math"
	"strings"
	"testing"
	"time"

	goais "github.com/BertoldVdb/go-ais"
	"github.com/BertoldVdb/go-ais/aisnmea"
	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/openiroom/iroom/simulate/wire"
)

var midnight = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func clock(d time.Duration) time.Time { return midnight.Add(d) }

func encode(t interface{ Fatal(...any) }, p wire.Payload) string {
	b, err := p.Encode(clock)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPositionsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := wire.Position{
			MMSI: uint32(rapid.IntRange(200_000_000, 799_999_999).Draw(t, "mmsi")),
			Lon:  rapid.Float64Range(-180, 180).Draw(t, "lon"), Lat: rapid.Float64Range(-90, 90).Draw(t, "lat"),
			Course: rapid.Float64Range(0, 359.9).Draw(t, "course"), Speed: rapid.Float64Range(0, 50).Draw(t, "speed"),
			Observed: time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "observed")),
		}
		line := strings.TrimSpace(encode(t, p))
		packet, err := aisnmea.NMEACodecNew(goais.CodecNew(false, false)).ParseSentence(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		got := packet.Packet.(goais.PositionReport)
		if got.UserID != p.MMSI || int(got.Timestamp) != clock(p.Observed).Second() {
			t.Fatalf("%s says vessel %d at second %d", line, got.UserID, got.Timestamp)
		}
		if math.Abs(float64(got.Longitude)-p.Lon) > 1e-5 || math.Abs(float64(got.Latitude)-p.Lat) > 1e-5 {
			t.Fatalf("%s lies at %v, %v", line, got.Longitude, got.Latitude)
		}
	})
}

func TestDamagedSentencesFail(t *testing.T) {
	line := strings.TrimSpace(encode(t, wire.Position{MMSI: 244_630_001, Lon: 5.97, Lat: 51.19, Damaged: true}))
	if _, err := aisnmea.NMEACodecNew(goais.CodecNew(false, false)).ParseSentence(line); err == nil {
		t.Errorf("%s was accepted", line)
	}
}

func TestWarningRefersToTheEarlierOne(t *testing.T) {
	ring := orb.Ring{{5.9, 51.1}, {6, 51.1}, {6, 51.2}, {5.9, 51.1}}
	text := encode(t, wire.Warning{
		Identifier: "B", MsgType: "Cancel", Status: "Actual", Area: ring, Sent: time.Minute, Headline: "Rook & <brand>",
		References: []wire.Reference{{Identifier: "A", Sent: time.Second}},
	})
	for _, want := range []string{
		"<references>" + wire.CAPSender + ",A,2026-11-24T00:00:01+00:00</references>", "<scope>Public</scope>",
		"<polygon>51.10000,5.90000 51.10000,6.00000 51.20000,6.00000 51.10000,5.90000</polygon>", "Rook &amp; &lt;brand&gt;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the warning lacks %s:\n%s", want, text)
		}
	}
	if broken := encode(t, wire.Warning{WithoutScope: true}); strings.Contains(broken, "<scope>") {
		t.Errorf("there is a scope:\n%s", broken)
	}
}

func TestRowIsALineOfTheExport(t *testing.T) {
	got := encode(t, wire.Row{Number: "1", Type: `Brand, "groot"`, Priority: 2, Beat: "R1", Lon: 5.98, Lat: 51.19, Queued: 13 * time.Hour})
	want := `1,,911,2,"Brand, ""groot""","Brand, ""groot""",11/24/2026 1:00:00 PM,,ROERMOND,,R1,5.980000,51.190000` + "\n"
	if got != want {
		t.Errorf("the row is %q, want %q", got, want)
	}
}

func TestUnknownVendor(t *testing.T) {
	if _, err := (wire.Passage{Camera: "cam", Vendor: "acme"}).Encode(clock); err == nil || !strings.Contains(err.Error(), "acme") {
		t.Errorf("a vendor that is not known gives %v", err)
	}
}
