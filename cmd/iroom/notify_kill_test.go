package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion/notify"
)

// deaths is how often the room dies between sending a message and recording
// that it was sent.
const deaths = 4

// hook is a receiver that kills the room while it takes a message.
type hook struct {
	mu     sync.Mutex
	lethal *exec.Cmd      // dies of the next message; nil: none
	times  map[string]int // by key
	bodies map[string]string
	came   chan string
}

// ServeHTTP takes a message. Of a lethal one the room gets no answer.
func (h *hook) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	key := r.Header.Get(notify.HeaderKey)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.times[key]++
	h.bodies[key] = string(body)
	if h.lethal != nil {
		if err := h.lethal.Process.Kill(); err != nil {
			panic(err)
		}
		h.lethal = nil
	}
	h.came <- key
}

// next waits for a message.
func (h *hook) next(t *testing.T) string {
	t.Helper()
	select {
	case key := <-h.came:
		return key
	case <-time.After(time.Minute):
		t.Fatal("no message came")
		return ""
	}
}

// TestKillWhileTelling kills the real room after a receiver took a message and
// before the room can record that. The message comes once more with the same
// key, no other comes twice, and none is lost.
func TestKillWhileTelling(t *testing.T) {
	h := &hook{times: map[string]int{}, bodies: map[string]string{}, came: make(chan string, 100)}
	server := httptest.NewServer(h)
	defer server.Close()
	t.Setenv("IROOM_TEST_HOOK", "generic://"+strings.TrimPrefix(server.URL, "http://")+"/hook?disabletls=yes&template=json")
	r := newKillRoom(t)
	file := filepath.Join(r.dir, "room.yaml")
	base, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, string(base)+`
outgoing: {hosts: [127.0.0.1]}
notify:
  receivers: [{name: officer, url: "env:IROOM_TEST_HOOK", rate: {messages: 1000, per: 1m}}]
  routes: [{name: all, when: action == "opened", who: [officer]}]
`)
	process := r.start()
	for range deaths {
		r.passage()
		h.next(t) // what the room lives on
		h.mu.Lock()
		h.lethal = process
		h.mu.Unlock()
		r.passage()
		lethal := h.next(t)
		if err := process.Wait(); err == nil {
			t.Fatal("the room ended by itself")
		}
		process = r.start()
		if again := h.next(t); again != lethal {
			t.Errorf("after the restart came %s, the room died of %s", again, lethal)
		}
	}
	r.passage()
	h.next(t)
	r.interrupt(process)
	h.check(t)
}

// passage posts one passage of a new vehicle until it is acknowledged.
func (r *killRoom) passage() {
	n := r.next.Add(1)
	body := fmt.Sprintf(`{"hook":{"event":"recognition"},"data":{"camera_id":"cam-%d","timestamp":"%s","results":[{"plate":"ab%05dc","score":0.9,"dscore":0.9,"box":{"xmin":%d,"ymin":1,"xmax":2,"ymax":2}}]}}`,
		n, time.Now().UTC().Format("2006-01-02T15:04:05.000000Z"), n, n)
	for deadline := time.Now().Add(time.Minute); !r.post(r.t.Context(), body); {
		if time.Now().After(deadline) {
			r.t.Fatal("the room acknowledges nothing")
		}
		r.until(20 * time.Millisecond)
	}
}

func (h *hook) check(t *testing.T) {
	h.mu.Lock()
	defer h.mu.Unlock()
	twice := 0
	for key, n := range h.times {
		if n > 2 {
			t.Errorf("message %s came %d times", key, n)
		}
		twice += n - 1
	}
	if twice != deaths {
		t.Errorf("%d messages came twice, the room died %d times", twice, deaths)
	}
	for n := 1; n <= 2*deaths+1; n++ {
		if told := h.about(fmt.Sprintf("AB%05dC", n)); told != 1 {
			t.Errorf("vehicle %d stands in %d messages", n, told)
		}
	}
}

// about counts the messages, each once, that name a vehicle.
func (h *hook) about(plate string) (n int) {
	for _, body := range h.bodies {
		if strings.Contains(body, plate) {
			n++
		}
	}
	return n
}
