package app

import (
	"context"
	"fmt"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/ingest"
	"github.com/openiroom/iroom/fusion/store"
)

var _ desk.Backend = (*Room)(nil)

// Store is the queried state.
func (r *Room) Store() *store.Store { return r.loop.engine.Store() }

// Connectors says how each connector is doing.
func (r *Room) Connectors() []connectors.Status {
	list := make([]connectors.Status, len(r.runners))
	for i, runner := range r.runners {
		list[i] = runner.Status()
	}
	return list
}

// Room says how the room as a whole is doing.
func (r *Room) Room(ctx context.Context) (desk.Room, error) {
	state, err := r.roomLog.State(ctx)
	if err != nil {
		return desk.Room{}, err
	}
	s := r.loop.status()
	reply := desk.Room{Name: r.cfg.Room, Clock: s.clock, Applied: s.applied, Last: state.Last, Bundle: s.bundle, Counts: s.counts}
	if reply.Streams, err = r.streamSizes(ctx); err != nil {
		return reply, err
	}
	if err := r.bus.Health(); err != nil {
		reply.Alarms = append(reply.Alarms, "the bus: "+err.Error())
	}
	if s.problem != "" {
		reply.Alarms = append(reply.Alarms, "no checkpoint: "+s.problem)
	}
	reply.Alarms = append(reply.Alarms, s.slow...)
	archive, err := r.archiveState(ctx)
	if err != nil {
		return reply, err
	}
	if alarm := archive.alarm(); alarm != "" {
		reply.Alarms = append(reply.Alarms, alarm)
	}
	full, err := r.auditAlarm(ctx)
	if err != nil {
		return reply, err
	}
	if full != "" {
		reply.Alarms = append(reply.Alarms, full)
	}
	err = r.Store().View(func(tx *store.Tx) error {
		open, err := tx.Open()
		reply.Open = len(open)
		return err
	})
	return reply, err
}

// streamSizes counts the messages of each stream that people ask for.
func (r *Room) streamSizes(ctx context.Context) (map[string]uint64, error) {
	sizes := map[string]uint64{}
	for _, name := range []string{fusion.StreamRoom, fusion.StreamPictures, fusion.StreamAlerts, fusion.StreamHits, fusion.StreamDead} {
		stream, err := r.bus.JS().Stream(ctx, name)
		if err != nil {
			return nil, fusion.Errorf(fusion.KindUnavailable, "count stream "+name, "%w", err)
		}
		sizes[name] = stream.CachedInfo().State.Msgs
	}
	return sizes, nil
}

// ChangeList writes a change of a watchlist to the log.
func (r *Room) ChangeList(ctx context.Context, c desk.ListChangeRequest) (uint64, error) {
	message, err := fusion.Encode(c.Change)
	if err != nil {
		return 0, fmt.Errorf("encode the change: %w", err)
	}
	seq, err := r.roomLog.Publish(ctx, fusion.ListSubject(c.List), message, 0, nil)
	if err != nil {
		return 0, err
	}
	return seq, r.loop.applied(ctx, seq)
}

// LogMessage reads a message of the log.
func (r *Room) LogMessage(ctx context.Context, seq uint64) ([]byte, error) {
	m, err := r.roomLog.Get(ctx, seq)
	return m.Data, err
}

// Dead lists dead letters, without their originals.
func (r *Room) Dead(ctx context.Context, q desk.DeadRequest) ([]desk.DeadLetter, error) {
	stored, err := ingest.ListDead(ctx, r.bus.JS(), ingest.DeadFilter{Connector: q.Connector}, q.After, q.Limit)
	if err != nil {
		return nil, err
	}
	letters := make([]desk.DeadLetter, len(stored))
	for i := range stored {
		letters[i] = letterOf(&stored[i])
		letters[i].Payload = nil
	}
	return letters, nil
}

// DeadLetter returns one dead letter with its original.
func (r *Room) DeadLetter(ctx context.Context, sequence uint64) (desk.DeadLetter, error) {
	stored, err := ingest.GetDead(ctx, r.bus.JS(), sequence)
	if err != nil {
		return desk.DeadLetter{}, err
	}
	return letterOf(stored), nil
}

func letterOf(s *ingest.StoredLetter) desk.DeadLetter {
	return desk.DeadLetter{
		Sequence: s.Seq, Connector: s.Connector, Version: s.Version, Received: s.Received, Code: s.Code, Stage: s.Stage,
		Field: s.Field, Reason: s.Reason, Origin: s.Origin, Size: s.Size, Payload: s.Payload,
	}
}

// ReplayDead maps a dead letter again with the connector as it is now. What
// is understood goes to the log; the letter is removed when nothing of it is
// refused any more.
func (r *Room) ReplayDead(ctx context.Context, sequence uint64) (reply desk.ReplayReply, err error) {
	letter, err := ingest.GetDead(ctx, r.bus.JS(), sequence)
	if err != nil {
		return reply, err
	}
	if letter.Cut() {
		return reply, fusion.Errorf(fusion.KindLimit, "replay a dead letter", "only the first %d of its %d bytes were kept", len(letter.Payload), letter.Size)
	}
	runner := r.runner(letter.Connector)
	if runner == nil {
		return reply, fusion.Errorf(fusion.KindNotFound, "replay a dead letter", "there is no connector %q now", letter.Connector)
	}
	mapped := connectors.MapSafely(runner.Connector.Mapper, runner.Kind, runner.Name, connectors.Message{
		Payload: letter.Payload, Origin: letter.Origin, Meta: letter.Meta, Received: letter.Received,
	})
	reply.Events, reply.Skips = len(mapped.Events), mapped.Skips
	for _, rejection := range mapped.Rejects {
		reply.Refused = append(reply.Refused, rejection.Error())
	}
	if err := r.submit(ctx, runner, letter.Payload, mapped.Events); err != nil {
		return reply, err
	}
	if len(reply.Refused) == 0 {
		err = ingest.MarkReplayed(ctx, r.bus.JS(), sequence)
	}
	return reply, err
}

// submit waits until the events are durable.
func (r *Room) submit(ctx context.Context, runner *connectors.Runner, raw []byte, events []*fusion.Event) error {
	if len(events) == 0 {
		return nil
	}
	done := make(chan error, 1)
	item := connectors.Item{Connector: runner.Name, Events: events, Raw: raw, KeepRaw: runner.KeepRaw}
	if err := r.ingest.Submit(ctx, item, func(err error) { done <- err }); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (r *Room) runner(name string) *connectors.Runner {
	for _, runner := range r.runners {
		if runner.Name == name {
			return runner
		}
	}
	return nil
}

// refusedLetter is the dead letter of an event on the log that the engine
// could not read.
func refusedLetter(x engine.Refusal) connectors.DeadLetter {
	return connectors.DeadLetter{
		Connector: "log", Version: "engine/" + engine.Version, Rejection: x.Rejection, Payload: x.Data,
		Origin: "log " + x.Place.String(), Received: time.Now().UTC(),
	}
}

// Sink is where connectors that run in the same process hand over events.
func (r *Room) Sink() connectors.Sink { return r.ingest }
