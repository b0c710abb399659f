package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
)

// Headers of a dead letter.
const (
	headerCode     = "Iroom-Reason-Code"
	headerStage    = "Iroom-Stage"
	headerField    = "Iroom-Field"
	headerReason   = "Iroom-Reason"
	headerVersion  = "Iroom-Connector-Version"
	headerReceived = "Iroom-Received"
	headerOrigin   = "Iroom-Origin"
	headerMeta     = "Iroom-Meta"
	headerSize     = "Iroom-Payload-Size"   // bytes, only when the payload was cut
	headerDigest   = "Iroom-Payload-Sha256" // of the whole payload, only when it was cut

	maxReason = 2 << 10 // bytes
	maxMeta   = 4 << 10
)

// Dead stores an input that could not be understood, with its reason, and
// returns when it is durable. The same input with the same reason within two
// minutes is stored once. A payload over the limit of a message is cut.
func (in *Ingest) Dead(ctx context.Context, letter DeadLetter) error {
	if in.isClosed() {
		return ErrClosed
	}
	msg, err := deadMessage(letter, in.maxPayload())
	if err != nil {
		return err
	}
	if _, err := in.persist(ctx, msg, 0); err != nil {
		return err
	}
	in.dead.Add(1)
	return nil
}

func deadMessage(l DeadLetter, limit int64) (*nats.Msg, error) {
	if l.Rejection == nil || l.Rejection.Err == nil {
		return nil, errors.New("a dead letter needs a reason")
	}
	meta, err := fusion.Encode(l.Meta)
	if err != nil || len(meta) > maxMeta {
		meta = []byte("{}")
	}
	msg := nats.NewMsg(fusion.DeadSubject(l.Connector))
	r := l.Rejection
	for name, value := range map[string]string{
		headerCode: r.Code, headerStage: r.Stage, headerField: r.Field, headerReason: r.Err.Error(),
		headerVersion: l.Version, headerReceived: l.Received.UTC().Format(time.RFC3339Nano), headerOrigin: l.Origin,
	} {
		msg.Header.Set(name, oneLine(value))
	}
	msg.Header.Set(headerMeta, string(meta))
	msg.Header.Set(jetstream.MsgIDHeader, letterID(l))
	msg.Data = l.Payload
	if int64(len(l.Payload)) > limit {
		sum := sha256.Sum256(l.Payload)
		msg.Header.Set(headerSize, strconv.Itoa(len(l.Payload)))
		msg.Header.Set(headerDigest, hex.EncodeToString(sum[:]))
		msg.Data = l.Payload[:limit]
	}
	return msg, nil
}

// letterID is the same for the same input with the same reason.
func letterID(l DeadLetter) string {
	h := sha256.New()
	for _, s := range []string{l.Connector, l.Rejection.Code, l.Rejection.Stage, l.Rejection.Field, l.Rejection.Err.Error()} {
		fmt.Fprintf(h, "%d:%s,", len(s), s)
	}
	h.Write(l.Payload)
	return hex.EncodeToString(h.Sum(nil))
}

// oneLine makes text fit for a header.
func oneLine(s string) string {
	s = strings.ToValidUTF8(strings.NewReplacer("\r\n", " | ", "\n", " | ", "\r", " ").Replace(s), "�")
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "") + "…"
	}
	return s
}

// StoredLetter is a dead letter as it is in the stream.
type StoredLetter struct {
	Seq       uint64            `json:"seq"`
	Stored    time.Time         `json:"stored"`
	Connector string            `json:"connector"`
	Version   string            `json:"version"`
	Code      string            `json:"code"`
	Stage     string            `json:"stage"`
	Field     string            `json:"field,omitzero"`
	Reason    string            `json:"reason"`
	Origin    string            `json:"origin"`
	Meta      map[string]string `json:"meta,omitempty"`
	Received  time.Time         `json:"received"`
	Payload   []byte            `json:"payload"`
	Size      int               `json:"size"`            // bytes of the whole payload
	SHA256    string            `json:"sha256,omitzero"` // of the whole payload when Payload is cut
}

// Cut reports whether the payload is only the beginning of the original.
func (s *StoredLetter) Cut() bool { return s.Size > len(s.Payload) }

// DeadFilter says which dead letters are wanted; an empty field wants all.
type DeadFilter struct {
	Connector string
	Code      string
}

// ListDead returns up to limit dead letters with a sequence above after, the
// oldest first; limit 0 means 100.
func ListDead(ctx context.Context, js jetstream.JetStream, f DeadFilter, after uint64, limit int) ([]StoredLetter, error) {
	s, err := js.Stream(ctx, fusion.StreamDead)
	if err != nil {
		return nil, deadError(err)
	}
	subject := fusion.DeadSubject(cmp.Or(f.Connector, "*"))
	var list []StoredLetter
	for limit = cmp.Or(limit, 100); len(list) < limit; {
		m, err := s.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return nil, deadError(err)
		}
		after = m.Sequence
		if f.Code == "" || m.Header.Get(headerCode) == f.Code {
			list = append(list, storedLetter(m))
		}
	}
	return list, nil
}

// GetDead returns one dead letter; kind not-found when there is none.
func GetDead(ctx context.Context, js jetstream.JetStream, seq uint64) (*StoredLetter, error) {
	s, err := js.Stream(ctx, fusion.StreamDead)
	if err != nil {
		return nil, deadError(err)
	}
	m, err := s.GetMsg(ctx, seq)
	if err != nil {
		return nil, deadError(err)
	}
	return new(storedLetter(m)), nil
}

// MarkReplayed removes a dead letter whose events are on the log now.
func MarkReplayed(ctx context.Context, js jetstream.JetStream, seq uint64) error {
	s, err := js.Stream(ctx, fusion.StreamDead)
	if err == nil {
		err = s.DeleteMsg(ctx, seq)
	}
	if err != nil {
		return deadError(err)
	}
	return nil
}

func deadError(err error) error {
	kind := fusion.KindUnavailable
	api, ok := errors.AsType[*jetstream.APIError](err)
	if errors.Is(err, jetstream.ErrMsgNotFound) || ok && api.Code == 404 {
		kind = fusion.KindNotFound
	}
	return fusion.Errorf(kind, "read the dead letters", "%w", err)
}

// storedLetter reads what deadMessage wrote. Other programs may write dead
// letters too, so what is not there stays empty.
func storedLetter(m *jetstream.RawStreamMsg) StoredLetter {
	l := StoredLetter{
		Seq: m.Sequence, Stored: m.Time.UTC(), Connector: strings.TrimPrefix(m.Subject, fusion.DeadSubject("")),
		Version: m.Header.Get(headerVersion), Code: m.Header.Get(headerCode), Stage: m.Header.Get(headerStage),
		Field: m.Header.Get(headerField), Reason: m.Header.Get(headerReason), Origin: m.Header.Get(headerOrigin),
		Payload: m.Data, Size: len(m.Data), SHA256: m.Header.Get(headerDigest),
	}
	if t, err := time.Parse(time.RFC3339Nano, m.Header.Get(headerReceived)); err == nil {
		l.Received = t
	}
	if size, err := strconv.Atoi(m.Header.Get(headerSize)); err == nil {
		l.Size = size
	}
	if err := json.Unmarshal([]byte(m.Header.Get(headerMeta)), &l.Meta); err != nil {
		l.Meta = nil
	}
	return l
}
