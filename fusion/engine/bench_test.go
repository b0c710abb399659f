package engine_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules/library"
)

// BenchmarkStep measures decoding and applying events of background traffic,
// 200 a message, with the rules that iRoom ships.
func BenchmarkStep(b *testing.B) {
	bench := newBench(b)
	bench.activate(shipped(b)...)
	const batch = 200
	var events int
	for b.Loop() {
		b.StopTimer()
		list := make([][]byte, batch)
		for i := range list {
			list[i] = passage(b, events+i, bench.now)
		}
		data := fusion.EncodeBatch(list)
		bench.now = bench.now.Add(100 * time.Millisecond)
		bench.log = bench.log[:1]
		b.StartTimer()
		bench.send(fusion.EventSubject(fusion.PublisherRoom, "week"), data)
		events += batch
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(events), "ns/event")
}

func shipped(b *testing.B) (texts []string) {
	names, err := fs.Glob(library.FS, "*.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.yaml") {
			continue
		}
		text, err := fs.ReadFile(library.FS, name)
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}

func passage(b testing.TB, i int, at time.Time) []byte {
	plate := fmt.Sprintf("AB%04dC", i%5000)
	confidence := 90.0
	data, err := fusion.Encode(&fusion.Event{
		ID: fusion.NewEventID("anpr", fmt.Sprint(i), ""), Source: "anpr", Type: fusion.TypeANPR, Time: at, RecordedTime: at,
		Status: fusion.StatusActual, MsgType: fusion.MsgAlert, Geometry: fusion.NewPoint(5.98, 51.19), Confidence: &confidence,
		Entities: []fusion.Entity{{Type: fusion.EntityVehicle, Value: plate}}, Attrs: map[string]any{"camera": "n280"},
	})
	if err != nil {
		b.Fatal(err)
	}
	return data
}
