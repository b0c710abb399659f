package cap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/kit/netguard"
	"github.com/openiroom/iroom/fusion"
)

// site is a web server with documents that a test changes.
type site struct {
	*httptest.Server
	mu    sync.Mutex
	pages map[string]http.HandlerFunc
	asked []string // "path If-None-Match"
}

func newSite(t *testing.T) *site {
	s := &site{pages: map[string]http.HandlerFunc{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("If-None-Match")))
		h := s.pages[r.URL.Path]
		s.mu.Unlock()
		if h == nil {
			http.NotFound(w, r)
			return
		}
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *site) handle(path string, h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[path] = h
}

// put serves a text with its length and hash as ETag.
func (s *site) put(path, text string) {
	etag := fmt.Sprintf("%q", fusion.PayloadID([]byte(text), "")[:8])
	s.handle(path, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, text)
	})
}

func (s *site) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// memory is a checkpoint.
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

// reader is an open source whose clock stands still until the test lets the
// next wait pass.
type reader struct {
	*source
	t      *testing.T
	mapper connectors.Mapper
	waits  chan time.Duration
	pass   chan struct{}

	clock sync.Mutex
	time  time.Time
}

func open(t *testing.T, checkpoint *memory, urls ...string) *reader {
	t.Helper()
	r := prepare(t, checkpoint, urls...)
	if err := r.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.source.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return r
}

