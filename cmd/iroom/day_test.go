package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	jsonv1 "github.com/go-json-experiment/json/v1"
	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats-server/v2/server/archive"
	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/simulate/faults"
)

const (
	dayStretch = 60               // so many times slower than the city sends
	dayMessage = 20 * time.Second // shorter than what makes a room blind
)

// logged is a message of a log that is written with its stored time.
type logged struct {
	subject string
	at      time.Time
	data    []byte
}

// TestDayIsReplayed puts a whole day of a city on the log of a room, message by
// message with the time at which it would have been stored. The room catches up
// with it, and `iroom replay --verify` computes the same state again.
func TestDayIsReplayed(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "room.yaml")
	write(t, file, "dir: room\nbus: {max_store: 1GB}\n")
	cfg, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	catchUp(t, cfg) // makes the streams and activates the rules
	messages := readLog(t, cfg)
	begins := messages[len(messages)-1].at.Add(time.Second)
	day := cityDay(t, begins)
	writeLog(t, cfg, append(messages, day...))
	if err := os.RemoveAll(filepath.Join(cfg.Path(cfg.Dir), "state")); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	events, last := catchUp(t, cfg)
	t.Logf("%d messages, %d events of a day caught up with in %s", len(day), events, time.Since(started).Round(time.Millisecond))
	if events == 0 || last < uint64(len(messages)+len(day)) {
		t.Fatalf("the room applied %d messages and %d events of %d messages", last, events, len(messages)+len(day))
	}
	var out bytes.Buffer
	err = (&replayCmd{Config: file, Verify: true}).Run(t.Context(), streams{out: &out}, slog.New(slog.DiscardHandler))
	if err != nil || !strings.Contains(out.String(), "equal, byte for byte") {
		t.Errorf("%v\n%s", err, out.String())
	}
	t.Log(out.String())
}

// catchUp starts the room and stops it when it has caught up.
func catchUp(t *testing.T, cfg *config.Config) (events, applied uint64) {
	t.Helper()
	r, err := app.Start(t.Context(), app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	room, err := r.Room(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return room.Counts.Events, room.Applied
}

// cityDay is a day of a city as it would be logged: a message every so
// many seconds, a tick where there is no event.
func cityDay(t *testing.T, begins time.Time) (day []logged) {
	t.Helper()
	events, err := faults.City(11, 24*time.Hour/dayStretch)
	if err != nil {
		t.Fatal(err)
	}
	for at := time.Duration(0); at < 24*time.Hour; at += dayMessage {
		var batch [][]byte
		for len(events) > 0 && events[0].Time.Sub(faults.CityStart)*dayStretch <= at {
			e := events[0]
			events = events[1:]
			e.Time = begins.Add(e.Time.Sub(faults.CityStart) * dayStretch)
			e.RecordedTime = e.Time
			b, err := fusion.Encode(e)
			if err != nil {
				t.Fatal(err)
			}
			batch = append(batch, b)
		}
		m := logged{fusion.SubjectTick, begins.Add(at), []byte("{}")}
		if len(batch) > 0 {
			m.subject, m.data = fusion.EventSubject(fusion.PublisherRoom, "month"), fusion.EncodeBatch(batch)
		}
		day = append(day, m)
	}
	return day
}

// readLog reads the log of a stopped room.
func readLog(t *testing.T, cfg *config.Config) (list []logged) {
	t.Helper()
	b, err := bus.Start(t.Context(), bus.Options{Dir: filepath.Join(cfg.Path(cfg.Dir), "bus"), MaxStore: 1 << 30}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	roomLog, err := bus.OpenLog(t.Context(), b.JS())
	if err != nil {
		t.Fatal(err)
	}
	state, err := roomLog.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done := errors.New("done")
	err = roomLog.Read(t.Context(), 1, func(m bus.Message) error {
		list = append(list, logged{m.Subject, m.Time, m.Data})
		if m.Seq == state.Last {
			return done
		}
		return nil
	})
	if !errors.Is(err, done) {
		t.Fatal(err)
	}
	return list
}

// writeLog gives a stopped room another log, as restoring a backup of the
// server would: only so the messages have stored times of their own.
func writeLog(t *testing.T, cfg *config.Config, messages []logged) {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		JetStream: true, StoreDir: filepath.Join(cfg.Path(cfg.Dir), "bus", "nats"), JetStreamMaxStore: 1 << 30, DontListen: true,
		NoSigs: true, NoSystemAccount: true, ServerName: "iroom", MaxPayload: bus.MaxPayload,
	})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	defer s.WaitForShutdown()
	defer s.Shutdown()
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	answer, err := nc.RequestWithContext(t.Context(), "$JS.API.STREAM.INFO."+fusion.StreamRoom, nil)
	var info struct {
		Config server.StreamConfig `json:"config"`
	}
	if err == nil {
		err = jsonv1.Unmarshal(answer.Data, &info)
	}
	if err == nil {
		_, err = nc.RequestWithContext(t.Context(), "$JS.API.STREAM.DELETE."+fusion.StreamRoom, nil)
	}
	if err == nil {
		_, err = s.GlobalAccount().RestoreStreamV2(&info.Config, backup(t, messages))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// backup is the server's own format of a backup.
func backup(t *testing.T, messages []logged) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	packed := s2.NewWriter(&b)
	w := archive.NewWriter(packed)
	state, err := jsonv1.Marshal(server.StreamState{Msgs: uint64(len(messages)), FirstSeq: 1, LastSeq: uint64(len(messages))})
	if err != nil {
		t.Fatal(err)
	}
	put := func(h archive.Header, data []byte) {
		h.PayloadSize = int64(len(data))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	put(archive.Header{Name: "state.json"}, state)
	for i, m := range messages {
		put(archive.Header{Name: m.subject, Timestamp: m.at.UnixNano(), Sequence: uint64(i + 1)}, m.data)
	}
	put(archive.Header{}, nil)
	if err := errors.Join(w.Close(), packed.Close()); err != nil {
		t.Fatal(err)
	}
	return &b
}
