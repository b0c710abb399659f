package notify

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

const propertyConfig = `
receivers:
  - {name: anna, topic: a, rate: {messages: 2, per: 1m}, give_up: 30s}
  - {name: bert, topic: b, give_up: 30s}
  - {name: chief, topic: c}
hours: [{name: lunch, zone: Europe/Amsterdam, spans: [{from: "13:10", to: "13:20"}]}]
routes:
  - {name: graver, when: 'severity in ["critical", "high"]', who: [anna], group: [area], wait: 5s, interval: 20s, repeat: 2m, escalate: [{after: 3m, who: [bert]}]}
  - {name: all, who: [bert], quiet: [lunch], interval: 10s}
`

// world is a core whose bucket survives crashes at any write, and the people
// who get its messages.
type world struct {
	rt     *rapid.T
	plan   *Plan
	core   *core
	bucket map[string][]byte
	alerts []fusion.Alert
	read   int // alerts that the core took since it started
	now    time.Time
	batch  int             // alerts that a turn takes
	budget int             // writes until the next crash; negative: none
	got    map[string]int  // by message id: how often it came
	heard  map[string]bool // "receiver route incident seq"
	twice  map[string]bool // ids of messages that may come twice
	buried map[string]bool // as heard, of messages that were given up
}

func (w *world) restart() {
	w.core = newCore(w.plan, nil)
	w.core.cursor.Created = start
	for _, key := range slices.Sorted(maps.Keys(w.bucket)) {
		if err := w.core.restore(key, w.bucket[key]); err != nil {
			w.rt.Fatalf("%s: %v", key, err)
		}
	}
	w.core.recorded = w.core.cursor.Seq
	w.core.retell()
	w.read = int(w.core.cursor.Seq)
}

// save writes what changed; false: the program died in the middle.
func (w *world) save() bool {
	for _, key := range w.core.changes() {
		if w.budget == 0 {
			return false
		}
		w.budget--
		data, err := w.core.encode(key)
		if err != nil {
			w.rt.Fatal(err)
		}
		if data == nil {
			delete(w.bucket, key)
		} else {
			w.bucket[key] = data
		}
		delete(w.core.changed, key)
		if key == cursorKey {
			w.core.recorded = w.core.cursor.Seq
		}
	}
	return true
}

// turn is one turn of Run's loop; false: the program died.
func (w *world) turn(down bool) bool {
	for n := 0; n < w.batch && w.read < len(w.alerts); n++ {
		w.core.take(w.alerts[w.read], uint64(w.read+1))
		w.read++
	}
	if w.core.mayClean() || w.core.cursor.Seq >= w.core.recorded+5 {
		w.core.change(cursorKey)
	}
	if !w.save() {
		return false
	}
	w.core.next(times{room: w.now, wall: w.now})
	return w.save() && w.deliver(down)
}

func (w *world) deliver(down bool) bool {
	for _, name := range slices.Sorted(maps.Keys(w.core.inboxes)) {
		m := w.core.inboxes[name].Out
		if m == nil || w.now.Before(m.Next) {
			continue
		}
		if down {
			if w.core.failed(m, w.now, false) {
				w.note(m, w.buried)
				w.core.giveUp(m, w.now)
			}
		} else {
			w.receive(m)
			w.core.sent(m, w.now)
		}
		if !w.save() {
			w.twice[m.ID] = true
			return false
		}
	}
	return true
}

func (w *world) note(m *Message, in map[string]bool) {
	for _, i := range m.Items {
		in[fmt.Sprintf("%s %s %s %d", m.Receiver, i.Route, i.Incident, i.Seq)] = true
	}
}

// receive checks that nothing is told twice, but for a repeat that is due or a
// message that the crash fell upon.
func (w *world) receive(m *Message) {
	w.got[m.ID]++
	if w.got[m.ID] > 1 {
		if !w.twice[m.ID] {
			w.rt.Fatalf("message %s came again: %+v", m.ID, m.Items)
		}
		delete(w.twice, m.ID)
		return
	}
	for _, i := range m.Items {
		key := fmt.Sprintf("%s %s %s %d", m.Receiver, i.Route, i.Incident, i.Seq)
		if i.Reason == ReasonNews && w.heard[key] {
			w.rt.Fatalf("%s was told again of %+v in message %s", m.Receiver, i, m.ID)
		}
	}
	w.note(m, w.heard)
}

