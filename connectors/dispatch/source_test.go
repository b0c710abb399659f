package dispatch

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// sink takes everything as durable at once.
type sink struct {
	events chan *fusion.Event
	dead   chan connectors.DeadLetter
}

func (s *sink) Submit(_ context.Context, item connectors.Item, done func(error)) error {
	for _, e := range item.Events {
		if e.Type != fusion.TypeConnectorState {
			s.events <- e
		}
	}
	done(nil)
	return nil
}

func (s *sink) Dead(_ context.Context, letter connectors.DeadLetter) error {
	s.dead <- letter
	return nil
}

type memory struct {
	mu    sync.Mutex
	state []byte
}

func (m *memory) Load(context.Context) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, nil
}

func (m *memory) Save(_ context.Context, state []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = state
	return nil
}

// run starts the connector as the room would and returns its sink.
func run(t *testing.T, h connectors.Host, config string) *sink {
	t.Helper()
	h.Name, h.Log = "cad", slog.New(slog.DiscardHandler)
	c, err := Kind.New(h, connectors.DecodeYAML([]byte(config)))
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{events: make(chan *fusion.Event, 100), dead: make(chan connectors.DeadLetter, 100)}
	runner := &connectors.Runner{Kind: Kind, Name: h.Name, Connector: c, Sink: s, Log: h.Log}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { runner.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return s
}

func TestFollowsAnExport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "calls.csv")
	export, err := os.ReadFile("testdata/in/seattle-spd-calls-a.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(export), "\n")
	if err := os.WriteFile(file, []byte(lines[0]+lines[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	config := strings.Replace(sample, "# file: /srv/exports/calls.csv", "file: "+file, 1)
	s := run(t, connectors.Host{Checkpoint: &memory{}}, strings.Replace(config, "# poll: 1s", "poll: 5ms", 1))
	if e := <-s.events; e.Type != fusion.TypeCall || e.Attrs["call"] != "2023000319821" {
		t.Fatalf("first is %s %v", e.Type, e.Attrs)
	}
	if e := <-s.events; e.Type != fusion.TypeIncident || e.Attrs["nature"] != "person.suspicious" || e.CE() != 500 {
		t.Fatalf("second is %s %v", e.Type, e.Attrs)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(lines[2] + "too,short\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if e := <-s.events; e.Subject != "2023000154966" {
		t.Errorf("third is about %q", e.Subject)
	}
	if letter := <-s.dead; letter.Rejection.Field != "Event Clearance Description" {
		t.Errorf("the short row is rejected for %q", letter.Rejection.Field)
	}
}

func TestReceivesEIDO(t *testing.T) {
	mux := http.NewServeMux()
	listening := make(chan struct{}, 16)
	host := connectors.Host{
		Handle: func(pattern string, h http.Handler) (func(), error) {
			mux.Handle(pattern, h)
			if strings.HasPrefix(pattern, "POST ") {
				defer func() { listening <- struct{}{} }()
			}
			return func() {}, nil
		},
		Secret: func(string) (string, error) { return "open sesame", nil },
	}
	s := run(t, host, sample)
	<-listening
	server := httptest.NewServer(mux)
	defer server.Close()
	body, err := os.Open("testdata/in/eido-conveyance.json")
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/in/dispatch?token=open+sesame", body)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer.Status, err)
	}
	if e := <-s.events; e.Type != fusion.TypeIncident || e.Attrs["nature"] != "traffic.collision" {
		t.Errorf("got %s %v", e.Type, e.Attrs)
	}
}

func TestProtectedCharacteristicsStayOut(t *testing.T) {
	for _, name := range []string{"eido-call.json", "eido-conveyance.json"} {
		want, err := os.ReadFile("testdata/want/" + name + ".ndjson")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ToLower(string(want)), "not taken") {
			t.Errorf("%s: a name or a characteristic of a person is in an event", name)
		}
	}
}

func TestNatures(t *testing.T) {
	table, err := newNatures([]Nature{{Nature: "fire.chimney", Contains: []string{"schoorsteen"}}, {Nature: "theft.bicycle", Exact: []string{"Theft"}}})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"Brand schoorsteen":               "fire.chimney", // the configuration's own come first
		"theft":                           "theft.bicycle",
		"THEFT - OTHER":                   "theft.other",
		"Ramkraak juwelier":               "theft.ram-raid",
		"--BURGLARY - RESIDENTIAL":        "theft.burglary",
		"ALARM - RESIDENTIAL - BURGLARY":  "alarm.burglary",
		"  spookrijder   A2 ":             "traffic.wrong-way",
		"BURN - RECKLESS BURNING":         "fire.outdoor",
		"FIGHT":                           "violence.fight",
		"vermist kind":                    "person.missing-child",
		"vermist persoon":                 "person.missing",
		"nobody has ever heard of this":   natureUnknown,
		"SUSPICIOUS PERSON, VEHICLE, ...": "person.suspicious",
	} {
		if got := table.of("", text); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func TestConfigurationErrorsSayWhatToDo(t *testing.T) {
	for config, want := range map[string]string{
		"format: xml":                              "it is auto, eido or csv",
		"format: csv":                              "csv needs columns.id",
		"format: eido\nfile: x.csv":                "eido comes over HTTP",
		"credibility: 9":                           "between 1 and 6",
		"csv: {time_zone: Mars/Base}":              "write it like Europe/Amsterdam",
		"natures: [{nature: FIRE, exact: [a]}]":    "write a dotted code",
		"natures: [{nature: a.b, prefix: [\"\"]}]": "is empty",
		"colour: red":                              "colour",
	} {
		_, err := Kind.New(connectors.Host{Name: "cad"}, connectors.DecodeYAML([]byte(config)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", config, err, want)
		}
	}
}
