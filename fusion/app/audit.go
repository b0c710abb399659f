package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/audit"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/config"
)

// Command writes an operator's command to the log and waits until the engine
// has decided it.
func (r *Room) Command(ctx context.Context, v fusion.Verb, message []byte) error {
	return r.publishAndApply(ctx, fusion.CommandSubject(string(v)), message)
}

// Audit returns when an entry of the audit is stored.
func (r *Room) Audit(ctx context.Context, e audit.Entry) error { return r.auditor.Write(ctx, e) }

// Audited hands over the messages of the audit from the newest back.
func (r *Room) Audited(ctx context.Context, do func(sequence uint64, data []byte) bool) error {
	return auditStream{r.bus.JS()}.backwards(ctx, do)
}

// auditAlarm says that the audit is nearly full, "" when it is not. It never
// drops an entry, so when it is full nothing is shown any more.
func (r *Room) auditAlarm(ctx context.Context) (string, error) {
	stream, err := r.bus.JS().Stream(ctx, fusion.StreamAudit)
	if err != nil {
		return "", unreadableAudit(err)
	}
	info := stream.CachedInfo()
	full := 100 * info.State.Bytes / uint64(max(1, info.Config.MaxBytes))
	if info.Config.MaxBytes <= 0 || full < auditAlarmAt {
		return "", nil
	}
	return fmt.Sprintf("the audit is %d %% full; when it is full nothing is shown: let the bus have a larger max_store", full), nil
}

// auditAlarmAt is how full the audit may be, in percent.
const auditAlarmAt = 80

// VerifyAudit checks the chain of the audit of a room that does not run, and
// reports whether an entry has the given hash. A broken chain is an error of
// kind corrupt.
func VerifyAudit(ctx context.Context, cfg *config.Config, hash string, log *slog.Logger) (chain audit.Chain, found bool, err error) {
	b, err := bus.Start(ctx, bus.Options{
		Dir: filepath.Join(cfg.Path(cfg.Dir), "bus"), URL: cfg.Bus.URL, CredsFile: cfg.Path(cfg.Bus.Credentials), MaxStore: int64(cfg.Bus.MaxStore),
	}, log)
	if err != nil {
		return chain, false, err
	}
	defer b.Close()
	err = auditStream{b.JS()}.forwards(ctx, func(seq uint64, data []byte) error {
		if _, err := chain.Take(seq, data); err != nil {
			return err
		}
		_, hashes, _, err := audit.Decode(data)
		found = found || slices.Contains(hashes, hash)
		return err
	})
	return chain, found, err
}

// auditSubject is where entries go.
var auditSubject = fusion.AuditSubject("entries")

// auditStream is stream AUDIT.
type auditStream struct{ js jetstream.JetStream }

// Last is its newest message.
func (s auditStream) Last(ctx context.Context) (uint64, []byte, error) {
	stream, err := s.js.Stream(ctx, fusion.StreamAudit)
	if err != nil {
		return 0, nil, fmt.Errorf("read the audit: %w", err)
	}
	state := stream.CachedInfo().State
	if state.Msgs == 0 {
		return state.LastSeq, nil, nil
	}
	m, err := stream.GetMsg(ctx, state.LastSeq)
	if err != nil {
		return 0, nil, fmt.Errorf("read message %d of the audit: %w", state.LastSeq, err)
	}
	return m.Sequence, m.Data, nil
}

// Append stores a message behind that of sequence last.
func (s auditStream) Append(ctx context.Context, last uint64, data []byte) (uint64, error) {
	ack, err := s.js.Publish(ctx, auditSubject, data, jetstream.WithExpectStream(fusion.StreamAudit), jetstream.WithExpectLastSequence(last))
	if api, ok := errors.AsType[*jetstream.APIError](err); ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		return 0, fmt.Errorf("%w: %w", audit.ErrMoved, err)
	}
	if err != nil {
		return 0, err
	}
	return ack.Sequence, nil
}

func (s auditStream) backwards(ctx context.Context, do func(sequence uint64, data []byte) bool) error {
	stream, err := s.js.Stream(ctx, fusion.StreamAudit)
	if err != nil {
		return unreadableAudit(err)
	}
	state := stream.CachedInfo().State
	for seq := state.LastSeq; seq >= max(1, state.FirstSeq); seq-- {
		m, err := stream.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return unreadableAudit(err)
		}
		if !do(m.Sequence, m.Data) {
			return nil
		}
	}
	return nil
}

// forwards hands over every message. One that is missing in between shows in
// the chain.
func (s auditStream) forwards(ctx context.Context, do func(sequence uint64, data []byte) error) error {
	stream, err := s.js.Stream(ctx, fusion.StreamAudit)
	if err != nil {
		return unreadableAudit(err)
	}
	state := stream.CachedInfo().State
	for seq := max(1, state.FirstSeq); seq <= state.LastSeq; seq++ {
		m, err := stream.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return unreadableAudit(err)
		}
		if err := do(m.Sequence, m.Data); err != nil {
			return err
		}
	}
	return nil
}

func unreadableAudit(err error) error {
	return fusion.Errorf(fusion.KindUnavailable, "read the audit", "%w", err)
}
