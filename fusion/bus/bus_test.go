package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

const patience = 30 * time.Second

func start(t *testing.T, opt bus.Options) *bus.Bus {
	t.Helper()
	if opt.Dir == "" && opt.URL == "" {
		opt.Dir = t.TempDir()
	}
	if opt.Ballast == 0 {
		opt.Ballast = 1 << 10
	}
	if opt.MaxStore == 0 {
		opt.MaxStore = 1 << 30
	}
	b, err := bus.Start(t.Context(), opt, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// room is a bus with all its streams.
func room(t *testing.T, opt bus.Options) *bus.Bus {
	t.Helper()
	b := start(t, opt)
	if err := bus.Migrate(t.Context(), b.JS(), bus.Settings{MaxStore: 1 << 30}); err != nil {
		t.Fatal(err)
	}
	return b
}

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func openLog(t *testing.T, b *bus.Bus) *bus.Log {
	t.Helper()
	l, err := bus.OpenLog(limited(t), b.JS())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestStartRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	inUse := t.TempDir()
	start(t, bus.Options{Dir: inUse})
	for name, c := range map[string]struct {
		opt  bus.Options
		kind fusion.Kind
		says string
	}{
		"no folder":       {bus.Options{}, fusion.KindInvalid, "folder"},
		"folder is file":  {bus.Options{Dir: file}, fusion.KindInvalid, "writable"},
		"folder in use":   {bus.Options{Dir: inUse}, fusion.KindUnavailable, "another process"},
		"port in use":     {bus.Options{Dir: t.TempDir(), Listen: taken.Addr().String()}, fusion.KindUnavailable, "cannot listen"},
		"MQTT in use":     {bus.Options{Dir: t.TempDir(), MQTTListen: taken.Addr().String()}, fusion.KindUnavailable, "cannot listen"},
		"no address":      {bus.Options{Dir: t.TempDir(), Listen: "4222"}, fusion.KindInvalid, "127.0.0.1:4222"},
		"bad URL":         {bus.Options{URL: "nats://127.0.0.1:1"}, fusion.KindUnavailable, "cannot connect"},
		"no credentials":  {bus.Options{URL: "nats://127.0.0.1:1", CredsFile: file}, fusion.KindUnavailable, "credentials"},
		"URL and users":   {bus.Options{URL: "nats://127.0.0.1:1", Users: []bus.User{{}}}, fusion.KindInvalid, "of its own"},
		"no password":     {bus.Options{Dir: t.TempDir(), Users: []bus.User{{Name: "a", Role: bus.RoleDesk}}}, fusion.KindInvalid, "password"},
		"room's name":     {bus.Options{Dir: t.TempDir(), Users: []bus.User{{Name: "room", Role: bus.RoleConnector, Password: "x"}}}, fusion.KindInvalid, "own"},
		"role":            {bus.Options{Dir: t.TempDir(), Users: []bus.User{{Name: "a", Role: "boss", Password: "x"}}}, fusion.KindInvalid, "reader"},
		"device of iroom": {bus.Options{Dir: t.TempDir(), Users: []bus.User{{Name: "a", Role: bus.RoleDevice, Password: "x", Topics: "iroom"}}}, fusion.KindInvalid, "first level"},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := bus.Start(t.Context(), c.opt, slog.New(slog.DiscardHandler))
			if err == nil {
				b.Close()
				t.Fatal("started")
			}
			if fusion.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v; want %s with %q", fusion.KindOf(err), err, c.kind, c.says)
			}
		})
	}
}

func TestExternalServerRefusesBadPassword(t *testing.T) {
	b := start(t, bus.Options{Listen: "127.0.0.1:0"})
	_, err := bus.Start(t.Context(), bus.Options{URL: b.ClientURL()}, slog.New(slog.DiscardHandler))
	if fusion.KindOf(err) != fusion.KindDenied {
		t.Errorf("anonymous got %v", err)
	}
}

func TestFolderIsFreeAfterClose(t *testing.T) {
	dir := t.TempDir()
	start(t, bus.Options{Dir: dir}).Close()
	start(t, bus.Options{Dir: dir})
}

func TestMigrateIsIdempotentAndRefusesOthersStreams(t *testing.T) {
	b := room(t, bus.Options{})
	ctx := limited(t)
	if err := bus.Migrate(ctx, b.JS(), bus.Settings{MaxStore: 1 << 29}); err != nil {
		t.Fatalf("second time: %v", err)
	}
	s, err := b.JS().Stream(ctx, fusion.StreamRoom)
	if err != nil {
		t.Fatal(err)
	}
	if cfg := s.CachedInfo().Config; cfg.MaxBytes != (1<<29)/100*38 || cfg.Discard != jetstream.DiscardNew || !cfg.AllowMsgTTL {
		t.Errorf("ROOM is %+v", cfg)
	}
	if err := b.JS().DeleteStream(ctx, fusion.StreamRoom); err != nil {
		t.Fatal(err)
	}
	foreign := jetstream.StreamConfig{Name: fusion.StreamRoom, Subjects: []string{"iroom.in.>"}, Storage: jetstream.MemoryStorage}
	if _, err := b.JS().CreateStream(ctx, foreign); err != nil {
		t.Fatal(err)
	}
	if err := bus.Migrate(ctx, b.JS(), bus.Settings{MaxStore: 1 << 29}); fusion.KindOf(err) != fusion.KindConflict {
		t.Errorf("a stream in memory gives %v", err)
	}
}

