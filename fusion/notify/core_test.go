package notify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// start is a Tuesday, 13:00 in Amsterdam.
var start = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// desk is a core with a clock that a test moves. Every message goes out at
// once unless its receiver is down.
type desk struct {
	t    *testing.T
	core *core
	now  time.Time
	seq  uint64
	down map[string]bool
	got  []*Message
	dead []*Message
}

func newDesk(t *testing.T, config string) *desk {
	t.Helper()
	return &desk{t: t, core: newCore(mustCompile(t, config), nil), now: start, down: map[string]bool{}}
}

func mustCompile(t testing.TB, config string) *Plan {
	t.Helper()
	var c Config
	if err := connectors.DecodeYAML([]byte(config))(&c); err != nil {
		t.Fatal(err)
	}
	p, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (d *desk) times() times { return times{room: d.now, wall: d.now} }

// alert is what happens to an incident now.
func (d *desk) alert(id string, action fusion.AlertAction, change ...func(*fusion.Alert)) {
	d.seq++
	a := fusion.Alert{
		Action: action, Incident: fusion.PictureID(id), Revision: d.seq, Time: d.now, Kind: "fire", Title: "Fire " + id,
		Severity: fusion.SeverityHigh, Status: fusion.PictureNew, Area: "centrum", Confidence: 80, Evidence: 2,
		Sources: []string{"dispatch/lmk"}, Text: fmt.Sprintf("%s %d", action, d.seq),
	}
	if action == fusion.AlertClosed {
		a.Status = fusion.PictureClosed
	}
	for _, c := range change {
		c(&a)
	}
	d.core.take(a, d.seq)
	d.send()
}

func status(s fusion.PictureStatus) func(*fusion.Alert) {
	return func(a *fusion.Alert) { a.Status = s }
}

func severity(s fusion.Severity) func(*fusion.Alert) { return func(a *fusion.Alert) { a.Severity = s } }

// pass lets time pass, a second at a time.
func (d *desk) pass(span time.Duration) {
	for end := d.now.Add(span); d.now.Before(end); {
		d.now = d.now.Add(time.Second)
		d.send()
	}
}

// send does what the loop of Run does.
func (d *desk) send() {
	d.core.recorded = d.core.cursor.Seq
	d.core.next(d.times())
	for _, name := range slices.Sorted(maps.Keys(d.core.inboxes)) {
		m := d.core.inboxes[name].Out
		if m == nil || d.now.Before(m.Next) {
			continue
		}
		switch {
		case !d.down[name]:
			d.got = append(d.got, m)
			d.core.sent(m, d.now)
		case d.core.failed(m, d.now, false):
			d.dead = append(d.dead, m)
			d.core.giveUp(m, d.now)
		}
	}
}

// expect wants exactly these messages since it was asked last, as
// "receiver: text of the title or the body".
func (d *desk) expect(want ...string) {
	d.t.Helper()
	var got []string
	for _, m := range d.got {
		got = append(got, m.Receiver+": "+m.Title)
	}
	d.got = nil
	if len(got) != len(want) {
		d.t.Fatalf("at %s: got %d messages, want %d:\n%s", d.now.Sub(start), len(got), len(want), strings.Join(got, "\n"))
	}
	for i, w := range want {
		receiver, text, _ := strings.Cut(w, ": ")
		if r, title, _ := strings.Cut(got[i], ": "); r != receiver || !strings.Contains(title, text) {
			d.t.Errorf("at %s: message %d is %q, want %q", d.now.Sub(start), i, got[i], w)
		}
	}
}

const oneRoute = `
receivers: [{name: anna, topic: anna}, {name: bert, topic: bert}, {name: chief, topic: chief}]
routes:
  - {name: fires, when: kind == "fire", who: [anna], wait: 10s, interval: 1m}
`

func TestGroupWaitAndInterval(t *testing.T) {
	d := newDesk(t, oneRoute)
	d.alert("1", fusion.AlertOpened)
	d.pass(9 * time.Second)
	d.expect()
	d.pass(time.Second)
	d.expect("anna: HIGH · new · fire · Fire 1")
	d.pass(5 * time.Second)
	d.alert("1", fusion.AlertChanged)
	d.alert("1", fusion.AlertChanged)
	d.pass(54 * time.Second)
	d.expect()
	d.pass(time.Second)
	d.expect("anna: changed")
	d.alert("1", fusion.AlertClosed)
	d.pass(time.Minute)
	d.expect("anna: closed")
	d.pass(2 * time.Minute)
	d.expect()
	if len(d.core.tickets) != 0 {
		t.Errorf("the closed incident is not forgotten: %v", d.core.tickets)
	}
}

func TestEveryLineOfNewsIsCounted(t *testing.T) {
	d := newDesk(t, oneRoute)
	for range keepLines + 3 {
		d.alert("1", fusion.AlertChanged)
	}
	d.pass(10 * time.Second)
	if len(d.got) != 1 || !strings.Contains(d.got[0].Body, "and 3 more") || strings.Count(d.got[0].Body, "New: ") != keepLines {
		t.Errorf("got %+v", d.got)
	}
}

func TestGroupByArea(t *testing.T) {
	d := newDesk(t, strings.Replace(oneRoute, "wait: 10s", "wait: 10s, group: [area]", 1))
	d.alert("1", fusion.AlertOpened)
	d.alert("2", fusion.AlertOpened, severity(fusion.SeverityCritical))
	d.alert("3", fusion.AlertOpened, func(a *fusion.Alert) { a.Area = "noord" })
	d.alert("4", fusion.AlertOpened, func(a *fusion.Alert) { a.Kind = "burglary" })
	d.pass(time.Minute)
	d.expect("anna: 2 incidents: CRITICAL · new · fire · Fire 2", "anna: Fire 3")
}

func TestRepeatsUntilAcknowledged(t *testing.T) {
	d := newDesk(t, strings.Replace(oneRoute, "wait: 10s", "repeat: 5m", 1))
	d.alert("1", fusion.AlertOpened)
	d.expect("anna: new")
	d.pass(10 * time.Minute)
	d.expect("anna: not acknowledged yet", "anna: not acknowledged yet")
	d.alert("1", fusion.AlertChanged, status(fusion.PictureAcknowledged))
	d.pass(time.Hour)
	d.expect("anna: acknowledged")
}

const staged = `
receivers: [{name: anna, topic: anna, give_up: 1m}, {name: bert, topic: bert}, {name: chief, topic: chief}]
routes:
  - name: fires
    who: [anna]
    escalate: [{after: 5m, who: [bert]}, {after: 10m, who: [chief]}]
`

func TestEscalates(t *testing.T) {
	d := newDesk(t, staged)
	d.alert("1", fusion.AlertOpened)
	d.pass(5*time.Minute - time.Second)
	d.expect("anna: new")
	d.pass(time.Second)
	d.expect("bert: not acknowledged, now to you too")
	d.pass(time.Minute)
	d.alert("1", fusion.AlertChanged, status(fusion.PictureAcknowledged))
	d.pass(time.Hour)
	d.expect("anna: acknowledged", "bert: acknowledged")
	d.alert("1", fusion.AlertClosed)
	d.expect("anna: closed", "bert: closed")
}

func TestEscalatesAnewWhenTakenUpAgain(t *testing.T) {
	d := newDesk(t, staged)
	d.alert("1", fusion.AlertOpened)
	d.alert("1", fusion.AlertChanged, status(fusion.PictureResolved))
	d.pass(time.Hour)
	d.expect("anna: new", "anna: resolved")
	d.alert("1", fusion.AlertChanged)
	d.pass(5 * time.Minute)
	d.expect("anna: changed", "bert: not acknowledged")
}

func TestDeadReceiverEscalatesAtOnce(t *testing.T) {
	d := newDesk(t, staged)
	d.down["anna"] = true
	d.alert("1", fusion.AlertOpened)
	d.pass(2 * time.Minute)
	d.expect("bert: not acknowledged, now to you too")
	if len(d.dead) != 1 || d.dead[0].Attempts < 5 {
		t.Errorf("dead letters: %+v", d.dead)
	}
}

func TestRateIsSummarised(t *testing.T) {
	d := newDesk(t, `
receivers: [{name: anna, topic: anna, rate: {messages: 3, per: 10m}}]
routes: [{name: all, who: [anna]}]
`)
	for i := range 15 {
		d.alert(fmt.Sprint(100+i), fusion.AlertOpened)
	}
	d.pass(9 * time.Minute)
	d.expect("anna: Fire 100", "anna: Fire 101", "anna: Fire 102")
	d.pass(time.Minute + 2*time.Second)
	d.expect("anna: Fire 103", "anna: Fire 104", "anna: 10 more since 12:00")
	for _, tk := range d.core.tickets {
		if tk.Told["anna"].Seq != tk.News {
			t.Errorf("anna was never told of %s", tk.Incident)
		}
	}
}

func TestSilenceNeverHidesTheEnd(t *testing.T) {
	d := newDesk(t, strings.Replace(oneRoute, "wait: 10s", "repeat: 2m", 1))
	d.alert("1", fusion.AlertOpened)
	d.expect("anna: Fire 1")
	if err := d.core.addSilence(Silence{ID: "s", When: `area == "centrum"`, Owner: "rtic", Reason: "roadworks", From: d.now, Until: d.now.Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	d.alert("2", fusion.AlertOpened)
	d.alert("3", fusion.AlertOpened)
	d.alert("3", fusion.AlertClosed)
	d.pass(30 * time.Minute)
	d.expect()
	d.alert("1", fusion.AlertClosed)
	d.expect("anna: closed · fire · Fire 1")
	d.pass(30 * time.Minute)
	d.expect("anna: new · fire · Fire 2")
	if len(d.core.silences) != 0 {
		t.Error("the silence has not ended")
	}
}

func TestQuietHoursDelay(t *testing.T) {
	d := newDesk(t, `
receivers: [{name: anna, topic: anna, rate: {messages: 1, per: 1m}}]
hours: [{name: lunch, zone: Europe/Amsterdam, spans: [{from: "13:00", to: "14:00"}]}]
routes: [{name: all, who: [anna], quiet: [lunch], escalate: [{after: 1m, who: [anna]}]}]
`)
	d.alert("1", fusion.AlertOpened)
	d.alert("2", fusion.AlertOpened)
	d.alert("2", fusion.AlertClosed)
	d.pass(time.Hour - time.Second)
	d.expect()
	d.pass(time.Second)
	d.expect("anna: 2 more since 12:00")
}

func TestOneReceiverOfTwoRoutesIsToldOnce(t *testing.T) {
	d := newDesk(t, `
receivers: [{name: anna, topic: anna}]
routes: [{name: a, who: [anna]}, {name: b, who: [anna]}]
`)
	d.alert("1", fusion.AlertOpened)
	d.alert("1", fusion.AlertClosed)
	d.pass(10 * time.Minute)
	d.expect("anna: new", "anna: closed")
}

func TestTheSameIsNoNews(t *testing.T) {
	d := newDesk(t, oneRoute)
	same := func(a *fusion.Alert) { a.Text = "again" }
	d.alert("1", fusion.AlertChanged, same)
	d.pass(time.Minute)
	d.alert("1", fusion.AlertChanged, same)
	d.pass(time.Hour)
	d.expect("anna: Fire 1")
}

func TestLeft(t *testing.T) {
	d := newDesk(t, strings.Replace(oneRoute, "kind == \"fire\", who: [anna], wait: 10s", "severity == \"high\", who: [anna], wait: 0s", 1))
	d.alert("1", fusion.AlertOpened)
	d.alert("1", fusion.AlertLeft, severity(fusion.SeverityLow), func(a *fusion.Alert) { a.NewSubject = "iroom.alert.x.fire.low.1" })
	d.alert("2", fusion.AlertOpened)
	d.alert("2", fusion.AlertLeft, func(a *fusion.Alert) { a.NewSubject = "iroom.alert.x.fire.high.9" })
	d.pass(time.Minute + time.Second)
	d.expect("anna: new · fire · Fire 1", "anna: new · fire · Fire 2", "anna: goes on elsewhere · fire · Fire 1", "anna: goes on elsewhere · fire · Fire 2")
}

func TestWhoComesOnDutyHearsWhatWaits(t *testing.T) {
	d := newDesk(t, `
receivers: [{name: anna, topic: anna}, {name: bert, topic: bert}]
rotas:
  - name: duty
    zone: Europe/Amsterdam
    shifts: [{from: "07:00", to: "13:30", who: [anna]}, {from: "13:30", to: "07:00", who: [bert]}]
routes: [{name: all, who: [duty]}]
`)
	d.alert("1", fusion.AlertOpened)
	d.alert("2", fusion.AlertOpened, status(fusion.PictureAcknowledged))
	d.expect("anna: Fire 1", "anna: Fire 2")
	d.pass(30 * time.Minute)
	d.expect("bert: still going on · fire · Fire 1")
	d.alert("2", fusion.AlertClosed)
	d.expect("anna: closed · fire · Fire 2")
}
