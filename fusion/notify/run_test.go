package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

const runConfig = `
receivers: [{name: anna, topic: anna}, {name: web, url: "x:%s"}]
routes:
  - {name: fires, when: kind == "fire", who: [anna]}
  - {name: rest, when: kind != "fire", who: [web]}
`

// station is a notifier on a real bus.
type station struct {
	t      *testing.T
	bus    *bus.Bus
	output *bus.Output
	plan   *Plan
	topic  *nats.Subscription
	seq    uint64
	dead   chan Dead

	mu    sync.Mutex
	clock time.Time
	audit []Audit
}

func newStation(t *testing.T, url string) *station {
	t.Helper()
	b, err := bus.Start(t.Context(), bus.Options{Dir: filepath.Join(t.TempDir(), "bus"), MaxStore: 1 << 30}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	if err := bus.Migrate(t.Context(), b.JS(), bus.Settings{MaxStore: b.MaxStore()}); err != nil {
		t.Fatal(err)
	}
	s := &station{t: t, bus: b, plan: mustCompile(t, fmt.Sprintf(runConfig, url)), clock: start, dead: make(chan Dead, 10)}
	if s.output, err = bus.NewOutput(t.Context(), b.JS(), fusion.StreamAlerts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.output.Close)
	if s.topic, err = b.Conn().SubscribeSync(TopicSubject("anna")); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *station) open() (*Notifier, error) {
	return Open(s.t.Context(), Options{
		Plan: s.plan, JS: s.bus.JS(), Log: slog.New(slog.DiscardHandler), MaxStore: 1 << 30, Hosts: []string{"127.0.0.1"}, Secret: secrets,
		Clock: func() time.Time {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.clock
		},
		Dead: func(_ context.Context, d Dead) error {
			s.dead <- d
			return nil
		},
		Audit: func(_ context.Context, a Audit) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.audit = append(s.audit, a)
			return nil
		},
		Allow: func(user, named, endpoint string) (string, error) {
			if user == "wall" && endpoint != EndpointSilences {
				return "", fusion.Errorf(fusion.KindDenied, "", "no")
			}
			return named + "@" + user, nil
		},
	})
}

// start starts the notifier and returns what stops it.
func (s *station) start() (stop func()) {
	s.t.Helper()
	n, err := s.open()
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	service, err := n.Serve(s.bus.Conn())
	if err != nil {
		s.t.Fatal(err)
	}
	return sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, service.Stop()); err != nil {
			s.t.Error(err)
		}
	})
}

