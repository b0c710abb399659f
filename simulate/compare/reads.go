package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// What the reads are of.
const (
	plates  = 200
	cameras = 50
	rate    = 100 // reads a second

	lastPlate = "ZZ999Z" // of the last read, which comes a minute later: it closes the windows
)

// writeReads writes a file of so many number plate reads, in order of time,
// one event a line. The same number gives the same file.
func writeReads(file string, n int) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		b, err := fusion.Encode(read(i, i == n-1, random))
		if err != nil {
			return err
		}
		if _, err := w.Write(append(b, '\n')); err != nil {
			return err
		}
	}
	return w.Flush()
}

// begin is aligned to ten seconds.
var begin = time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)

func read(i int, last bool, random *rand.Rand) *fusion.Event {
	at := begin.Add(time.Duration(i) * time.Second / rate)
	plate := fmt.Sprintf("AB%03dC", random.IntN(plates))
	if last {
		at, plate = at.Add(time.Minute), lastPlate
	}
	return &fusion.Event{
		ID: fusion.NewEventID("anpr/city", fmt.Sprint(i), ""), Source: "anpr/city", Type: "sensor.anpr.passage",
		Time: at, RecordedTime: at, Status: fusion.StatusActual, MsgType: fusion.MsgAlert,
		Geometry: fusion.NewPoint(5.9+random.Float64()/5, 51.1+random.Float64()/5),
		Entities: []fusion.Entity{{Type: fusion.EntityVehicle, Role: "seen", Value: plate}},
		Attrs: map[string]any{
			"camera": fmt.Sprintf("n280-%03d", random.IntN(cameras)), "lane": fmt.Sprint(1 + random.IntN(2)),
			"speed_kmh": float64(30 + random.IntN(100)),
		},
	}
}
