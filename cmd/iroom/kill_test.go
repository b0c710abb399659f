package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/anpr"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// kills is how often the room is killed.
const kills = 50

const killRule = `
rule: passage
title: A vehicle passed
description: Every passage opens a picture or joins that of the same vehicle.
owner: test
purpose: {basis: wpg-8, text: Prove that nothing is lost}
mode: live
events:
  car: {type: sensor.anpr.passage}
match: {event: car}
incident: {kind: passage, severity: low, title: "Vehicle {{ car.entity('vehicle') }}"}
`

// killRoom is a room of the real binary that is killed and started again.
type killRoom struct {
	t      *testing.T
	dir    string
	binary string
	url    string
	log    *os.File

	mu    sync.Mutex
	acked map[fusion.EventID]bool
	next  atomic.Int64
}

// TestKill kills a room at random moments under load and starts it again.
// Afterwards every acknowledged event is on the log and took effect once,
// every output is stored once and is what a replay makes, and the live state
// equals a fresh replay of the log, byte for byte.
func TestKill(t *testing.T) {
	r := newKillRoom(t)
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() { r.send(ctx) })
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range kills {
		process := r.start()
		r.waitForProgress()
		r.until(time.Duration(random.IntN(300)) * time.Millisecond)
		if err := process.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := process.Wait(); err == nil {
			t.Fatal("the room ended by itself")
		}
	}
	process := r.start()
	r.waitForProgress()
	cancel()
	load.Wait()
	r.interrupt(process)
	t.Logf("%d events were acknowledged over %d kills", len(r.acked), kills)
	r.check()
	r.verify()
}

func newKillRoom(t *testing.T) *killRoom {
	dir := t.TempDir()
	r := &killRoom{t: t, dir: dir, binary: buildBinary(t), acked: map[fusion.EventID]bool{}}
	address := freeAddress(t)
	r.url = "http://" + address + "/in/anpr"
	write(t, filepath.Join(dir, "rules", "passage.yaml"), killRule)
	write(t, filepath.Join(dir, "room.yaml"), fmt.Sprintf(
		"dir: room\nrules: rules\nbus: {max_store: 1GB}\nhttp: {listen: %q}\ncheckpoint: {every: 200ms}\nfusion: {join: 70, possible: 60, same_kind: 25, same_entity: {vehicle: 60}, keep_evidence: 100000, remember_ids: 10m, blind_after: 30s, close_quiet: 4h}\nconnectors:\n  - {name: anpr, kind: anpr, config: {path: /in/anpr}}\n", address))
	var err error
	if r.log, err = os.Create(filepath.Join(dir, "room.log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.log.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			tail(t, r.log.Name())
		}
	})
	return r
}

func (r *killRoom) start() *exec.Cmd {
	cmd := exec.Command(r.binary, "serve", "--config", filepath.Join(r.dir, "room.yaml"))
	cmd.Stdout, cmd.Stderr = r.log, r.log
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	return cmd
}

func (r *killRoom) interrupt(process *exec.Cmd) {
	if err := process.Process.Signal(syscall.SIGTERM); err != nil {
		r.t.Fatal(err)
	}
	if err := process.Wait(); err != nil {
		r.t.Fatalf("the room did not stop well: %v", err)
	}
}

// send posts passages, each until it is acknowledged.
func (r *killRoom) send(ctx context.Context) {
	for ctx.Err() == nil {
		n := r.next.Add(1)
		body := fmt.Sprintf(`{"hook":{"event":"recognition"},"data":{"camera_id":"cam-%d","timestamp":"%s","results":[{"plate":"ab%05dc","score":0.9,"dscore":0.9,"box":{"xmin":%d,"ymin":1,"xmax":2,"ymax":2}}]}}`,
			n%7, time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"), n%1000, n)
		for ctx.Err() == nil && !r.post(ctx, body) {
			pause(ctx, 20*time.Millisecond)
		}
	}
}

func (r *killRoom) post(ctx context.Context, body string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, strings.NewReader(body))
	if err != nil {
		r.t.Error(err)
		return true
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return false
	}
	ids := expected(r.t, body)
	if len(ids) != 1 {
		r.t.Errorf("%d events of %s, answer %s", len(ids), body, answer)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		r.acked[id] = true
	}
	return true
}

// expected are the ids of the events that the connector makes of a body.
func expected(t *testing.T, body string) (ids []fusion.EventID) {
	c, err := anpr.Kind.New(connectors.Host{Name: "anpr"}, connectors.DecodeYAML([]byte("path: /in/anpr")))
	if err != nil {
		t.Error(err)
		return nil
	}
	mapped := connectors.MapSafely(c.Mapper, anpr.Kind, "anpr", connectors.Message{
		Payload: []byte(body), Meta: map[string]string{"content-type": "application/json"}, Received: time.Now(),
	})
	for _, e := range mapped.Events {
		ids = append(ids, e.ID)
	}
	return ids
}

func (r *killRoom) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.acked)
}

