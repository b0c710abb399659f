package mqtt

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mochi-mqtt/server/v2/hooks/auth"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

var (
	taken    = connectors.Receipt{Events: 1}
	notTaken = connectors.Receipt{Err: errors.New("the log is full")}
)

func open(t *testing.T, h connectors.Host, cfg Config) *Source {
	t.Helper()
	s, err := New(h, cfg)
	must(t, err)
	must(t, s.Open(t.Context()))
	return s
}

// next returns the next message.
func next(t *testing.T, s *Source) (connectors.Message, connectors.Ack) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	m, ack, err := s.Read(ctx)
	must(t, err)
	return m, ack
}

// read returns the payloads and acks of the next n messages.
func read(t *testing.T, s *Source, n int) (payloads []string, acks []connectors.Ack) {
	t.Helper()
	for range n {
		m, ack := next(t, s)
		payloads, acks = append(payloads, string(m.Payload)), append(acks, ack)
	}
	return payloads, acks
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("read %q, want %q", got, want)
	}
}

// readError reads until the source fails, as a runner does.
func readError(t *testing.T, s *Source) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := s.Read(ctx); err != nil {
			if ctx.Err() != nil {
				t.Fatal("Read does not see that the connection is lost")
			}
			return err
		}
	}
}

func TestABrokerThatRestartsLosesNothing(t *testing.T) {
	for _, version := range []string{Version5, Version311} {
		t.Run(version, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "broker.db")
			b := startBroker(t, brokerConfig{file: file})
			s := open(t, connectors.Host{Name: "yard"}, Config{Broker: b.url(), Version: version, Topics: []string{"a/#"}})
			publish(t, b.addr, "a/b", 1, "1", "2", "3", "4", "5")
			got, acks := read(t, s, 5)
			expect(t, got, "1", "2", "3", "4", "5")
			acks[0](taken)
			acks[1](taken)
			eventually(t, "the broker has two acknowledgements", func() bool { return b.unacknowledged("iroom-yard") == 3 })

			must(t, b.stop())
			if err := readError(t, s); !strings.Contains(err.Error(), b.addr) {
				t.Errorf("%q does not say which broker", err)
			}
			for _, ack := range acks[2:] {
				ack(taken) // too late for this connection
			}
			must(t, s.Close(t.Context()))

			b = startBroker(t, brokerConfig{file: file, addr: b.addr})
			must(t, s.Open(t.Context()))
			got, acks = read(t, s, 3)
			slices.Sort(got) // this broker does not keep their order over a restart
			expect(t, got, "3", "4", "5")
			for _, ack := range acks {
				ack(taken)
			}
			eventually(t, "the broker holds nothing", func() bool { return b.unacknowledged("iroom-yard") == 0 })
			must(t, s.Close(t.Context()))
		})
	}
}

func TestWhatIsNotStoredComesAgain(t *testing.T) {
	for _, version := range []string{Version5, Version311} {
		t.Run(version, func(t *testing.T) {
			b := startBroker(t, brokerConfig{})
			s := open(t, connectors.Host{Name: "yard"}, Config{Broker: b.url(), Version: version, Topics: []string{"a"}})
			publish(t, b.addr, "a", 1, "1", "2", "3")
			_, acks := read(t, s, 3)
			acks[0](taken)
			acks[1](notTaken)
			acks[2](taken) // in order: this one must not overtake
			if err := readError(t, s); !errors.Is(err, notTaken.Err) {
				t.Errorf("Read says %v", err)
			}
			must(t, s.Close(t.Context()))
			must(t, s.Open(t.Context()))
			// "1" may come too: its acknowledgement was under way when the
			// connection ended. This broker does not keep the order.
			for again := map[string]bool{}; !again["2"] || !again["3"]; {
				got, acks := read(t, s, 1)
				again[got[0]] = true
				acks[0](taken)
			}
			must(t, s.Close(t.Context()))
		})
	}
}

func TestMaxInFlight(t *testing.T) {
	b := startBroker(t, brokerConfig{})
	s := open(t, connectors.Host{Name: "yard"}, Config{Broker: b.url(), Topics: []string{"a"}, MaxInFlight: 3})
	publish(t, b.addr, "a", 1, strings.Split("012345", "")...)
	for range 6 {
		_, acks := read(t, s, 1)
		acks[0](taken)
	}
	if most := b.flight.highest(); most > 3 {
		t.Errorf("the broker had %d messages in flight, want at most 3", most)
	}
	must(t, s.Close(t.Context()))
}

