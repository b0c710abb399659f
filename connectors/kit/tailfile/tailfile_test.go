package tailfile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/kit/tailfile"
)

// store is a checkpoint in a file.
type store struct {
	path string
	mu   sync.Mutex
	n    int
}

func (s *store) Load(context.Context) ([]byte, error) {
	b, err := os.ReadFile(s.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

func (s *store) Save(_ context.Context, state []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	return os.WriteFile(s.path, state, 0o600)
}

type bench struct {
	t    *testing.T
	dir  string
	file string
	save *store
	tick chan time.Time
	src  *tailfile.Source
}

func newBench(t *testing.T) *bench {
	dir := t.TempDir()
	b := &bench{t: t, dir: dir, file: filepath.Join(dir, "calls.csv"), save: &store{path: filepath.Join(t.TempDir(), "place")}}
	b.restart()
	return b
}

// restart makes a new source over the saved place, as after a crash.
func (b *bench) restart() {
	b.tick = make(chan time.Time)
	host := connectors.Host{Name: "test", Log: slog.New(slog.DiscardHandler), Checkpoint: b.save}
	src, err := tailfile.New(host, tailfile.Config{File: b.file}, tailfile.WithTicks(func(time.Duration) (<-chan time.Time, func()) {
		return b.tick, func() {}
	}))
	if err != nil {
		b.t.Fatal(err)
	}
	b.src = src
}

func (b *bench) open() {
	b.t.Helper()
	if err := b.src.Open(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// read returns the next message; the ticks that it needs come at once.
func (b *bench) read() (connectors.Message, connectors.Ack) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 10*time.Second)
	defer cancel()
	stop := b.ticking(ctx)
	defer stop()
	m, ack, err := b.src.Read(ctx)
	if err != nil {
		b.t.Fatal(err)
	}
	return m, ack
}

func (b *bench) ticking(ctx context.Context) func() {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		for {
			select {
			case b.tick <- time.Time{}:
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { cancel(); done.Wait() }
}

// quiet lets the source look at the file n times and fails if it reads
// anything.
func (b *bench) quiet(n int) {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for range n {
			b.tick <- time.Time{}
		}
		cancel()
	})
	m, _, err := b.src.Read(ctx)
	if !errors.Is(err, context.Canceled) {
		b.t.Fatalf("read %q, %v; want nothing", m.Payload, err)
	}
	done.Wait()
}

func (b *bench) want(payload string) connectors.Message {
	b.t.Helper()
	m, ack := b.read()
	if string(m.Payload) != payload {
		b.t.Fatalf("read %q, want %q", m.Payload, payload)
	}
	ack(connectors.Receipt{Events: 1})
	return m
}

func (b *bench) rename(from, to string) {
	b.t.Helper()
	if err := os.Rename(from, to); err != nil {
		b.t.Fatal(err)
	}
}

func TestReadsRecordsNotLines(t *testing.T) {
	b := newBench(t)
	b.write(b.file, "\xef\xbb\xbfid,text\r\n1,\"two\r\nlines, \"\"quoted\"\"\"\r\n\r\n2,it's 5\" wide\r\n")
	b.open()
	first := b.want("id,text\n1,\"two\r\nlines, \"\"quoted\"\"\"")
	if first.Origin != b.file+":12" || first.Meta[tailfile.MetaOffset] != "12" || first.Meta[tailfile.MetaFile] == "" {
		t.Errorf("origin %q, meta %v", first.Origin, first.Meta)
	}
	second := b.want("id,text\n2,it's 5\" wide")
	if first.Meta[tailfile.MetaFile] != second.Meta[tailfile.MetaFile] {
		t.Error("two identities of one file")
	}
}

func TestHalfWrittenRecordWaits(t *testing.T) {
	b := newBench(t)
	b.write(b.file, "id,te")
	b.open()
	b.quiet(2)
	b.write(b.file, "xt\n1,\"a\n")
	b.quiet(2)
	b.write(b.file, "b\"")
	b.quiet(2)
	b.write(b.file, "\n")
	b.want("id,text\n1,\"a\nb\"")
}

func TestMissingFileIsAnErrorOfOpen(t *testing.T) {
	b := newBench(t)
	err := b.src.Open(t.Context())
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "cannot open "+b.file) {
		t.Fatal(err)
	}
	b.write(b.file, "id\n1\n")
	b.open()
	b.want("id\n1")
}

func TestQuoteThatNobodyClosesCostsOneRecord(t *testing.T) {
	long := strings.Repeat("2,x\n", 100_000)
	var got []string
	for m, err := range tailfile.Split("x.csv", strings.NewReader("id,text\n1,\"open\n"+long), ',') {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, string(m.Payload))
	}
	if len(got) != 100_001 || got[0] != "id,text\n1,\"open" || got[100_000] != "id,text\n2,x" {
		t.Fatalf("%d messages, the first %q", len(got), got[0])
	}
}