func TestMigrateRefusesNewerLayout(t *testing.T) {
	b := start(t, bus.Options{})
	ctx := limited(t)
	newer := jetstream.StreamConfig{Name: fusion.StreamDead, Subjects: []string{"iroom.dead.>"}, Metadata: map[string]string{"iroom-layout": "99"}}
	if _, err := b.JS().CreateStream(ctx, newer); err != nil {
		t.Fatal(err)
	}
	if err := bus.Migrate(ctx, b.JS(), bus.Settings{MaxStore: 1 << 29}); fusion.KindOf(err) != fusion.KindConflict {
		t.Errorf("got %v", err)
	}
}

func TestRestartKeepsWhatWasAcknowledged(t *testing.T) {
	b := room(t, bus.Options{Listen: "127.0.0.1:0"})
	log := openLog(t, b)
	url := b.ClientURL()
	ctx := limited(t)
	var seqs []uint64
	for i := range 20 {
		seq, err := log.Publish(ctx, fusion.SubjectTick, fmt.Append(nil, i), time.Hour, nil)
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, seq)
	}
	if err := b.Restart(); err != nil {
		t.Fatal(err)
	}
	if b.ClientURL() != url {
		t.Errorf("the address was %s and is %s", url, b.ClientURL())
	}
	ctx, stop := context.WithCancel(limited(t))
	var got []uint64
	err := log.Read(ctx, 1, func(m bus.Message) error {
		if got = append(got, m.Seq); m.Seq == seqs[len(seqs)-1] {
			stop()
		}
		return nil
	})
	if err != nil || fmt.Sprint(got) != fmt.Sprint(seqs) {
		t.Errorf("read %v (%v), want %v", got, err, seqs)
	}
}

func TestRunRestartsASickServer(t *testing.T) {
	b := room(t, bus.Options{HealthEvery: 10 * time.Millisecond})
	ctx, stop := context.WithCancel(limited(t))
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	before := b.Kill()
	for b.Running() == nil || b.Running() == before {
		if err := ctx.Err(); err != nil {
			t.Fatal("the server was not restarted")
		}
		time.Sleep(time.Millisecond)
	}
	if _, err := publishUntil(ctx, openLogUntil(ctx, t, b)); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func openLogUntil(ctx context.Context, t *testing.T, b *bus.Bus) *bus.Log {
	t.Helper()
	for {
		l, err := bus.OpenLog(ctx, b.JS())
		if err == nil {
			return l
		}
		if ctx.Err() != nil {
			t.Fatal(err)
		}
	}
}

// publishUntil tries again until a tick is on the log.
func publishUntil(ctx context.Context, l *bus.Log) (uint64, error) {
	for {
		seq, err := l.Publish(ctx, fusion.SubjectTick, []byte("{}"), 0, nil)
		if err == nil || ctx.Err() != nil {
			return seq, err
		}
	}
}

func TestRepublish(t *testing.T) {
	b := room(t, bus.Options{})
	ctx := limited(t)
	sub, err := b.Conn().SubscribeSync("iroom.alert.>")
	if err != nil {
		t.Fatal(err)
	}
	out, err := bus.NewOutput(ctx, b.JS(), fusion.StreamAlerts)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := errors.Join(out.Publish(ctx, "iroom.out.alert.centre.fire.high.1", []byte("x"), fusion.Place{Seq: 1}), out.Flush(ctx)); err != nil {
		t.Fatal(err)
	}
	m, err := sub.NextMsgWithContext(ctx)
	if err != nil || m.Subject != "iroom.alert.centre.fire.high.1" || string(m.Data) != "x" || m.Header.Get("Nats-Sequence") != "1" {
		t.Fatalf("got %v, %v", m, err)
	}
	s, err := b.JS().Stream(ctx, fusion.StreamAlerts)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := s.GetMsg(ctx, 1)
	if err != nil || stored.Subject != m.Subject || s.CachedInfo().State.Msgs != 1 {
		t.Errorf("stored %v (%v), %d messages", stored, err, s.CachedInfo().State.Msgs)
	}
}

func connect(t *testing.T, b *bus.Bus, user, password string) (*nats.Conn, error) {
	t.Helper()
	nc, err := nats.Connect(b.ClientURL(), nats.UserInfo(user, password), nats.CustomInboxPrefix(bus.InboxPrefix(user)),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	if err == nil {
		t.Cleanup(nc.Close)
	}
	return nc, err
}
