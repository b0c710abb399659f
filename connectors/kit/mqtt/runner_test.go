package mqtt

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// fullLog refuses the first events, as a log does that is full, and keeps the
// rest.
type fullLog struct {
	mu      sync.Mutex
	refuses int
	kept    map[string]bool
}

func (l *fullLog) Submit(_ context.Context, item connectors.Item, done func(error)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if item.Events[0].Type == fusion.TypeConnectorState {
		return nil
	}
	if l.refuses > 0 {
		l.refuses--
		done(errors.New("the log is full"))
		return nil
	}
	l.kept[item.Events[0].Subject] = true
	done(nil)
	return nil
}

func (l *fullLog) Dead(context.Context, connectors.DeadLetter) error { return nil }

func (l *fullLog) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.kept)
}

func TestARunnerGetsWhatTheLogRefused(t *testing.T) {
	b := startBroker(t, brokerConfig{})
	source, err := New(connectors.Host{Name: "yard"}, Config{Broker: b.url(), Topics: []string{"a"}})
	must(t, err)
	log := &fullLog{refuses: 2, kept: map[string]bool{}}
	runner := &connectors.Runner{
		Kind: &connectors.Kind{Name: "test", Version: "1"}, Name: "yard", Sink: log, Log: slog.New(slog.DiscardHandler),
		Connector: &connectors.Connector{Source: source, Mapper: connectors.MapperFunc(func(m connectors.Message) connectors.Mapping {
			id := string(m.Payload)
			return connectors.Mapping{Events: []*fusion.Event{{
				ID: fusion.NewEventID("test", id, ""), Source: "test", Subject: id, Type: fusion.TypeCameraObject, Time: time.Unix(1, 0),
			}}}
		})},
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { runner.Run(ctx) })
	eventually(t, "the runner is connected", func() bool { return runner.Status().State == connectors.StateConnected })
	publish(t, b.addr, "a", 1, "1", "2", "3", "4", "5")
	eventually(t, "all five events are on the log", func() bool { return log.count() == 5 })
	eventually(t, "the broker holds nothing", func() bool { return b.unacknowledged("iroom-yard") == 0 })
	cancel()
	running.Wait()
}
