package faults

import (
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// moveClock: the room sees nothing for a while, or somebody sets a clock.
func (w *World) moveClock() {
	by := time.Duration(w.rand.IntN(3600)) * time.Second
	switch w.rand.IntN(5) {
	case 0:
		w.clock = w.clock.Add(by)
		w.note("%s pass without anything", by)
	case 1:
		w.clock = w.clock.Add(-by)
		w.note("the server's clock is set back by %s", by)
	case 2, 3:
		w.skew = time.Duration(w.rand.IntN(7200)-3600) * time.Second
		w.note("the clock of devices is off by %s", w.skew)
	default:
		w.skew = 0
	}
}

// restartBus loses what is on its way and takes a while.
func (w *World) restartBus() {
	w.note("the bus restarts")
	w.busDown, w.flying = 1+w.rand.IntN(8), nil
}

func (w *World) busRecovers() {
	if w.busDown > 0 {
		w.busDown--
	}
}

// activate changes the rules.
func (w *World) activate() {
	hashes := bundleHashes()
	hash := hashes[w.rand.IntN(len(hashes))]
	w.note("bundle %.8s is activated", hash)
	w.append(fusion.SubjectConfig, w.encode(engine.Activation{Bundle: hash, Engine: engine.Version}))
}

// quarantine takes a rule out of use, from is 0 while the room runs.
func (w *World) quarantine(from uint64) {
	rule := quarantinable[w.rand.IntN(len(quarantinable))]
	w.note("rule %s is quarantined from message %d", rule, from)
	w.append(fusion.SubjectQuarantine, w.encode(engine.Quarantine{Rule: rule, From: from}))
}

// betweenLives is what may happen while no room runs.
func (w *World) betweenLives() {
	if w.finished || w.calm {
		return
	}
	w.clock = w.clock.Add(time.Duration(w.rand.IntN(60)) * time.Second)
	if w.rand.IntN(8) == 0 {
		w.disk.rot()
	}
	if w.rand.IntN(8) == 0 {
		w.quarantineStopped()
	}
}

// quarantineStopped takes a rule out of a room that does not run. The command
// starts the bus for itself, so nothing is on its way.
func (w *World) quarantineStopped() {
	w.flying, w.busDown = nil, 0
	c, _, err := store.NewestOn(w.disk, Dir)
	if err != nil {
		w.fail("read the checkpoints: %v", err)
	}
	var cursors []fusion.Place
	for _, s := range w.streams {
		cursors = append(cursors, s.newest().Place)
	}
	from := w.opt.QuarantineFrom(c, cursors)
	w.ref.forget()
	w.quarantine(from)
}
