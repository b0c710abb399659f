package fusion_test

import (
	"testing"

	"github.com/openiroom/iroom/fusion"
)

// BenchmarkDecodeBatch measures reading a log message of 200 events.
func BenchmarkDecodeBatch(b *testing.B) {
	e, err := decode(b, call)
	if err != nil {
		b.Fatal(err)
	}
	one, err := fusion.Encode(e)
	if err != nil {
		b.Fatal(err)
	}
	const size = 200
	events := make([][]byte, size)
	for i := range events {
		events[i] = one
	}
	batch := fusion.EncodeBatch(events)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fusion.DecodeBatch(batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/event")
}
