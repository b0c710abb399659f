package app

import (
	"context"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/ingest"
	"github.com/openiroom/iroom/fusion/outbox"
	"github.com/openiroom/iroom/fusion/store"
)

// progressEvery is how often a long catch-up says where it is.
const progressEvery = 2 * time.Second

// startEngine starts the ingest and the engine, and returns when the engine
// has caught up with the log.
func (r *Room) startEngine(ctx, running context.Context, acceptLoss bool) error {
	r.classes = classesOf(r.cfg)
	var err error
	if r.ingest, err = ingest.New(r.bus.JS(), ingest.Options{Classes: r.classes.list}, r.log); err != nil {
		return err
	}
	state, err := r.roomLog.State(ctx)
	if err != nil {
		return err
	}
	e, err := r.resume(state, acceptLoss)
	if err != nil {
		return err
	}
	if err := foresee(ctx, r.roomLog, e); err != nil {
		return err
	}
	out, err := r.outputs(running, state)
	if err != nil {
		return err
	}
	loopCtx, cancel := context.WithCancel(running)
	r.loop = &loop{
		engine: e, roomLog: r.roomLog, out: out, log: r.log, disk: r.disk, dir: r.stateDir(), every: time.Duration(r.cfg.Checkpoint.Every),
		floor: r.classes.floor, created: state.Created, sending: running, cancel: cancel, done: make(chan struct{}),
		saved: time.Now(), busy: make(chan struct{}, 1), spawn: func(f func()) { go f() },
	}
	if acceptLoss {
		r.loop.floor = 0
	}
	r.background.Go(func() {
		if err := r.loop.run(loopCtx); err != nil {
			r.fail(err)
		}
	})
	if err := r.catchUp(ctx, state.Last); err != nil {
		return err
	}
	r.background.Go(func() { r.loop.ticks(loopCtx) })
	r.background.Go(func() { r.watchArchive(loopCtx) })
	return nil
}

// finder finds messages of one subject on the log.
type finder interface {
	Find(ctx context.Context, subject string, from uint64) ([]bus.Message, error)
}

// foresee tells an engine of the quarantines ahead of it.
func foresee(ctx context.Context, roomLog finder, e *engine.Engine) error {
	messages, err := roomLog.Find(ctx, fusion.SubjectQuarantine, e.Applied()+1)
	if err != nil {
		return err
	}
	var list []engine.Quarantine
	for _, m := range messages {
		if q, err := engine.DecodeQuarantine(m.Data); err == nil {
			list = append(list, q)
		}
	}
	e.Foresee(list)
	return nil
}

// resume makes the engine from the newest checkpoint that is whole, or at the
// beginning of the log, and refuses a log that cannot give the whole state.
func (r *Room) resume(state bus.LogState, acceptLoss bool) (*engine.Engine, error) {
	c, damaged, err := store.NewestOn(r.disk, r.stateDir())
	if err != nil {
		return nil, err
	}
	for _, d := range damaged {
		r.log.Error("a checkpoint is damaged; an earlier one, or the log itself, takes its place", "problem", d)
	}
	if c == nil {
		if state.First > 1 && !acceptLoss {
			return nil, corrupt("there is no checkpoint and the log begins at message %d", state.First).
				WithHint("restore a checkpoint into %s, or start once with --accept-loss", r.stateDir())
		}
		return engine.New(r.bundles.get)
	}
	if err := checkLog(c, state, r.stateDir()); err != nil && !(acceptLoss && goesOnBehind(c, state)) {
		return nil, err
	}
	e, err := engine.Resume(c, r.bundles.get)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindCorrupt, "resume from the checkpoint at message "+itoa(c.Seq), "%w", err)
	}
	return e, nil
}

// goesOnBehind reports whether the log goes on at some place behind the
// checkpoint. What comes next on another or an older log would be taken for
// what the checkpoint contains, so there is no loss to accept.
func goesOnBehind(c *store.Checkpoint, state bus.LogState) bool {
	return c.LogCreated.Equal(state.Created) && state.First > c.Seq
}

// checkLog says why the log does not continue the checkpoint.
func checkLog(c *store.Checkpoint, state bus.LogState, dir string) error {
	switch {
	case !c.LogCreated.Equal(state.Created):
		return corrupt("the log was made anew at %s; the checkpoint belongs to the log of %s",
			state.Created.Format(time.RFC3339), c.LogCreated.Format(time.RFC3339)).
			WithHint("restore the former log, or move the checkpoints out of %s to begin with the new one", dir)
	case state.First > c.Seq+1:
		return corrupt("the log begins at message %d, but the checkpoint stands at %d: what lies between was purged", state.First, c.Seq).
			WithHint("restore the log from a backup, or start once with --accept-loss")
	case state.Last < c.Seq:
		return corrupt("the log ends at message %d, before the checkpoint at %d: it is older", state.Last, c.Seq).
			WithHint("restore the newer log, or move the checkpoints after message %d out of %s", state.Last, dir)
	}
	return nil
}

func corrupt(format string, args ...any) *fusion.Error {
	return fusion.Errorf(fusion.KindCorrupt, "start the room", format, args...)
}

// outputStreams are those that the engine's steps fill.
var outputStreams = []string{fusion.StreamPictures, fusion.StreamAlerts, fusion.StreamHits}

// outputs opens the output streams and checks that the log has what they were
// made from.
func (r *Room) outputs(running context.Context, state bus.LogState) (*outbox.Outbox, error) {
	streams := map[string]outbox.Stream{}
	for _, name := range outputStreams {
		o, err := bus.NewOutput(running, r.bus.JS(), name)
		if err != nil {
			return nil, err
		}
		if err := checkCursor(name, o.Cursor(), state); err != nil {
			return nil, err
		}
		streams[name] = o
	}
	return outbox.New(streams, r.keepRefused), nil
}

// checkCursor says why a stream has outputs that the log cannot have made.
func checkCursor(name string, at fusion.Place, state bus.LogState) error {
	if at.Seq <= state.Last {
		return nil
	}
	return corrupt("stream %s has outputs of message %d, but the log ends at %d: it is another log", name, at.Seq, state.Last).
		WithHint("restore the log that belongs to the streams, or move the whole folder away to begin anew")
}

// keepRefused puts an event of the log that the engine could not read into the
// dead-letter stream.
func (r *Room) keepRefused(ctx context.Context, x engine.Refusal) error {
	return r.ingest.Dead(ctx, refusedLetter(x))
}

// catchUp waits until the engine has applied the log as it was at the start.
func (r *Room) catchUp(ctx context.Context, last uint64) error {
	if last == 0 {
		return nil
	}
	caught := make(chan error, 1)
	go func() { caught <- r.loop.applied(ctx, last) }()
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	for {
		select {
		case err := <-caught:
			if err != nil {
				return r.firstFailure(err)
			}
			return nil
		case <-ticker.C:
			r.log.Info("catching up with the log", "applied", r.loop.status().applied, "of", last)
		}
	}
}

// firstFailure prefers the error of the part that failed to that of waiting
// for it.
func (r *Room) firstFailure(err error) error {
	select {
	case first := <-r.failed:
		return first
	default:
		return err
	}
}
