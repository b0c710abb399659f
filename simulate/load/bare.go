package load

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

// bare is the log with nothing between what comes in and what goes out.
type bare struct {
	log     *bus.Log
	outputs map[string]*bus.Output
	said    record // what it puts out when an event comes

	mu      sync.Mutex
	waiting [][]byte // encoded events that the next message takes
	more    chan struct{}
}

// runBare puts a bare log, new and in dir, under the load. It answers each
// event with what the room answered.
func runBare(ctx context.Context, dir string, p Plan, said record, log *slog.Logger) (r Run, err error) {
	user := bus.User{Name: "load", Role: bus.RoleReader, Password: rand.Text()}
	b, err := openBus(ctx, dir, []bus.User{user}, log)
	if err != nil {
		return r, err
	}
	defer b.Close()
	running, cancel := context.WithCancel(ctx)
	x, err := newBare(running, b, said)
	if err != nil {
		cancel()
		return r, err
	}
	nc, err := nats.Connect(b.ClientURL(), nats.UserInfo(user.Name, user.Password), nats.CustomInboxPrefix(bus.InboxPrefix(user.Name)))
	if err != nil {
		cancel()
		return r, fmt.Errorf("subscribe to the alerts: %w", err)
	}
	defer nc.Close()
	var wg sync.WaitGroup
	var wrote, read error
	wg.Go(func() { wrote = x.write(running) })
	wg.Go(func() { read = x.log.Read(running, 1, func(m bus.Message) error { return x.answer(running, m) }) })
	r, err = measure(ctx, p, nc, x.hand)
	cancel()
	wg.Wait()
	return r, errors.Join(err, wrote, read)
}

func newBare(ctx context.Context, b *bus.Bus, said record) (x *bare, err error) {
	x = &bare{said: said, more: make(chan struct{}, 1), outputs: map[string]*bus.Output{}}
	if x.log, err = bus.OpenLog(ctx, b.JS()); err != nil {
		return nil, err
	}
	for _, stream := range []string{fusion.StreamPictures, fusion.StreamAlerts, fusion.StreamHits} {
		if x.outputs[stream], err = bus.NewOutput(ctx, b.JS(), stream); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// hand encodes an event and leaves it for the next message.
func (x *bare) hand(e *fusion.Event) error {
	data, err := fusion.Encode(e)
	if err != nil {
		return err
	}
	x.mu.Lock()
	x.waiting = append(x.waiting, data)
	x.mu.Unlock()
	select {
	case x.more <- struct{}{}:
	default:
	}
	return nil
}

// write publishes what is waiting, as one message, whenever the message before
// is stored.
func (x *bare) write(ctx context.Context) error {
	subject := fusion.EventSubject(fusion.PublisherRoom, "week")
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-x.more:
		}
		for batch := x.take(); len(batch) > 0; batch = x.take() {
			if _, err := x.log.Publish(ctx, subject, fusion.EncodeBatch(batch), 7*24*time.Hour, nil); err != nil {
				return fmt.Errorf("publish to the bare log: %w", err)
			}
		}
	}
}

// mostEvents of one message, as many as the ingest takes.
const mostEvents = 500

func (x *bare) take() [][]byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := min(len(x.waiting), mostEvents)
	batch := x.waiting[:n:n]
	x.waiting = x.waiting[n:]
	return batch
}

// answer puts out what the room put out for the events of the message.
func (x *bare) answer(ctx context.Context, m bus.Message) error {
	n := 0
	for _, id := range eventIDs(m.Data) {
		for _, o := range x.said[id] {
			n++
			subject := "iroom.out." + strings.TrimPrefix(o.subject, "iroom.")
			if err := x.outputs[o.stream].Publish(ctx, subject, o.data, fusion.Place{Seq: m.Seq, N: n}); err != nil {
				return err
			}
		}
	}
	return nil
}
