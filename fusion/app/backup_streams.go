package app

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

// streams adds every stream, in the order of [copiedAt].
func (b *backup) streams(ctx context.Context, js jetstream.JetStream) error {
	lister := js.StreamNames(ctx)
	var names []string
	for name := range lister.Name() {
		names = append(names, name)
	}
	if err := lister.Err(); err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "list the streams", "%w", err)
	}
	slices.SortFunc(names, func(a, b string) int {
		if c := copiedAt(a) - copiedAt(b); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		if err := b.stream(ctx, js.Conn(), name); err != nil {
			return err
		}
	}
	b.manifest.Streams = names
	return nil
}

// copiedAt orders the streams: where connectors are and what devices wait for
// before the log, so that a source sends again what the copy of the log does
// not have; outputs before it too, since it must have what they were made
// from; and after it what its messages name.
func copiedAt(stream string) int {
	switch stream {
	case fusion.StreamPictures, fusion.StreamAlerts, fusion.StreamHits:
		return 2
	case fusion.StreamRoom:
		return 3
	case fusion.StreamRaw, fusion.StreamDead, fusion.StreamAudit, "OBJ_" + bus.StoreBundles:
		return 4
	}
	return 1
}

func (b *backup) stream(ctx context.Context, nc *nats.Conn, name string) error {
	var part bytes.Buffer
	var done int64
	parts := 0
	flush := func() error {
		parts++
		defer part.Reset()
		return b.add(streamFolder+name+fmt.Sprintf(partName, parts), part.Bytes())
	}
	b.progress(name, 0)
	begin := func(h bus.StreamHeader) error {
		header, err := fusion.Encode(h)
		if err != nil {
			return err
		}
		return b.add(streamFolder+name+headerFile, header)
	}
	err := bus.SnapshotStream(ctx, nc, name, begin, func(p []byte) error {
		part.Write(p)
		done += int64(len(p))
		if part.Len() < backupPart {
			return nil
		}
		b.progress(name, done)
		return flush()
	})
	if err == nil && part.Len() > 0 {
		err = flush()
	}
	b.progress(name, done)
	return err
}
