package load

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/config"
)

// Every sync and a checkpoint every few seconds, as in a real room.
const roomYAML = `
room: load
dir: .
checkpoint: {every: 5s}
`

// runRoom puts a whole room, new and in dir, under the load.
func runRoom(ctx context.Context, dir string, p Plan, log *slog.Logger) (r Run, err error) {
	cfg, err := config.Parse(filepath.Join(dir, "room.yaml"), []byte(roomYAML))
	if err != nil {
		return r, err
	}
	room, err := app.Start(ctx, app.Options{Config: cfg, Log: log})
	if err != nil {
		return r, err
	}
	defer room.Stop()
	access, err := app.ReadAccess(dir)
	if err != nil {
		return r, err
	}
	nc, err := nats.Connect(access.URL, nats.UserInfo(access.User, access.Password), nats.CustomInboxPrefix(app.InboxPrefix(access.User)))
	if err != nil {
		return r, fmt.Errorf("subscribe to the alerts: %w", err)
	}
	defer nc.Close()
	return measure(ctx, p, nc, submit(ctx, room.Sink()))
}

// submit hands events to a sink one by one. The first that the sink gives back
// ends it.
func submit(ctx context.Context, sink connectors.Sink) func(*fusion.Event) error {
	var mu sync.Mutex
	var failed error
	return func(e *fusion.Event) error {
		err := sink.Submit(ctx, connectors.Item{Connector: "load", Events: []*fusion.Event{e}}, func(err error) {
			mu.Lock()
			defer mu.Unlock()
			if failed == nil {
				failed = err
			}
		})
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			return err
		}
		return failed
	}
}

// measure hands over by the plan and waits for the alerts.
func measure(ctx context.Context, p Plan, nc *nats.Conn, hand func(*fusion.Event) error) (r Run, err error) {
	start := time.Now().Add(time.Second)
	table := p.timetable(start)
	r.Events, r.Probes = len(table), probesOf(table)
	heard := newAlerts(r.Probes)
	heard.start = start
	if err := heard.subscribe(nc); err != nil {
		return r, err
	}
	before := cpu()
	behind, err := feed(ctx, start, table, hand)
	if err != nil {
		return r, err
	}
	r.Behind = Milliseconds(behind)
	if r.recorded, r.Missing, err = heard.latencies(table); err != nil {
		return r, err
	}
	r.CPU = Milliseconds(cpu() - before)
	r.summarise()
	return r, nil
}