func TestRotation(t *testing.T) {
	b := newBench(t)
	b.write(b.file, "id\n1\n2\n")
	b.open()
	b.want("id\n1")
	b.rename(b.file, b.file+".1")
	b.write(b.file+".1", "3\n4") // the writer had not finished; 4 is all there will be
	b.write(b.file, "id\n5\n")
	for _, id := range []string{"2", "3", "4", "5"} {
		b.want("id\n" + id)
	}
	b.write(b.file, "6\n")
	b.want("id\n6")
}

func TestRotationWhileDown(t *testing.T) {
	b := newBench(t)
	b.write(b.file, "id\n1\n2\n")
	b.open()
	b.want("id\n1")
	if err := b.src.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.rename(b.file, b.file+".1")
	b.write(b.file, "id\n3\n")
	b.restart()
	b.open()
	b.want("id\n2")
	b.want("id\n3")
}

func TestGoneFileIsAnErrorOfRead(t *testing.T) {
	b := newBench(t)
	b.write(b.file, "id\n1\n")
	b.open()
	b.want("id\n1")
	b.rename(b.file, b.file+".1")
	stop := b.ticking(t.Context())
	_, _, err := b.src.Read(t.Context())
	stop()
	if !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if err := b.src.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTruncatedOrRewritten(t *testing.T) {
	for name, content := range map[string]string{"shorter": "id\n9\n", "longer": "id\n9\n8\n7\n6\n5\n4\n"} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.write(b.file, "id\n1\n2\n3\n")
			b.open()
			for _, id := range []string{"1", "2", "3"} {
				b.want("id\n" + id)
			}
			if err := os.WriteFile(b.file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			b.want("id\n9")
		})
	}
}

func TestNotDurableComesAgain(t *testing.T) {
	b := newBench(t)
	b.write(b.file, "id\n1\n2\n3\n")
	b.open()
	b.want("id\n1")
	_, fails := b.read()
	_, late := b.read()
	broken := errors.New("no room")
	fails(connectors.Receipt{Err: broken})
	late(connectors.Receipt{Events: 1})
	if _, _, err := b.src.Read(t.Context()); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if err := b.src.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.restart()
	b.open()
	b.want("id\n2")
	b.want("id\n3")
}

func TestPlaceIsNotSavedForEachRecord(t *testing.T) {
	b := newBench(t)
	b.write(b.file, "id\n"+strings.Repeat("1\n", 500))
	b.open()
	for range 500 {
		b.want("id\n1")
	}
	b.quiet(1)
	if b.save.n != 1 {
		t.Errorf("saved %d times, want once", b.save.n)
	}
}

// TestCrash drops the source at random points, while the file grows and is
// rotated, and goes on from the saved place. It ends when every record was
// acknowledged, so a lost one makes it run into the test's time limit.
func TestCrash(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { crash(t, rand.New(rand.NewPCG(seed, 1))) })
	}
}

func crash(t *testing.T, random *rand.Rand) {
	const records = 300
	b := newBench(t)
	b.write(b.file, "id,text\n")
	b.open()
	seen, acked, acking := map[string]string{}, map[string]bool{}, true
	written, half, newest := 0, "", "0" // newest: the first record of the newest file
	for len(acked) < records {
		if written < records && random.IntN(3) > 0 {
			record := fmt.Sprintf("%d,\"line\nline %d\"\n", written, written)
			cut := random.IntN(len(record))
			b.write(b.file, half+record[:cut])
			half = record[cut:]
			written++
		} else if half != "" && acked[newest] && random.IntN(4) == 0 {
			b.write(b.file, half)
			half = ""
			b.rename(b.file, fmt.Sprintf("%s.%d", b.file, written))
			b.write(b.file, fmt.Sprintf("id,text\n%d,\"first of its file\"\n", written))
			newest = fmt.Sprint(written)
			written++
		}
		acking = readSome(t, b, random, seen, acked, acking)
		if random.IntN(5) == 0 {
			b.restart() // without Close: what was not saved is lost
			b.open()
			acking = true
		}
		if written >= records && half != "" {
			b.write(b.file, half)
			half = ""
		}
	}
}

// readSome reads until the file has nothing more for now. Acks come in order:
// after one that is missing none comes, which it returns.
func readSome(t *testing.T, b *bench, random *rand.Rand, seen map[string]string, acked map[string]bool, acking bool) bool {
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for range 4 {
			b.tick <- time.Time{}
		}
		cancel()
	})
	defer done.Wait()
	for {
		m, ack, err := b.src.Read(ctx)
		if errors.Is(err, context.Canceled) {
			return acking
		}
		if err != nil {
			t.Error(err)
			cancel()
			return false
		}
		_, record, _ := bytes.Cut(m.Payload, []byte("\n"))
		id, _, _ := bytes.Cut(record, []byte(","))
		key := m.Meta[tailfile.MetaFile] + ":" + m.Meta[tailfile.MetaOffset]
		if before, again := seen[key]; again && before != string(record) {
			t.Errorf("record at %s was %q, now %q", key, before, record)
		}
		seen[key] = string(record)
		if acking = acking && random.IntN(8) > 0; acking {
			ack(connectors.Receipt{Events: 1})
			acked[string(id)] = true
		}
	}
}
