// Package conformance holds the tests that every connector passes: its sample
// configuration is valid, its mapper is pure, its decodes of real files stay
// as they were reviewed (golden files), its events survive the log, and no
// input makes it panic or lose a message without a word.
package conformance

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// received is when every message of a golden test was received, so that
// results do not depend on the day.
var received = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// Golden decodes every file of testdata/in with the configuration (YAML; ""
// means the kind's sample) and compares with testdata/want/<file>.ndjson: one
// line an event, a skip or a rejection. With -update it writes them.
func Golden(t *testing.T, kind *connectors.Kind, config string) {
	t.Helper()
	files, err := filepath.Glob("testdata/in/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("testdata/in has no files: %v", err)
	}
	mapper := newMapper(t, kind, config)
	for _, file := range files {
		if filepath.Base(file) == "SOURCE.txt" {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := decodeFile(t, kind, mapper, file)
			compare(t, filepath.Join("testdata", "want", filepath.Base(file)+".ndjson"), got)
		})
	}
}

// Fuzz feeds arbitrary files of the kind, seeded with testdata/in.
func Fuzz(f *testing.F, kind *connectors.Kind, config string) {
	f.Helper()
	files, err := filepath.Glob("testdata/in/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Base(file), b)
	}
	mapper := newMapper(f, kind, config)
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		for msg, err := range kind.Split(name, bytes.NewReader(content)) {
			if err != nil {
				return
			}
			msg.Received = received
			checkMapping(t, kind, mapper, msg)
		}
	})
}

func newMapper(tb testing.TB, kind *connectors.Kind, config string) connectors.Mapper {
	tb.Helper()
	if _, err := kind.New(connectors.Host{Name: "sample"}, connectors.DecodeYAML([]byte(kind.Sample))); err != nil {
		tb.Fatalf("the sample configuration of %s is not valid: %v", kind.Name, err)
	}
	if config == "" {
		config = kind.Sample
	}
	c, err := kind.New(connectors.Host{Name: kind.Name}, connectors.DecodeYAML([]byte(config)))
	if err != nil {
		tb.Fatalf("configuration: %v", err)
	}
	return c.Mapper
}

func decodeFile(t *testing.T, kind *connectors.Kind, mapper connectors.Mapper, file string) []byte {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	var out bytes.Buffer
	for msg, err := range kind.Split(filepath.Base(file), in) {
		if err != nil {
			t.Fatal(err)
		}
		msg.Received = received
		writeMapping(t, &out, checkMapping(t, kind, mapper, msg))
	}
	return out.Bytes()
}

// checkMapping maps a message twice and checks what holds for every mapping.
func checkMapping(t *testing.T, kind *connectors.Kind, mapper connectors.Mapper, msg connectors.Message) connectors.Mapping {
	t.Helper()
	before := bytes.Clone(msg.Payload)
	got := connectors.MapSafely(mapper, kind, kind.Name, msg)
	again := connectors.MapSafely(mapper, kind, kind.Name, msg)
	if !bytes.Equal(before, msg.Payload) {
		t.Fatal("the mapper changed the payload")
	}
	if !bytes.Equal(lines(t, got), lines(t, again)) {
		t.Fatalf("the mapper is not pure:\n%s\nthen\n%s", lines(t, got), lines(t, again))
	}
	for _, r := range got.Rejects {
		if r.Code == "panic" {
			t.Fatalf("the mapper panicked: %v", r)
		}
	}
	seen := map[fusion.EventID]bool{}
	for _, e := range got.Events {
		if seen[e.ID] {
			t.Fatalf("two events of one message have the id %s", e.ID)
		}
		seen[e.ID] = true
		checkRoundTrip(t, e)
	}
	return got
}

func checkRoundTrip(t *testing.T, e *fusion.Event) {
	t.Helper()
	b, err := fusion.Encode(e)
	if err != nil {
		t.Fatalf("an event cannot be encoded: %v", err)
	}
	if len(b) > fusion.MaxEventBytes {
		return // the ingest rejects it by its size
	}
	var back fusion.Event
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatalf("an event cannot be decoded again: %v\n%s", err, b)
	}
	if err := back.Validate(); err != nil {
		t.Fatalf("an event is not valid after the log: %v\n%s", err, b)
	}
	b2, err := fusion.Encode(&back)
	if err != nil || !bytes.Equal(b, b2) {
		t.Fatalf("an event changes on the log (%v):\n%s\n%s", err, b, b2)
	}
}

func lines(t *testing.T, m connectors.Mapping) []byte {
	t.Helper()
	var b bytes.Buffer
	writeMapping(t, &b, m)
	return b.Bytes()
}

func writeMapping(t *testing.T, out *bytes.Buffer, m connectors.Mapping) {
	t.Helper()
	line := func(v any) {
		b, err := fusion.Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(b, '\n'))
	}
	for _, e := range m.Events {
		line(e)
	}
	for _, s := range m.Skips {
		line(map[string]string{"skipped": s})
	}
	for _, r := range m.Rejects {
		line(map[string]string{"refused": r.Err.Error(), "code": r.Code, "stage": r.Stage, "field": r.Field})
	}
}

func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (run with -update, then review the file)", err)
	}
	if bytes.Equal(want, got) {
		return
	}
	wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range max(len(wantLines), len(gotLines)) {
		if w, g := at(wantLines, i), at(gotLines, i); w != g {
			t.Errorf("%s:%d\nwant %s\ngot  %s", file, i+1, w, g)
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}
