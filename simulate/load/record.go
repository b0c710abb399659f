package load

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

// output is a message that the room put out.
type output struct {
	stream, subject string
	data            []byte
}

// record is what the room put out, by the event at whose coming the bare log
// puts out the same: of a probe, what names it; else the first of the message.
type record map[fusion.EventID][]output

// openBus starts the bus that a room left in dir, or a new one.
func openBus(ctx context.Context, dir string, users []bus.User, log *slog.Logger) (*bus.Bus, error) {
	b, err := bus.Start(ctx, bus.Options{Dir: filepath.Join(dir, "bus"), Listen: "127.0.0.1:0", Users: users}, log)
	if err != nil {
		return nil, err
	}
	if err := bus.Migrate(ctx, b.JS(), bus.Settings{MaxStore: b.MaxStore()}); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// readRecord reads what the room in dir put out, after it was stopped.
func readRecord(ctx context.Context, dir string, log *slog.Logger) (record, error) {
	b, err := openBus(ctx, dir, nil, log)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	firsts := map[uint64]fusion.EventID{}
	err = eachMessage(ctx, b.JS(), fusion.StreamRoom, func(m jetstream.Msg) error {
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if ids := eventIDs(m.Data()); len(ids) > 0 {
			firsts[meta.Sequence.Stream] = ids[0]
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	r := record{}
	for _, stream := range []string{fusion.StreamPictures, fusion.StreamAlerts, fusion.StreamHits} {
		err := eachMessage(ctx, b.JS(), stream, func(m jetstream.Msg) error {
			place, err := fusion.ParsePlace(m.Headers().Get(bus.HeaderPlace))
			if err != nil {
				return err
			}
			id, ok := probeIn(m.Data())
			if !ok {
				id = firsts[place.Seq]
			}
			r[id] = append(r[id], output{stream, m.Subject(), m.Data()})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// probeIn is the event of the probe that a message names.
func probeIn(data []byte) (fusion.EventID, bool) {
	_, after, found := bytes.Cut(data, []byte(probePrefix))
	digits := 0
	for digits < len(after) && after[digits] >= '0' && after[digits] <= '9' {
		digits++
	}
	if !found || digits == 0 {
		return "", false
	}
	return fusion.NewEventID("load", probePrefix+string(after[:digits]), ""), true
}

// eventIDs finds the ids of the events of a log message without decoding it.
func eventIDs(data []byte) (ids []fusion.EventID) {
	const mark, length = `"id":"`, 36
	for {
		at := bytes.Index(data, []byte(mark))
		if at < 0 || len(data) < at+len(mark)+length {
			return ids
		}
		data = data[at+len(mark):]
		if data[length] == '"' {
			ids = append(ids, fusion.EventID(data[:length]))
		}
	}
}

func eachMessage(ctx context.Context, js jetstream.JetStream, name string, fn func(jetstream.Msg) error) error {
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return fmt.Errorf("read stream %s: %w", name, err)
	}
	left := stream.CachedInfo().State.Msgs
	if left == 0 {
		return nil
	}
	consumer, err := js.OrderedConsumer(ctx, name, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return fmt.Errorf("read stream %s: %w", name, err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return fmt.Errorf("read stream %s: %w", name, err)
	}
	defer messages.Stop()
	for ; left > 0; left-- {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("read stream %s, %s messages before its end: %w", name, strconv.FormatUint(left, 10), err)
		}
		if err := fn(m); err != nil {
			return err
		}
	}
	return nil
}
