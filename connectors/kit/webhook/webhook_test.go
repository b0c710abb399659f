package webhook

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// room is an HTTP listener whose handlers come and go.
type room struct {
	mu       sync.Mutex
	handlers map[string]http.Handler
}

func (r *room) handle(pattern string, h http.Handler) (func(), error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.handlers[pattern]; taken {
		return nil, errors.New("the pattern is taken")
	}
	r.handlers[pattern] = h
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.handlers, pattern)
	}, nil
}

func (r *room) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	mux := http.NewServeMux()
	r.mu.Lock()
	handlers := maps.Clone(r.handlers)
	r.mu.Unlock()
	for pattern, h := range handlers {
		mux.Handle(pattern, h)
	}
	mux.ServeHTTP(w, req)
}

func newRoom() (*room, connectors.Host) {
	r := &room{handlers: map[string]http.Handler{}}
	return r, connectors.Host{Name: "cams", Handle: r.handle, Secret: func(ref string) (string, error) {
		if ref != "env:TOKEN" {
			return "", errors.New("no such secret")
		}
		return "s3cret\n", nil
	}}
}

// start opens a source on a real server; every message that it reads is
// recorded and acknowledged with the receipt.
func start(t *testing.T, cfg Config, receipt connectors.Receipt) (url string, got <-chan connectors.Message) {
	t.Helper()
	r, host := newRoom()
	s, err := New(host, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(r)
	messages := make(chan connectors.Message, 100)
	var reading sync.WaitGroup
	reading.Go(func() {
		for {
			m, ack, err := s.Read(t.Context())
			if err != nil {
				return
			}
			messages <- m
			ack(receipt)
		}
	})
	t.Cleanup(func() {
		reading.Wait()
		server.Close()
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	return server.URL, messages
}

func send(t *testing.T, method, url string, body io.Reader, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := resp.Body.Close(); err != nil {
			t.Error(err)
		}
	}()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if kind := resp.Header.Get("Content-Type"); kind != "application/json" && resp.StatusCode != http.StatusNotFound {
		t.Errorf("the answer is %s: %s", kind, answer)
	}
	return resp, strings.TrimSpace(string(answer))
}

func zipped(t *testing.T, content []byte) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func TestRequestBecomesOneMessage(t *testing.T) {
	url, got := start(t, Config{}, connectors.Receipt{Events: 1})
	for name, c := range map[string]struct {
		body    io.Reader
		headers []string
	}{
		"plain":   {strings.NewReader(`{"a":1}`), []string{"Content-Type", "application/json"}},
		"gzip":    {zipped(t, []byte(`{"a":1}`)), []string{"Content-Type", "application/json", "Content-Encoding", "gzip"}},
		"chunked": {io.MultiReader(strings.NewReader(`{"a"`), strings.NewReader(`:1}`)), []string{"Content-Type", "application/json"}},
	} {
		t.Run(name, func(t *testing.T) {
			resp, answer := send(t, http.MethodPost, url+"/in/cams?token=secret", c.body, c.headers...)
			if resp.StatusCode != http.StatusOK {
				t.Fatalf("status %d: %s", resp.StatusCode, answer)
			}
			m := <-got
			if string(m.Payload) != `{"a":1}` || m.Meta["content-type"] != "application/json" || m.Received.IsZero() {
				t.Errorf("message %+v", m)
			}
			if m.Origin != "POST /in/cams from 127.0.0.1" {
				t.Errorf("origin %q", m.Origin)
			}
		})
	}
}

func TestMultipartIsKeptWhole(t *testing.T) {
	url, got := start(t, Config{Path: "/cameras"}, connectors.Receipt{Events: 1})
	body := "--x\r\nContent-Disposition: form-data; name=\"json\"\r\n\r\n{}\r\n--x--\r\n"
	send(t, http.MethodPost, url+"/cameras", strings.NewReader(body), "Content-Type", "multipart/form-data; boundary=x")
	if m := <-got; string(m.Payload) != body || m.Meta["content-type"] != "multipart/form-data; boundary=x" {
		t.Errorf("message %+v", m)
	}
}

func TestAnswerSaysWhatBecameOfIt(t *testing.T) {
	refused := fusion.Reject("missing", "plate", "the plate is missing")
	for name, c := range map[string]struct {
		receipt connectors.Receipt
		status  int
		answer  string
	}{
		"events":  {connectors.Receipt{Events: 2}, 200, `{"events":2,"skipped":[],"refused":[]}`},
		"skipped": {connectors.Receipt{Skips: []string{"a heartbeat"}}, 200, `{"events":0,"skipped":["a heartbeat"],"refused":[]}`},
		"some refused": {
			connectors.Receipt{Events: 1, Rejects: []*fusion.Rejection{refused}},
			200,
			`{"events":1,"skipped":[],"refused":[{"code":"missing","field":"plate","reason":"the plate is missing"}]}`,
		},
		"all refused": {
			connectors.Receipt{Rejects: []*fusion.Rejection{refused}},
			422,
			`{"events":0,"skipped":[],"refused":[{"code":"missing","field":"plate","reason":"the plate is missing"}]}`,
		},
		"panic": {
			connectors.Receipt{Rejects: []*fusion.Rejection{fusion.Reject("panic", "", "goroutine 7")}},
			422,
			`{"events":0,"skipped":[],"refused":[{"code":"panic","reason":"the connector failed on it; the operators of the room can see why"}]}`,
		},
		"not durable": {
			connectors.Receipt{Events: 1, Err: errors.New("disk full")},
			503,
			`{"error":"it could not be stored; send it again later"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := start(t, Config{}, c.receipt)
			resp, answer := send(t, http.MethodPost, url+"/in/cams", strings.NewReader("x"))
			if resp.StatusCode != c.status || answer != c.answer {
				t.Errorf("status %d: %s", resp.StatusCode, answer)
			}
			if wantRetry := c.status == 503; (resp.Header.Get("Retry-After") != "") != wantRetry {
				t.Errorf("Retry-After is %q", resp.Header.Get("Retry-After"))
			}
		})
	}
}

func TestOnlySendersWithTheTokenAreAdmitted(t *testing.T) {
	url, got := start(t, Config{Token: "env:TOKEN"}, connectors.Receipt{Events: 1})
	for name, c := range map[string]struct {
		query   string
		headers []string
		status  int
	}{
		"none":           {"", nil, 401},
		"bearer":         {"", []string{"Authorization", "Bearer s3cret"}, 200},
		"wrong bearer":   {"", []string{"Authorization", "Bearer s3cret2"}, 401},
		"other scheme":   {"", []string{"Authorization", "Basic s3cret"}, 401},
		"header":         {"", []string{"X-Token", "s3cret"}, 200},
		"wrong header":   {"", []string{"X-Token", ""}, 401},
		"query":          {"?token=s3cret", nil, 200},
		"wrong query":    {"?token=S3CRET", nil, 401},
		"empty in query": {"?token=", nil, 401},
	} {
		t.Run(name, func(t *testing.T) {
			resp, answer := send(t, http.MethodPost, url+"/in/cams"+c.query, strings.NewReader("x"), c.headers...)
			if resp.StatusCode != c.status {
				t.Fatalf("status %d: %s", resp.StatusCode, answer)
			}
			if c.status != 200 {
				return
			}
			if m := <-got; strings.Contains(m.Origin, "s3cret") {
				t.Errorf("the token stands in the origin: %s", m.Origin)
			}
		})
	}
}

func TestWhatCannotBeTakenIsRefused(t *testing.T) {
	url, _ := start(t, Config{MaxBytes: 1000}, connectors.Receipt{Events: 1})
	big := strings.Repeat("x", 1001)
	for name, c := range map[string]struct {
		method  string
		body    io.Reader
		headers []string
		status  int
	}{
		"too large":         {"POST", strings.NewReader(big), nil, 413},
		"too large chunked": {"POST", io.MultiReader(strings.NewReader(big)), nil, 413},
		"gzip bomb":         {"POST", zipped(t, make([]byte, 1<<18)), []string{"Content-Encoding", "gzip"}, 413},
		"cut gzip bomb":     {"POST", bytes.NewReader(zipped(t, make([]byte, 1<<18)).Bytes()[:200]), []string{"Content-Encoding", "gzip"}, 413},
		"gzip at the limit": {"POST", zipped(t, make([]byte, 1000)), []string{"Content-Encoding", "gzip"}, 200},
		"not gzip":          {"POST", strings.NewReader("{}"), []string{"Content-Encoding", "gzip"}, 400},
		"cut gzip":          {"POST", bytes.NewReader(zipped(t, []byte(big)).Bytes()[:20]), []string{"Content-Encoding", "gzip"}, 400},
		"other encoding":    {"POST", strings.NewReader("{}"), []string{"Content-Encoding", "br"}, 415},
		"get":               {"GET", nil, nil, 405},
		"put":               {"PUT", strings.NewReader("{}"), nil, 405},
		"delete":            {"DELETE", nil, nil, 405},
	} {
		t.Run(name, func(t *testing.T) {
			resp, answer := send(t, c.method, url+"/in/cams", c.body, c.headers...)
			if resp.StatusCode != c.status {
				t.Fatalf("status %d: %s", resp.StatusCode, answer)
			}
			var problem failure
			if c.status != 200 && (json.Unmarshal([]byte(answer), &problem) != nil || problem.Error == "") {
				t.Errorf("the answer says no reason: %s", answer)
			}
		})
	}
}
