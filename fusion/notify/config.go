package notify

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// Config is the section `notify` of a room's configuration.
type Config struct {
	Language  Language   `yaml:"language"` // nl or en; default en
	Zone      string     `yaml:"zone"`     // time zone of times in messages; default UTC
	Receivers []Receiver `yaml:"receivers"`
	Rotas     []Rota     `yaml:"rotas"`
	Hours     []Hours    `yaml:"hours"`
	Routes    []Route    `yaml:"routes"`
	Links     Links      `yaml:"links"`
}

// Receiver is a person, a group or a system that is told.
type Receiver struct {
	Name     string          `yaml:"name"`
	Topic    string          `yaml:"topic"` // messages go to iroom.notify.<topic>
	URL      string          `yaml:"url"`   // reference to a secret: the service as a shoutrrr URL
	Language Language        `yaml:"language"`
	Rate     Rate            `yaml:"rate"`
	GiveUp   fusion.Duration `yaml:"give_up"` // after which a message that cannot be sent is a dead letter; default 15m
}

// Rate is the most messages in a span of the wall clock; default 30 in 10m.
type Rate struct {
	Messages int             `yaml:"messages"`
	Per      fusion.Duration `yaml:"per"`
}

// Rota says who is on duty when, week after week.
type Rota struct {
	Name   string  `yaml:"name"`
	Zone   string  `yaml:"zone"` // IANA name
	Shifts []Shift `yaml:"shifts"`
}

// Shift is a part of a rota with the receivers who have it.
type Shift struct {
	Span `yaml:",inline"`
	Who  []string `yaml:"who"`
}

// Hours are spans of the week, to be quiet in.
type Hours struct {
	Name  string `yaml:"name"`
	Zone  string `yaml:"zone"` // IANA name
	Spans []Span `yaml:"spans"`
}

// Route says who is told of which alerts, and how.
type Route struct {
	Name     string          `yaml:"name"`
	When     string          `yaml:"when"`  // condition over the alert; "" means all
	Who      []string        `yaml:"who"`   // receivers and rotas
	Group    []string        `yaml:"group"` // what alerts of one message have in common: incident (default), area, kind, severity; or all
	Wait     fusion.Duration `yaml:"wait"`  // before the first message of a group
	Interval fusion.Duration `yaml:"interval"`
	Repeat   fusion.Duration `yaml:"repeat"` // until somebody acknowledges; 0 means never
	Escalate []Stage         `yaml:"escalate"`
	Quiet    []string        `yaml:"quiet"` // hours in which messages wait
}

// Stage is who is told besides when nobody acknowledged for so long.
type Stage struct {
	After fusion.Duration `yaml:"after"` // since the first message
	Who   []string        `yaml:"who"`
}

// Links are the signed links with which a message can be acknowledged.
type Links struct {
	URL    string          `yaml:"url"`    // where the room's HTTP listener is reached from phones; "" means no links
	Key    string          `yaml:"key"`    // reference to a secret of at least 32 bytes
	Former []string        `yaml:"former"` // references to keys that still verify
	Valid  fusion.Duration `yaml:"valid"`  // default 12h
}

const (
	defaultInterval = fusion.Duration(time.Minute)
	defaultGiveUp   = fusion.Duration(15 * time.Minute)
	defaultValid    = fusion.Duration(12 * time.Hour)
)

var defaultRate = Rate{30, fusion.Duration(10 * time.Minute)}

// groupFields are what alerts can be grouped by.
var groupFields = []string{"incident", "area", "kind", "severity", "all"}

func (c *Config) defaults() {
	if c.Language == "" {
		c.Language = English
	}
	if c.Links.Valid == 0 {
		c.Links.Valid = defaultValid
	}
	for i := range c.Receivers {
		r := &c.Receivers[i]
		if r.Language == "" {
			r.Language = c.Language
		}
		if r.Rate == (Rate{}) {
			r.Rate = defaultRate
		}
		if r.GiveUp == 0 {
			r.GiveUp = defaultGiveUp
		}
	}
	for i := range c.Routes {
		r := &c.Routes[i]
		if r.Interval == 0 {
			r.Interval = defaultInterval
		}
		if len(r.Group) == 0 {
			r.Group = []string{"incident"}
		}
	}
}

