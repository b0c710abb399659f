package rules

import (
	"fmt"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// selective are so many rules, of which the first three can match what passes
// the camera k1.
func selective(n int) (texts []string) {
	for i := range n {
		camera := "other" + fmt.Sprint(i)
		if i < 3 {
			camera = "k1"
		}
		texts = append(texts, ruleText(fmt.Sprintf("r%05d", i), fmt.Sprintf(`
events: {car: {type: sensor.anpr.passage, when: attrs.camera == "%s" && attrs.speed_kmh > 50}}
match: {count: car, within: 1m, atleast: 3, by: [vehicle]}
`, camera)))
	}
	return texts
}

// passing is a car that passes k1, ten a second.
func passing(i int) *fusion.Event {
	return car(fmt.Sprint(i), time.Duration(i)*100*time.Millisecond,
		attr("camera", "k1"), attr("speed_kmh", 80.0), vehicle(fmt.Sprint(i%50)))
}

// BenchmarkStep: the cost of an event among rules of which the same three can
// match it. It must not grow with the rules that cannot.
func BenchmarkStep(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		set := compile(b, selective(n)...)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			r := newRoom(set)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				r.send(passing(i))
			}
		})
	}
}

// BenchmarkKinds: the cost of an event to a rule of each kind, among a
// thousand things that report every ten seconds.
func BenchmarkKinds(b *testing.B) {
	for name, text := range everyKind {
		set := compile(b, text)
		b.Run(name, func(b *testing.B) {
			r := newRoom(set)
			r.world = park{}
			types := []fusion.EventType{alarm, anpr, fusion.TypeUnitPosition, fusion.TypeVesselPosition}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				thing := fmt.Sprint(i % 1000)
				r.send(event(fmt.Sprint(i), types[i/1000%len(types)], time.Duration(i)*10*time.Millisecond, attr("state", "raised"),
					attr("camera", thing), attr("speed_kmh", float64(i%90)), in(thing), subject(thing), north(float64(i%7)*100)))
			}
		})
	}
}

// BenchmarkDecodeAndStep: the whole cost of a number plate read, from the
// batch on the log to the hits, among a thousand rules of which three can
// match it.
func BenchmarkDecodeAndStep(b *testing.B) {
	const size = 200
	set := compile(b, selective(1000)...)
	for name, match := range map[string]bool{"decode": false, "decode and match": true} {
		b.Run(name, func(b *testing.B) {
			r := newRoom(set)
			b.ReportAllocs()
			for i := 0; i < b.N; i += size {
				b.StopTimer()
				batch := readsOf(b, i, size)
				b.StartTimer()
				events, err := fusion.DecodeBatch(batch)
				if err != nil {
					b.Fatal(err)
				}
				for _, e := range events {
					if match {
						r.send(e)
					}
				}
			}
		})
	}
}

// readsOf is a batch of number plate reads at k1.
func readsOf(b *testing.B, from, size int) []byte {
	list := make([][]byte, size)
	for i := range list {
		e := sighting(from + i)
		e.Attrs["camera"] = "k1"
		encoded, err := fusion.Encode(e)
		if err != nil {
			b.Fatal(err)
		}
		list[i] = encoded
	}
	return fusion.EncodeBatch(list)
}
