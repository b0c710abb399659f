package simulate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/simulate/wire"
)

// stage is where the parts of one incident, or of none, are put together and
// sent. Its methods take the time after the start.
type stage struct {
	agenda  *agenda
	random  *rand.Rand
	numbers *numbers
	label   string // of the incident, "" for background
	start   time.Duration
}

// numbers counts what devices number.
type numbers struct{ call, passage, warning int }

func next(n *int) int { *n++; return *n }

func (s *stage) send(device Device, at time.Duration, p wire.Payload) {
	s.agenda.send(Emission{At: at, Device: device, Truth: s.label, Payload: p})
}

// jitter moves a time by up to 300 ms, and tells a little earlier as the time
// of observation.
func (s *stage) jitter(after time.Duration) (at, observed time.Duration) {
	at = s.start + after + time.Duration(s.random.Int64N(int64(300*time.Millisecond)))
	return at, at - time.Duration(50+s.random.IntN(200))*time.Millisecond
}

// call is a citizen who phones: place and error are of the caller's network.
func (s *stage) call(after time.Duration, p place, about matter, priority int, text string) {
	at, received := s.jitter(after)
	c := s.caller(p, about, priority, text)
	c.Received = received
	s.send(Dispatch, at, c)
}

// callAbout is a call about a vehicle, for which an incident is made at once.
func (s *stage) callAbout(after time.Duration, p place, about matter, priority int, text, vehicle string) {
	at, received := s.jitter(after)
	c := s.caller(p, about, priority, text)
	c.Received, c.Plate, c.Incident = received, dashed(vehicle), fmt.Sprintf("P%06d", next(&s.numbers.call))
	s.send(Dispatch, at, c)
}

func (s *stage) caller(p place, about matter, priority int, text string) wire.Call {
	ce := float64(60 + s.random.IntN(91))
	where := near(s.random, p.at, ce)
	return wire.Call{
		ID: fmt.Sprintf("88%06d", next(&s.numbers.call)), Code: about.code, Type: about.words, Priority: priority, Text: text,
		Phone: phone(s.random), Address: p.address, Lon: where.Lon(), Lat: where.Lat(), CE: ce,
	}
}

// report is the dispatch system's own incident.
func (s *stage) report(after time.Duration, p place, about matter, priority int, text string, units ...string) {
	at, changed := s.jitter(after)
	s.send(Dispatch, at, wire.Report{
		Incident: fmt.Sprintf("P%06d", next(&s.numbers.call)), Code: about.code, Type: about.words, Priority: priority, Text: text, State: "Dispatched", Units: units,
		Address: p.address, Lon: p.at.Lon(), Lat: p.at.Lat(), CE: 30, Changed: changed,
	})
}

// row is a line in the dispatch system's file.
func (s *stage) row(after time.Duration, p place, about matter, priority int) {
	at, queued := s.jitter(after)
	s.send(CSV, at, wire.Row{
		Number: fmt.Sprintf("2026%09d", next(&s.numbers.call)), Type: about.words, Priority: priority, Beat: "R1",
		Lon: p.at.Lon(), Lat: p.at.Lat(), Queued: queued,
	})
}

// object is a thing on a camera: new, an update, and its end.
func (s *stage) object(after time.Duration, camera, label string, score float64, lasts time.Duration) {
	at, start := s.jitter(after)
	o := wire.Object{
		Camera: camera, Suffix: letters(s.random, 6), Label: label, Phase: wire.PhaseNew,
		Zone: strings.TrimPrefix(camera, "cam-"), Score: score, Start: start, Observed: start,
	}
	s.send(Frigate, at, o)
	o.Phase, o.Score, o.Observed = wire.PhaseUpdate, min(0.99, score+0.05), start+1500*time.Millisecond
	s.send(Frigate, at+1500*time.Millisecond, o)
	o.Phase, o.Observed = wire.PhaseEnd, start+lasts
	s.send(Frigate, at+lasts, o)
}

// passage is a vehicle at a plate reader.
func (s *stage) passage(after time.Duration, reader, plate string) {
	at, observed := s.jitter(after)
	camera := site(reader)
	confidence := 88 + float64(s.random.IntN(110))/10
	p := wire.Passage{
		Vendor: camera.Vendor, Camera: camera.ID, Lon: camera.Lon, Lat: camera.Lat, Serial: next(&s.numbers.passage),
		Plate: plate, Country: "nl", Confidence: confidence, SpeedKMH: float64(35 + s.random.IntN(60)),
		Make: pick(s.random, makes), Color: pick(s.random, colors), Observed: observed,
	}
	if like, ok := misread(plate); ok {
		p.Others = []wire.Reading{{Plate: like, Confidence: confidence - 7}}
	}
	s.send(ANPR, at, p)
}

// warn issues a warning; it returns it so that it can be updated.
func (s *stage) warn(after time.Duration, w wire.Warning) wire.Warning {
	at, sent := s.jitter(after)
	w.Identifier = fmt.Sprintf("NL-ROERMOND-%05d", next(&s.numbers.warning))
	w.Status, w.Sent = "Actual", sent
	s.send(CAP, at, w)
	return w
}

// follow updates or cancels a warning.
func (s *stage) follow(after time.Duration, w wire.Warning, msgType, headline string) {
	w.References = append(w.References, wire.Reference{Identifier: w.Identifier, Sent: w.Sent})
	w.MsgType, w.Headline = msgType, headline
	s.warn(after, w)
}

// square is a ring of side m around a point.
func square(centre orb.Point, side float64) orb.Ring {
	h := side / 2
	return ring(away(centre, -h, -h), away(centre, h, -h), away(centre, h, h), away(centre, -h, h))
}
