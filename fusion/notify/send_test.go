package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// message is what the senders of these tests send.
func message() *Message {
	return &Message{ID: "0123456789abcdef", Receiver: "anna", Title: "HIGH · new · fire · Fire 1", Body: "What: Fire 1 (fire)", Wall: time.Now()}
}

func service1(t *testing.T, url string) *serviceSender {
	t.Helper()
	s, err := newServiceSender("anna", url, []string{"127.0.0.1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// web is a real server that keeps what it got and answers with a status.
func web(t *testing.T, status int) (address string, got chan *http.Request, bodies chan string) {
	got, bodies = make(chan *http.Request, 10), make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- r
		bodies <- string(body)
		rw.WriteHeader(status)
		fmt.Fprint(rw, "{}")
	}))
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://"), got, bodies
}

func TestWebhook(t *testing.T) {
	address, got, bodies := web(t, http.StatusOK)
	s := service1(t, "generic://"+address+"/hook/topsecret?disabletls=yes&template=json")
	m := message()
	if err := s.send(t.Context(), m, m.text(words[English], nil)); err != nil {
		t.Fatal(err)
	}
	r, body := <-got, <-bodies
	if r.URL.Path != "/hook/topsecret" || r.Header.Get(HeaderKey) != m.ID {
		t.Errorf("it came to %s with key %q", r.URL.Path, r.Header.Get(HeaderKey))
	}
	if !strings.Contains(body, `"title":"HIGH · new · fire · Fire 1"`) || !strings.Contains(body, "Message 01234567") {
		t.Errorf("it got %s", body)
	}
}

func TestTitleStandsInTheBodyWhereAServiceShowsNone(t *testing.T) {
	address, _, bodies := web(t, http.StatusOK)
	s := service1(t, "generic://"+address+"/?disabletls=yes")
	if err := s.send(t.Context(), message(), "body"); err != nil {
		t.Fatal(err)
	}
	if body := <-bodies; body != "HIGH · new · fire · Fire 1\nbody" {
		t.Errorf("it got %q", body)
	}
}

