package rules

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

// repack packs an event as a window does and makes it again.
func repack(w *words, e *fusion.Event) *fusion.Event {
	x := newEntry(e)
	x.packed = string(w.pack(e, nil))
	return w.unpack(x)
}

// encoded is an event as it is stored; what packing leaves out is left out.
func encoded(t fatal, e *fusion.Event) []byte {
	kept := *e
	kept.Extensions, kept.Web, kept.Media, kept.Unmapped = nil, "", nil, nil
	if kept.Provenance != nil {
		kept.Provenance = &fusion.Provenance{Connector: kept.Provenance.Connector, Log: kept.Provenance.Log}
	}
	b, err := fusion.Encode(&kept)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPackedEventsAreTheSame(t *testing.T) {
	full := sighting(7)
	full.Subject, full.ExpiryTime = "N280", start.Add(time.Hour)
	full.References, full.Category = []string{"a", "b"}, []string{"Met"}
	full.Headline, full.Description, full.Language, full.Web = "Sturm", "Böen bis 100 km/h", "de", "https://example.org"
	full.Severity, full.Urgency, full.Certainty = "severe", "immediate", "observed"
	full.Track = &fusion.Track{Course: new(271.5), Speed: new(0.0)}
	full.Handling.Caveats, full.Handling.RetainUntil = []string{"x"}, start.Add(24*time.Hour)
	full.Provenance = &fusion.Provenance{Connector: "knmi", Version: "1", Log: fusion.LogPlace{Sequence: 1 << 40, Index: 300}}
	full.Attrs["zones"], full.Attrs["fields"] = []any{"a", "b"}, map[string]any{"k": "v"}
	full.Attrs["on"], full.Attrs["off"], full.Attrs["odd"] = true, false, -0.125
	area := sighting(8)
	area.Geometry = &fusion.Geometry{Geometry: orb.Polygon{{{5, 51}, {6, 51}, {6, 52}, {5, 51}}}}
	area.Location = nil
	w := newWords()
	for _, e := range []*fusion.Event{{ID: "bare", Source: "s", Type: anpr, Time: start}, full, area, sighting(9)} {
		if want, got := encoded(t, e), encoded(t, repack(w, e)); !bytes.Equal(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestPackedValues(t *testing.T) {
	w := newWords()
	rapid.Check(t, func(t *rapid.T) {
		e := event("e", anpr, time.Duration(rapid.Int64().Draw(t, "ns"))/4)
		e.RecordedTime = e.Time.Add(time.Duration(rapid.Int64Range(-1e12, 1e12).Draw(t, "behind")))
		for range rapid.IntRange(0, 5).Draw(t, "n") {
			e.Attrs[rapid.String().Draw(t, "name")] = rapid.OneOf(
				rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Float64().Filter(finite).AsAny(), rapid.Map(rapid.Int64(), toFloat).AsAny(),
			).Draw(t, "value")
		}
		if want, got := encoded(t, e), encoded(t, repack(w, e)); !bytes.Equal(got, want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func toFloat(n int64) float64 { return float64(n) }

// TestWordsAreBounded: texts beyond the limit stand in the event itself.
func TestWordsAreBounded(t *testing.T) {
	w := newWords()
	w.list = make([]string, maxWords)
	e := sighting(1)
	if want, got := encoded(t, e), encoded(t, repack(w, e)); !bytes.Equal(got, want) || len(w.list) != maxWords {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
