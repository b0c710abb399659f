package engine_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// scalePictures is how many open pictures the scale test makes, each with ten
// pieces of evidence, and twice as many events in windows. At the size that a
// room must bear, IROOM_SCALE=100000, it holds the room to its times as well.
func scalePictures(t *testing.T) (n int, full bool) {
	text := os.Getenv("IROOM_SCALE")
	if text == "" {
		return 500, false
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("IROOM_SCALE is a number of pictures: %v", err)
	}
	return n, true
}

const evidencePerPicture = 10

var scaleStart = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)

// scaledPicture is an open picture of the size that the demo's have.
func scaledPicture(i int) *fusion.Picture {
	at := scaleStart.Add(time.Duration(i) * time.Second)
	p := &fusion.Picture{
		ID: fusion.PictureID(fmt.Sprintf("261124-%06d", i)), Revision: evidencePerPicture, At: fmt.Sprintf("%d.0.1", i),
		Kind: "fire", Title: "Fire in a building", Status: fusion.PictureNew, Severity: fusion.SeverityHigh, Confidence: 87.5, Area: "roermond",
		Place: fusion.NewPoint(5+float64(i%1000)/1000, 51+float64(i/1000)/1000), CE: new(25.0), Address: fmt.Sprintf("Kerkstraat %d, Roermond", i),
		FirstObserved: at, LastObserved: at.Add(time.Minute), Opened: at, Changed: at.Add(time.Minute), QuietFrom: at,
		CloseQuiet: fusion.Duration(4 * time.Hour), EvidenceCount: evidencePerPicture, Sources: []string{"dispatch/lmk", "anpr/limburg"},
		Handling: &fusion.Handling{TLP: "amber", Basis: "wpg-8", Purpose: "daily-police-task"},
	}
	for k := range evidencePerPicture {
		n := i*evidencePerPicture + k
		seen := at.Add(time.Duration(k) * time.Second)
		text := fmt.Sprintf("call %d: smoke comes out of a building on the corner, the caller sees flames", n)
		p.Evidence = append(p.Evidence, fusion.Evidence{
			Event: fusion.NewEventID("dispatch/lmk", fmt.Sprint(n), ""), Role: "call", Type: fusion.TypeCall, Source: "dispatch/lmk", Connector: "dispatch",
			Subject: fmt.Sprintf("call/%d", n), Time: seen, Text: text, Place: p.Place, CE: new(60.0), Reliability: "C", Credibility: 3,
			Group: fmt.Sprintf("phone/%d", n), Weight: 0.5, Fields: map[string]string{"attrs.nature": "fire.building"},
			Why:      []fusion.ScorePart{{Points: 25, Because: "kinds go together"}, {Points: 45, Because: "38 m apart"}, {Points: 20, Because: "1 min apart"}},
			Entities: []fusion.Entity{{Type: fusion.EntityPhone, Role: "caller", Value: fmt.Sprintf("+316%08d", n)}},
		})
		p.Timeline = append(p.Timeline, fusion.TimelineEntry{Time: seen, What: "evidence", Text: text, Revision: uint64(k + 1)})
	}
	p.Entities = []fusion.Entity{{Type: fusion.EntityPhone, Role: "caller", Value: fmt.Sprintf("+316%08d", i)}, {Type: fusion.EntityAddress, Value: fmt.Sprintf("6041AA-%d", i)}}
	return p
}

