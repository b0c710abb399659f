package anpr

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// memoryLog stands for the room's log: it keeps what is submitted, and refuses while
// it is full.
type memoryLog struct {
	mu     sync.Mutex
	full   bool
	events []*fusion.Event
	dead   []connectors.DeadLetter
}

func (l *memoryLog) Submit(_ context.Context, item connectors.Item, done func(error)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full {
		return errors.New("the log is full")
	}
	for _, e := range item.Events {
		if e.Type == fusion.TypeANPR {
			l.events = append(l.events, e)
		}
	}
	done(nil)
	return nil
}

func (l *memoryLog) Dead(_ context.Context, letter connectors.DeadLetter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = append(l.dead, letter)
	return nil
}

func (l *memoryLog) fill(full bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.full = full
}

// listen runs the whole connector behind a real HTTP server.
func listen(t *testing.T, config string) (url string, room *memoryLog) {
	t.Helper()
	mux := http.NewServeMux()
	registered := make(chan struct{}, 16)
	host := connectors.Host{
		Name: "gate", Log: slog.New(slog.DiscardHandler),
		Secret: func(string) (string, error) { return "s3cret", nil },
		Handle: func(pattern string, h http.Handler) (func(), error) {
			mux.Handle(pattern, h)
			if strings.HasPrefix(pattern, "DELETE ") { // the last of them
				close(registered)
			}
			return func() {}, nil
		},
	}
	c, err := Kind.New(host, connectors.DecodeYAML([]byte(config)))
	if err != nil {
		t.Fatal(err)
	}
	room = &memoryLog{}
	ctx, stop := context.WithCancel(t.Context())
	runner := &connectors.Runner{Kind: Kind, Name: "gate", Connector: c, Sink: room, Log: host.Log}
	var running sync.WaitGroup
	running.Go(func() { runner.Run(ctx) })
	<-registered
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		server.Close()
		stop()
		running.Wait()
	})
	return server.URL, room
}

func post(t *testing.T, url, contentType string, body []byte) (int, string) {
	t.Helper()
	resp, err := http.Post(url, contentType, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(answer))
}

func input(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/in/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestCamerasPushTheirPlates(t *testing.T) {
	for file, plate := range map[string]string{
		"axis-fflpr-event.json":               "RLE11684",
		"openalpr-cloud.json":                 "H786P0J",
		"platerecognizer-stream-webhook.json": "PL8REC",
	} {
		t.Run(file, func(t *testing.T) {
			url, room := listen(t, "path: /cams\ntoken: env:T")
			status, answer := post(t, url+"/cams?token=s3cret", "application/json", input(t, file))
			if status != http.StatusOK || answer != `{"events":1,"skipped":[],"refused":[]}` {
				t.Fatalf("%d %s", status, answer)
			}
			if got := room.events[0].Entity(fusion.EntityVehicle).Value; got != plate {
				t.Errorf("the plate is %s", got)
			}
		})
	}
}

func TestStreamPushesPicturesBesideTheJSON(t *testing.T) {
	url, room := listen(t, "")
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	upload, err := form.CreateFormFile("upload", "front.jpg")
	if err != nil {
		t.Fatal(err)
	}
	_, err = upload.Write(bytes.Repeat([]byte{0xff, 0xd8, 0}, 1000))
	err = errors.Join(err, form.WriteField("json", string(input(t, "platerecognizer-stream-webhook.json"))), form.Close())
	if err != nil {
		t.Fatal(err)
	}
	if status, answer := post(t, url+"/in/gate", form.FormDataContentType(), body.Bytes()); status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	media := room.events[0].Media
	if len(media) != 2 || media[1].Ref != "front.jpg" || !strings.HasPrefix(media[1].Digest, "sha256:") {
		t.Errorf("media %+v", media)
	}
}

func TestWhatIsNotUnderstoodIsKeptAndSaid(t *testing.T) {
	url, room := listen(t, "")
	status, answer := post(t, url+"/in/gate", "application/json", []byte(`{"plateText": " "}`))
	if status != http.StatusUnprocessableEntity || !strings.Contains(answer, `"code":"missing"`) {
		t.Errorf("%d %s", status, answer)
	}
	if len(room.dead) != 1 || string(room.dead[0].Payload) != `{"plateText": " "}` {
		t.Errorf("dead letters %+v", room.dead)
	}
}

func TestARepeatAfterAFullLogIsTheSameEvent(t *testing.T) {
	url, room := listen(t, "")
	body := input(t, "platerecognizer-stream-webhook.json")
	room.fill(true)
	if status, answer := post(t, url+"/in/gate", "application/json", body); status != http.StatusServiceUnavailable {
		t.Fatalf("%d %s", status, answer)
	}
	room.fill(false)
	for range 2 {
		if status, answer := post(t, url+"/in/gate", "application/json", body); status != http.StatusOK {
			t.Fatalf("%d %s", status, answer)
		}
	}
	if len(room.events) != 2 || room.events[0].ID != room.events[1].ID {
		t.Errorf("%d events with different ids", len(room.events))
	}
}