func prepare(t *testing.T, checkpoint *memory, urls ...string) *reader {
	t.Helper()
	client := netguard.New(netguard.Options{
		AllowHosts: []string{"127.0.0.1"}, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	t.Cleanup(client.CloseIdleConnections)
	config := "interval: 1m\nsource: cap/test\nurls: [" + strings.Join(urls, ", ") + "]\n"
	c, err := Kind.New(connectors.Host{Name: "warnings", HTTP: client, Checkpoint: checkpoint}, connectors.DecodeYAML([]byte(config)))
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{
		source: c.Source.(*source), mapper: c.Mapper, t: t, waits: make(chan time.Duration, 16), pass: make(chan struct{}),
		time: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC),
	}
	r.now = func() time.Time {
		r.clock.Lock()
		defer r.clock.Unlock()
		return r.time
	}
	r.wait = r.waitForTest
	return r
}

func (r *reader) waitForTest(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	r.waits <- d
	select {
	case <-r.pass:
		r.clock.Lock()
		defer r.clock.Unlock()
		r.time = r.time.Add(d)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// next reads a document and acknowledges it.
func (r *reader) next(err error) connectors.Message {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	msg, ack, problem := r.Read(ctx)
	if problem != nil {
		r.t.Fatal(problem)
	}
	ack(connectors.Receipt{Err: err})
	return msg
}

// rest waits until a poll is over, with no document left, and returns the
// pause before the next one.
func (r *reader) rest() time.Duration {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
	defer cancel()
	select {
	case d := <-r.waits:
		return d
	case d := <-r.deliveries:
		r.t.Fatalf("an unexpected document: %s", d.msg.Origin)
	case <-ctx.Done():
		r.t.Fatal("the poll does not end")
	}
	return 0
}

func (r *reader) poll() { r.pass <- struct{}{} }

func wantRequests(t *testing.T, s *site, want ...string) {
	t.Helper()
	if got := s.requests(); strings.Join(got, "|") != strings.Join(want, "|") {
		t.Fatalf("requests %q, want %q", got, want)
	}
}

// etag is what put gives for a text.
func etag(text string) string { return fmt.Sprintf("%q", fusion.PayloadID([]byte(text), "")[:8]) }

func indexOf(links ...string) string {
	var b strings.Builder
	b.WriteString(`<feed xmlns="http://www.w3.org/2005/Atom"><title>warnings</title>`)
	for i, l := range links {
		fmt.Fprintf(&b, `<entry><id>%d</id><title>warning</title><updated>2026-11-01T0%d:00:00Z</updated>`+
			`<link href="/page.html"/><link type="application/cap+xml" href="%s"/></entry>`, i, 9-i, l)
	}
	return b.String() + `</feed>`
}

func TestIndexIsFollowedOnceAndAskedWithValidators(t *testing.T) {
	s, state := newSite(t), &memory{}
	index := indexOf("/b.cap", "a.cap")
	s.put("/index", index)
	s.put("/a.cap", doc(""))
	s.put("/b.cap", doc(""))
	r := open(t, state, s.URL+"/index")
	for _, want := range []string{"/index", "/a.cap", "/b.cap"} { // the oldest entry first
		if got := r.next(nil); got.Origin != s.URL+want || got.Received != r.now() {
			t.Fatalf("%s at %s, want %s", got.Origin, got.Received, want)
		}
	}
	if d := r.rest(); d < time.Minute || d > 66*time.Second {
		t.Errorf("the next poll is in %s", d)
	}
	wantRequests(t, s, "/index", "/a.cap", "/b.cap")
	r.poll()
	r.rest()
	wantRequests(t, s, "/index "+etag(index))

	index = indexOf("/c.cap", "/b.cap", "a.cap")
	s.put("/index", strings.ReplaceAll(index, "T08", "T09")) // b as before, a in another version
	s.put("/c.cap", doc(""))
	again := open(t, state, s.URL+"/index") // as after a restart
	for range 3 {
		again.next(nil)
	}
	again.rest()
	wantRequests(t, s, "/index "+etag(indexOf("/b.cap", "a.cap")), "/a.cap", "/c.cap")
}

func TestSameBodyWithoutValidatorsIsNotANewDocument(t *testing.T) {
	s := newSite(t)
	s.handle("/a.cap", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, doc("")) })
	r := open(t, &memory{}, s.URL+"/a.cap")
	r.next(nil)
	r.rest()
	r.poll()
	r.rest()
	wantRequests(t, s, "/a.cap", "/a.cap")
}

func TestWhatWasNotAcknowledgedComesAgain(t *testing.T) {
	s := newSite(t)
	s.put("/index", indexOf("/b.cap", "/a.cap"))
	s.put("/a.cap", doc(""))
	s.put("/b.cap", doc(""))
	r := open(t, &memory{}, s.URL+"/index")
	r.next(nil)
	r.next(errors.New("the log is full"))
	r.next(nil)
	r.rest()
	s.requests()
	r.poll()
	r.next(nil)
	if got := r.next(nil); got.Origin != s.URL+"/a.cap" {
		t.Errorf("%s came again", got.Origin)
	}
	r.rest()
	wantRequests(t, s, "/index", "/a.cap")
}

func TestAlertUpdateCancelReferToEachOther(t *testing.T) {
	s := newSite(t)
	write := func(path, id, msgType, sent, references string) {
		text := strings.NewReplacer("<identifier>1<", "<identifier>"+id+"<", ">Alert<", ">"+msgType+"<",
			"2026-11-01T10:00:00+01:00", sent, "<info>", references+"<info>").Replace(doc(""))
		s.put(path, text)
	}
	write("/1", "1", "Alert", "2026-11-01T10:00:00+01:00", "")
	write("/2", "2", "Update", "2026-11-01T11:00:00+01:00", "<references>issuer@example.nl,1,2026-11-01T09:00:00-00:00</references>")
	write("/3", "3", "Cancel", "2026-11-01T12:00:00+01:00",
		"<references>issuer@example.nl,1,2026-11-01T10:00:00+01:00 issuer@example.nl,2,2026-11-01T11:00:00+01:00</references>")
	s.put("/index", indexOf("/3", "/2", "/1"))
	r := open(t, &memory{}, s.URL+"/index")
	r.next(nil)
	var events []*fusion.Event
	for range 3 {
		events = append(events, only(t, connectors.MapSafely(r.mapper, Kind, "warnings", r.next(nil))))
	}
	alert, update, cancel := events[0], events[1], events[2]
	if alert.MsgType != fusion.MsgAlert || update.MsgType != fusion.MsgUpdate || cancel.MsgType != fusion.MsgCancel {
		t.Fatalf("%s, %s, %s", alert.MsgType, update.MsgType, cancel.MsgType)
	}
	if len(update.References) != 1 || update.References[0] != string(alert.ID) {
		t.Errorf("the update refers to %v, not to %s", update.References, alert.ID)
	}
	if len(cancel.References) != 2 || cancel.References[0] != string(alert.ID) || cancel.References[1] != string(update.ID) {
		t.Errorf("the cancel refers to %v", cancel.References)
	}
	if alert.Subject != "issuer@example.nl,1" {
		t.Errorf("subject %q", alert.Subject)
	}
}

func TestOneDeadAddressStopsNoOther(t *testing.T) {
	s, dead := newSite(t), newSite(t)
	dead.Close()
	s.put("/a.cap", doc(""))
	r := open(t, &memory{}, dead.URL+"/index", s.URL+"/a.cap")
	if got := r.next(nil); got.Origin != s.URL+"/a.cap" {
		t.Errorf("%s", got.Origin)
	}
	if a, b := r.rest(), r.rest(); min(a, b) >= 2*time.Minute || max(a, b) < 2*time.Minute {
		t.Errorf("the next polls are in %s and %s; only the dead address is asked less often", a, b)
	}
}

func TestBrokenIndexIsADeadLetterAndIsNotFollowed(t *testing.T) {
	s := newSite(t)
	s.put("/index", strings.TrimSuffix(indexOf("/a.cap"), "</entry></feed>"))
	r := open(t, &memory{}, s.URL+"/index")
	got := connectors.MapSafely(r.mapper, Kind, "warnings", r.next(nil))
	if len(got.Rejects) != 1 || got.Rejects[0].Code != "syntax" || len(got.Events) != 0 {
		t.Errorf("%+v", got)
	}
	r.rest()
	wantRequests(t, s, "/index")
	s.put("/index", indexOf("/a.cap")) // mended
	s.put("/a.cap", doc(""))
	r.poll()
	r.next(nil)
	r.next(nil)
}

func TestRedirectToAForbiddenHost(t *testing.T) {
	s, inner := newSite(t), newSite(t)
	inner.put("/a.cap", doc(""))
	s.handle("/index", func(w http.ResponseWriter, req *http.Request) {
		http.Redirect(w, req, strings.Replace(inner.URL, "127.0.0.1", "localhost", 1)+"/a.cap", http.StatusFound)
	})
	r := open(t, &memory{}, s.URL+"/index")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, _, err := r.Read(ctx)
	if fusion.KindOf(err) != fusion.KindDenied || !strings.Contains(err.Error(), "localhost") {
		t.Errorf("%v", err)
	}
	wantRequests(t, inner)
	if err := r.source.Close(ctx); err != nil {
		t.Fatal(err)
	}
	if err := r.Open(t.Context()); fusion.KindOf(err) != fusion.KindDenied {
		t.Errorf("opened again before the address is due: %v", err)
	}
}

func TestForbiddenAndGoneLinksStopNoOther(t *testing.T) {
	s, inner := newSite(t), newSite(t)
	forbidden := strings.Replace(inner.URL, "127.0.0.1", "localhost", 1) + "/a.cap"
	s.put("/index", indexOf("/a.cap", "/gone.cap", forbidden))
	s.put("/a.cap", doc(""))
	r := open(t, &memory{}, s.URL+"/index")
	r.next(nil)
	if got := r.next(nil); got.Origin != s.URL+"/a.cap" {
		t.Errorf("%s", got.Origin)
	}
	r.rest()
	wantRequests(t, inner)
	wantRequests(t, s, "/index", "/gone.cap", "/a.cap")
	r.poll()
	r.next(nil)
	r.rest()
	wantRequests(t, s, "/index") // asked in full: the forbidden link is still open
}

func TestBackoffAndRetryAfter(t *testing.T) {
	s := newSite(t)
	busy := func(retryAfter string) {
		s.handle("/index", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", retryAfter)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
	}
	busy("")
	r := open(t, &memory{}, s.URL+"/index")
	between := func(low time.Duration) {
		t.Helper()
		if d := r.rest(); d < low || d > low+low/10 {
			t.Errorf("the next poll is in %s, want %s", d, low)
		}
	}
	between(2 * time.Minute)
	if _, _, err := r.Read(t.Context()); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("every address fails, and Read says %v", err)
	}
	r.poll()
	between(4 * time.Minute)
	busy("7200")
	r.poll()
	between(2 * time.Hour)
	r.takeBack()
	s.put("/index", indexOf())
	r.poll()
	r.next(nil)
	between(time.Minute)
}

func TestRetryAfterForms(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, "-5": 0, "soon": 0, "999999999": longestWait,
		"Sun, 01 Nov 2026 12:30:00 GMT": 30 * time.Minute, "Sun, 01 Nov 2026 11:30:00 GMT": 0,
	} {
		if got := retryAfter(header, now); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestDamagedCheckpointCostsOnlyAFetch(t *testing.T) {
	s := newSite(t)
	s.put("/a.cap", doc(""))
	r := open(t, &memory{state: []byte("{torn")}, s.URL+"/a.cap")
	r.next(nil)
}

func TestOpenWithoutARoom(t *testing.T) {
	c, err := Kind.New(connectors.Host{Name: "x"}, connectors.DecodeYAML([]byte(Kind.Sample)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Source.Open(t.Context()); fusion.KindOf(err) != fusion.KindInvalid {
		t.Errorf("%v", err)
	}
}
