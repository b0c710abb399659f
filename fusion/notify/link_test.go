package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openiroom/iroom/fusion"
)

var (
	oldKey = strings.Repeat("o", leastKey)
	newKey = strings.Repeat("n", leastKey)
)

// secrets resolves references to what stands behind the colon.
func secrets(ref string) (string, error) {
	_, value, _ := strings.Cut(ref, ":")
	return value, nil
}

func newTestSigner(t *testing.T, key string, former ...string) *signer {
	t.Helper()
	s, err := newSigner(Links{URL: "https://room.example/", Key: key, Former: former, Valid: fusion.Duration(time.Hour)}, secrets)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLinks(t *testing.T) {
	made := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	old, rotated, other := newTestSigner(t, "x:"+oldKey), newTestSigner(t, "x:"+newKey, "x:"+oldKey), newTestSigner(t, "x:"+newKey)
	url := old.url("261124-0007", "anna", made)
	token, ok := strings.CutPrefix(url, "https://room.example"+AckPath)
	if !ok {
		t.Fatalf("the link is %s", url)
	}
	for name, c := range map[string]struct {
		signer *signer
		token  string
		at     time.Duration
		want   error
	}{
		"good":            {old, token, time.Hour - time.Second, nil},
		"after a change":  {rotated, token, 0, nil},
		"after two":       {other, token, 0, ErrForged},
		"expired":         {old, token, time.Hour, ErrExpired},
		"other incident":  {old, strings.Replace(token, "0007", "0008", 1), 0, ErrForged},
		"other receiver":  {old, strings.Replace(token, "anna", "bert", 1), 0, ErrForged},
		"longer validity": {old, strings.Replace(token, ".t", ".u", 1), 0, ErrForged},
		"cut":             {old, token[:len(token)-1], 0, ErrForged},
		"empty":           {old, "", 0, ErrForged},
		"unsigned":        {old, token[:strings.LastIndexByte(token, '.')+1], 0, ErrForged},
	} {
		l, err := c.signer.verify(c.token, made.Add(c.at))
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
		if err == nil && (l.Incident != "261124-0007" || l.Receiver != "anna") {
			t.Errorf("%s: got %+v", name, l)
		}
	}
	if _, err := newSigner(Links{URL: "https://room.example", Key: "x:short"}, secrets); err == nil || !strings.Contains(err.Error(), "has 5 bytes") {
		t.Errorf("a short key: %v", err)
	}
}

// ackRoom is a handler of links over one incident.
type ackRoom struct {
	picture  *fusion.Picture
	commands []fusion.Command
	refuse   error
	handler  http.Handler
}

func newAckRoom(t *testing.T, language string) *ackRoom {
	t.Helper()
	r := &ackRoom{picture: &fusion.Picture{ID: "261124-0007", Revision: 4, Kind: "fire", Title: "<b>Fire</b>", Severity: fusion.SeverityHigh, Status: fusion.PictureNew}}
	plan := mustCompile(t, fmt.Sprintf("language: %s\nlinks: {url: https://room.example, key: %q, valid: 1h}\n", language, "x:"+newKey))
	var err error
	r.handler, err = AckHandler(AckOptions{
		Plan: plan, Secret: secrets, Log: slog.New(slog.DiscardHandler),
		Picture: func(_ context.Context, id fusion.PictureID) (*fusion.Picture, error) {
			if id != r.picture.ID {
				return nil, fusion.Errorf(fusion.KindNotFound, "", "no incident")
			}
			return r.picture, nil
		},
		Acknowledge: func(_ context.Context, c fusion.Command) (fusion.CommandResult, error) {
			r.commands = append(r.commands, c)
			r.picture.Status = fusion.PictureAcknowledged
			r.picture.Decisions = []fusion.Decision{{What: fusion.VerbAcknowledge, Text: "acknowledged by " + c.Actor}}
			return fusion.CommandResult{Applied: true}, r.refuse
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ask returns the status and the page.
func (r *ackRoom) ask(t *testing.T, method, url string) (int, string) {
	t.Helper()
	rec := httptest.NewRecorder()
	r.handler.ServeHTTP(rec, httptest.NewRequest(method, url, nil))
	body, err := io.ReadAll(rec.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	h := rec.Header()
	if h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%s answers with headers %v", method, h)
	}
	return rec.Code, string(body)
}

func TestOnlyThePressOfTheButtonAcknowledges(t *testing.T) {
	r := newAckRoom(t, "en")
	url := newTestSigner(t, "x:"+newKey).url("261124-0007", "anna", time.Now())
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
		if code, page := r.ask(t, method, url); code != http.StatusOK || method == http.MethodGet && !strings.Contains(page, "<button>I acknowledge (anna)") {
			t.Errorf("%s: %d %s", method, code, page)
		}
	}
	if len(r.commands) != 0 {
		t.Fatalf("looking at a link gave commands: %+v", r.commands)
	}
	code, page := r.ask(t, http.MethodPost, url)
	if code != http.StatusOK || !strings.Contains(page, "Acknowledged") || strings.Contains(page, "<b>Fire") {
		t.Errorf("the button gave %d %s", code, page)
	}
	c := r.commands[0]
	if c.Actor != "anna (by link)" || c.Incident != "261124-0007" || c.Revision != 4 || c.Validate(fusion.VerbAcknowledge) != nil || !fusion.IsCommandID(c.ID) {
		t.Errorf("the command is %+v", c)
	}
	if code, page = r.ask(t, http.MethodPost, url); code != http.StatusOK || !strings.Contains(page, "acknowledged already") || !strings.Contains(page, "by anna (by link)") {
		t.Errorf("a used link gives %d %s", code, page)
	}
	if len(r.commands) != 1 {
		t.Errorf("%d commands were given", len(r.commands))
	}
}

func TestPagesOfLinksThatDoNotHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newAckRoom(t, "nl")
		s := newTestSigner(t, "x:"+newKey)
		url := s.url("261124-0007", "anna", time.Now())
		for _, c := range []struct {
			url  string
			code int
			text string
		}{
			{s.url("261124-0009", "anna", time.Now()), http.StatusNotFound, "is er niet meer"},
			{newTestSigner(t, "x:"+oldKey).url("261124-0007", "anna", time.Now()), http.StatusForbidden, "niet geldig"},
			{strings.Replace(url, "0007", "0006", 1), http.StatusForbidden, "niet geldig"},
		} {
			if code, page := r.ask(t, http.MethodPost, c.url); code != c.code || !strings.Contains(page, c.text) {
				t.Errorf("%s: %d %s", c.url, code, page)
			}
		}
		time.Sleep(time.Hour)
		if code, page := r.ask(t, http.MethodPost, url); code != http.StatusGone || !strings.Contains(page, "verlopen") {
			t.Errorf("an old link gives %d %s", code, page)
		}
		r.refuse = errors.New("no answer")
		if code, _ := r.ask(t, http.MethodPost, s.url("261124-0007", "anna", time.Now())); code != http.StatusServiceUnavailable {
			t.Errorf("a room that does not answer gives %d", code)
		}
		if len(r.commands) != 1 {
			t.Errorf("commands: %+v", r.commands)
		}
	})
}
