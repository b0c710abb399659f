package faults

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/store"
)

const (
	eventfulTurns = 350 // with faults
	calmTurns     = 600 // within which everything must have come to its end
	remembered    = 60  // notes
)

// Options are what a run is made of.
type Options struct {
	// Start makes a room of a life as the real start does.
	Start func(*Life) (Room, error)
	// QuarantineFrom is the place from which on the real command takes a rule
	// out of a room that does not run.
	QuarantineFrom func(newest *store.Checkpoint, cursors []fusion.Place) uint64
}

// Report says what happened in a run.
type Report struct {
	Messages    int // on the log
	Commands    int // that people gave
	Applied     int // of these, those that were obeyed
	Deaths      int // of the room
	Seconds     int // engines that ran beside the room
	Fenced      int // ends of the room because another engine wrote
	Checkpoints int
	Compared    int // states, with a fresh replay

	Digest string // SHA-256 of the log and the output streams
}

// World is everything around the room.
type World struct {
	opt     Options
	rand    *rand.Rand
	clock   time.Time // of the server, which stamps the log
	skew    time.Duration
	log     journal
	streams map[string]*stream
	disk    *disk
	dead    map[fusion.Place]bool // refused events that were kept
	flying  []func()              // on the network
	lives   []*Life               // the one that runs is last
	ref     *reference
	people  people
	traffic traffic

	letters   []*letter // everything that was ever published
	unsettled []*letter // of which the publisher does not know that it is on the log
	busDown   int       // turns
	ticks     int       // without faults
	writers   int
	turns     int
	calm      bool
	finished  bool
	notes     []string
	report    Report
}

// violation is what does not hold.
type violation struct{ error }

// Run lets a room live in the world of a seed and returns what does not hold.
func Run(seed uint64, opt Options) (report Report, err error) {
	w := newWorld(seed, opt)
	defer func() {
		if w.ref != nil {
			w.ref.close()
		}
		report = w.report
		switch cause := recover().(type) {
		case nil:
		case violation:
			err = fmt.Errorf("%w\nthe last things that happened:\n  %s", cause.error, strings.Join(w.notes, "\n  "))
		default:
			err = fmt.Errorf("panic: %v\n%s\nthe last things that happened:\n  %s", cause, debug.Stack(), strings.Join(w.notes, "\n  "))
		}
	}()
	w.ref, w.traffic = newReference(w), newTraffic(w)
	for starts := 0; !w.finished; starts++ {
		if starts > eventfulTurns {
			w.fail("the room is started %d times and does not come to its end", starts)
		}
		w.note("start at message %d of %d", w.disk.newestSeq(), w.log.last())
		switch err := w.live(&Life{world: w, disk: w.disk}); {
		case errors.Is(err, bus.ErrFenced):
			w.report.Fenced++
		case errors.Is(err, ErrNoBundle):
			w.note("%v", err)
		case err != nil:
			w.fail("the room ends: %v", err)
		}
		w.betweenLives()
	}
	w.checkEnd()
	return w.report, nil
}

func newWorld(seed uint64, opt Options) *World {
	w := &World{
		opt: opt, rand: rand.New(rand.NewPCG(seed, 0x69726f6f6d)), clock: time.Date(2026, 11, 24, 21, 0, 0, 0, time.UTC),
		streams: map[string]*stream{}, dead: map[fusion.Place]bool{}, people: people{seen: map[fusion.PictureID]*fusion.Picture{}},
	}
	w.log.created = w.clock
	for _, name := range []string{fusion.StreamPictures, fusion.StreamAlerts, fusion.StreamHits} {
		w.streams[name] = &stream{name: name}
	}
	w.disk = newDisk(w)
	return w
}

// faulty reports, once in n times, that something goes wrong.
func (w *World) faulty(n int) bool { return !w.calm && w.rand.IntN(n) == 0 }

