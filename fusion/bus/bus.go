package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
)

// Bus is a running bus and the room's own connection to it.
type Bus struct {
	opt    Options
	log    *slog.Logger
	conn   *nats.Conn
	js     jetstream.JetStream
	lock   *dirLock
	config *server.Options // of the embedded server; nil when it is external
	mqtt   account

	serverStore int64 // bytes that the embedded server is given

	mu     sync.RWMutex // guards current and closed; restarting makes restarts one at a time
	server *server.Server
	closed bool

	restarting sync.Mutex
}

// Start starts the embedded server, or connects to the one that opt.URL names.
// ctx bounds the start only. Errors are of type [fusion.Error] and say what to
// do; Close gives everything back.
func Start(ctx context.Context, opt Options, log *slog.Logger) (*Bus, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	b := &Bus{opt: opt, log: log}
	start := b.startEmbedded
	if opt.URL != "" {
		start = b.connectExternal
	}
	if err := start(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Conn is the room's own connection. It connects again for ever.
func (b *Bus) Conn() *nats.Conn { return b.conn }

// JS is JetStream over Conn.
func (b *Bus) JS() jetstream.JetStream { return b.js }

// MaxStore is how many bytes all streams together may take; 0 when the server
// is external, which knows by itself.
func (b *Bus) MaxStore() int64 { return b.opt.MaxStore }

// ClientURL is where clients outside connect, "" when nobody outside can.
func (b *Bus) ClientURL() string {
	if b.opt.URL != "" {
		return b.opt.URL
	}
	if b.config.DontListen {
		return ""
	}
	scheme := "nats://"
	if b.opt.TLSCert != "" {
		scheme = "tls://"
	}
	return scheme + address(b.config.Host, b.config.Port)
}

// MQTTAddr is the host:port where MQTT devices connect, "" when none can.
func (b *Bus) MQTTAddr() string {
	if b.config == nil || b.opt.MQTTListen == "" {
		return ""
	}
	return address(b.config.MQTT.Host, b.config.MQTT.Port)
}

// MQTTAccount is the account with which the room's connectors subscribe to
// devices on the MQTT listener. Its password is new at each start.
func (b *Bus) MQTTAccount() (user, password string) { return b.mqtt.name, b.mqtt.password }

// Close disconnects and stops the embedded server. It may be called twice.
func (b *Bus) Close() {
	b.mu.Lock()
	s, done := b.server, b.closed
	b.server, b.closed = nil, true
	b.mu.Unlock()
	if done {
		return
	}
	if b.conn != nil {
		b.conn.Close()
	}
	if s != nil {
		s.Shutdown()
		s.WaitForShutdown()
	}
	if b.lock != nil {
		b.lock.release()
	}
}

func (b *Bus) isClosed() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.closed
}

func (b *Bus) connectExternal(ctx context.Context) error {
	opts := b.connOptions()
	if b.opt.CredsFile != "" {
		opts = append(opts, nats.UserCredentials(b.opt.CredsFile))
	}
	if deadline, ok := ctx.Deadline(); ok {
		opts = append(opts, nats.Timeout(time.Until(deadline)))
	}
	return b.connect(b.opt.URL, opts)
}

func (b *Bus) connect(url string, opts []nats.Option) (err error) {
	if b.conn, err = nats.Connect(url, opts...); err != nil {
		if errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) {
			return fusion.Errorf(fusion.KindDenied, "start the bus", "the server refuses the credentials: %w", err).
				WithHint("check the credentials file of the bus")
		}
		return unavailable("cannot connect to the server: %w", err).
			WithHint("check the URL and the credentials file of the bus, and that the server runs")
	}
	if b.js, err = jetstream.New(b.conn); err != nil {
		return unavailable("cannot use JetStream: %w", err)
	}
	return nil
}

func (b *Bus) connOptions() []nats.Option {
	return []nats.Option{
		nats.Name("room"), nats.MaxReconnects(-1), nats.ReconnectWait(50 * time.Millisecond),
		nats.ReconnectJitter(50*time.Millisecond, 50*time.Millisecond), nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if !b.isClosed() {
				b.log.Warn("the bus is away", "problem", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { b.log.Info("the bus is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			b.log.Warn("the bus reports a problem", "problem", err)
		}),
	}
}

// InProcessConn connects to whichever server runs now, so that the room's
// connection finds the new one after a restart.
func (b *Bus) InProcessConn() (net.Conn, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.server == nil {
		return nil, errors.New("the server is restarting")
	}
	return b.server.InProcessConn()
}

func address(host string, port int) string { return net.JoinHostPort(host, fmt.Sprint(port)) }
