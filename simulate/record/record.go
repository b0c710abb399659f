package record

import (
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/ais"
	"github.com/openiroom/iroom/connectors/anpr"
	"github.com/openiroom/iroom/connectors/cap"
	"github.com/openiroom/iroom/connectors/dispatch"
	"github.com/openiroom/iroom/connectors/frigate"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/simulate"
	"github.com/openiroom/iroom/simulate/wire"
)

// Event is an event with its truth.
type Event struct {
	*fusion.Event
	Incident string // label, "" for background
}

// connector is a real connector as the room runs it, without I/O.
type connector struct {
	kind   *connectors.Kind
	mapper connectors.Mapper
}

// Events are those of the city from the start until so long after it, in the
// order in which a room gets them. An error ends them.
func Events(city *simulate.City, start time.Time, until time.Duration) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		all, err := connect(city)
		if err != nil {
			yield(Event{}, err)
			return
		}
		clock := func(d time.Duration) time.Time { return start.Add(d) }
		for e := range city.Emissions() {
			if e.At > until {
				return
			}
			if e.Malformed {
				continue
			}
			events, err := all[e.Device].events(e, clock)
			if err != nil {
				yield(Event{}, fmt.Errorf("%s at %s: %w", e.Device, e.At, err))
				return
			}
			for _, event := range events {
				if !yield(Event{event, e.Truth}, nil) {
					return
				}
			}
		}
	}
}

// connect makes the connectors for the sites of the city.
func connect(city *simulate.City) (map[simulate.Device]connector, error) {
	var cameras, readers strings.Builder
	for _, s := range city.Sites(simulate.SiteCamera) {
		fmt.Fprintf(&cameras, "  %s: {lon: %g, lat: %g, ce: 30, name: %q}\n", s.ID, s.Lon, s.Lat, s.Name)
	}
	for _, s := range city.Sites(simulate.SiteReader) {
		fmt.Fprintf(&readers, "  %s: {lon: %g, lat: %g, ce: 15, name: %q}\n", s.ID, s.Lon, s.Lat, s.Name)
	}
	all := map[simulate.Device]connector{}
	for device, of := range map[simulate.Device]struct {
		kind   *connectors.Kind
		config string
	}{
		simulate.ANPR:     {anpr.Kind, "time_zone: Europe/Amsterdam\ncameras:\n" + readers.String()},
		simulate.Frigate:  {frigate.Kind, "cameras:\n" + cameras.String()},
		simulate.CAP:      {cap.Kind, "urls: [\"http://127.0.0.1/\"]\nlanguages: [nl]\n"},
		simulate.AIS:      {ais.Kind, "address: 127.0.0.1:1\n"},
		simulate.Dispatch: {dispatch.Kind, "format: eido\nphone_region: NL\nreliability: C\ncredibility: 3\n"},
		simulate.CSV:      {dispatch.Kind, export},
	} {
		made, err := of.kind.New(connectors.Host{Name: string(device)}, connectors.DecodeYAML([]byte(of.config)))
		if err != nil {
			return nil, fmt.Errorf("connector of %s: %w", device, err)
		}
		all[device] = connector{of.kind, made.Mapper}
	}
	return all, nil
}

// export is how the dispatch system's file is read.
const export = `
format: csv
phone_region: NL
reliability: B
credibility: 2
csv:
  columns:
    id: CAD Event Number
    time: Original Time Queued
    nature: [Final Call Type, Initial Call Type]
    text: Initial Call Type
    priority: Priority
    lon: Blurred_Longitude
    lat: Blurred_Latitude
    beat: Beat
    disposition: Event Clearance Description
  time_layout: 01/02/2006 3:04:05 PM
  time_zone: UTC
  rows: {type: incident}
`

// events maps an emission as the connector's own source would hand it over.
func (c connector) events(e simulate.Emission, clock wire.Clock) (events []*fusion.Event, err error) {
	payload, err := e.Payload.Encode(clock)
	if err != nil {
		return nil, err
	}
	name := string(e.Device)
	if e.Device == simulate.CSV {
		header, err := wire.Line(wire.RowHeader...)
		if err != nil {
			return nil, err
		}
		payload, name = append(header, payload...), "export.csv"
	}
	for msg, err := range c.kind.Split(name, strings.NewReader(string(payload))) {
		if err != nil {
			return nil, err
		}
		msg.Received = clock(e.At)
		mapped := connectors.MapSafely(c.mapper, c.kind, string(e.Device), msg)
		if len(mapped.Rejects) > 0 {
			return nil, mapped.Rejects[0]
		}
		events = append(events, mapped.Events...)
	}
	return events, nil
}
