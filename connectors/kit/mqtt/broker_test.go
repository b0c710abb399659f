package mqtt

import (
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt3 "github.com/eclipse/paho.mqtt.golang"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/hooks/storage"
	"github.com/mochi-mqtt/server/v2/hooks/storage/bolt"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
	"github.com/nats-io/nats-server/v2/server"

	"github.com/openiroom/iroom/connectors"
)

const patience = 15 * time.Second

// broker is an MQTT 5 broker that keeps its sessions in a file.
type broker struct {
	*mochi.Server
	addr   string
	flight *flight
	stop   func() error
}

type brokerConfig struct {
	addr string // "" picks one
	file string
	tls  *tls.Config
	auth *auth.Ledger
}

func startBroker(t *testing.T, c brokerConfig) *broker {
	t.Helper()
	b := &broker{flight: &flight{}}
	b.stop = sync.OnceValue(func() error { return b.Server.Close() })
	b.Server = mochi.New(&mochi.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)})
	ledger := c.auth
	if ledger == nil {
		ledger = &auth.Ledger{Auth: auth.AuthRules{{Allow: true}}, ACL: auth.ACLRules{{}}}
	}
	must(t, b.AddHook(new(auth.Hook), &auth.Options{Ledger: ledger}))
	if c.file != "" {
		must(t, b.AddHook(new(disk), &bolt.Options{Path: c.file}))
	}
	must(t, b.AddHook(b.flight, nil))
	if c.addr == "" {
		c.addr = "127.0.0.1:0"
	}
	tcp := listeners.NewTCP(listeners.Config{ID: "tcp", Address: c.addr, TLSConfig: c.tls})
	must(t, b.AddListener(tcp))
	must(t, b.Serve())
	b.addr = tcp.Address()
	t.Cleanup(func() { must(t, b.stop()) })
	return b
}

func (b *broker) url() string { return "mqtt://" + b.addr }

// disk keeps sessions in a file. The hook it extends stores the packet ids of
// unacknowledged messages in their keys only.
type disk struct{ bolt.Hook }

func (d *disk) StoredInflightMessages() ([]storage.Message, error) {
	messages, err := d.Hook.StoredInflightMessages()
	for i, m := range messages {
		id, parseErr := strconv.ParseUint(m.ID[strings.LastIndex(m.ID, ":")+1:], 10, 16)
		messages[i].PacketID = uint16(id)
		err = errors.Join(err, parseErr)
	}
	return messages, err
}

// unacknowledged is how many messages the broker holds for a client.
func (b *broker) unacknowledged(client string) int {
	cl, ok := b.Clients.Get(client)
	if !ok {
		return -1
	}
	return cl.State.Inflight.Len()
}

// flight counts the messages that a broker has sent and that are not
// acknowledged.
type flight struct {
	mochi.HookBase
	mu        sync.Mutex
	now, most int
}

func (f *flight) ID() string { return "flight" }

func (f *flight) Provides(b byte) bool {
	return b == mochi.OnPacketSent || b == mochi.OnPacketRead
}

func (f *flight) OnPacketSent(_ *mochi.Client, p packets.Packet, _ []byte) {
	if p.FixedHeader.Type == packets.Publish && p.FixedHeader.Qos == 1 {
		f.add(1)
	}
}

func (f *flight) OnPacketRead(_ *mochi.Client, p packets.Packet) (packets.Packet, error) {
	if p.FixedHeader.Type == packets.Puback {
		f.add(-1)
	}
	return p, nil
}

func (f *flight) add(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now += n
	f.most = max(f.most, f.now)
}

func (f *flight) highest() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.most
}

// startRoom starts a NATS server with an MQTT listener, as the room has.
func startRoom(t *testing.T) connectors.Host {
	t.Helper()
	opts := &server.Options{
		ServerName: "room", DontListen: true, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: filepath.Join(t.TempDir(), "js"),
		MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: -1, AckWait: time.Second},
	}
	s, err := server.NewServer(opts)
	must(t, err)
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the room's MQTT listener is not ready")
	}
	addr := net.JoinHostPort(opts.MQTT.Host, strconv.Itoa(opts.MQTT.Port))
	return connectors.Host{Name: "door", MQTTAddr: addr, MQTTUser: "connector", MQTTPassword: "secret"}
}

// publish sends the payloads to a broker as a device does, and waits until
// the broker has confirmed each.
func publish(t *testing.T, addr, topic string, qos byte, payloads ...string) {
	t.Helper()
	device := mqtt3.NewClient(mqtt3.NewClientOptions().AddBroker("tcp://" + addr).SetClientID("device"))
	confirm(t, device.Connect())
	defer device.Disconnect(100)
	for _, p := range payloads {
		confirm(t, device.Publish(topic, qos, false, p))
	}
}

func confirm(t *testing.T, token mqtt3.Token) {
	t.Helper()
	if !token.WaitTimeout(patience) {
		t.Fatal("the broker does not answer the device")
	}
	must(t, token.Error())
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, patience)
		}
	}
}