// waitForProgress waits until the room acknowledges again.
func (r *killRoom) waitForProgress() {
	before := r.count()
	for deadline := time.Now().Add(time.Minute); r.count() <= before; {
		if time.Now().After(deadline) {
			r.t.Fatal("the room acknowledges nothing any more")
		}
		r.until(5 * time.Millisecond)
	}
}

func (r *killRoom) until(d time.Duration) { pause(r.t.Context(), d) }

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// check reads the streams and compares them with a fresh replay of the log.
func (r *killRoom) check() {
	t := r.t
	cfg, err := config.Load(filepath.Join(r.dir, "room.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := bus.Start(t.Context(), bus.Options{Dir: filepath.Join(r.dir, "room", "bus"), MaxStore: 1 << 30}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	e, made, onLog := replayAll(t, cfg, b)
	for id := range r.acked {
		if onLog[id] == 0 {
			t.Errorf("the acknowledged event %s is not on the log", id)
		}
	}
	if counts := e.Counts(); counts.Events-counts.Duplicates != uint64(len(onLog)) {
		t.Errorf("%d events took effect, %d different ones are on the log", counts.Events-counts.Duplicates, len(onLog))
	}
	checkEvidence(t, e.Store(), onLog)
	for _, stream := range []string{fusion.StreamPictures, fusion.StreamAlerts, fusion.StreamHits} {
		checkOutputs(t, stream, readStream(t, b.JS(), stream), made[stream])
	}
}

// replayAll steps a fresh engine over the log, up to the place that all
// outputs are stored for.
func replayAll(t *testing.T, cfg *config.Config, b *bus.Bus) (*engine.Engine, map[string][]engine.Output, map[fusion.EventID]int) {
	content, err := app.LoadContent(cfg)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(func(string) (*engine.Bundle, error) { return engine.CompileBundle(content) })
	if err != nil {
		t.Fatal(err)
	}
	roomLog, err := bus.OpenLog(t.Context(), b.JS())
	if err != nil {
		t.Fatal(err)
	}
	state, err := roomLog.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made, onLog := map[string][]engine.Output{}, map[fusion.EventID]int{}
	done := errors.New("done")
	err = roomLog.Read(t.Context(), 1, func(m bus.Message) error {
		effects, err := e.Step(engine.Message{Seq: m.Seq, Subject: m.Subject, Time: m.Time, Data: m.Data})
		if err != nil {
			return err
		}
		for _, o := range effects.Outputs {
			made[o.Stream] = append(made[o.Stream], o)
		}
		if fusion.IsEventSubject(m.Subject) {
			events, err := fusion.DecodeBatch(m.Data)
			if err != nil {
				return err
			}
			for _, event := range events {
				onLog[event.ID]++
			}
		}
		if m.Seq == state.Last {
			return done
		}
		return nil
	})
	if !errors.Is(err, done) {
		t.Fatal(err)
	}
	return e, made, onLog
}

// checkEvidence checks that every passage on the log is evidence exactly once.
func checkEvidence(t *testing.T, s *store.Store, onLog map[fusion.EventID]int) {
	used := map[fusion.EventID]int{}
	err := s.View(func(tx *store.Tx) error {
		for p, err := range tx.PicturesBefore("") {
			if err != nil {
				return err
			}
			for _, v := range p.Evidence {
				used[v.Event]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for id, n := range used {
		if n != 1 || onLog[id] == 0 {
			t.Errorf("event %s is evidence %d times and on the log %d times", id, n, onLog[id])
		}
	}
	if len(used) == 0 {
		t.Error("nothing took effect")
	}
}

type stored struct {
	subject string
	place   string
	data    []byte
}

func readStream(t *testing.T, js jetstream.JetStream, name string) (list []stored) {
	stream, err := js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := js.OrderedConsumer(t.Context(), name, jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		t.Fatal(err)
	}
	defer messages.Stop()
	for range stream.CachedInfo().State.Msgs {
		m, err := messages.Next(jetstream.NextContext(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, stored{m.Subject(), m.Headers().Get(bus.HeaderPlace), m.Data()})
	}
	return list
}

func checkOutputs(t *testing.T, stream string, got []stored, want []engine.Output) {
	if len(got) != len(want) {
		t.Errorf("stream %s holds %d outputs, a replay makes %d", stream, len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i].subject != want[i].Subject || got[i].place != want[i].Place.String() || !bytes.Equal(got[i].data, want[i].Data) {
			t.Fatalf("stream %s, output %d: stored %s at %s\n%.2000s\nreplayed %s at %s\n%.2000s", stream, i,
				got[i].subject, got[i].place, got[i].data, want[i].Subject, want[i].Place, want[i].Data)
		}
	}
}

// verify lets the binary itself compare the live state with a fresh replay.
func (r *killRoom) verify() {
	out, err := exec.Command(r.binary, "replay", "--verify", "--config", filepath.Join(r.dir, "room.yaml")).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("equal, byte for byte")) {
		r.t.Errorf("%v\n%s", err, out)
	}
}

func buildBinary(t *testing.T) string {
	binary := filepath.Join(t.TempDir(), "iroom")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func tail(t *testing.T, file string) {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
		return
	}
	t.Logf("the room's log ends:\n%s", b[max(0, len(b)-2000):])
}
