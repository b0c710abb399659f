package load

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// Plan is what is handed over, and when.
type Plan struct {
	Rate       int             // events a second, probes among them
	Probes     int             // probes a second
	For        time.Duration   // how long
	Background []*fusion.Event // everyday events of one city, in their order, which Districts cities hand over at once
	Districts  int             // so many that each city has its own pace
}

// Check says what is wrong with the plan.
func (p Plan) Check() error {
	switch {
	case p.Rate < 1 || p.Probes < 1 || p.Probes > p.Rate:
		return fusion.Errorf(fusion.KindInvalid, "load", "the rate is %d events a second, %d of them probes; there must be both, and no more probes than events", p.Rate, p.Probes)
	case p.For < time.Second || p.For > 24*time.Hour:
		return fusion.Errorf(fusion.KindInvalid, "load", "it lasts %s; between a second and a day is possible", p.For)
	case p.Districts < 1:
		return fusion.Errorf(fusion.KindInvalid, "load", "there are %d districts; there is at least one", p.Districts)
	case len(p.Background) == 0:
		return fusion.Errorf(fusion.KindInvalid, "load", "there are no background events")
	}
	return nil
}

// handover is an event and when it is handed over, since the start.
type handover struct {
	at    time.Duration
	probe int // its number, -1 for background
	event *fusion.Event
}

const probePrefix = "probe-"

// timetable makes every event before the first is handed over. Their times
// are those of the handing over.
func (p Plan) timetable(start time.Time) []handover {
	total := int(p.For.Seconds() * float64(p.Rate))
	each := p.Rate / p.Probes
	list := make([]handover, total)
	probes, background := 0, 0
	for i := range list {
		at := time.Duration(i) * time.Second / time.Duration(p.Rate)
		h := handover{at: at, probe: -1}
		if i%each == each-1 {
			h.probe, h.event = probes, probe(probes, start.Add(at))
			probes++
		} else {
			h.event = p.everyday(background, start.Add(at))
			background++
		}
		list[i] = h
	}
	return list
}

// everyday is the n-th event of the background. The districts take turns, and
// each is somewhere else in the day of the city.
func (p Plan) everyday(n int, at time.Time) *fusion.Event {
	district, turn := n%p.Districts, n/p.Districts
	first := district * len(p.Background) / p.Districts
	e := *p.Background[(first+turn)%len(p.Background)]
	e.ID = fusion.NewEventID("load", strconv.Itoa(n), "")
	e.Time, e.RecordedTime = at.UTC(), at.UTC()
	e.ExpiryTime, e.References = time.Time{}, nil
	e.Source += "-" + strconv.Itoa(district)
	e.Entities = slices.Clone(e.Entities)
	for i := range e.Entities {
		e.Entities[i].Value += strconv.Itoa(district)
		e.Entities[i].Candidates = nil
	}
	if at, ok := e.Geometry.Center(); ok {
		e.Geometry = fusion.NewPoint(at.Lon()+0.4*float64(district%20), at.Lat()-0.3*float64(district/20))
	}
	return &e
}

// probe is an incident of a dispatch system, 2 km from any other.
func probe(n int, at time.Time) *fusion.Event {
	name := probePrefix + strconv.Itoa(n)
	lon, lat := 4+float64(n%100)*0.03, 50.8+float64(n/100)*0.02
	ce := 10.0
	return &fusion.Event{
		ID: fusion.NewEventID("load", name, ""), Source: "load/probe", Type: fusion.TypeIncident, Subject: name,
		Time: at.UTC(), RecordedTime: at.UTC(), Status: fusion.StatusActual, MsgType: fusion.MsgAlert,
		Headline: "Fight " + name, Geometry: fusion.NewPoint(lon, lat),
		Location: &fusion.Location{CE: &ce, Method: "human", Address: name}, Reliability: "A", Credibility: 1,
		Attrs: map[string]any{"nature": "violence.fight", "incident": name, "state": "open", "priority": 1.0},
	}
}

// probeOf is the number of the probe that an address names.
func probeOf(address string) (int, error) {
	n, found := strings.CutPrefix(address, probePrefix)
	if !found {
		return 0, fmt.Errorf("%q is no probe", address)
	}
	return strconv.Atoi(n)
}
