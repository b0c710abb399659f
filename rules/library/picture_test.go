package library_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/rules/library"
)

// room is an engine that runs the library, with one stolen vehicle on its
// list.
type room struct {
	t   *testing.T
	e   *engine.Engine
	seq uint64
}

const stolen = "AB12CD"

func newRoom(t *testing.T) *room {
	t.Helper()
	texts := map[string]string{}
	for _, name := range files(t) {
		b, err := fs.ReadFile(library.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(b)
	}
	content, hash, err := engine.EncodeContent(engine.Content{Rules: texts})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(func(string) (*engine.Bundle, error) { return engine.CompileBundle(content) })
	if err != nil {
		t.Fatal(err)
	}
	r := &room{t: t, e: e}
	r.send(fusion.SubjectConfig, start, []byte(`{"bundle":"`+hash+`","engine":"1"}`))
	for _, change := range engine.ListChanges([]store.ListEntry{{Value: stolen}}) {
		r.send(fusion.ListSubject("stolen-plates"), start, encode(t, change))
	}
	return r
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := fusion.Encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (r *room) send(subject string, at time.Time, data []byte) {
	r.t.Helper()
	r.seq++
	effects, err := r.e.Step(engine.Message{Seq: r.seq, Subject: subject, Time: at, Data: data})
	if err != nil || len(effects.Refused) > 0 {
		r.t.Fatalf("%v, refused %v", err, effects.Refused)
	}
}

func (r *room) event(e *fusion.Event) {
	r.t.Helper()
	r.send(fusion.EventSubject(fusion.PublisherRoom, "month"), e.Time, fusion.EncodeBatch([][]byte{encode(r.t, e)}))
}

// pictures are the open ones, as "kind severity: sources", in the order in
// which they were opened.
func (r *room) pictures() (list []string) {
	r.t.Helper()
	err := r.e.Store().View(func(tx *store.Tx) error {
		for p, err := range tx.PicturesBefore("") {
			if err != nil {
				return err
			}
			list = append(list, fmt.Sprintf("%s %s: %d from %s", p.Kind, p.Severity, p.EvidenceCount, strings.Join(p.Sources, " ")))
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

// seen is an event so many seconds after the start and so many metres north
// of the middle of town, from a source of its type's own.
func seen(typ fusion.EventType, n int, north float64, attrs map[string]any) *fusion.Event {
	e := event(typ, n, attrs)
	_, e.Source, _ = strings.Cut(string(typ), ".")
	ce, sure := 30.0, 90.0
	e.Geometry, e.Location = fusion.NewPoint(5.987, 51.194+north/111_195), &fusion.Location{CE: &ce}
	if typ.Domain() == "sensor" {
		e.Confidence = &sure
	}
	return e
}

func call(n int, north float64, nature string) *fusion.Event {
	return seen(fusion.TypeCall, n, north, map[string]any{"nature": nature, "incident": fmt.Sprint("M", n)})
}

func incident(n int, north float64, nature, of string) *fusion.Event {
	return seen(fusion.TypeIncident, n, north, map[string]any{"nature": nature, "incident": of, "state": "active"})
}

func alarm(n int, north float64, of string) *fusion.Event {
	return seen(fusion.TypeAlarm, n, north, map[string]any{"alarm": of, "device": fmt.Sprint("D", n), "state": "raised"})
}

// burglaryAt is an incident at an address of its own.
func burglaryAt(n int, north float64, address string) *fusion.Event {
	e := incident(n, north, "theft.burglary", fmt.Sprint("P", n))
	e.Entities = []fusion.Entity{{Type: fusion.EntityAddress, Value: address}}
	return e
}

func camera(n int, north float64, label string) *fusion.Event {
	return seen(fusion.TypeCameraObject, n, north, map[string]any{"label": label, "camera": "markt"})
}

func people(n int, north, count float64) *fusion.Event {
	e := camera(n, north, "crowd")
	e.Attrs["count"] = count
	return e
}

func passage(n int, north float64, reader string) *fusion.Event {
	e := seen(fusion.TypeANPR, n, north, map[string]any{"camera": reader})
	e.Entities = []fusion.Entity{{Type: fusion.EntityVehicle, Value: stolen}}
	return e
}

func named(e *fusion.Event, headline string) *fusion.Event { e.Headline = headline; return e }

func warning(n int, event, headline string) *fusion.Event {
	e := seen(fusion.TypeWarning, n, 0, map[string]any{"event": event})
	e.Headline, e.Severity, e.Urgency, e.Certainty = headline, "severe", "immediate", "observed"
	box := orb.Bound{Min: orb.Point{5.980, 51.189}, Max: orb.Point{5.994, 51.199}}
	e.Geometry = &fusion.Geometry{Geometry: box.ToPolygon()}
	return e
}

func vessel(n int, north float64) *fusion.Event {
	e := seen(fusion.TypeVesselPosition, n, north, map[string]any{"status": "under way using engine"})
	speed, ce := 5.0, 10.0
	e.Subject, e.Track, e.Location.CE = "244630001", &fusion.Track{Speed: &speed}, &ce
	e.Entities = []fusion.Entity{{Type: fusion.EntityVessel, Value: e.Subject}}
	return e
}

func TestOneIncidentIsOnePicture(t *testing.T) {
	other := incident(6, 0, "public.other", "C1")
	other.Source = "export"
	reported := incident(200, 0, "theft.vehicle", "P1")
	reported.Entities = []fusion.Entity{{Type: fusion.EntityVehicle, Value: stolen}}
	for name, c := range map[string]struct {
		events []*fusion.Event
		want   []string
	}{
		"a fire with callers, a camera, a warning and its incident": {
			[]*fusion.Event{
				call(0, 0, "fire.building"), call(10, 120, "fire.building"), camera(12, 60, "smoke"), camera(20, 60, "fire"),
				incident(25, 20, "fire.building", "P1"), warning(30, "Rookpluim", "NL-Alert: brand"), call(50, -100, "fire.building"),
			},
			[]string{"fire high: 7 from camera.object dispatch.call dispatch.incident warning.alert"},
		},
		"the incident first": {
			[]*fusion.Event{
				incident(0, 0, "fire.building", "M5"), call(5, 0, "fire.building"), call(30, 100, "fire.building"),
				incident(31, 100, "fire.building", "M30"),
			},
			[]string{"fire high: 4 from dispatch.call dispatch.incident"},
		},
		"a caller of an incident though far from it": {
			[]*fusion.Event{incident(0, 0, "public.nuisance", "M9"), call(9, 2500, "public.nuisance")},
			[]string{"incident medium: 2 from dispatch.call dispatch.incident"},
		},
		"noise beside a fire stays by itself": {
			[]*fusion.Event{
				call(0, 0, "fire.building"), call(10, 50, "fire.building"), incident(60, 40, "public.nuisance", "P2"),
			},
			[]string{"fire high: 2 from dispatch.call", "incident medium: 1 from dispatch.incident"},
		},
		"two fires a kilometre apart": {
			[]*fusion.Event{
				call(0, 0, "fire.building"), call(5, 1000, "fire.building"), call(10, 50, "fire.building"), call(15, 1050, "fire.building"),
				camera(20, 0, "smoke"),
			},
			[]string{"fire high: 3 from camera.object dispatch.call", "fire high: 2 from dispatch.call"},
		},
		"a ram raid with a camera and a listed car": {
			[]*fusion.Event{
				call(0, 0, "theft.ram-raid"), camera(3, 60, "car"), camera(5, 60, "person"), call(9, 80, "theft.burglary"),
				passage(60, 900, "singel"), incident(70, 0, "theft.ram-raid", "P1"),
			},
			[]string{"burglary critical: 6 from anpr.passage camera.object dispatch.call dispatch.incident"},
		},
		"a listed vehicle on its way, reported where it began": {
			[]*fusion.Event{passage(0, 0, "zuid"), passage(150, 2500, "oost"), reported},
			[]string{"stolen-vehicle high: 3 from anpr.passage dispatch.incident"},
		},
		"a vessel and two reports of the bridge": {
			[]*fusion.Event{
				vessel(0, -380), named(incident(2, 0, "public.other", "P1"), "Schip nadert sluitende brug"), vessel(4, -370),
				named(other, "Schip nadert brug"),
			},
			[]string{"vessel high: 3 from dispatch.incident export vessel.position"},
		},
		"a collision with callers and people on the motorway": {
			[]*fusion.Event{
				named(call(0, 0, "traffic.collision"), "Aanrijding A73"), camera(3, 50, "person"), call(20, 90, "traffic.collision"),
				incident(30, 0, "traffic.collision", "P1"),
			},
			[]string{"collision high: 4 from camera.object dispatch.call dispatch.incident"},
		},
		"high water with a warning and callers": {
			[]*fusion.Event{
				warning(0, "Hoogwater", "Hoogwater op de Maas"), call(100, 0, "water.flood"), call(200, 150, "water.flood"),
				incident(210, 0, "water.flood", "P1"),
			},
			[]string{"flood high: 4 from dispatch.call dispatch.incident warning.alert"},
		},
		"a fight with a crowd": {
			[]*fusion.Event{
				camera(0, 30, "crowd"), call(10, 0, "violence.fight"), camera(15, 30, "person"), call(20, 60, "violence.fight"),
				incident(30, 0, "violence.fight", "P1"),
			},
			[]string{"violence high: 5 from camera.object dispatch.call dispatch.incident"},
		},
		"a hold-up alarm, a caller, people on a camera and the incident": {
			[]*fusion.Event{
				alarm(0, 0, "hold-up"), call(20, 60, "theft.robbery"), camera(25, 40, "person"),
				incident(30, 20, "theft.robbery", "P1"),
			},
			[]string{"robbery critical: 4 from alarm.trigger camera.object dispatch.call dispatch.incident"},
		},
		"an explosive attack with an alarm, a caller and a listed car": {
			[]*fusion.Event{
				alarm(0, 0, "burglary"), call(30, 60, "explosion.atm"), incident(40, 0, "explosion.atm", "P1"), passage(120, 900, "singel"),
			},
			[]string{"explosive-attack critical: 4 from alarm.trigger anpr.passage dispatch.call dispatch.incident"},
		},
		"gas with callers, an alarm and the incident": {
			[]*fusion.Event{
				call(0, 0, "gas.leak"), call(60, 100, "gas.leak"), alarm(70, 50, "gas"), incident(80, 0, "gas.leak", "P1"),
			},
			[]string{"gas high: 4 from alarm.trigger dispatch.call dispatch.incident"},
		},
		"a crowd with its incident, and somebody pressed": {
			[]*fusion.Event{
				incident(0, 0, "crowd.pressure", "P1"), people(10, 40, 140), call(20, 50, "crowd.pressure"),
			},
			[]string{"crowd high: 3 from camera.object dispatch.call dispatch.incident"},
		},
		"a series of burglaries, each with a picture of its own": {
			[]*fusion.Event{burglaryAt(0, 0, "markt 1"), burglaryAt(600, 700, "singel 4"), burglaryAt(1200, 1400, "kade 9")},
			[]string{
				"burglary medium: 1 from dispatch.incident", "burglary medium: 1 from dispatch.incident",
				"burglary medium: 1 from dispatch.incident", "series high: 3 from room/rules",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t)
			for _, e := range c.events {
				r.event(e)
			}
			if got := r.pictures(); !slices.Equal(got, c.want) {
				t.Errorf("pictures\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
