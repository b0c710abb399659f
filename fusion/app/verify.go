package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// Verification is the result of computing the state again.
type Verification struct {
	Seq        uint64 // where the state was compared
	Counts     engine.Counts
	Difference string // "" when the states are equal, byte for byte
}

// errReached ends the reading of the log at the checkpoint.
var errReached = errors.New("the checkpoint is reached")

// Verify steps a fresh engine over the whole log of a room that does not run,
// up to its newest checkpoint, and compares the two states. It changes
// nothing. progress is called now and then.
func Verify(ctx context.Context, cfg *config.Config, log *slog.Logger, progress func(applied, last uint64)) (v Verification, err error) {
	dir := cfg.Path(cfg.Dir)
	c, damaged, err := store.Newest(filepath.Join(dir, "state"))
	if err := errors.Join(append(damaged, err)...); err != nil {
		return v, err
	}
	if c == nil {
		return v, fusion.Errorf(fusion.KindNotFound, "verify", "%s has no checkpoint to compare with", dir).WithHint("run the room and stop it first")
	}
	b, err := openStopped(ctx, cfg, log)
	if err != nil {
		return v, err
	}
	defer b.Close()
	roomLog, err := bus.OpenLog(ctx, b.JS())
	if err != nil {
		return v, err
	}
	bundles, err := openBundles(ctx, b.JS())
	if err != nil {
		return v, err
	}
	e, err := replay(ctx, roomLog, bundles, c, progress)
	if err != nil {
		return v, err
	}
	again, err := e.Snapshot().Checkpoint()
	if err != nil {
		return v, err
	}
	return Verification{Seq: c.Seq, Counts: e.Counts(), Difference: difference(c, again)}, nil
}

// openStopped opens the bus of a room that does not run.
func openStopped(ctx context.Context, cfg *config.Config, log *slog.Logger) (*bus.Bus, error) {
	return bus.Start(ctx, stoppedBus(cfg), log)
}

func stoppedBus(cfg *config.Config) bus.Options {
	return bus.Options{
		Dir: filepath.Join(cfg.Path(cfg.Dir), "bus"), URL: cfg.Bus.URL, CredsFile: cfg.Path(cfg.Bus.Credentials), MaxStore: int64(cfg.Bus.MaxStore),
	}
}

// QuarantineRule takes a rule out of use in a room that does not run, from the
// place where its next start goes on. It returns that place.
func QuarantineRule(ctx context.Context, cfg *config.Config, log *slog.Logger, rule string) (from uint64, err error) {
	b, err := openStopped(ctx, cfg, log)
	if err != nil {
		return 0, err
	}
	defer b.Close()
	roomLog, err := bus.OpenLog(ctx, b.JS())
	if err != nil {
		return 0, err
	}
	c, _, err := store.Newest(filepath.Join(cfg.Path(cfg.Dir), "state"))
	if err != nil {
		return 0, err
	}
	cursors, err := outputCursors(ctx, b)
	if err != nil {
		return 0, err
	}
	from = quarantineFrom(c, cursors)
	message, err := fusion.Encode(engine.Quarantine{Rule: rule, From: from})
	if err != nil {
		return 0, err
	}
	_, err = roomLog.Publish(ctx, fusion.SubjectQuarantine, message, 0, nil)
	return from, err
}

// quarantineFrom is the first message of which neither the checkpoint nor an
// output stream knows what the rule made of it: what is stored must stay what
// a replay makes.
func quarantineFrom(newest *store.Checkpoint, cursors []fusion.Place) uint64 {
	var known uint64
	if newest != nil {
		known = newest.Seq
	}
	for _, at := range cursors {
		known = max(known, at.Seq)
	}
	return known + 1
}

func outputCursors(ctx context.Context, b *bus.Bus) (list []fusion.Place, err error) {
	for _, name := range outputStreams {
		o, err := bus.NewOutput(ctx, b.JS(), name)
		if err != nil {
			return nil, err
		}
		list = append(list, o.Cursor())
		o.Close()
	}
	return list, nil
}

func replay(ctx context.Context, roomLog *bus.Log, bundles *bundles, c *store.Checkpoint, progress func(applied, last uint64)) (*engine.Engine, error) {
	state, err := roomLog.State(ctx)
	if err != nil {
		return nil, err
	}
	if state.First > 1 {
		return nil, corrupt("the log begins at message %d, so the state cannot be computed from it alone", state.First)
	}
	if !c.LogCreated.Equal(state.Created) || state.Last < c.Seq {
		return nil, corrupt("the log is not the one of the checkpoint at message %d", c.Seq)
	}
	e, err := engine.New(bundles.get)
	if err != nil || c.Seq == 0 {
		return e, err
	}
	if err := foresee(ctx, roomLog, e); err != nil {
		return nil, err
	}
	said := time.Now()
	err = roomLog.Read(ctx, 1, func(m bus.Message) error {
		if m.Gap > 0 {
			return corrupt("%d messages before %d are missing", m.Gap, m.Seq)
		}
		if _, err := e.Step(engine.Message{Seq: m.Seq, Subject: m.Subject, Time: m.Time, Data: m.Data}); err != nil {
			return err
		}
		if time.Since(said) > progressEvery {
			said = time.Now()
			progress(m.Seq, c.Seq)
		}
		if m.Seq == c.Seq {
			return errReached
		}
		return nil
	})
	switch {
	case errors.Is(err, errReached):
		return e, nil
	case err != nil:
		return nil, err
	}
	return nil, context.Cause(ctx)
}

// difference says in which part two states differ, and where.
func difference(saved, again *store.Checkpoint) string {
	switch {
	case saved.Bundle != again.Bundle:
		return fmt.Sprintf("the bundle is %s, replayed %s", saved.Bundle, again.Bundle)
	case !bytes.Equal(saved.State, again.State):
		return "the engine's own state: " + store.FirstDifference(string(saved.State), string(again.State), "replayed")
	}
	return saved.Store.Difference(again.Store, "replayed")
}
