package connectors

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// Item is what a connector hands to the ingest: the events of one message.
type Item struct {
	Connector string
	Events    []*fusion.Event
	Raw       []byte
	KeepRaw   bool // keep the original in stream RAW and refer to it
}

// DeadLetter is an input, or a part of one, that could not be understood.
type DeadLetter struct {
	Connector string
	Version   string
	Rejection *fusion.Rejection
	Payload   []byte
	Origin    string
	Meta      map[string]string
	Received  time.Time
}

// Sink is the ingest as a connector sees it.
type Sink interface {
	// Submit takes the events and calls done once they are durable, or with
	// the reason why they never will be. It blocks while too much is in flight.
	Submit(ctx context.Context, item Item, done func(error)) error
	// Dead returns when the letter is durable.
	Dead(ctx context.Context, letter DeadLetter) error
}

const (
	defaultInFlight = 256
	shortestPause   = 500 * time.Millisecond
	longestPause    = 30 * time.Second
)

// Runner drives one connector: it opens its source, maps what it reads,
// hands the events to the sink and acknowledges in the order of reading once
// all is durable. When the source fails it opens it again after a pause.
type Runner struct {
	Kind      *Kind
	Name      string
	Connector *Connector
	Sink      Sink
	Log       *slog.Logger
	InFlight  int // messages that may be unacknowledged; 0 means 256
	KeepRaw   bool

	meter meter
}

// Status says how the connector is doing.
func (r *Runner) Status() Status { return r.meter.status(r.Name, r.Kind.Name, time.Now()) }

// Run returns when ctx is done or the source is complete. Every message that
// was read is acknowledged before it returns.
func (r *Runner) Run(ctx context.Context) {
	pause := shortestPause
	for ctx.Err() == nil {
		started := time.Now()
		err := r.session(ctx)
		switch {
		case errors.Is(err, io.EOF):
			r.state(ctx, StateComplete, nil)
			return
		case ctx.Err() != nil:
			r.state(ctx, StateStopped, nil)
			return
		}
		r.state(ctx, StateUnreachable, err)
		if time.Since(started) > longestPause {
			pause = shortestPause
		}
		wait(ctx, pause/2+rand.N(pause))
		pause = min(2*pause, longestPause)
	}
}

// session is one life of the source, from Open to Close.
func (r *Runner) session(ctx context.Context) (err error) {
	src := guarded{r.Connector.Source}
	if err := src.Open(ctx); err != nil {
		return err
	}
	r.state(ctx, StateConnected, nil)
	acks := newAckQueue(cmp.Or(r.InFlight, defaultInFlight))
	defer func() {
		acks.drain()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, src.Close(closing))
	}()
	for {
		msg, ack, err := src.Read(ctx)
		if err != nil {
			return err
		}
		r.take(ctx, msg, acks.push(ack))
	}
}

// take maps one message and sends its parts on their ways; settle is called
// once all of them are durable.
func (r *Runner) take(ctx context.Context, msg Message, settle func(Receipt)) {
	mapped := MapSafely(r.Connector.Mapper, r.Kind, r.Name, msg)
	receipt := Receipt{Events: len(mapped.Events), Skips: mapped.Skips, Rejects: mapped.Rejects}
	r.meter.message(mapped)
	for _, rejection := range mapped.Rejects {
		if receipt.Err = r.Sink.Dead(ctx, r.letter(msg, rejection)); receipt.Err != nil {
			settle(receipt)
			return
		}
	}
	if len(mapped.Events) == 0 {
		settle(receipt)
		return
	}
	item := Item{Connector: r.Name, Events: mapped.Events, Raw: msg.Payload, KeepRaw: r.KeepRaw}
	err := r.Sink.Submit(ctx, item, func(err error) {
		receipt.Err = err
		settle(receipt)
	})
	if err != nil {
		receipt.Err = err
		settle(receipt)
	}
}

func (r *Runner) letter(msg Message, rejection *fusion.Rejection) DeadLetter {
	return DeadLetter{
		Connector: r.Name, Version: r.Kind.Name + "/" + r.Kind.Version, Rejection: rejection,
		Payload: msg.Payload, Origin: msg.Origin, Meta: msg.Meta, Received: msg.Received,
	}
}

// state records a change of state, here and as an event on the log.
func (r *Runner) state(ctx context.Context, state State, problem error) {
	if !r.meter.change(state, problem, time.Now()) {
		return
	}
	level := slog.LevelInfo
	if problem != nil {
		level = slog.LevelWarn
	}
	r.Log.Log(ctx, level, "connector state", "connector", r.Name, "state", string(state), "problem", problem)
	item := Item{Connector: r.Name, Events: []*fusion.Event{stateEvent(r.Name, r.Kind, state, problem, time.Now())}}
	if err := r.Sink.Submit(context.WithoutCancel(ctx), item, func(error) {}); err != nil {
		r.Log.Warn("connector state is not on the log", "connector", r.Name, "problem", err)
	}
}

func stateEvent(name string, kind *Kind, state State, problem error, now time.Time) *fusion.Event {
	source := "room/connectors"
	e := &fusion.Event{
		ID: fusion.NewEventID(source, name, string(state)+now.Format(time.RFC3339Nano)), Source: source,
		Type: fusion.TypeConnectorState, Subject: name, Time: now.UTC(), RecordedTime: now.UTC(),
		Status: fusion.StatusActual, MsgType: fusion.MsgAlert,
		Provenance: &fusion.Provenance{Connector: name, Version: kind.Name + "/" + kind.Version},
		Attrs:      map[string]any{"connector": name, "state": string(state)},
	}
	if problem != nil {
		e.Attrs["problem"] = problem.Error()
	}
	return e
}

// wait sleeps unless ctx ends before.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// guarded turns a panic of a source into an error.
type guarded struct{ Source }

func (g guarded) Open(ctx context.Context) (err error) {
	defer recoverInto(&err)
	return g.Source.Open(ctx)
}

func (g guarded) Read(ctx context.Context) (m Message, ack Ack, err error) {
	defer recoverInto(&err)
	return g.Source.Read(ctx)
}

func (g guarded) Close(ctx context.Context) (err error) {
	defer recoverInto(&err)
	return g.Source.Close(ctx)
}

func recoverInto(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the source panicked: %v\n%s", p, debug.Stack())
	}
}