// Plan is a configuration that was checked and compiled.
type Plan struct {
	config    Config
	zone      *time.Location
	receivers map[string]*Receiver
	rotas     map[string]*rota
	hours     map[string]*week
	routes    []*route
}

// Compile checks a configuration, without I/O, and returns every problem at
// once.
func Compile(c Config) (*Plan, error) {
	c.defaults()
	p := &Plan{config: c, receivers: map[string]*Receiver{}, rotas: map[string]*rota{}, hours: map[string]*week{}}
	check := &checker{names: map[string]string{}}
	p.zone = check.zone("zone", c.Zone)
	for i := range c.Receivers {
		check.receiver(fmt.Sprintf("receivers[%d]", i), &c.Receivers[i])
		p.receivers[c.Receivers[i].Name] = &c.Receivers[i]
	}
	for i, h := range c.Hours {
		p.hours[h.Name] = check.hours(fmt.Sprintf("hours[%d]", i), h)
	}
	for i, r := range c.Rotas {
		p.rotas[r.Name] = check.rota(fmt.Sprintf("rotas[%d]", i), r, p)
	}
	for i := range c.Routes {
		p.routes = append(p.routes, check.route(fmt.Sprintf("routes[%d]", i), &c.Routes[i], p))
	}
	check.links(c.Links)
	if len(check.problems) > 0 {
		return nil, fusion.Errorf(fusion.KindInvalid, "notify", "%w", errors.Join(check.problems...))
	}
	return p, nil
}

// Empty reports whether there is nobody to tell.
func (p *Plan) Empty() bool { return len(p.receivers) == 0 }

// Zone is the time zone of times in messages.
func (p *Plan) Zone() *time.Location { return p.zone }

type checker struct {
	names    map[string]string // by name: what has it
	problems []error
}

func (c *checker) bad(format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf(format, args...))
}

// name wants a token that nothing of the same kind has.
func (c *checker) name(at, kind, name string) {
	if !fusion.IsToken(name) || c.names[kind+name] != "" {
		c.bad("%s.name is %q; a name is lower case, digits and dashes, and unique", at, name)
	}
	c.names[kind+name] = at
}

func (c *checker) zone(at, name string) *time.Location {
	l, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		c.bad("%s is %q; name a time zone like Europe/Amsterdam", at, name)
		return time.UTC
	}
	return l
}

func (c *checker) receiver(at string, r *Receiver) {
	c.name(at, "who ", r.Name)
	c.language(at, r.Language)
	switch {
	case (r.Topic == "") == (r.URL == ""):
		c.bad("%s needs one of topic and url", at)
	case r.Topic != "" && !fusion.IsToken(r.Topic):
		c.bad("%s.topic is %q; it is lower case, digits and dashes", at, r.Topic)
	case r.Rate.Messages < 1 || r.Rate.Per <= 0:
		c.bad("%s.rate is %d per %s; it allows at least one message in some time", at, r.Rate.Messages, r.Rate.Per)
	case r.GiveUp < 0:
		c.bad("%s.give_up is %s; it is a span of time", at, r.GiveUp)
	}
}

func (c *checker) language(at string, l Language) {
	if !slices.Contains(Languages, l) {
		c.bad("%s.language is %q; it is one of %q", at, l, Languages)
	}
}

func (c *checker) links(l Links) {
	if l.URL == "" {
		return
	}
	u, err := url.Parse(l.URL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.RawQuery != "" {
		c.bad("links.url is not the address of a web server; write it like https://room.example.org")
	}
	if l.Key == "" {
		c.bad("links.key is missing; name a secret of at least 32 bytes, like file:secrets/links")
	}
	if l.Valid <= 0 {
		c.bad("links.valid is %s; links are valid for some time", l.Valid)
	}
}
