package faults

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/ais"
	"github.com/openiroom/iroom/connectors/anpr"
	"github.com/openiroom/iroom/connectors/dispatch"
	"github.com/openiroom/iroom/connectors/frigate"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/simulate"
)

const (
	cityFor  = 10 * time.Minute
	cityPart = 120 // events of a run
)

// CityStart is when the city of [City] begins.
var CityStart = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

// cityConnectors understand the devices of the city, without I/O.
var cityConnectors = map[simulate.Device]struct {
	kind   *connectors.Kind
	config string
}{
	simulate.ANPR:     {anpr.Kind, "path: /in\n"},
	simulate.Frigate:  {frigate.Kind, "{}\n"},
	simulate.AIS:      {ais.Kind, "address: 127.0.0.1:1\n"},
	simulate.Dispatch: {dispatch.Kind, "format: eido\nphone_region: NL\n"},
}

var city = sync.OnceValues(func() ([]*fusion.Event, error) { return City(7, cityFor) })

// City is what the devices of the simulated city of a seed send from CityStart
// on, read by the real connectors, in the order of its sending.
func City(seed uint64, until time.Duration) (events []*fusion.Event, err error) {
	clock := func(d time.Duration) time.Time { return CityStart.Add(d) }
	mappers := map[simulate.Device]connectors.Mapper{}
	for device, c := range cityConnectors {
		made, err := c.kind.New(connectors.Host{Name: string(device)}, connectors.DecodeYAML([]byte(c.config)))
		if err != nil {
			return nil, err
		}
		mappers[device] = made.Mapper
	}
	for e := range simulate.NewCity(seed).Emissions() {
		if e.At > until {
			break
		}
		mapper, ok := mappers[e.Device]
		if !ok || e.Malformed {
			continue
		}
		payload, err := e.Payload.Encode(clock)
		if err != nil {
			return nil, err
		}
		kind := cityConnectors[e.Device].kind
		for msg, err := range kind.Split(string(e.Device), bytes.NewReader(payload)) {
			if err != nil {
				return nil, err
			}
			msg.Received = clock(e.At)
			events = append(events, connectors.MapSafely(mapper, kind, string(e.Device), msg).Events...)
		}
	}
	return events, nil
}

// cityFrom are the events of a while somewhere in the life of the city.
func cityFrom(r *rand.Rand) []*fusion.Event {
	events, err := city()
	if err != nil {
		panic(violation{err})
	}
	from := r.IntN(max(1, len(events)-cityPart))
	return events[from:min(len(events), from+cityPart)]
}