func TestNtfyGetsTheGuardedClient(t *testing.T) {
	address, got, bodies := web(t, http.StatusOK)
	refuse := &http.Client{Transport: transport(func(*http.Request) (*http.Response, error) { return nil, errors.New("guarded") })}
	raw := "ntfy://" + address + "/topsecret?scheme=http"
	s, err := newServiceSender("anna", raw, []string{"127.0.0.1"}, refuse)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.send(t.Context(), message(), "body"); err == nil || !strings.Contains(err.Error(), "guarded") {
		t.Errorf("the guard did not refuse: %v", err)
	}
	if err := service1(t, raw).send(t.Context(), message(), "body"); err != nil {
		t.Fatal(err)
	}
	if r, body := <-got, <-bodies; r.Header.Get("Title") == "" || body != "body" {
		t.Errorf("it got %v, %q", r.Header, body)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestErrorsTellNoSecret(t *testing.T) {
	address, _, _ := web(t, http.StatusTeapot)
	gone := "127.0.0.1:1"
	for _, raw := range []string{
		"generic://" + address + "/hook/topsecret?disabletls=yes&key=topsecret",
		"generic://" + gone + "/hook/topsecret?disabletls=yes&key=topsecret",
		"ntfy://user:topsecret@" + address + "/topsecret?scheme=http",
		"smtp://topsecret:topsecret@" + gone + "/?from=a@b.example&to=topsecret@c.example",
		"gotify://" + address + "/Atopsecret12345?disabletls=yes",
	} {
		err := service1(t, raw).send(t.Context(), message(), "body")
		if err == nil || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%s: %v", raw, err)
		} else if fusion.KindOf(err) != fusion.KindUnavailable || !strings.HasPrefix(err.Error(), "notify receiver anna: ") {
			t.Errorf("%s: %v has kind %s", raw, err, fusion.KindOf(err))
		}
	}
}

func TestTargets(t *testing.T) {
	for raw, want := range map[string]string{
		"generic+https://hooks.example.org/x":                                       "[hooks.example.org]",
		"telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw@telegram?chats=@x": "[api.telegram.org]",
		"teams://g@t/a/o/e?host=prod.logic.azure.example":                           "[prod.logic.azure.example]",
		"slack://hook:T-B-X@webhook":                                                "[slack.com hooks.slack.com]",
		"matrix://user:pass@matrix.example.org:443/":                                "[matrix.example.org]",
		"ntfy:///topic":                     "[ntfy.sh]",
		"logger://":                         "it is for no service",
		"script://x":                        "it is for no service",
		"discord+https://evil.example/x":    "it is for no service",
		"signal://127.0.0.1/?host=evil.com": "the host stands twice",
		"generic:///path":                   "it names no host",
		"://":                               "it is not a URL",
	} {
		target, err := parseTarget(raw)
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(target.hosts)
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func TestHostsAreAllowListed(t *testing.T) {
	for pattern, want := range map[string]bool{
		"hooks.example.org": true, "HOOKS.example.org.": true, "*.example.org": true, "example.org": false, "*.hooks.example.org": false, "*": true,
	} {
		_, err := newServiceSender("anna", "generic+https://hooks.example.org/topsecret", []string{pattern}, nil)
		if (err == nil) != want || err != nil && (!strings.Contains(err.Error(), "outgoing.hosts") || strings.Contains(err.Error(), "topsecret")) {
			t.Errorf("with %q: %v", pattern, err)
		}
	}
}

// TestServicesAreUnderstood makes every service that the package offers from
// a URL as its documentation writes it.
func TestServicesAreUnderstood(t *testing.T) {
	urls := map[string]string{
		"bark": "bark://key@api.day.example/", "discord": "discord://token@123456", "generic": "generic://h.example/x",
		"googlechat": "googlechat://chat.googleapis.com/v1/spaces/S/messages?key=k&token=t", "gotify": "gotify://g.example/Aaaaaaaaaaaaaaa",
		"matrix": "matrix://u:p@m.example/", "mattermost": "mattermost://user@m.example/token", "ntfy": "ntfy://n.example/topic",
		"opsgenie": "opsgenie://api.opsgenie.com/token", "pagerduty": "pagerduty://events.pagerduty.com/eb243592faa24ba2a5511afdf565c889",
		"pushbullet": "pushbullet://o.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/device", "pushover": "pushover://shoutrrr:token@user/",
		"rocketchat": "rocketchat://r.example/tokena/tokenb/@user", "signal": "signal://s.example:8080/+31600000001/+31600000002",
		"slack": "slack://hook:WNA3PBYV6-F20DUQND3RQ-Webc4MAvoacrpPakR8phF0zi@webhook", "smtp": "smtp://s.example:25/?from=a@b.example&to=c@d.example",
		"teams":    "teams://11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/33333333012222222222333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij_gAljSoUQHvZoZYzlpAoAXExyOl26dlf1xHEx05?host=o.webhook.office.com",
		"telegram": "telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw@telegram?chats=@x", "zulip": "zulip://bot@zulip.example:key@zulip.example/?stream=s",
	}
	for kind := range services {
		u, err := url.Parse(urls[kind])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newServiceSender("anna", urls[kind], []string{"*"}, nil); err != nil {
			t.Errorf("%s (%s): %v", kind, u.Host, err)
		}
	}
}

func TestSlowServiceIsNotAskedTwiceAtOnce(t *testing.T) {
	release, asked := make(chan struct{}), make(chan struct{}, 10)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	defer s.Close()
	defer close(release)
	sender := service1(t, "generic://"+strings.TrimPrefix(s.URL, "http://")+"/?disabletls=yes")
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if err := sender.send(ctx, message(), "body"); err == nil {
		t.Fatal("a message went out that nobody took")
	}
	if err := sender.send(t.Context(), message(), "body"); err == nil || !strings.Contains(err.Error(), "the attempt before has not ended") {
		t.Errorf("got %v", err)
	}
}

// TestMail sends through a real SMTP conversation.
func TestMail(t *testing.T) {
	address, mails := mailServer(t)
	s := service1(t, "smtp://"+address+"/?from=room@example.org&to=anna@example.org&auth=None&encryption=None&usestarttls=no")
	m := message()
	m.Title = "HIGH · nieuw\r\nBcc: evil@example.org"
	m.Title = fusion.Line(m.Title)
	if err := s.send(t.Context(), m, "Waar: Markt 1"); err != nil {
		t.Fatal(err)
	}
	mail := <-mails
	for _, want := range []string{"anna@example.org", "Waar: Markt 1"} {
		if !strings.Contains(mail, want) {
			t.Errorf("the mail has no %q:\n%s", want, mail)
		}
	}
	if strings.Contains(mail, "\nBcc:") {
		t.Errorf("a title made a header:\n%s", mail)
	}
}

// mailServer takes mails by SMTP (RFC 5321), as far as one without extensions
// goes.
func mailServer(t *testing.T) (address string, mails <-chan string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	taken := make(chan string, 10)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go takeMail(textproto.NewConn(conn), taken)
		}
	}()
	return l.Addr().String(), taken
}

func takeMail(c *textproto.Conn, mails chan<- string) {
	defer c.Close()
	say := func(line string) bool { return c.PrintfLine("%s", line) == nil }
	for ok := say("220 test"); ok; {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.ToUpper(line), " "); verb {
		case "DATA":
			say("354 go on")
			body, err := c.ReadDotBytes()
			if err != nil {
				return
			}
			mails <- string(body)
			ok = say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			ok = say("250 ok")
		}
	}
}