func (w *World) note(format string, args ...any) {
	w.notes = append(w.notes, fmt.Sprintf("%d %s ", w.turns, w.clock.Format(time.TimeOnly))+fmt.Sprintf(format, args...))
	w.notes = w.notes[max(0, len(w.notes)-remembered):]
}

func (w *World) fail(format string, args ...any) { panic(violation{fmt.Errorf(format, args...)}) }

// action is one of the things that happen while a room runs.
type action struct {
	weight int
	do     func(*World, *Life)
}

var actions = []action{
	{34, func(w *World, _ *Life) { w.traffic.send(w) }},
	{16, func(w *World, l *Life) { w.people.command(w, l) }},
	{8, func(w *World, l *Life) { w.people.look(w, l) }},
	{12, func(w *World, _ *Life) { w.retry() }},
	{10, func(w *World, _ *Life) { w.append(fusion.SubjectTick, []byte("{}")) }},
	{12, func(w *World, _ *Life) { w.network() }},
	{3, func(w *World, _ *Life) { w.traffic.changeList(w) }},
	{2, func(w *World, _ *Life) { w.activate() }},
	{1, func(w *World, _ *Life) { w.quarantine(0) }},
	{7, func(_ *World, l *Life) { l.room.Checkpoint() }},
	{8, func(_ *World, l *Life) { l.runBackground() }},
	{3, func(w *World, _ *Life) { w.moveClock() }},
	{1, func(w *World, l *Life) { w.note("the room stops"); l.ending = true }},
	{1, func(_ *World, l *Life) { l.mayDie(1) }},
	{1, func(w *World, _ *Life) { w.restartBus() }},
	{1, func(w *World, l *Life) { l.disk.full = !l.disk.full; w.note("the disk is full: %t", l.disk.full) }},
	{1, func(w *World, l *Life) {
		if l.turns == 0 {
			w.second()
		}
	}},
}

// turn lets something happen between two messages; false: the room is to stop.
func (w *World) turn(l *Life) bool {
	switch {
	case l.still:
		return l.applied < w.log.last()
	case l.turns > 0:
		if l.turns--; l.turns == 0 {
			l.mayDie(2)
			return false
		}
	}
	w.turns++
	if w.turns > eventfulTurns {
		return l.turns == 0 && w.settle(l)
	}
	w.clock = w.clock.Add(time.Duration(w.rand.IntN(4000)) * time.Millisecond)
	w.busRecovers()
	for _, o := range l.outlets {
		o.pump()
	}
	w.act(l)
	return !l.ending
}

func (w *World) act(l *Life) {
	sum := 0
	for _, a := range actions {
		sum += a.weight
	}
	n := w.rand.IntN(sum)
	for _, a := range actions {
		if n -= a.weight; n < 0 {
			a.do(w, l)
			return
		}
	}
}

// publish sends something that its publisher wants to be on the log.
func (w *World) publish(l *letter) *letter {
	w.letters = append(w.letters, l)
	w.unsettled = append(w.unsettled, l)
	w.post(l)
	return l
}

// retry publishes again what was not acknowledged.
func (w *World) retry() {
	open := w.unsettled[:0]
	for _, l := range w.unsettled {
		if l.seq == 0 {
			open = append(open, l)
		}
	}
	w.unsettled = open
	if len(open) > 0 {
		w.post(open[w.rand.IntN(len(open))])
	}
}

func (w *World) encode(v any) []byte {
	b, err := fusion.Encode(v)
	if err != nil {
		w.fail("encode %T: %v", v, err)
	}
	return b
}

// Add sums two reports.
func (r *Report) Add(s Report) {
	r.Messages += s.Messages
	r.Commands += s.Commands
	r.Applied += s.Applied
	r.Deaths += s.Deaths
	r.Seconds += s.Seconds
	r.Fenced += s.Fenced
	r.Checkpoints += s.Checkpoints
	r.Compared += s.Compared
}
