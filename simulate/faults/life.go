package faults

import (
	"context"
	"errors"
	"maps"

	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// Dir is the folder of the checkpoints on the disk of a [Life].
const Dir = "/room/data/state"

// Room is what the caller makes of a [Life]: the real reading of the log, with
// its checkpoints.
type Room interface {
	// Run reads the log until the life ends.
	Run(ctx context.Context) error
	// Checkpoint does what is done when one is due.
	Checkpoint()
	// Problem says why the newest checkpoint was not written, or "".
	Problem() string
	// Stop ends the room well, after Run.
	Stop(ctx context.Context) error
	Engine() *engine.Engine
}

// Life is a room's world from its start to its end, which may be its death at
// any moment.
type Life struct {
	world      *World
	disk       *disk
	room       Room
	outlets    []*Outlet
	background []func()
	applied    uint64
	ending     bool
	turns      int    // that are left of a second engine's life; 0: no end
	still      bool   // nothing happens but that it reads the log to its end
	missing    string // hash of a bundle that cannot be read in this life
}

// ErrNoBundle is why a bundle cannot be read for a while.
var ErrNoBundle = errors.New("the bundle cannot be read now")

// death ends a life where it stands.
type death struct{ life *Life }

// Disk is the disk of the machine.
func (l *Life) Disk() store.Disk { return l.disk }

// Spawn runs f beside the room: at some later moment, or never.
func (l *Life) Spawn(f func()) { l.background = append(l.background, f) }

// Keep keeps an event of the log that could not be read.
func (l *Life) Keep(_ context.Context, r engine.Refusal) error {
	l.mayDie(50)
	l.world.dead[r.Place] = true
	return nil
}

// Bundles are the bundles that can be read in this life, by hash.
func (l *Life) Bundles() (map[string]*engine.Bundle, error) {
	list, err := bundles()
	list = maps.Clone(list)
	delete(list, l.missing)
	return list, err
}

// mayDie ends the life once in n times.
func (l *Life) mayDie(n int) {
	if w := l.world; w.faulty(n) {
		panic(death{l})
	}
}

// live is a life from start to end. Death is no error.
func (w *World) live(l *Life) (err error) {
	w.lives = append(w.lives, l)
	defer func() {
		w.lives = w.lives[:len(w.lives)-1]
		if l.room != nil {
			err = errors.Join(err, l.room.Engine().Store().Close())
		}
		switch cause := recover().(type) {
		case nil:
		case death:
			if cause.life != l {
				panic(cause)
			}
			w.report.Deaths++
			l.died()
		default:
			panic(cause)
		}
	}()
	if hashes := bundleHashes(); w.faulty(10) {
		l.missing = hashes[w.rand.IntN(len(hashes))]
		w.note("bundle %.8s cannot be read", l.missing)
	}
	l.checkDisk()
	if l.room, err = w.opt.Start(l); err != nil {
		return err
	}
	if got, want := l.room.Engine().Applied(), l.disk.newestSeq(); got != want {
		w.fail("a start goes on after message %d; the newest whole checkpoint is at %d", got, want)
	}
	err = l.room.Run(context.Background())
	for len(l.background) > 0 {
		l.runBackground()
	}
	stopped := l.room.Stop(context.Background())
	if errors.Is(stopped, errFull) {
		w.note("it stops without a last checkpoint")
		stopped = nil
	}
	return errors.Join(err, stopped)
}

// died leaves what was on its way on the network, and on the disk what the
// machine had time to write.
func (l *Life) died() {
	if l.world.rand.IntN(2) == 0 {
		l.world.note("the machine fails")
		l.disk.fail()
	} else {
		l.world.note("the room is killed")
	}
	l.checkPromised()
}

// runBackground runs what was spawned first.
func (l *Life) runBackground() {
	if len(l.background) == 0 {
		return
	}
	f := l.background[0]
	l.background = l.background[1:]
	f()
	if l.room.Problem() != "" {
		l.world.note("no checkpoint: %s", l.room.Problem())
		return
	}
	l.disk.promised = l.disk.newestSeq()
	if n := len(l.disk.names); n > 3 {
		l.world.fail("after a checkpoint the folder holds %d files: %v", n, l.disk.list())
	}
}

// checkDisk: a file that has the name of a checkpoint is whole, unless the
// disk itself damaged it.
func (l *Life) checkDisk() {
	for _, name := range l.disk.checkpoints() {
		if _, err := store.DecodeCheckpoint(l.disk.names[name].data); err != nil && !l.disk.rotten[name] {
			l.world.fail("%s was never whole: %v", name, err)
		}
	}
}

// checkPromised: a checkpoint that was written without an error stays.
func (l *Life) checkPromised() {
	if got := l.disk.newestSeq(); got < l.disk.promised {
		l.world.fail("the checkpoint at message %d is gone; the newest is at %d", l.disk.promised, got)
	}
}

// second lets another engine run for a while, on another machine, while this
// life stands still. One of the two is refused.
func (w *World) second() {
	w.note("a second engine starts")
	w.report.Seconds++
	l := &Life{world: w, disk: newDisk(w), turns: 1 + w.rand.IntN(30)}
	if err := w.live(l); err != nil && !errors.Is(err, bus.ErrFenced) && !errors.Is(err, ErrNoBundle) {
		w.fail("the second engine ends: %v", err)
	}
	w.note("the second engine is gone")
}
