// Package outbox sends what the engine's steps made to the output streams,
// each output exactly once. It comes after the engine and before everybody
// who subscribes.
//
// Every output has a place on the log. Each stream remembers the place of its
// newest message, so after a crash the outputs that a replay makes again are
// passed over, and the first missing one is sent. Every publish expects the
// stream's last sequence; a second engine on the same room is refused by that
// and must stop.
package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
)

// Stream is an output stream with its cursor.
type Stream interface {
	// Publish queues an output. What is not after the cursor is passed over.
	// It blocks while too much is in flight.
	Publish(ctx context.Context, subject string, data []byte, place fusion.Place) error
	// Flush returns when everything published before is stored.
	Flush(ctx context.Context) error
}

// Outbox sends effects to the streams.
type Outbox struct {
	streams map[string]Stream
	refused func(context.Context, engine.Refusal) error
}

// New makes an outbox over the streams by name. refused must keep an event of
// the log that could not be read, durably.
func New(streams map[string]Stream, refused func(context.Context, engine.Refusal) error) *Outbox {
	return &Outbox{streams: streams, refused: refused}
}

// Send queues the effects of one step, in their order.
func (o *Outbox) Send(ctx context.Context, effects engine.Effects) error {
	for _, out := range effects.Outputs {
		stream, ok := o.streams[out.Stream]
		if !ok {
			return fmt.Errorf("there is no output stream %s", out.Stream)
		}
		if err := stream.Publish(ctx, outSubject(out.Subject), out.Data, out.Place); err != nil {
			return fmt.Errorf("send %s: %w", out.Subject, err)
		}
	}
	for _, r := range effects.Refused {
		if err := o.refused(ctx, r); err != nil {
			return fmt.Errorf("keep a refused event of message %d: %w", effects.Seq, err)
		}
	}
	return nil
}

// Flush returns when everything sent before is stored in every stream.
func (o *Outbox) Flush(ctx context.Context) error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(o.streams)) {
		if err := o.streams[name].Flush(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stream %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// outSubject is where an output is published; its stream stores and
// republishes it under its public subject.
func outSubject(subject string) string {
	return "iroom.out." + strings.TrimPrefix(subject, "iroom.")
}
