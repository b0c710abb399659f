package app

import (
	"context"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

// Command writes an operator's command to the log and waits until the engine
// has decided it.
func (r *Room) Command(ctx context.Context, v fusion.Verb, message []byte) error {
	return r.publishAndApply(ctx, fusion.CommandSubject(string(v)), message)
}

// Audit stores an entry of the audit.
func (r *Room) Audit(ctx context.Context, what string, entry desk.Audit) error {
	b, err := fusion.Encode(entry)
	if err != nil {
		return err
	}
	if _, err := r.bus.JS().Publish(ctx, fusion.AuditSubject(what), b, jetstream.WithExpectStream(fusion.StreamAudit)); err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "audit", "the entry was not stored: %w", err).
			WithHint("repeat the request: a command with the same id is obeyed once")
	}
	return nil
}
