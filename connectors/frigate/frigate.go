// Package frigate reads what the video recorder Frigate detects: objects that
// it tracks on cameras, plates that it reads and sounds that it hears, from the
// topics on which it publishes to MQTT, or from a list of its HTTP interface.
//
// It stands at the beginning of the data's way. Everything that the topics say
// becomes an event, or is named as skipped or refused. A person never gets a
// name here: the results of face recognition are left out, and so are texts in
// which Frigate puts names that its users chose.
//
// It does not fetch pictures or clips, and does not control Frigate.
package frigate

import (
	_ "embed"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/kit/mqtt"
	"github.com/openiroom/iroom/fusion"
)

//go:embed sample.yaml
var sample string

// Kind is the connector of Frigate.
var Kind = &connectors.Kind{
	Name: "frigate", Version: "1",
	Summary: "Objects, plates and sounds that the video recorder Frigate detects, over MQTT",
	Sample:  sample,
	New:     newConnector,
	Split:   split,
}

// Config is the configuration of one Frigate.
type Config struct {
	MQTT        mqtt.Config       `yaml:"mqtt"`        // topics default to those that the mapper reads
	Prefix      string            `yaml:"prefix"`      // topic_prefix of Frigate; default frigate
	BaseURL     string            `yaml:"base_url"`    // of Frigate's HTTP interface, for media references; "": none
	Unit        string            `yaml:"unit"`        // of estimated speeds: kmh or mph; default kmh
	Labels      map[string]string `yaml:"labels"`      // from Frigate's label to the room's
	Classifiers []string          `yaml:"classifiers"` // classification models whose results are never names of persons
	Cameras     map[string]Camera `yaml:"cameras"`     // by Frigate's name of the camera
}

// Camera is where a camera is.
type Camera struct {
	Lon  float64  `yaml:"lon"`  // deg, WGS 84
	Lat  float64  `yaml:"lat"`  // deg, WGS 84
	CE   *float64 `yaml:"ce"`   // m: how far from the camera the object may be
	Area string   `yaml:"area"` // id of an area of the room
	Name string   `yaml:"name"` // for people, e.g. an address
}

func newConnector(h connectors.Host, decode func(any) error) (*connectors.Connector, error) {
	cfg := Config{Prefix: "frigate", Unit: unitKMH}
	if err := decode(&cfg); err != nil {
		return nil, err
	}
	if err := cfg.check(); err != nil {
		return nil, &fusion.Error{Kind: fusion.KindInvalid, Op: "frigate", Err: err}
	}
	if len(cfg.MQTT.Topics) == 0 {
		cfg.MQTT.Topics = cfg.topics()
	}
	source, err := mqtt.New(h, cfg.MQTT)
	if err != nil {
		return nil, err
	}
	return &connectors.Connector{Source: source, Mapper: mqtt.Limited(&mapper{cfg: cfg, source: "frigate/" + h.Name})}, nil
}

// topics are those with something for the room.
func (c *Config) topics() []string {
	return []string{
		c.Prefix + "/events", c.Prefix + "/tracked_object_update", c.Prefix + "/triggers",
		c.Prefix + "/reviews", c.Prefix + "/available", c.Prefix + "/+/audio/+",
	}
}

func (c *Config) check() error {
	if c.Prefix == "" || strings.ContainsAny(c.Prefix, "+#") {
		return fmt.Errorf("prefix is %q; it is the topic_prefix of Frigate, without wildcards", c.Prefix)
	}
	if c.Unit != unitKMH && c.Unit != unitMPH {
		return fmt.Errorf("unit is %q; it is %s or %s", c.Unit, unitKMH, unitMPH)
	}
	if u, err := url.Parse(c.BaseURL); c.BaseURL != "" && (err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme)) {
		return fmt.Errorf("base_url is not an address like https://frigate.example:8971")
	}
	for name, cam := range c.Cameras {
		e := fusion.Event{Geometry: fusion.NewPoint(cam.Lon, cam.Lat), Location: &fusion.Location{CE: cam.CE}}
		if err := place(&e); err != nil {
			return fmt.Errorf("cameras.%s: %w", name, err)
		}
	}
	return nil
}
