package record

import (
	"bytes"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/simulate"
)

var start = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

// lines are the events of ten minutes as text, and how many are of each
// incident.
func lines(t *testing.T, seed uint64) ([]byte, map[string]int) {
	t.Helper()
	var text bytes.Buffer
	labels := map[string]int{}
	last := start
	for e, err := range Events(simulate.NewCity(seed), start, 10*time.Minute) {
		if err != nil {
			t.Fatal(err)
		}
		if e.RecordedTime.Before(last) {
			t.Fatalf("%s was recorded at %s, after an event of %s", e.ID, e.RecordedTime, last)
		}
		last = e.RecordedTime
		labels[e.Incident]++
		b, err := fusion.Encode(e.Event)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(b, '\n'))
	}
	return text.Bytes(), labels
}

func TestASeedGivesItsEvents(t *testing.T) {
	one, labels := lines(t, 3)
	again, _ := lines(t, 3)
	other, _ := lines(t, 4)
	if !bytes.Equal(one, again) || bytes.Equal(one, other) {
		t.Error("the same seed gives other events, or another seed the same")
	}
	truth := simulate.NewCity(3).Truth(9 * time.Minute)
	for _, i := range truth {
		if labels[i.Label] == 0 {
			t.Errorf("no event is of %s", i.Label)
		}
	}
	if len(truth) < 20 || labels[""] == 0 {
		t.Errorf("%d incidents, %d events of the background", len(truth), labels[""])
	}
}
