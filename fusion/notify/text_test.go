package notify

import (
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// example is a ticket as messages show it.
func example() *ticket {
	return &ticket{
		Route: "r", Incident: "261124-0007", Seq: 3, News: 3, Lines: []line{{1, 1, "gemeld"}, {3, 2, "tweede beller"}},
		Told: map[string]telling{"bert": {Seq: 1, N: 1}},
		Alert: fusion.Alert{
			Action: fusion.AlertChanged, Incident: "261124-0007", Time: time.Date(2026, 3, 29, 1, 4, 0, 0, time.UTC), Kind: "fire",
			Title: "Brand gebouw\x07\nBcc: x", Severity: fusion.SeverityHigh, Status: fusion.PictureNew, Area: "centrum", Address: "Markt 1",
			Place: fusion.NewPoint(5.98712, 51.19433), CE: new(60.0), Confidence: 83.5, Sources: []string{"dispatch/lmk", "frigate/front"},
		},
	}
}

func TestTexts(t *testing.T) {
	amsterdam := location(t, "Europe/Amsterdam")
	for name, c := range map[string]struct {
		language Language
		receiver string
		reason   Reason
		change   func(*ticket)
		want     string
	}{
		"Dutch, first": {Dutch, "anna", ReasonNews, func(k *ticket) { k.Told = nil }, `
HOOG · gewijzigd · fire · Brand gebouw Bcc: x · Markt 1
Wat: Brand gebouw Bcc: x (fire)
Waar: Markt 1, centrum, 51.19433 N 5.98712 E ± 60 m
Nieuw: gemeld
Nieuw: tweede beller
Zekerheid: 84 %, 2 bronnen: dispatch/lmk, frigate/front
Gemeld: 29-03 03:04, 261124-0007`},
		"English, second": {English, "bert", ReasonNews, func(*ticket) {}, `
HIGH · changed · fire · Brand gebouw Bcc: x · Markt 1
What: Brand gebouw Bcc: x (fire)
Where: Markt 1, centrum, 51.19433 N 5.98712 E ± 60 m
New: tweede beller
Sure: 84 %, 2 sources: dispatch/lmk, frigate/front
Reported: 29 Mar 03:04, 261124-0007`},
		"nothing known": {Dutch, "bert", ReasonRepeat, func(k *ticket) {
			k.Alert = fusion.Alert{Incident: "261124-0007", Title: "Iets", Kind: "other", Severity: fusion.SeverityLow, Area: "none", Time: start, Status: fusion.PictureNew}
			k.Lines = nil
		}, `
LAAG · nog niet bevestigd · other · Iets
Wat: Iets (other)
Zekerheid: 0 %, 0 bronnen:
Gemeld: 24-11 13:00, 261124-0007`},
	} {
		k := example()
		c.change(k)
		w := writer{words: words[c.language], zone: amsterdam, receiver: c.receiver, now: start}
		title, body := w.single(k, Item{Reason: c.reason})
		if got := title + "\n" + body; got != strings.TrimPrefix(c.want, "\n") {
			t.Errorf("%s:\n%s\nwant:%s", name, got, c.want)
		}
	}
}

// TestEveryWordIsThere holds that no language lacks a word.
func TestEveryWordIsThere(t *testing.T) {
	for _, l := range Languages {
		w := words[l]
		for _, s := range fusion.Severities {
			if w.severity[s] == "" {
				t.Errorf("%s has no word for %s", l, s)
			}
		}
		for _, a := range []fusion.AlertAction{fusion.AlertOpened, fusion.AlertEscalated, fusion.AlertChanged, fusion.AlertLeft, fusion.AlertClosed} {
			if w.action[a] == "" {
				t.Errorf("%s has no word for %s", l, a)
			}
		}
		if ackTexts[l] == nil {
			t.Errorf("the page of links does not speak %s", l)
		}
	}
}

func TestLinksStandOnlyInWhatIsSent(t *testing.T) {
	d := newDesk(t, oneRoute)
	d.core.links = newTestSigner(t, "x:"+newKey)
	d.alert("1", fusion.AlertOpened)
	d.alert("2", fusion.AlertOpened, status(fusion.PictureAcknowledged))
	d.pass(12 * time.Second)
	for _, m := range d.got {
		recorded, err := fusion.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(recorded), AckPath) {
			t.Errorf("a link is recorded: %s", recorded)
		}
		waits := m.Items[0].Status == fusion.PictureNew
		if text := m.text(words[English], d.core.links); strings.Contains(text, "Acknowledge 1: https://room.example/ack/1.anna.") != waits {
			t.Errorf("what is sent is %s", text)
		}
	}
	if len(d.got) != 2 {
		t.Errorf("got %d messages", len(d.got))
	}
}