// scaledStore is a store of n open pictures.
func scaledStore(t *testing.T, n int) *store.Store {
	s, err := store.New()
	if err != nil {
		t.Fatal(err)
	}
	for from := 0; from < n; from += 1000 {
		tx, err := s.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for i := from; i < min(n, from+1000); i++ {
			p := scaledPicture(i)
			b, err := fusion.Encode(p)
			if err == nil {
				err = tx.PutPicture(p.ID, b)
			}
			if err == nil {
				_, err = tx.Refind(store.Finders{}, p)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func heapMB() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc >> 20
}

// residentMB is the memory that the process holds.
func residentMB() string {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if v, ok := strings.CutPrefix(s.Text(), "VmRSS:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return "unknown"
}

// TestScale resumes from a checkpoint of many pictures, works on, and takes
// another meanwhile. It says how long that takes, and how much memory.
func TestScale(t *testing.T) {
	n, full := scalePictures(t)
	dir := t.TempDir()
	writeScaled(t, dir, n)
	t.Logf("before: heap %d MB, RSS %s", heapMB(), residentMB())

	b := &bench{t: t, now: scaleStart, bundles: map[string][]byte{}}
	begun := time.Now()
	if err := b.resumeFrom(dir); err != nil {
		t.Fatal(err)
	}
	started := time.Since(begun)
	t.Logf("start from the checkpoint: %s; heap %d MB, RSS %s", started, heapMB(), residentMB())

	b.activate(windowRule)
	b.fillWindows(2 * n)
	t.Logf("with %d events in windows: heap %d MB, RSS %s", 2*n, heapMB(), residentMB())
	stall := b.checkpointAtWork(dir)
	t.Logf("afterwards: heap %d MB, RSS %s", heapMB(), residentMB())
	runtime.KeepAlive(b)
	if again, _, err := store.Newest(dir); err != nil || again.Seq == 0 {
		t.Errorf("the checkpoint is not there: %v", err)
	}
	if full && (stall > 100*time.Millisecond || started > 10*time.Second) {
		t.Errorf("a start may take 10 s and a checkpoint stall the engine for 100 ms")
	}
}

func (b *bench) resumeFrom(dir string) error {
	saved, _, err := store.Newest(dir)
	if err == nil {
		b.e, err = engine.Resume(saved, b.resolve)
	}
	return err
}

func writeScaled(t *testing.T, dir string, n int) {
	empty, err := engine.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := empty.Snapshot().Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	s := scaledStore(t, n)
	c.Store = s.Snapshot()
	if err := errors.Join(c.Write(dir), s.Close(), empty.Store().Close()); err != nil {
		t.Fatal(err)
	}
}

const windowRule = `
rule: seen-often
title: A vehicle was seen often
description: Keeps every passage of a month.
owner: test
purpose: {basis: wpg-8, text: test}
mode: live
events:
  car: {type: sensor.anpr.passage}
match: {count: car, atleast: 1000, within: 30d, by: vehicle}
incident: {kind: passage, severity: low, title: "Passages"}
`

// fillWindows sends passages, 200 a message.
func (b *bench) fillWindows(n int) {
	for i := 0; i < n; i += 200 {
		b.now = b.now.Add(100 * time.Millisecond)
		b.send(fusion.EventSubject(fusion.PublisherRoom, "week"), passages(b.t, i, 200, b.now))
		b.log = b.log[:0]
	}
}

func passages(t testing.TB, from, n int, at time.Time) []byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = passage(t, from+i, at)
	}
	return fusion.EncodeBatch(list)
}

// checkpointAtWork takes a checkpoint, writes it and works on meanwhile. It
// returns how long the engine stood still.
func (b *bench) checkpointAtWork(dir string) time.Duration {
	begun := time.Now()
	state := b.e.Snapshot()
	stall := time.Since(begun)
	written := make(chan error, 1)
	go func() {
		c, err := state.Checkpoint()
		if err == nil {
			err = c.Write(dir)
		}
		written <- err
	}()
	longest, steps := time.Duration(0), 0
	for from := 1 << 30; ; from += 20 {
		select {
		case err := <-written:
			if err != nil {
				b.t.Fatal(err)
			}
			b.t.Logf("the checkpoint stalled the engine for %s and took %s to write; the longest of %d steps meanwhile took %s", stall, time.Since(begun), steps, longest)
			return stall
		default:
		}
		b.now = b.now.Add(10 * time.Millisecond)
		data := passages(b.t, from, 20, b.now)
		step := time.Now()
		b.send(fusion.EventSubject(fusion.PublisherRoom, "week"), data)
		longest, steps = max(longest, time.Since(step)), steps+1
	}
}