func TestADeviceThatPublishesWhileTheRoomIsAway(t *testing.T) {
	host := startRoom(t)
	cfg := Config{Topics: []string{"site.a/+", "b/#"}}
	s := open(t, host, cfg)
	must(t, s.Close(t.Context()))

	publish(t, host.MQTTAddr, "site.a/alarm", 1, "1", "2")
	publish(t, host.MQTTAddr, "b/c/d", 1, "3")

	s = open(t, host, cfg)
	seen := map[string]string{}
	for range 3 {
		m, _ := next(t, s)
		seen[string(m.Payload)] = m.Meta[MetaTopic]
	}
	if seen["1"] != "site.a/alarm" || seen["2"] != "site.a/alarm" || seen["3"] != "b/c/d" {
		t.Errorf("read %v", seen)
	}
	must(t, s.Close(t.Context()))

	must(t, s.Open(t.Context())) // nothing was acknowledged: all comes again
	_, acks := read(t, s, 3)
	for _, ack := range acks {
		ack(taken)
	}
	must(t, s.Close(t.Context()))

	must(t, s.Open(t.Context())) // all was acknowledged: only the new comes
	publish(t, host.MQTTAddr, "b/e", 1, "4")
	got, acks := read(t, s, 1)
	expect(t, got, "4")
	acks[0](taken)
	must(t, s.Close(t.Context()))
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	must(t, silent.Close()) // nobody listens there now
	closedPort := silent.Addr().String()
	private := startBroker(t, brokerConfig{auth: &auth.Ledger{Auth: auth.AuthRules{{Username: "iroom", Password: "right", Allow: true}}}})
	secret := func(ref string) (string, error) {
		return map[string]string{"env:GOOD": "right", "env:BAD": "wrong"}[ref], nil
	}
	host := connectors.Host{Name: "x", Secret: secret}

	for name, c := range map[string]struct {
		cfg  Config
		want []string
	}{
		"nobody listens":      {Config{Broker: "mqtt://" + closedPort}, []string{closedPort, "refused"}},
		"nobody listens, old": {Config{Broker: "mqtt://" + closedPort, Version: Version311}, []string{closedPort, "refused"}},
		"wrong password":      {Config{Broker: private.url(), Username: "iroom", Password: "env:BAD"}, []string{private.addr, "0x86"}},
		"wrong password, old": {Config{Broker: private.url(), Username: "iroom", Password: "env:BAD", Version: Version311}, []string{private.addr, "not Authorized"}},
		"no listener here":    {Config{}, []string{"not on"}},
		"no CA file":          {Config{Broker: "mqtts://" + closedPort, CAFile: "absent.pem"}, []string{"absent.pem"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.cfg.Topics = []string{"a"}
			s, err := New(host, c.cfg)
			must(t, err)
			err = s.Open(t.Context())
			if fusion.KindOf(err) != fusion.KindUnavailable {
				t.Fatalf("Open says %v", err)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
		})
	}
	s := open(t, host, Config{Broker: private.url(), Username: "iroom", Password: "env:GOOD", Topics: []string{"a"}})
	must(t, s.Close(t.Context()))
}

func TestTooLargeIsRejected(t *testing.T) {
	b := startBroker(t, brokerConfig{})
	s := open(t, connectors.Host{Name: "yard"}, Config{Broker: b.url(), Topics: []string{"a"}, MaxBytes: 4})
	publish(t, b.addr, "a", 1, "12345", "1234")
	mapper := Limited(connectors.MapperFunc(func(m connectors.Message) connectors.Mapping {
		return connectors.Mapping{Skips: []string{string(m.Payload)}}
	}))
	var results []connectors.Mapping
	for range 2 {
		m, ack := next(t, s)
		results = append(results, mapper.Map(m))
		ack(taken)
	}
	if r := results[0].Rejects; len(r) != 1 || r[0].Code != "too-large" {
		t.Errorf("five bytes gave %v", results[0])
	}
	expect(t, results[1].Skips, "1234")
	must(t, s.Close(t.Context()))
}

func TestQoS0IsDeliveredWithoutPromise(t *testing.T) {
	b := startBroker(t, brokerConfig{})
	s := open(t, connectors.Host{Name: "yard"}, Config{Broker: b.url(), Topics: []string{"a"}})
	publish(t, b.addr, "a", 0, "1")
	_, acks := read(t, s, 1)
	acks[0](notTaken) // is logged; the connection stays
	publish(t, b.addr, "a", 0, "2")
	got, _ := read(t, s, 1)
	expect(t, got, "2")
	must(t, s.Close(t.Context()))
}
