package simulate_test

import (
	"fmt"
	"strings"
	"testing"
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

var midnight = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func clock(d time.Duration) time.Time { return midnight.Add(d) }

// mapper is a real connector as the room runs it, without I/O.
type mapper struct {
	kind   *connectors.Kind
	mapper connectors.Mapper
	config string
}

const csvConfig = `
format: csv
phone_region: NL
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

func mappers(t *testing.T, c *simulate.City) map[simulate.Device]mapper {
	t.Helper()
	var cameras, readers strings.Builder
	for _, s := range c.Sites(simulate.SiteCamera) {
		fmt.Fprintf(&cameras, "  %s: {lon: %g, lat: %g, ce: 30, name: %q}\n", s.ID, s.Lon, s.Lat, s.Name)
	}
	for _, s := range c.Sites(simulate.SiteReader) {
		fmt.Fprintf(&readers, "  %s: {lon: %g, lat: %g, ce: 15, name: %q}\n", s.ID, s.Lon, s.Lat, s.Name)
	}
	all := map[simulate.Device]mapper{
		simulate.ANPR:     {kind: anpr.Kind, config: "time_zone: Europe/Amsterdam\ncameras:\n" + readers.String()},
		simulate.Frigate:  {kind: frigate.Kind, config: "cameras:\n" + cameras.String()},
		simulate.CAP:      {kind: cap.Kind, config: "urls: [\"http://127.0.0.1/\"]\nlanguages: [nl]\n"},
		simulate.AIS:      {kind: ais.Kind, config: "address: 127.0.0.1:1\n"},
		simulate.Dispatch: {kind: dispatch.Kind, config: "format: eido\nphone_region: NL\n"},
		simulate.CSV:      {kind: dispatch.Kind, config: csvConfig},
	}
	for device, m := range all {
		made, err := m.kind.New(connectors.Host{Name: string(device)}, connectors.DecodeYAML([]byte(m.config)))
		if err != nil {
			t.Fatalf("connector of %s: %v", device, err)
		}
		m.mapper = made.Mapper
		all[device] = m
	}
	return all
}

// messages cuts a payload as the connector's own source would.
func (m mapper) messages(t *testing.T, e simulate.Emission) []connectors.Message {
	t.Helper()
	payload, err := e.Payload.Encode(clock)
	if err != nil {
		t.Fatalf("%s at %s: %v", e.Device, e.At, err)
	}
	name := string(e.Device)
	if e.Device == simulate.CSV {
		header, err := wire.Line(wire.RowHeader...)
		if err != nil {
			t.Fatal(err)
		}
		payload, name = append(header, payload...), "export.csv"
	}
	var all []connectors.Message
	for msg, err := range m.kind.Split(name, strings.NewReader(string(payload))) {
		if err != nil {
			t.Fatalf("%s at %s: %v", e.Device, e.At, err)
		}
		msg.Received = clock(e.At)
		all = append(all, msg)
	}
	return all
}

// emissions are those of the first minutes.
func emissions(c *simulate.City, until time.Duration) (all []simulate.Emission) {
	for e := range c.Emissions() {
		if e.At > until {
			return all
		}
		all = append(all, e)
	}
	return all
}

func TestRealConnectorsUnderstandEveryDevice(t *testing.T) {
	c := simulate.NewCity(7)
	connector := mappers(t, c)
	events := map[simulate.Device]int{}
	for _, e := range emissions(c, 4*time.Minute) {
		m := connector[e.Device]
		rejects := 0
		for _, msg := range m.messages(t, e) {
			mapped := connectors.MapSafely(m.mapper, m.kind, string(e.Device), msg)
			rejects += len(mapped.Rejects)
			events[e.Device] += len(mapped.Events)
			if !e.Malformed && (len(mapped.Rejects) > 0 || len(mapped.Events) == 0) {
				t.Fatalf("%s at %s: %d events, skips %q, rejects %v\n%s", e.Device, e.At, len(mapped.Events), mapped.Skips, mapped.Rejects, msg.Payload)
			}
			for _, event := range mapped.Events {
				checkEvent(t, e, event)
			}
		}
		if e.Malformed && rejects == 0 {
			t.Errorf("%s at %s is broken on purpose, and was accepted", e.Device, e.At)
		}
	}
	for _, d := range simulate.Devices {
		if events[d] == 0 {
			t.Errorf("device %s made no event", d)
		}
	}
}

// checkEvent holds an event to what was emitted: when and where.
func checkEvent(t *testing.T, e simulate.Emission, event *fusion.Event) {
	t.Helper()
	if age := clock(e.At).Sub(event.Time); age < 0 || age > 3*time.Second {
		t.Errorf("%s at %s: %s was observed %s before it was sent", e.Device, e.At, event.Type, age)
	}
	if event.Type == fusion.TypeVesselStatic {
		return
	}
	p, ok := event.Geometry.Center()
	if !ok {
		t.Fatalf("%s at %s: %s has no place", e.Device, e.At, event.Type)
	}
	near := p.Lon() > 5.9 && p.Lon() < 6.1 && p.Lat() > 51.1 && p.Lat() < 51.3
	if !near && (e.Truth != "" || e.Device != simulate.CAP) {
		t.Errorf("%s at %s: %s lies at %v, outside the region", e.Device, e.At, event.Type, p)
	}
}
