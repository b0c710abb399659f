package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// TestRoomAnswers counts by hand what the rules of iRoom must give.
func TestRoomAnswers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "reads.ndjson")
	if err := writeReads(file, 5000); err != nil {
		t.Fatal(err)
	}
	want := byHand(t, file)
	for i, task := range tasks {
		got, err := task.inRoom(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		if err := got.answers.same(want[i]); err != nil {
			t.Errorf("%s: %v", task.name, err)
		}
		if got.answers.total() < 50 || got.cpu <= 0 {
			t.Errorf("%s: %d answers in %v", task.name, got.answers.total(), got.cpu)
		}
	}
}

func byHand(t *testing.T, file string) []answers {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	filter, counts := answers{}, map[row]int{}
	for line := range bytes.Lines(b) {
		events, err := fusion.DecodeBatch(line)
		if err != nil {
			t.Fatal(err)
		}
		e := events[0]
		if e.Attrs["camera"] == "n280-007" && e.Attrs["speed_kmh"].(float64) > 50 {
			filter.passed++
		}
		if plate := e.Entities[0].Value; plate != lastPlate {
			counts[row{Plate: plate, Start: e.Time.Truncate(10 * time.Second).UnixMilli()}]++
		}
	}
	windows := answers{counts: map[row]bool{}}
	for r, n := range counts {
		r.N = n
		windows.counts[r] = true
	}
	return []answers{filter, windows}
}

func TestAnswersDiffer(t *testing.T) {
	a := answers{counts: map[row]bool{{"A", 2, 0}: true}}
	for name, b := range map[string]answers{
		"another count": {counts: map[row]bool{{"A", 3, 0}: true}},
		"one more":      {counts: map[row]bool{{"A", 2, 0}: true, {"B", 2, 0}: true}},
		"a filter":      {passed: 1},
	} {
		if a.same(b) == nil {
			t.Errorf("%s is the same", name)
		}
	}
}

func TestParseRows(t *testing.T) {
	got, err := parseRows([]byte("{\"plate\":\"A\",\"n\":2,\"start\":0}\n\n[{\"plate\":\"B\",\"n\":1,\"start\":10},{\"plate\":\"ZZ999Z\",\"n\":1,\"start\":20}]"))
	if err != nil || len(got) != 2 || !got[row{"A", 2, 0}] || !got[row{"B", 1, 10}] {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"x", "{\"plate\":\"A\",\"n\":2,\"start\":0}\n{\"plate\":\"A\",\"n\":2,\"start\":0}"} {
		if _, err := parseRows([]byte(bad)); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

func TestPlan(t *testing.T) {
	for _, p := range []plan{{events: 5000}, {kuiperd: "k", events: 5000}, {kuiperd: "k", etc: "e", events: 10}} {
		if p.check() == nil {
			t.Errorf("%+v is accepted", p)
		}
	}
	if err := (plan{kuiperd: "k", etc: "e", events: 5000}).check(); err != nil {
		t.Error(err)
	}
}
