// Package anpr is the connector of number-plate readers that push over HTTP:
// OpenALPR and Rekor Scout, Plate Recognizer Stream and Snapshot, and the FF
// Group application on Axis cameras.
//
// It stands at the edge of the data's way: a request to the room's listener
// becomes one [fusion.TypeANPR] event a plate. The plate is canonical and never
// repaired: other readings are kept as candidates with their scores. Pictures
// are kept as references. The package does not look plates up, and it joins no
// passages of one vehicle.
package anpr

import (
	"bytes"
	_ "embed" // for the sample
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/kit/webhook"
)

//go:embed sample.yaml
var sample string

// Kind is the connector for plate readers.
var Kind = &connectors.Kind{
	Name:    "anpr",
	Version: "1",
	Summary: "Number plates from OpenALPR, Plate Recognizer and Axis plate readers, received over HTTP",
	Sample:  sample,
	New:     newConnector,
	Split:   split,
}

// Config is the configuration of one instance.
type Config struct {
	webhook.Config `yaml:",inline"`
	// Vendor is what all requests are from; "" recognises each by its content.
	Vendor Vendor `yaml:"vendor"`
	// TimeZone (IANA name) is that of device times without one; "" means UTC.
	TimeZone string `yaml:"time_zone"`
	// Cameras says where the cameras are, by the id that they send.
	Cameras map[string]Site `yaml:"cameras"`
}

// Site is the place of a camera.
type Site struct {
	Lon    float64  `yaml:"lon"`    // deg, WGS84
	Lat    float64  `yaml:"lat"`    // deg, WGS84
	CE     *float64 `yaml:"ce"`     // circular error, m; nil: unknown
	Course *float64 `yaml:"course"` // where the camera looks, deg from true north
	Area   string   `yaml:"area"`   // id of an area of the room
	Name   string   `yaml:"name"`   // as people call the place
}

func newConnector(h connectors.Host, decode func(any) error) (*connectors.Connector, error) {
	var cfg Config
	if err := decode(&cfg); err != nil {
		return nil, err
	}
	if _, known := readers[cfg.Vendor]; cfg.Vendor != "" && !known {
		return nil, fmt.Errorf("vendor is %q; it is %s, %s or %s, or left out", cfg.Vendor, OpenALPR, PlateRecognizer, Axis)
	}
	zone, err := time.LoadLocation(cfg.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("time_zone is %q; write it like Europe/Amsterdam: %w", cfg.TimeZone, err)
	}
	for id, site := range cfg.Cameras {
		if err := site.check(); err != nil {
			return nil, fmt.Errorf("cameras.%s: %w", id, err)
		}
	}
	source, err := webhook.New(h, cfg.Config)
	if err != nil {
		return nil, err
	}
	return &connectors.Connector{Source: source, Mapper: &mapper{
		source: "anpr/" + h.Name, vendor: cfg.Vendor, zone: zone, sites: cfg.Cameras,
	}}, nil
}

func (s Site) check() error {
	switch {
	case !(s.Lon >= -180 && s.Lon <= 180 && s.Lat >= -90 && s.Lat <= 90) || s.Lon == 0 && s.Lat == 0:
		return fmt.Errorf("the place is lon %g, lat %g; both are needed, in deg", s.Lon, s.Lat)
	case s.CE != nil && !(*s.CE >= 0):
		return fmt.Errorf("ce is %g; it is a distance in m", *s.CE)
	case s.Course != nil && !(*s.Course >= 0 && *s.Course <= 360):
		return fmt.Errorf("course is %g; it lies between 0 and 360 deg from true north", *s.Course)
	}
	return nil
}

// split makes one message of a file, or one of each line when its first line
// is a JSON value of its own and others follow.
func split(name string, r io.Reader) iter.Seq2[connectors.Message, error] {
	return func(yield func(connectors.Message, error) bool) {
		all, err := io.ReadAll(r)
		if err != nil {
			yield(connectors.Message{}, fmt.Errorf("reading %s: %w", name, err))
			return
		}
		if !isLines(all) {
			yield(connectors.Message{Payload: all, Origin: name}, nil)
			return
		}
		number := 0
		for line := range bytes.Lines(all) {
			number++
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			if !yield(connectors.Message{Payload: line, Origin: name + ":" + strconv.Itoa(number)}, nil) {
				return
			}
		}
	}
}

func isLines(all []byte) bool {
	first, rest, _ := bytes.Cut(bytes.TrimSpace(all), []byte("\n"))
	return len(bytes.TrimSpace(rest)) > 0 && jsontext.Value(first).IsValid()
}
