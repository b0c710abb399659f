package notify

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
)

// acceptance are the cases of another notifier, see testdata/alertmanager.
type acceptance struct {
	Cases []struct {
		Case     string `json:"case"`
		Timeline []struct {
			At         float64      `json:"at"` // s
			Push       []theirAlert `json:"push"`
			SetSilence string       `json:"set_silence"`
			DelSilence string       `json:"del_silence"`
		} `json:"timeline"`
		Expected []struct {
			Between      [2]float64   `json:"between"` // s
			Notification []theirAlert `json:"notification"`
		} `json:"expected_notifications"`
	} `json:"cases"`
}

type theirAlert struct {
	Labels map[string]string `json:"labels"`
	Active any               `json:"active"` // [start] or [start, end]
}

func (a theirAlert) incident() fusion.PictureID { return fusion.PictureID(a.Labels["alertname"]) }

func (a theirAlert) over() bool {
	span, _ := a.Active.([]any)
	return len(span) == 2
}

// translations are the cases that are about what this notifier does, with
// their routes in our words.
var translations = map[string]string{
	"send_test.TestRepeat":           "{name: r, who: [co], group: [kind], wait: 1s, interval: 1s, repeat: 1ms}",
	"silence_test.TestSilenceDelete": "{name: r, who: [co], group: [all], wait: 1s, interval: 1s, repeat: 1ms}",
}

func TestCasesOfAnotherNotifier(t *testing.T) {
	data, err := os.ReadFile("testdata/alertmanager/acceptance_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var all acceptance
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	run := 0
	for _, c := range all.Cases {
		route, ours := translations[c.Case]
		if !ours {
			continue
		}
		run++
		d := newDesk(t, "receivers: [{name: co, topic: co}]\nroutes: ["+route+"]")
		until := func(at float64) {
			for d.now.Sub(start) < time.Duration(at*float64(time.Second)) {
				d.now = d.now.Add(50 * time.Millisecond)
				d.send()
			}
		}
		for _, e := range c.Timeline {
			until(e.At)
			for _, p := range e.Push {
				action := fusion.AlertOpened
				if p.over() {
					action = fusion.AlertClosed
				}
				d.alert(string(p.incident()), action, func(a *fusion.Alert) { a.Kind = p.Labels["alertname"] })
			}
			if e.SetSilence != "" {
				if err := d.core.addSilence(Silence{ID: "sil", When: "true", Owner: "o", Reason: "r", From: start.Add(1500 * time.Millisecond), Until: start.Add(100 * time.Second)}); err != nil {
					t.Fatal(err)
				}
			}
			if e.DelSilence != "" {
				if err := d.core.removeSilence(e.DelSilence); err != nil {
					t.Fatal(err)
				}
			}
		}
		last := c.Expected[len(c.Expected)-1]
		until(last.Between[1])
		d.compare(c.Case, len(c.Expected), func(i int) (from, to float64, want map[fusion.PictureID]bool) {
			want = map[fusion.PictureID]bool{}
			for _, a := range c.Expected[i].Notification {
				want[a.incident()] = a.over()
			}
			return c.Expected[i].Between[0], c.Expected[i].Between[1], want
		})
	}
	if run != len(translations) {
		t.Errorf("%d of %d cases were found", run, len(translations))
	}
}

// compare wants messages between times with exactly those incidents, by
// whether they are over.
func (d *desk) compare(name string, n int, expected func(int) (from, to float64, want map[fusion.PictureID]bool)) {
	d.t.Helper()
	if len(d.got) < n {
		d.t.Fatalf("%s: got %d messages, want %d", name, len(d.got), n)
	}
	for i := range n {
		from, to, want := expected(i)
		got := map[fusion.PictureID]bool{}
		for _, item := range d.got[i].Items {
			got[item.Incident] = item.Status == fusion.PictureClosed
		}
		at := d.got[i].Made.Sub(start).Seconds()
		if at < from || at > to || !maps.Equal(got, want) {
			d.t.Errorf("%s: message %d came at %.2f with %v; want %v between %g and %g", name, i, at, fmt.Sprint(slices.Sorted(maps.Keys(got))), want, from, to)
		}
	}
}
