package devices_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/nats-io/nats-server/v2/server"

	"github.com/openiroom/iroom/simulate"
	"github.com/openiroom/iroom/simulate/devices"
	"github.com/openiroom/iroom/simulate/wire"
)

const patience = 60 * time.Second

// inbox collects what one target received.
type inbox struct {
	mu    sync.Mutex
	items []string
}

func (b *inbox) add(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items = append(b.items, s)
}

func (b *inbox) all() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.items...)
}

// webhook answers 503 to the first requests, as a room that is starting does,
// and 422 to what is no JSON.
func webhook(t *testing.T, refusals int) (string, *inbox) {
	box := &inbox{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		switch {
		case err != nil || r.Header.Get("Authorization") != "Bearer secret":
			w.WriteHeader(http.StatusUnauthorized)
		case refusals > 0:
			refusals--
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			box.add(string(body))
			if !jsontext.Value(body).IsValid() {
				w.WriteHeader(http.StatusUnprocessableEntity)
			}
		}
	}))
	t.Cleanup(s.Close)
	return s.URL, box
}

// broker is the listener that the room has: NATS with MQTT 3.1.1. Port -1 is a
// free one.
func broker(t *testing.T, dir string, port int) (s *server.Server, options *server.Options) {
	t.Helper()
	options = &server.Options{
		ServerName: "test", Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true,
		MQTT: server.MQTTOpts{Host: "127.0.0.1", Port: port},
	}
	s, err := server.NewServer(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(patience) {
		t.Fatal("the broker does not start")
	}
	return s, options
}

func mqttAddr(o *server.Options) string {
	return net.JoinHostPort(o.MQTT.Host, strconv.Itoa(o.MQTT.Port))
}

// subscribe listens as the room's connector does.
func subscribe(t *testing.T, addr string) *inbox {
	t.Helper()
	box := &inbox{}
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + addr).SetClientID("room").SetProtocolVersion(4))
	finish(t, client.Connect())
	finish(t, client.Subscribe(wire.FrigateTopic, 1, func(_ mqtt.Client, m mqtt.Message) { box.add(string(m.Payload())) }))
	t.Cleanup(func() { client.Disconnect(100) })
	return box
}

func finish(t *testing.T, token mqtt.Token) {
	t.Helper()
	if token.Wait(); token.Error() != nil {
		t.Fatal(token.Error())
	}
}

// until waits for a condition; it fails the test when that takes too long.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long for %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestEveryDeviceReachesItsTarget(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	sim, err := devices.Start(ctx, simulate.NewCity(3), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	plates, atPlates := webhook(t, 2)
	calls, atCalls := webhook(t, 0)
	_, room := broker(t, t.TempDir(), -1)
	atBroker := subscribe(t, mqttAddr(room))
	export := filepath.Join(t.TempDir(), "export.csv")
	done := make(chan error, 1)
	go func() {
		done <- sim.Run(ctx, devices.Targets{
			ANPRURL: plates, ANPRToken: "secret", DispatchURL: calls, DispatchToken: "secret", MQTTAddr: mqttAddr(room), CSVPath: export,
		}, 40)
	}()
	lines := dialAIS(t, sim.AISAddr())
	rows := func() []string { return strings.Split(strings.TrimSpace(read(t, export)), "\n") }

	until(t, "plates", func() bool { return len(atPlates.all()) >= 20 })
	until(t, "calls", func() bool { return len(atCalls.all()) >= 10 })
	until(t, "camera objects", func() bool { return len(atBroker.all()) >= 20 })
	until(t, "AIS lines", func() bool { return len(lines.all()) >= 20 })
	until(t, "rows", func() bool { return len(rows()) >= 3 })
	until(t, "warnings", func() bool { return len(links(t, sim.CAPURL())) >= 3 })
	checkWarning(t, sim.CAPURL())
	stop()
	if err := <-done; err != nil {
		t.Errorf("the run ended with %v", err)
	}

	inOrder(t, simulate.ANPR, atPlates.all())
	inOrder(t, simulate.Dispatch, atCalls.all())
	inOrder(t, simulate.Frigate, atBroker.all())
	if header := strings.Join(wire.RowHeader, ","); rows()[0] != header {
		t.Errorf("the export begins with %q", rows()[0])
	}
	for _, line := range lines.all() {
		if !strings.HasPrefix(line, "!AIVDM,") {
			t.Errorf("an AIS line is %q", line)
		}
	}
	checkCounts(t, sim, atPlates.all())
}

