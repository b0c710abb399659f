package bus_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

// TestExternalServer uses a server that runs by itself, as a region's own.
func TestExternalServer(t *testing.T) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, SyncAlways: true})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server does not start")
	}
	defer s.Shutdown()
	b, err := bus.Start(t.Context(), bus.Options{URL: s.ClientURL()}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for range 2 { // the second time everything is there
		if err := bus.Migrate(t.Context(), b.JS(), bus.Settings{MaxStore: 1 << 30}); err != nil {
			t.Fatal(err)
		}
	}
	log, err := bus.OpenLog(t.Context(), b.JS())
	if err != nil {
		t.Fatal(err)
	}
	if seq, err := log.Publish(t.Context(), fusion.SubjectTick, []byte("{}"), 0, nil); err != nil || seq != 1 {
		t.Errorf("sequence %d: %v", seq, err)
	}
	if err := b.Health(); err != nil {
		t.Errorf("health: %v", err)
	}
}
