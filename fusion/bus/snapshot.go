package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
)

const (
	// RestorePart is a good size of the parts of a restore, in bytes. The
	// server gives up when it cannot store one in 5 s.
	RestorePart = 64 << 10

	snapshotPart   = 512 << 10
	snapshotWindow = 8 << 20 // bytes on their way
	partWithin     = 30 * time.Second
	restoredWithin = 10 * time.Minute
	statusWhole    = "204" // of the empty message that ends a snapshot
)

// StreamHeader is what a stream is made again from, beside its parts, as the
// server gives and takes it.
type StreamHeader struct {
	Config jsontext.Value `json:"config"`
	State  jsontext.Value `json:"state"`
}

// apiError is how the server's API says that it will not.
type apiError struct {
	Error *struct {
		Description string `json:"description"`
	} `json:"error"`
}

func (a apiError) err() error {
	if a.Error == nil {
		return nil
	}
	return errors.New(a.Error.Description)
}

// SnapshotStream copies a stream as it is at this moment, with its consumers,
// while it is in use: every message with its sequence, time and headers. It
// hands over the header and then the parts in order. The protocol is that of the JetStream API,
// $JS.API.STREAM.SNAPSHOT.
func SnapshotStream(ctx context.Context, nc *nats.Conn, stream string, begin func(StreamHeader) error, take func(part []byte) error) (err error) {
	deliver := nc.NewInbox()
	parts, err := nc.SubscribeSync(deliver)
	if err != nil {
		return snapshotError(stream, err)
	}
	defer func() { err = errors.Join(err, parts.Unsubscribe()) }()
	request, err := fusion.Encode(map[string]any{"deliver_subject": deliver, "chunk_size": snapshotPart, "window_size": snapshotWindow})
	if err != nil {
		return err
	}
	var answer struct {
		apiError
		StreamHeader
	}
	if err := askAPI(ctx, nc, "$JS.API.STREAM.SNAPSHOT."+stream, request, partWithin, &answer); err != nil {
		return snapshotError(stream, err)
	}
	if err := answer.err(); err != nil {
		return snapshotError(stream, err)
	}
	if err := begin(answer.StreamHeader); err != nil {
		return err
	}
	return snapshotError(stream, takeParts(ctx, nc, parts, take))
}

func takeParts(ctx context.Context, nc *nats.Conn, parts *nats.Subscription, take func([]byte) error) error {
	for {
		m, err := nextPart(ctx, parts)
		if err != nil {
			return err
		}
		if len(m.Data) == 0 {
			if status := m.Header.Get("Status"); status != "" && status != statusWhole {
				return fmt.Errorf("the server broke off: %s %s", status, m.Header.Get("Description"))
			}
			return nil
		}
		if err := take(m.Data); err != nil {
			return err
		}
		if m.Reply != "" {
			if err := nc.Publish(m.Reply, nil); err != nil {
				return err
			}
		}
	}
}

func nextPart(ctx context.Context, parts *nats.Subscription) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, partWithin)
	defer cancel()
	return parts.NextMsgWithContext(ctx)
}

// RestoreStream makes a stream of its header and its parts, which next gives
// until one is empty. A stream of that name must not be there. It counts as
// made now, but its messages are those of before.
func RestoreStream(ctx context.Context, nc *nats.Conn, stream string, h StreamHeader, next func() ([]byte, error)) error {
	request, err := fusion.Encode(h)
	if err != nil {
		return err
	}
	var begun struct {
		apiError
		Deliver string `json:"deliver_subject"`
	}
	err = askAPI(ctx, nc, "$JS.API.STREAM.RESTORE."+stream, request, partWithin, &begun)
	if err = errors.Join(err, begun.err()); err != nil {
		return restoreError(stream, err)
	}
	for {
		part, err := next()
		if err != nil {
			return err
		}
		var answer apiError
		err = askAPI(ctx, nc, begun.Deliver, part, restoredWithin, &answer)
		if err = errors.Join(err, answer.err()); err != nil {
			return restoreError(stream, err)
		}
		if len(part) == 0 {
			return nil
		}
	}
}

// askAPI sends a request and reads the answer, if it is not empty.
func askAPI(ctx context.Context, nc *nats.Conn, subject string, request []byte, within time.Duration, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	m, err := nc.RequestWithContext(ctx, subject, request)
	if err != nil || len(m.Data) == 0 {
		return err
	}
	return json.Unmarshal(m.Data, answer)
}

func snapshotError(stream string, err error) error {
	if err == nil {
		return nil
	}
	return fusion.Errorf(fusion.KindUnavailable, "copy stream "+stream, "%w", err)
}

func restoreError(stream string, err error) error {
	return fusion.Errorf(fusion.KindUnavailable, "make stream "+stream+" again", "%w", err)
}
