package faults

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

const (
	calmTick  = 15 * time.Second // so the room is never blind
	calmTicks = 80               // longer than any deadline of the rules
)

// settle lets everything that is pending come to its end, without faults;
// false: it has.
func (w *World) settle(l *Life) bool {
	if !w.calm {
		w.note("no faults from here on")
		w.calm, w.disk.full, w.skew = true, false, 0
		w.clock = later(w.clock, w.log.newestTime())
	}
	w.busDown = 0
	if w.turns > eventfulTurns+calmTurns {
		w.fail("%d turns without faults were not enough: applied %d of %d, %d things on their way, %d not acknowledged",
			calmTurns, l.applied, w.log.last(), len(w.flying), len(w.unsettled))
	}
	w.network()
	w.retry()
	l.runBackground()
	sent := 0
	for _, o := range l.outlets {
		o.pump()
		sent += len(o.line.Sent())
	}
	if len(w.unsettled) > 0 || len(w.flying) > 0 {
		w.clock = w.clock.Add(time.Second)
		return true
	}
	if w.ticks < calmTicks {
		w.ticks++
		w.clock = w.clock.Add(calmTick)
		w.append(fusion.SubjectTick, []byte("{}"))
		return true
	}
	w.finished = l.applied == w.log.last() && sent == 0
	return !w.finished
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// checkEnd compares the room with the reference after it has stopped well, and
// again after starts with and without its checkpoints.
func (w *World) checkEnd() {
	w.report.Messages = int(w.log.last())
	w.ref.advance(w.log.last())
	w.checkStreams(w.log.last())
	w.compareNewest(w.disk)
	for _, d := range []*disk{w.disk, newDisk(w)} {
		l := &Life{world: w, disk: d, still: true}
		if err := w.live(l); err != nil {
			w.fail("a start at the end: %v", err)
		}
		w.checkStreams(w.log.last())
		w.compareNewest(d)
	}
	w.checkLetters()
	w.ref.checkDeadlines()
	w.ref.checkRedirects()
	w.ref.checkRefused()
	w.people.check(w)
	w.report.Digest = w.digest()
}

// digest is the same when the same happened.
func (w *World) digest() string {
	sum := sha256.New()
	for _, m := range w.log.messages {
		fmt.Fprintf(sum, "%s %s %s\n", m.Time, m.Subject, m.Data)
	}
	for _, name := range slices.Sorted(maps.Keys(w.streams)) {
		for _, o := range w.streams[name].stored {
			fmt.Fprintf(sum, "%s %s %s\n", o.subject, o.place, o.data)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// compareNewest: the last checkpoint is the state of a fresh replay.
func (w *World) compareNewest(d *disk) {
	c, damaged, err := store.NewestOn(d, Dir)
	if err != nil || len(damaged) > 0 || c == nil || c.Seq != w.log.last() {
		w.fail("after the end the newest checkpoint is %+v, with %v, %v", c, damaged, err)
	}
	w.compare(c)
}

func (w *World) compare(c *store.Checkpoint) {
	want, err := w.ref.engine.Snapshot().Checkpoint()
	if err != nil {
		w.fail("snapshot of the reference: %v", err)
	}
	w.report.Compared++
	if c.Bundle != want.Bundle {
		w.fail("at message %d the bundle is %s, replayed %s", c.Seq, c.Bundle, want.Bundle)
	}
	if !bytes.Equal(c.State, want.State) {
		w.fail("at message %d the engine's own state differs %s", c.Seq, store.FirstDifference(string(c.State), string(want.State), "replayed"))
	}
	if d := c.Store.Difference(want.Store, "replayed"); d != "" {
		w.fail("at message %d the store differs: %s", c.Seq, d)
	}
}

// checkCheckpoint is called when a checkpoint gets its name: every output up
// to it is stored, and it is the state of a fresh replay.
func (w *World) checkCheckpoint(data []byte) {
	c, err := store.DecodeCheckpoint(data)
	if err != nil {
		w.fail("a checkpoint is put in place that is not whole: %v", err)
	}
	w.report.Checkpoints++
	if w.ref.seq < c.Seq {
		w.ref.advance(c.Seq)
	}
	w.checkStreams(c.Seq)
	if w.ref.seq == c.Seq {
		w.compare(c)
	}
}

// checkStreams: every output of messages up to upTo is stored, once and in order,
// and what is stored is what a fresh replay makes.
func (w *World) checkStreams(upTo uint64) {
	for name, s := range w.streams {
		made := w.ref.made[name]
		for ; s.checked < min(len(s.stored), len(made)); s.checked++ {
			got, want := s.stored[s.checked], made[s.checked]
			if got.place != want.Place || !bytes.Equal(got.data, want.Data) {
				w.fail("stream %s, output %d: stored at %s\n%.600s\nreplayed at %s\n%.600s", name, s.checked+1, got.place, got.data, want.Place, want.Data)
			}
		}
		if n := len(s.stored); n < len(made) && made[n].Place.Seq <= upTo {
			w.fail("stream %s has %d outputs; that at %s is missing although the room is at message %d", name, n, made[n].Place, upTo)
		}
		if w.ref.seq == w.log.last() && len(s.stored) > len(made) {
			w.fail("stream %s has %d outputs; a replay makes %d", name, len(s.stored), len(made))
		}
	}
}

// checkLetters: what was acknowledged is on the log, and its events were taken.
func (w *World) checkLetters() {
	for _, l := range w.letters {
		if l.seq == 0 {
			w.fail("a %s was never acknowledged", l.subject)
		}
		if got := w.log.message(l.seq); got.Subject != l.subject || !bytes.Equal(got.Data, l.data) {
			w.fail("message %d is not the %s that was acknowledged", l.seq, l.subject)
		}
		for _, id := range l.events {
			if _, taken := w.ref.known[id]; !taken {
				w.fail("the acknowledged event %s took no effect", id)
			}
		}
	}
}
