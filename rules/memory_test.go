package rules

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// sighting is a number plate read as a connector gives it.
func sighting(i int) *fusion.Event {
	at := start.Add(time.Duration(i) * time.Millisecond)
	return &fusion.Event{
		ID: fusion.NewEventID("anpr/limburg", fmt.Sprint(i), ""), Source: "anpr/limburg", Type: anpr, Time: at, RecordedTime: at.Add(time.Second),
		Status: fusion.StatusActual, MsgType: fusion.MsgAlert, Geometry: fusion.NewPoint(5.98+float64(i%100)/1000, 51.19),
		Location: &fusion.Location{CE: new(10.0), Method: "camera-site", Area: "roermond"},
		Entities: []fusion.Entity{{
			Type: fusion.EntityVehicle, Role: "seen", Value: fmt.Sprintf("AB%04d", i%1000), Raw: fmt.Sprintf("AB-%04d", i%1000),
			Candidates: []fusion.Candidate{{Value: fmt.Sprintf("A8%04d", i%1000), Confidence: 20}},
		}},
		Reliability: "B", Credibility: 2, Confidence: new(93.0),
		Handling:   &fusion.Handling{TLP: "amber", Basis: "wpg-8", Purpose: "daily-police-task"},
		Provenance: &fusion.Provenance{Connector: "anpr", Version: "1", Mapping: "default", Raw: &fusion.Raw{Sequence: uint64(i), Size: 600}},
		Attrs:      map[string]any{"camera": fmt.Sprintf("N280-%03d", i%100), "lane": "2", "direction": "in", "speed_kmh": float64(i % 130)},
	}
}

// TestMemoryOfOpenWindows: what one open entry of a window costs, all in all.
func TestMemoryOfOpenWindows(t *testing.T) {
	const n = 50_000
	set := compile(t, ruleText("c", `
events: {car: {type: sensor.anpr.passage, when: attrs.speed_kmh >= 0}}
match: {count: car, within: 30d, atleast: 1000, by: vehicle}
`))
	r := newRoom(set)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range n {
		r.send(sighting(i))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if s := r.stats(t, "c"); s.Evicted != 0 || s.Hits != 0 {
		t.Fatalf("%+v", s)
	}
	each := float64(after.HeapAlloc-before.HeapAlloc) / n
	t.Logf("%.0f bytes for each of %d entries", each, n)
	if each > 400 {
		t.Errorf("an entry takes %.0f bytes, more than 400", each)
	}
	runtime.KeepAlive(r)
}

// TestMemoryOfRules: what one rule keeps once it is loaded, with its index.
func TestMemoryOfRules(t *testing.T) {
	const n, maxBytes, maxObjects = 2000, 2600, 56
	texts := selective(n)
	compile(t, texts[:10]...)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	set := compile(t, texts...)
	runtime.GC()
	runtime.ReadMemStats(&after)
	size, objects := float64(after.HeapAlloc-before.HeapAlloc)/n, float64(after.HeapObjects-before.HeapObjects)/n
	t.Logf("%.0f bytes in %.0f objects for each of %d rules", size, objects, n)
	if size > maxBytes || objects > maxObjects {
		t.Errorf("a rule takes %.0f bytes in %.0f objects, more than %d in %d", size, objects, maxBytes, maxObjects)
	}
	runtime.KeepAlive(set)
	runtime.KeepAlive(texts)
}
