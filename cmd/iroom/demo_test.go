package main

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/simulate"
)

// TestDemoFuses runs the demonstration until incidents of three kinds stand,
// each fused from at least two connectors.
func TestDemoFuses(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	var out, problems bytes.Buffer
	code := make(chan int, 1)
	dir := t.TempDir()
	demoCtx, stop := context.WithCancel(ctx)
	go func() {
		code <- run(demoCtx, []string{"demo", "--json", "--dir", dir}, streams{strings.NewReader(""), &out, &problems})
	}()
	waitForKinds(ctx, t, dir+"/room", 3)
	stop()
	if got := <-code; got != 0 {
		t.Fatalf("exit code %d: %s", got, problems.String())
	}
	var s demoSummary
	if err := json.Unmarshal(out.Bytes(), &s); err != nil {
		t.Fatalf("the summary is not one JSON object: %v\n%s", err, out.String())
	}
	if s.Events == 0 || s.Alerts == 0 || len(fusedKinds(s.Incidents)) < 3 {
		t.Errorf("summary %+v", s)
	}
}

// waitForKinds asks the running demonstration until so many kinds are fused.
func waitForKinds(ctx context.Context, t *testing.T, dir string, kinds int) {
	t.Helper()
	for {
		var out bytes.Buffer
		run(ctx, []string{"incident", "ls", "--dir", dir, "--json"}, streams{strings.NewReader(""), &out, &bytes.Buffer{}})
		var seen []string
		for line := range strings.Lines(out.String()) {
			var s struct {
				Kind    string   `json:"kind"`
				Sources []string `json:"sources"`
			}
			if err := json.Unmarshal([]byte(line), &s); err != nil {
				t.Fatal(err)
			}
			if len(s.Sources) > 1 {
				seen = insert(seen, s.Kind)
			}
		}
		if len(seen) >= kinds {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("only %v are fused of several sources", seen)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func fusedKinds(list []demoIncident) (kinds []string) {
	for _, i := range list {
		if len(i.Connectors) > 1 && !slices.Contains(kinds, i.Kind) {
			kinds = append(kinds, i.Kind)
		}
	}
	return kinds
}

func TestDemoConfigurationIsOneOfAUser(t *testing.T) {
	dir := t.TempDir()
	text, err := writeDemoFiles(dir, simulate.NewCity(1), "http://127.0.0.1:1/index.atom", "127.0.0.1:2")
	if err != nil {
		t.Fatal(err)
	}
	var out, problems bytes.Buffer
	if code := run(t.Context(), []string{"serve", "--check", "--config", dir + "/room.yaml"}, streams{nil, &out, &problems}); code != 0 {
		t.Errorf("%s\n%s", problems.String(), text)
	}
}
