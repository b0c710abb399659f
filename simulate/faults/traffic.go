package faults

import (
	"fmt"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// traffic makes events.
type traffic struct {
	made  int
	sent  [][]byte // encoded events, to come again
	calls []*fusion.Event
	city  []*fusion.Event // of a city, still to come
}

func newTraffic(w *World) traffic { return traffic{city: cityFrom(w.rand)} }

// send publishes a message of events: some new, some of before, some broken.
func (t *traffic) send(w *World) {
	if w.rand.IntN(25) == 0 {
		t.broken(w)
		return
	}
	var batch [][]byte
	var ids []fusion.EventID
	for range 1 + w.rand.IntN(4) {
		if len(t.sent) > 0 && w.rand.IntN(8) == 0 {
			batch = append(batch, t.sent[w.rand.IntN(len(t.sent))])
			continue
		}
		e := t.next(w)
		encoded := w.encode(e)
		t.sent = append(t.sent, encoded)
		batch, ids = append(batch, encoded), append(ids, e.ID)
	}
	w.publish(&letter{subject: fusion.EventSubject(fusion.PublisherRoom, "month"), data: fusion.EncodeBatch(batch), events: ids})
}

// broken comes from a publisher that does not keep to the format.
func (t *traffic) broken(w *World) {
	good := w.encode(t.next(w))
	data := [][]byte{
		fusion.EncodeBatch([][]byte{good, []byte(`{"specversion":"1.0","id":7}`)}), []byte(`{"half":`), []byte(`[]`),
		fusion.EncodeBatch([][]byte{[]byte(`{"specversion":"1.0","id":"x","source":"s","type":"sensor.audio.detection","data":{}}`), good}),
	}[w.rand.IntN(4)]
	w.publish(&letter{subject: fusion.EventSubject("partner", "month"), data: data})
}

func (t *traffic) next(w *World) *fusion.Event {
	t.made++
	now := w.clock.Add(w.skew).Truncate(time.Millisecond)
	switch w.rand.IntN(10) {
	case 0, 1, 2:
		return t.call(w, now)
	case 3:
		return t.version(w, now)
	case 4:
		return t.event(fusion.TypeAlarm, now, t.place(w), map[string]any{
			"alarm": "burglary", "state": "raised", "device": fmt.Sprint("d", w.rand.IntN(3)),
		})
	case 5:
		e := t.event(fusion.TypeUnitStatus, now, t.place(w), map[string]any{"state": "at-scene"})
		e.Entities = []fusion.Entity{{Type: fusion.EntityUnit, Value: fmt.Sprint("unit-", w.rand.IntN(3))}}
		return e
	case 6:
		e := t.event(fusion.TypeANPR, now, t.place(w), map[string]any{"camera": "c1"})
		e.Entities = []fusion.Entity{{Type: fusion.EntityVehicle, Value: plate(w)}}
		return e
	}
	if len(t.city) == 0 {
		return t.call(w, now)
	}
	e := *t.city[0]
	t.city = t.city[1:]
	e.Time, e.RecordedTime = now, now
	return &e
}

func plate(w *World) string { return fmt.Sprintf("AB%03dC", w.rand.IntN(6)) }

// place is one of a few neighbourhoods.
func (t *traffic) place(w *World) *fusion.Geometry {
	return fusion.NewPoint(5.95+float64(w.rand.IntN(4))/50+w.rand.Float64()/800, 51.19+w.rand.Float64()/800)
}

func (t *traffic) event(kind fusion.EventType, now time.Time, at *fusion.Geometry, attrs map[string]any) *fusion.Event {
	return &fusion.Event{
		ID: fusion.NewEventID("faults", fmt.Sprint(t.made), ""), Source: "faults", Type: kind, Time: now, RecordedTime: now,
		Status: fusion.StatusActual, MsgType: fusion.MsgAlert, Geometry: at, Reliability: "C", Credibility: 3, Attrs: attrs,
	}
}

// call is one of a few matters, which several people may call about.
func (t *traffic) call(w *World, now time.Time) *fusion.Event {
	nature := []string{"fire.building", "fire.building", "violence.fight", "officer.emergency", "public.nuisance"}[w.rand.IntN(5)]
	e := t.event(fusion.TypeCall, now, t.place(w), map[string]any{"nature": nature, "text": fmt.Sprint("call ", t.made)})
	e.Subject = fmt.Sprint("call-", t.made)
	e.Location = &fusion.Location{CE: new(60.0), Method: "human"}
	e.Entities = []fusion.Entity{{Type: fusion.EntityPhone, Role: "caller", Value: fmt.Sprintf("+3160000%04d", w.rand.IntN(200))}}
	if w.rand.IntN(12) == 0 {
		e.Status = fusion.StatusExercise
	}
	t.calls = append(t.calls, e)
	return e
}

// version is a later version of a call, or withdraws it; sometimes it is an
// earlier one that comes late.
func (t *traffic) version(w *World, now time.Time) *fusion.Event {
	if len(t.calls) == 0 {
		return t.call(w, now)
	}
	e := *t.calls[w.rand.IntN(len(t.calls))]
	e.ID = fusion.NewEventID("faults", e.Subject, fmt.Sprint(t.made))
	e.MsgType = fusion.MsgUpdate
	e.Attrs = map[string]any{"nature": e.Attrs["nature"], "text": fmt.Sprint("version ", t.made)}
	e.Time, e.RecordedTime = now, now
	switch w.rand.IntN(4) {
	case 0:
		e.MsgType = fusion.MsgCancel
	case 1:
		e.Time = now.Add(-time.Duration(w.rand.IntN(7200)) * time.Second)
	}
	return &e
}

// changeList changes the watchlist.
func (t *traffic) changeList(w *World) {
	change := engine.ListChange{Put: []store.ListEntry{{Value: plate(w), Note: fmt.Sprint("entry ", t.made)}}}
	switch w.rand.IntN(4) {
	case 0:
		change = engine.ListChange{Delete: []string{plate(w)}}
	case 1:
		change.Clear = true
	case 2:
		change.Put[0].Expires = w.clock.Add(time.Duration(w.rand.IntN(1800)) * time.Second).UTC()
	}
	w.publish(&letter{subject: fusion.ListSubject("stolen-plates"), data: w.encode(change)})
}