// checkCounts compares with what arrived; one more may have been under way at
// the end.
func checkCounts(t *testing.T, sim *devices.Simulation, arrived []string) {
	t.Helper()
	taken := int64(0)
	for _, body := range arrived {
		if jsontext.Value(body).IsValid() {
			taken++
		}
	}
	delivered, dropped := sim.Sent()
	if n := delivered[simulate.ANPR]; dropped != 0 || n > taken || n < taken-1 {
		t.Errorf("counted %d plates and %d dropped; %d arrived and were taken", n, dropped, taken)
	}
}

func TestCamerasComeBackToABrokerThatWasAway(t *testing.T) {
	sim, err := devices.Start(t.Context(), simulate.NewCity(3), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	first, room := broker(t, dir, -1)
	before := subscribe(t, mqttAddr(room))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- sim.Run(ctx, devices.Targets{MQTTAddr: mqttAddr(room)}, 40) }()
	until(t, "camera objects", func() bool { return len(before.all()) >= 5 })
	first.Shutdown()
	first.WaitForShutdown()
	broker(t, dir, room.MQTT.Port)
	after := subscribe(t, mqttAddr(room))
	until(t, "camera objects at the new broker", func() bool { return len(after.all()) >= 5 })
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// inOrder compares with the schedule by the text that each message shares with
// its emission whatever the clock: nothing may be lost, repeated or moved.
func inOrder(t *testing.T, device simulate.Device, got []string) {
	t.Helper()
	i := 0
	for e := range simulate.NewCity(3).Emissions() {
		if i == len(got) {
			return
		}
		if e.Device != device {
			continue
		}
		if want := mark(e); !strings.Contains(got[i], want) {
			t.Fatalf("%s message %d lacks %q:\n%s", device, i, want, got[i])
		}
		i++
	}
}

func mark(e simulate.Emission) string {
	switch p := e.Payload.(type) {
	case wire.Passage:
		return p.Camera
	case wire.Object:
		return p.Suffix
	case wire.Call:
		return p.ID
	case wire.Report:
		return p.Incident
	}
	return ""
}

func dialAIS(t *testing.T, addr string) *inbox {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	box := &inbox{}
	go func() {
		var pending []byte
		chunk := make([]byte, 4096)
		for {
			n, err := conn.Read(chunk)
			pending = append(pending, chunk[:n]...)
			for {
				line, rest, ok := bytes.Cut(pending, []byte("\r\n"))
				if !ok {
					break
				}
				box.add(string(line))
				pending = rest
			}
			if err != nil {
				return
			}
		}
	}()
	return box
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

func get(t *testing.T, url, tag string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return resp, body
}

// links are the CAP documents that the index names.
func links(t *testing.T, index string) (all []string) {
	_, body := get(t, index, "")
	var feed struct {
		Entries []struct {
			Link struct {
				Href string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(body, &feed); err != nil {
		t.Fatal(err)
	}
	for _, e := range feed.Entries {
		all = append(all, e.Link.Href)
	}
	return all
}

func checkWarning(t *testing.T, index string) {
	t.Helper()
	all := links(t, index)
	link := all[len(all)-1]
	resp, body := get(t, link, "")
	if resp.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("urn:oasis:names:tc:emergency:cap:1.2")) {
		t.Errorf("%s answers %s:\n%s", link, resp.Status, body)
	}
	if again, _ := get(t, link, resp.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again with its tag, %s answers %s", link, again.Status)
	}
	if missing, _ := get(t, link+"x", ""); missing.StatusCode != http.StatusNotFound {
		t.Errorf("a document that is not there answers %s", missing.Status)
	}
}

func TestLinesWaitForTheFirstClient(t *testing.T) {
	sim, err := devices.Start(t.Context(), simulate.NewCity(3), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- sim.Run(ctx, devices.Targets{}, 50) }()
	until(t, "AIS emissions", func() bool { delivered, _ := sim.Sent(); return delivered[simulate.AIS] >= 10 })
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	delivered, _ := sim.Sent()
	lines := dialAIS(t, sim.AISAddr())
	until(t, fmt.Sprintf("the %d messages sent before", delivered[simulate.AIS]), func() bool {
		return len(lines.all()) >= int(delivered[simulate.AIS])
	})
}

func TestSpeedMustBePositive(t *testing.T) {
	sim, err := devices.Start(t.Context(), simulate.NewCity(1), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Run(t.Context(), devices.Targets{}, 0); err == nil || !strings.Contains(err.Error(), "speed") {
		t.Errorf("a speed of 0 gives %v", err)
	}
}