func (s *station) alert(id, kind string, action fusion.AlertAction) {
	s.t.Helper()
	s.seq++
	a := fusion.Alert{
		Action: action, Incident: fusion.PictureID(id), Revision: s.seq, Time: start, Kind: kind, Title: "Title " + id, Severity: fusion.SeverityHigh,
		Status: fusion.PictureNew, Area: "centrum", Text: fmt.Sprint("line ", s.seq),
	}
	if action == fusion.AlertClosed {
		a.Status = fusion.PictureClosed
	}
	data, err := fusion.Encode(a)
	if err != nil {
		s.t.Fatal(err)
	}
	subject := "iroom.out." + strings.TrimPrefix(fusion.AlertSubject(a.Area, kind, a.Severity, a.Incident), "iroom.")
	if err := s.output.Publish(s.t.Context(), subject, data, fusion.Place{Seq: s.seq}); err != nil {
		s.t.Fatal(err)
	}
	if err := s.output.Flush(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// next is the next message on the topic.
func (s *station) next() topicMessage {
	s.t.Helper()
	msg, err := s.topic.NextMsg(20 * time.Second)
	if err != nil {
		s.t.Fatal(err)
	}
	var m topicMessage
	if err := json.Unmarshal(msg.Data, &m); err != nil {
		s.t.Fatal(err)
	}
	if msg.Header.Get(HeaderKey) != m.ID {
		s.t.Errorf("message %s has key %q", m.ID, msg.Header.Get(HeaderKey))
	}
	return m
}

func ask[Reply any](t *testing.T, s *station, endpoint string, request any) (reply Reply, err error) {
	t.Helper()
	return askAs[Reply](t, s, "jan", endpoint, request)
}

func askAs[Reply any](t *testing.T, s *station, user, endpoint string, request any) (reply Reply, err error) {
	t.Helper()
	data, err := fusion.Encode(request)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := s.bus.Conn().RequestWithContext(t.Context(), fusion.APISubject(user, endpoint), data)
	if err != nil {
		t.Fatal(err)
	}
	if code := msg.Header.Get(micro.ErrorCodeHeader); code != "" {
		return reply, fusion.Errorf(fusion.Kind(code), "", "%s", msg.Header.Get(micro.ErrorHeader))
	}
	return reply, json.Unmarshal(msg.Data, &reply)
}

// TestNothingRepeatsAfterARestart stops and starts the notifier between
// alerts, some of which come while it is away.
func TestNothingRepeatsAfterARestart(t *testing.T) {
	s := newStation(t, "generic://127.0.0.1:1/?disabletls=yes")
	s.alert("0", "fire", fusion.AlertOpened) // before the first start ever
	stop := s.start()
	s.alert("1", "fire", fusion.AlertOpened)
	if m := s.next(); m.Items[0].Incident != "1" || !strings.Contains(m.Text, "Message "+m.ID[:8]) {
		t.Errorf("got %+v", m)
	}
	stop()
	s.alert("2", "fire", fusion.AlertOpened)
	stop = s.start()
	if m := s.next(); len(m.Items) != 1 || m.Items[0].Incident != "2" {
		t.Errorf("after the restart came %+v", m)
	}
	stop()
	stop = s.start()
	defer stop()
	s.alert("3", "fire", fusion.AlertClosed)
	s.alert("4", "fire", fusion.AlertOpened)
	if m := s.next(); m.Items[0].Incident != "4" {
		t.Errorf("after the second restart came %+v", m)
	}
	s.holds(3)
}

// holds waits until the topics hold so many messages: a plain subscriber may
// hear one before it is stored.
func (s *station) holds(want uint64) {
	s.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; {
		got := streamInfo(s.t, s, StreamNotify).State.Msgs
		if got == want {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("the topics hold %d messages, want %d", got, want)
		}
		runtime.Gosched()
	}
}

func streamInfo(t *testing.T, s *station, name string) *jetstream.StreamInfo {
	t.Helper()
	stream, err := s.bus.JS().Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return stream.CachedInfo()
}

// TestDiedBetweenRecordingAndSending leaves a message on its way in the bucket,
// as a kill does, and wants it sent with the same key.
func TestDiedBetweenRecordingAndSending(t *testing.T) {
	s := newStation(t, "generic://127.0.0.1:1/?disabletls=yes")
	n, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	n.core.take(fusion.Alert{Action: fusion.AlertOpened, Incident: "1", Kind: "fire", Title: "Fire", Time: start, Status: fusion.PictureNew}, 1)
	if err := n.record.save(t.Context(), n.core); err != nil {
		t.Fatal(err)
	}
	n.core.next(times{room: start, wall: time.Now()})
	id := n.core.inboxes["anna"].Out.ID
	for _, key := range n.core.changes()[:1] { // the message, and no longer the ticket
		data, err := n.core.encode(key)
		if err != nil {
			t.Fatal(err)
		}
		if err := n.record.put(t.Context(), key, data); err != nil {
			t.Fatal(err)
		}
	}
	stop := s.start()
	if m := s.next(); m.ID != id {
		t.Errorf("it came as %s, was recorded as %s", m.ID, id)
	}
	stop()
	stop = s.start()
	defer stop()
	s.alert("9", "fire", fusion.AlertOpened)
	if m := s.next(); m.Items[0].Incident == "1" {
		t.Errorf("it came again: %+v", m)
	}
}

func TestUnreachableReceiverIsADeadLetter(t *testing.T) {
	s := newStation(t, "generic://127.0.0.1:1/topsecret?disabletls=yes")
	s.plan.receivers["web"].GiveUp = 1
	stop := s.start()
	s.alert("1", "burglary", fusion.AlertOpened)
	defer stop()
	d := <-s.dead
	if d.Receiver != "web" || d.Code != "unreachable" || !strings.Contains(string(d.Message), "Title 1") ||
		strings.Contains(d.Reason.Error()+string(d.Message), "topsecret") {
		t.Errorf("got %+v: %s", d, d.Message)
	}
}

func TestSilencesOverTheBus(t *testing.T) {
	s := newStation(t, "generic://127.0.0.1:1/?disabletls=yes")
	stop := s.start()
	_, err := ask[Silence](t, s, EndpointSilence, SilenceRequest{When: "kind =", Owner: "jan", Reason: "r", For: fusion.Duration(time.Hour)})
	if fusion.KindOf(err) != fusion.KindInvalid {
		t.Errorf("a wrong condition: %v", err)
	}
	made, err := ask[Silence](t, s, EndpointSilence, SilenceRequest{When: `incident == "1"`, Owner: "jan", Reason: "roadworks", For: fusion.Duration(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	stop = s.start()
	defer stop()
	list, err := ask[SilencesReply](t, s, EndpointSilences, struct{}{})
	if err != nil || len(list.Silences) != 1 || list.Silences[0] != made || made.Owner != "jan@jan" || !made.Until.Equal(start.Add(time.Hour)) {
		t.Errorf("got %+v, %v; made was %+v", list, err, made)
	}
	s.alert("1", "fire", fusion.AlertOpened)
	s.alert("2", "fire", fusion.AlertOpened)
	if m := s.next(); m.Items[0].Incident != "2" {
		t.Errorf("in spite of the silence came %+v", m)
	}
	if _, err := ask[struct{}](t, s, EndpointUnsilence, UnsilenceRequest{ID: made.ID, Owner: "piet"}); err != nil {
		t.Fatal(err)
	}
	if m := s.next(); m.Items[0].Incident != "1" {
		t.Errorf("after the silence came %+v", m)
	}
	if _, err := ask[struct{}](t, s, EndpointUnsilence, UnsilenceRequest{ID: made.ID, Owner: "piet"}); fusion.KindOf(err) != fusion.KindNotFound {
		t.Errorf("ended twice: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.audit) != 2 || s.audit[0].What != EndpointSilence || s.audit[1].Who != "piet@jan" || s.audit[1].User != "jan" {
		t.Errorf("the audit has %+v", s.audit)
	}
}

func TestTestMessage(t *testing.T) {
	s := newStation(t, "generic://127.0.0.1:1/?disabletls=yes")
	stop := s.start()
	defer stop()
	reply, err := ask[TestReply](t, s, EndpointNotifyTest, TestRequest{Receiver: "anna"})
	if err != nil {
		t.Fatal(err)
	}
	if m := s.next(); m.ID != reply.ID || !m.Test {
		t.Errorf("got %+v", m)
	}
	if _, err := ask[TestReply](t, s, EndpointNotifyTest, TestRequest{Receiver: "web"}); fusion.KindOf(err) != fusion.KindUnavailable {
		t.Errorf("a receiver that is away: %v", err)
	}
	if _, err := ask[TestReply](t, s, EndpointNotifyTest, TestRequest{Receiver: "dora"}); fusion.KindOf(err) != fusion.KindNotFound {
		t.Errorf("nobody: %v", err)
	}
}

func TestWhoMayNotAsk(t *testing.T) {
	s := newStation(t, "generic://127.0.0.1:1/?disabletls=yes")
	stop := s.start()
	defer stop()
	if _, err := askAs[SilencesReply](t, s, "wall", EndpointSilences, struct{}{}); err != nil {
		t.Errorf("a list of silences: %v", err)
	}
	_, add := askAs[Silence](t, s, "wall", EndpointSilence, SilenceRequest{When: "true", Owner: "x", Reason: "r", For: 1})
	_, end := askAs[struct{}](t, s, "wall", EndpointUnsilence, UnsilenceRequest{ID: "x"})
	_, test := askAs[TestReply](t, s, "wall", EndpointNotifyTest, TestRequest{Receiver: "anna"})
	for _, err := range []error{add, end, test} {
		if fusion.KindOf(err) != fusion.KindDenied {
			t.Errorf("got %v", err)
		}
	}
}

// TestStreamMadeAnew begins again with a stream that has other sequences, and
// tells nobody again what it repeats.
func TestStreamMadeAnew(t *testing.T) {
	s := newStation(t, "generic://127.0.0.1:1/?disabletls=yes")
	stop := s.start()
	s.alert("1", "fire", fusion.AlertOpened)
	s.next()
	stop()
	n, err := s.open()
	if err != nil {
		t.Fatal(err)
	}
	n.core.cursor.Created = start
	n.core.change(cursorKey)
	if err := n.record.save(t.Context(), n.core); err != nil {
		t.Fatal(err)
	}
	stop = s.start()
	defer stop()
	s.alert("2", "fire", fusion.AlertOpened)
	if m := s.next(); m.Items[0].Incident != "2" {
		t.Errorf("got %+v", m)
	}
}