// TestNothingIsLostOrRepeated runs random alerts, silences, outages and crashes
// at every write, and then lets all settle. Nobody heard anything twice beyond
// what a crash allows, and whoever heard of an incident heard of its end.
func TestNothingIsLostOrRepeated(t *testing.T) {
	plan := mustCompile(t, propertyConfig)
	rapid.Check(t, func(rt *rapid.T) {
		w := &world{
			rt: rt, plan: plan, bucket: map[string][]byte{}, now: start, budget: -1,
			got: map[string]int{}, heard: map[string]bool{}, twice: map[string]bool{}, buried: map[string]bool{},
		}
		w.restart()
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			w.step()
		}
		w.settle()
	})
}

func (w *world) step() {
	rt := w.rt
	w.now = w.now.Add(time.Duration(rapid.IntRange(0, 40).Draw(rt, "seconds")) * time.Second)
	switch rapid.IntRange(0, 9).Draw(rt, "what") {
	case 0:
		s := Silence{ID: fmt.Sprint(len(w.alerts), w.now.Unix()), When: `area == "noord"`, Owner: "x", Reason: "y", From: w.now, Until: w.now.Add(3 * time.Minute)}
		if err := w.core.addSilence(s); err != nil {
			rt.Fatal(err)
		}
	case 1, 2:
	default:
		w.alert()
	}
	w.budget, w.batch = -1, rapid.IntRange(0, 3).Draw(rt, "batch")
	if rapid.IntRange(0, 3).Draw(rt, "crash") == 0 {
		w.budget = rapid.IntRange(0, 6).Draw(rt, "writes")
	}
	if !w.turn(rapid.IntRange(0, 4).Draw(rt, "down") == 0) {
		w.restart()
	}
}

func (w *world) alert() {
	rt := w.rt
	a := fusion.Alert{
		Incident: fusion.PictureID(fmt.Sprint(rapid.IntRange(1, 4).Draw(rt, "incident"))), Time: w.now, Kind: "fire", Title: "Fire",
		Area:     rapid.SampledFrom([]string{"centrum", "noord"}).Draw(rt, "area"),
		Severity: rapid.SampledFrom(fusion.Severities).Draw(rt, "severity"),
		Status:   rapid.SampledFrom([]fusion.PictureStatus{fusion.PictureNew, fusion.PictureNew, fusion.PictureAcknowledged, fusion.PictureResolved, fusion.PictureClosed}).Draw(rt, "status"),
		Action:   fusion.AlertChanged, Text: fmt.Sprint(len(w.alerts)),
	}
	if a.Status == fusion.PictureClosed {
		a.Action = fusion.AlertClosed
	}
	w.alerts = append(w.alerts, a)
}

// settle closes every incident and lets time pass without crashes.
func (w *world) settle() {
	w.budget, w.batch = -1, 3
	for i := range 4 {
		w.alerts = append(w.alerts, fusion.Alert{
			Incident: fusion.PictureID(fmt.Sprint(i + 1)), Time: w.now, Kind: "fire", Title: "Fire", Area: "noord",
			Severity: fusion.SeverityHigh, Status: fusion.PictureClosed, Action: fusion.AlertClosed, Text: "the end",
		})
	}
	for range 200 {
		w.now = w.now.Add(15 * time.Second)
		w.turn(false)
	}
	for key, t := range w.core.tickets {
		w.rt.Errorf("ticket %s is still there: told %+v, news %d", key, t.Told, t.News)
	}
	w.checkEnds()
}

// checkEnds checks that whoever was told that an incident goes on was told
// last that it does not.
func (w *world) checkEnds() {
	last := map[string]uint64{}
	for _, in := range []map[string]bool{w.heard, w.buried} {
		for key := range in {
			at := strings.LastIndexByte(key, ' ')
			var seq uint64
			if _, err := fmt.Sscan(key[at+1:], &seq); err != nil {
				w.rt.Fatal(err)
			}
			last[key[:at]] = max(last[key[:at]], seq)
		}
	}
	for who, seq := range last {
		if s := w.alerts[seq-1].Status; s != fusion.PictureClosed && s != fusion.PictureResolved {
			w.rt.Errorf("%s heard last of alert %d, with status %s", who, seq, s)
		}
	}
}
