package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/outbox"
	"github.com/openiroom/iroom/fusion/store"
)

// tickAfter is how long the log may be silent before a tick is written.
const tickAfter = time.Second

// journal is what the loop needs of the log.
type journal interface {
	Read(ctx context.Context, from uint64, fn func(bus.Message) error) error
	Publish(ctx context.Context, subject string, data []byte, ttl time.Duration, expectLast *uint64) (uint64, error)
}

// loop is the one goroutine that reads the log and steps the engine.
type loop struct {
	engine  *engine.Engine
	roomLog journal
	out     *outbox.Outbox
	log     *slog.Logger
	slow    slowRules
	disk    store.Disk
	dir     string // of checkpoints
	every   time.Duration
	floor   time.Duration // a hole in the log that is younger is a loss
	created time.Time     // of the log

	sending context.Context // outlasts the reading, so that a step's outputs go out whole
	cancel  context.CancelFunc
	done    chan struct{}
	failed  error          // why run ended; set before done is closed
	spawn   func(func())   // runs what goes on beside the loop
	writing sync.WaitGroup // the checkpoint that is being written
	saved   time.Time      // when the newest checkpoint was taken
	busy    chan struct{}  // holds one: a checkpoint is being written

	mu      sync.Mutex
	now     loopStatus
	waiters []waiter
}

// loopStatus is what others may know of the engine between steps.
type loopStatus struct {
	applied uint64
	bundle  string
	clock   time.Time
	counts  engine.Counts
	stepped time.Time // wall clock of the last step
	problem string    // of the newest checkpoint
	slow    []string  // alarms of rules that were too slow
}

type waiter struct {
	seq  uint64
	done chan struct{}
}

// run reads the log until ctx is done, or returns the error that ends it.
func (l *loop) run(ctx context.Context) error {
	defer close(l.done)
	l.publishStatus()
	last := l.engine.Clock()
	l.failed = l.roomLog.Read(ctx, l.engine.Applied()+1, func(m bus.Message) error {
		if err := l.checkHole(m, last); err != nil {
			return err
		}
		last = m.Time
		return l.step(m)
	})
	return l.failed
}

// checkHole refuses a log from which messages are missing that cannot have
// expired yet.
func (l *loop) checkHole(m bus.Message, last time.Time) error {
	if m.Gap == 0 || last.IsZero() || time.Since(last) > l.floor {
		return nil
	}
	return fusion.Errorf(fusion.KindCorrupt, "read the log", "%d messages before %d are missing that cannot have expired yet", m.Gap, m.Seq).
		WithHint("restore the log from a backup, or start once with --accept-loss")
}

func (l *loop) step(m bus.Message) error {
	l.slow.before(l.engine)
	effects, err := l.engine.Step(engine.Message{Seq: m.Seq, Subject: m.Subject, Time: m.Time, Data: m.Data})
	if err != nil {
		return fusion.Errorf(fusion.KindInternal, "engine", "%w", err)
	}
	if err := l.out.Send(l.sending, effects); err != nil {
		return err
	}
	l.slow.after()
	l.takeOut(l.sending)
	l.publishStatus()
	if time.Since(l.saved) >= l.every {
		l.checkpoint()
	}
	return nil
}

func (l *loop) publishStatus() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now.applied, l.now.bundle, l.now.clock = l.engine.Applied(), l.engine.Bundle(), l.engine.Clock()
	l.now.counts, l.now.stepped, l.now.slow = l.engine.Counts(), time.Now(), l.slow.alarms()
	keep := l.waiters[:0]
	for _, w := range l.waiters {
		if w.seq <= l.now.applied {
			close(w.done)
			continue
		}
		keep = append(keep, w)
	}
	l.waiters = keep
}

func (l *loop) status() loopStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// applied waits until the engine has applied the message of that sequence.
func (l *loop) applied(ctx context.Context, seq uint64) error {
	l.mu.Lock()
	if l.now.applied >= seq {
		l.mu.Unlock()
		return nil
	}
	w := waiter{seq, make(chan struct{})}
	l.waiters = append(l.waiters, w)
	l.mu.Unlock()
	select {
	case <-w.done:
		return nil
	case <-l.done:
		return fusion.Errorf(fusion.KindUnavailable, "wait for the engine", "it stopped at message %d before %d", l.status().applied, seq)
	case <-ctx.Done():
		return fmt.Errorf("wait for the engine to apply message %d: %w", seq, context.Cause(ctx))
	}
}

// checkpoint takes the state between two steps and writes it in the
// background, once every output up to it is stored. While one is being
// written no other is taken.
func (l *loop) checkpoint() {
	select {
	case l.busy <- struct{}{}:
	default:
		return
	}
	state := l.snapshot()
	l.writing.Add(1)
	l.spawn(func() {
		defer l.writing.Done()
		defer func() { <-l.busy }()
		l.written(l.write(l.sending, state))
	})
}

func (l *loop) snapshot() *engine.Snapshot {
	l.saved = time.Now()
	return l.engine.Snapshot()
}

// write writes a checkpoint of the state once every output up to it is stored.
func (l *loop) write(ctx context.Context, state *engine.Snapshot) error {
	if err := l.out.Flush(ctx); err != nil {
		return fmt.Errorf("the outputs before it could not be stored: %w", err)
	}
	c, err := state.Checkpoint()
	if err != nil {
		return fusion.Errorf(fusion.KindInternal, "checkpoint", "%w", err)
	}
	c.LogCreated = l.created
	return c.WriteOn(l.disk, l.dir)
}

func (l *loop) written(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now.problem = ""
	if err != nil {
		l.now.problem = err.Error()
		l.log.Error("no checkpoint was written", "problem", err)
	}
}

// stop ends the loop after a last checkpoint. After a step that failed, or
// whose outputs could not be sent, there is none: the next start replays.
func (l *loop) stop(ctx context.Context) error {
	l.cancel()
	select {
	case <-l.done:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	l.writing.Wait()
	if l.failed == nil {
		return l.lastCheckpoint(ctx)
	}
	return nil
}

func (l *loop) lastCheckpoint(ctx context.Context) error {
	if err := l.write(ctx, l.snapshot()); err != nil {
		return fmt.Errorf("no last checkpoint; the next start replays from the one before: %w", err)
	}
	return nil
}

// ticks writes a tick whenever the log was silent for a second, so that the
// timers of the room run.
func (l *loop) ticks(ctx context.Context) {
	ticker := time.NewTicker(tickAfter / 4)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if time.Since(l.status().stepped) < tickAfter {
			continue
		}
		_, err := l.roomLog.Publish(ctx, fusion.SubjectTick, []byte("{}"), l.floor, nil)
		if err != nil && ctx.Err() == nil {
			l.log.Warn("a tick could not be written", "problem", err)
		}
	}
}
