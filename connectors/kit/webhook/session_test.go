package webhook

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openiroom/iroom/connectors"
)

// post sends a request in a goroutine of its own; the channel gives its status.
func post(ctx context.Context, h http.Handler, body io.Reader) <-chan int {
	status := make(chan int, 1)
	go func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodPost, "/in/cams", body))
		status <- w.Code
	}()
	return status
}

func opened(t *testing.T) (*Source, *room) {
	t.Helper()
	r, host := newRoom()
	s, err := New(host, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, r
}

func closeSource(t *testing.T, s *Source) {
	t.Helper()
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestNobodyWaitsLongerThanTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := opened(t)
		began := time.Now()
		status := post(t.Context(), r, strings.NewReader("x"))
		if got := <-status; got != http.StatusServiceUnavailable {
			t.Errorf("status %d", got)
		}
		if waited := time.Since(began); waited != 10*time.Second {
			t.Errorf("it waited %s", waited)
		}
		_, ack, err := s.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ack(connectors.Receipt{Events: 1}) // must not block although nobody listens
		closeSource(t, s)
	})
}

func TestASenderThatLeavesLeaksNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := opened(t)
		session := s.open
		ctx, leave := context.WithCancel(t.Context())
		status := post(ctx, r, strings.NewReader("x"))
		synctest.Wait()
		left := time.Now()
		leave()
		<-status
		if waited := time.Since(left); waited != 0 {
			t.Errorf("its handler stays for %s", waited)
		}
		if n := len(session.slots); n != 0 {
			t.Errorf("%d slots are still taken", n)
		}
		m, ack, err := s.Read(t.Context())
		if err != nil || string(m.Payload) != "x" {
			t.Fatalf("what had arrived is lost: %+v %v", m, err)
		}
		ack(connectors.Receipt{Events: 1})
		closeSource(t, s)
	})
}

func TestCloseTurnsAwayThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := opened(t)
		status := post(t.Context(), r, strings.NewReader("x"))
		synctest.Wait()
		closeSource(t, s)
		if got := <-status; got != http.StatusServiceUnavailable {
			t.Errorf("status %d", got)
		}
		if got := <-post(t.Context(), r, strings.NewReader("x")); got != http.StatusNotFound {
			t.Errorf("after Close the path still answers %d", got)
		}
		if err := s.Open(t.Context()); err != nil {
			t.Fatalf("it cannot be opened again: %v", err)
		}
		closeSource(t, s)
	})
}

func TestTooManyRequestsAreTurnedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := opened(t)
		var waiting []<-chan int
		for range maxWaiting {
			waiting = append(waiting, post(t.Context(), r, strings.NewReader("x")))
		}
		synctest.Wait()
		if got := <-post(t.Context(), r, strings.NewReader("x")); got != http.StatusServiceUnavailable {
			t.Errorf("one more than %d got status %d", maxWaiting, got)
		}
		for range maxWaiting {
			_, ack, err := s.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ack(connectors.Receipt{Events: 1})
		}
		for _, status := range waiting {
			if got := <-status; got != http.StatusOK {
				t.Errorf("status %d", got)
			}
		}
		closeSource(t, s)
	})
}

func TestAFullQueueTurnsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, r := opened(t)
		for range maxWaiting { // each sender leaves, what it sent stays
			ctx, leave := context.WithCancel(t.Context())
			status := post(ctx, r, strings.NewReader("x"))
			synctest.Wait()
			leave()
			<-status
		}
		if got := <-post(t.Context(), r, strings.NewReader("x")); got != http.StatusServiceUnavailable {
			t.Errorf("status %d", got)
		}
		closeSource(t, s)
	})
}

func TestReadEndsWithItsContext(t *testing.T) {
	s, _ := opened(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Read(ctx); err == nil {
		t.Error("Read goes on")
	}
	closeSource(t, s)
	if _, _, err := s.Read(t.Context()); err == nil {
		t.Error("a closed source can be read")
	}
}

func TestASlowSenderIsCutOff(t *testing.T) {
	url, _ := start(t, Config{Timeout: 50_000_000}, connectors.Receipt{Events: 1})
	body, hold := io.Pipe()
	defer func() {
		if err := hold.Close(); err != nil {
			t.Error(err)
		}
	}()
	resp, answer := send(t, http.MethodPost, url+"/in/cams", body)
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d: %s", resp.StatusCode, answer)
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	for name, c := range map[string]struct {
		cfg Config
		ok  bool
	}{
		"default":        {Config{}, true},
		"relative path":  {Config{Path: "in/x"}, false},
		"path of a mux":  {Config{Path: "/in/{x}"}, false},
		"negative size":  {Config{MaxBytes: -1}, false},
		"huge size":      {Config{MaxBytes: 1 << 40}, false},
		"negative time":  {Config{Timeout: -1}, false},
		"unknown secret": {Config{Token: "env:OTHER"}, true}, // Open says so
	} {
		t.Run(name, func(t *testing.T) {
			_, host := newRoom()
			if _, err := New(host, c.cfg); (err == nil) != c.ok {
				t.Errorf("error: %v", err)
			}
		})
	}
}

func TestOpenNeedsTheRoom(t *testing.T) {
	_, host := newRoom()
	for name, h := range map[string]connectors.Host{
		"listener": {Name: "cams", Secret: host.Secret},
		"secrets":  {Name: "cams", Handle: host.Handle},
	} {
		s, err := New(h, Config{Token: "env:TOKEN"})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Open(t.Context()); err == nil {
			t.Errorf("it opens without %s", name)
		}
	}
	unknown, err := New(host, Config{Token: "env:OTHER"})
	if err != nil {
		t.Fatal(err)
	}
	if err := unknown.Open(t.Context()); err == nil {
		t.Error("it opens without its token")
	}
}

func TestATakenPathIsGivenBack(t *testing.T) {
	r, host := newRoom()
	stop, err := r.handle("PUT /in/cams", http.NotFoundHandler())
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(host, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Open(t.Context()); err == nil {
		t.Fatal("it opens at a path that is taken")
	}
	stop()
	if len(r.handlers) != 0 {
		t.Errorf("%d handlers are left", len(r.handlers))
	}
}
