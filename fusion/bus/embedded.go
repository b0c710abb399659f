package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// mqttAckWait is how long a message that a connector did not acknowledge waits
// before it is sent again.
const mqttAckWait = 5 * time.Second

func (b *Bus) startEmbedded(ctx context.Context) error {
	if err := b.prepareDir(); err != nil {
		return err
	}
	self := newAccount(OwnUser)
	b.mqtt = newAccount(mqttUser)
	config, err := b.serverConfig(self)
	if err != nil {
		return err
	}
	b.config = config
	if err := b.bind(ctx); err != nil {
		return err
	}
	if err := b.run(); err != nil {
		return err
	}
	opts := append(b.connOptions(), nats.InProcessServer(b), nats.UserInfo(self.name, self.password))
	return b.connect("", opts)
}

func (b *Bus) prepareDir() (err error) {
	if err = os.MkdirAll(b.opt.Dir, 0o700); err == nil {
		b.lock, err = lockDir(b.opt.Dir)
	}
	if errors.Is(err, errLocked) {
		return unavailable("the store in %s is in use by another process", b.opt.Dir).
			WithHint("stop that one, or give this one another folder")
	}
	if err != nil {
		return invalid("cannot use the folder %s: %w", b.opt.Dir, err).WithHint("make it writable for this user, or name another")
	}
	if b.opt.Ballast == 0 {
		b.opt.Ballast = defaultBallast
	}
	if err := b.decideStore(); err != nil {
		return err
	}
	if err := b.layBallast(); err != nil {
		b.log.Warn("no ballast could be laid for a full disk", "problem", err)
	}
	return nil
}

func (b *Bus) serverConfig(self account) (*server.Options, error) {
	users, err := accounts(self, b.mqtt, b.opt.Users)
	if err != nil {
		return nil, err
	}
	o := &server.Options{
		ServerName: "iroom", NoSigs: true, NoSystemAccount: true, MaxPayload: MaxPayload,
		JetStream: true, StoreDir: filepath.Join(b.opt.Dir, "nats"), JetStreamMaxStore: b.serverStore,
		SyncAlways: !b.opt.NoSyncAlways, DontListen: b.opt.Listen == "", Host: "127.0.0.1",
		Users: users,
	}
	o.MQTT.AckWait = mqttAckWait
	if b.opt.TLSCert != "" {
		if o.TLSConfig, err = listenerTLS(b.opt.TLSCert, b.opt.TLSKey); err != nil {
			return nil, err
		}
		o.MQTT.TLSConfig = o.TLSConfig.Clone()
	}
	if b.opt.Listen != "" {
		if o.Host, o.Port, err = endpoint("listen", b.opt.Listen); err != nil {
			return nil, err
		}
	}
	if b.opt.MQTTListen != "" {
		if o.MQTT.Host, o.MQTT.Port, err = endpoint("mqtt", b.opt.MQTTListen); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// bind tries the listeners, so that a port in use is an error of the start
// and not of the server's own log, and fixes free ports for later restarts.
func (b *Bus) bind(ctx context.Context) error {
	if b.opt.Listen != "" {
		if err := tryPort(ctx, b.config.Host, &b.config.Port); err != nil {
			return err
		}
	}
	if b.opt.MQTTListen != "" {
		return tryPort(ctx, b.config.MQTT.Host, &b.config.MQTT.Port)
	}
	return nil
}

func tryPort(ctx context.Context, host string, port *int) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address(host, max(*port, 0)))
	if err != nil {
		return unavailable("cannot listen on %s: %w", address(host, max(*port, 0)), err).
			WithHint("stop the program that uses the address, or configure another")
	}
	*port = l.Addr().(*net.TCPAddr).Port
	return l.Close()
}

// run starts a server on the store and makes it the current one.
func (b *Bus) run() error {
	s, err := server.NewServer(b.config.Clone())
	if err != nil {
		return invalid("the server refuses its configuration: %w", err)
	}
	s.SetLoggerV2(serverLog{b.log}, false, false, false)
	go s.Start()
	if !s.ReadyForConnections(readyWithin) || !s.JetStreamEnabled() {
		s.Shutdown()
		return unavailable("the server is not ready after %s", readyWithin).
			WithHint("look at the server's lines in the log, and at the free space of %s", b.opt.Dir)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		s.Shutdown()
		return errClosed
	}
	b.server = s
	return nil
}

var errClosed = errors.New("the bus is closed")

// Restart stops the embedded server and starts another one on the same store
// and addresses. Every acknowledged message is there again; clients reconnect.
func (b *Bus) Restart() error {
	if b.config == nil {
		return errors.New("an external server cannot be restarted from here")
	}
	b.restarting.Lock()
	defer b.restarting.Unlock()
	b.mu.Lock()
	s := b.server
	b.server = nil
	b.mu.Unlock()
	if s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
	return b.run()
}

// Run watches the embedded server until ctx is done. When it is not healthy
// twice in a row, as after a write error on a full disk, it frees the ballast
// and restarts the server, again after growing pauses until that helps.
func (b *Bus) Run(ctx context.Context) error {
	if b.config == nil {
		<-ctx.Done()
		return nil
	}
	every := b.opt.HealthEvery
	if every == 0 {
		every = defaultHealthEvery
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	w := watch{longest: max(time.Minute/every, 1)}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if w.sick(b.problem()) {
				b.heal(ctx)
			} else if w.bad == 0 {
				b.restoreBallast()
			}
		}
	}
}

// watch counts looks at the server's health.
type watch struct {
	bad     time.Duration // looks in a row that were bad
	next    time.Duration // at how many of them to heal
	longest time.Duration // most looks between two attempts
}

// sick reports whether it is time to heal.
func (w *watch) sick(problem error) bool {
	if problem == nil {
		w.bad, w.next = 0, 2
		return false
	}
	w.next = max(w.next, 2)
	if w.bad++; w.bad < w.next {
		return false
	}
	w.next = w.bad + min(w.bad, w.longest)
	return true
}

// Health says what is wrong with the bus, nil when it is well. A folder that is
// nearly full is wrong too: the next message may not fit.
func (b *Bus) Health() error {
	if b.config == nil {
		if !b.conn.IsConnected() {
			return errors.New("the server cannot be reached")
		}
		return nil
	}
	if err := b.problem(); err != nil {
		return err
	}
	free, err := freeBytes(b.opt.Dir)
	if err == nil && free < b.opt.Ballast {
		return fmt.Errorf("the folder %s has only %d MB of free space", b.opt.Dir, free>>20)
	}
	return err
}

// problem says what is wrong with the embedded server, nil when it is well.
func (b *Bus) problem() error {
	b.mu.RLock()
	s := b.server
	b.mu.RUnlock()
	if s == nil {
		return errors.New("the server does not run")
	}
	if h := s.Healthz(nil); h.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", h.Status, h.Error)
	}
	return nil
}

func (b *Bus) heal(ctx context.Context) {
	b.log.ErrorContext(ctx, "ALARM: the bus cannot write; free space in its folder; it is restarted until it can",
		"folder", b.opt.Dir, "problem", b.problem())
	if err := b.freeBallast(); err != nil {
		b.log.ErrorContext(ctx, "the ballast could not be freed", "problem", err)
	}
	if err := b.Restart(); err != nil && !errors.Is(err, errClosed) {
		b.log.ErrorContext(ctx, "the bus could not be restarted", "problem", err)
	}
}

// serverLog passes on what the server warns of.
type serverLog struct{ log *slog.Logger }

func (l serverLog) Noticef(f string, v ...any) { l.log.Debug("server", "line", fmt.Sprintf(f, v...)) }

func (l serverLog) Warnf(f string, v ...any) { l.log.Warn("server", "line", fmt.Sprintf(f, v...)) }

func (l serverLog) Errorf(f string, v ...any) { l.log.Error("server", "line", fmt.Sprintf(f, v...)) }

func (l serverLog) Fatalf(f string, v ...any) { l.log.Error("server", "line", fmt.Sprintf(f, v...)) }
func (l serverLog) Debugf(string, ...any)     {}
func (l serverLog) Tracef(string, ...any)     {}
