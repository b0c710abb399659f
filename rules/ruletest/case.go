package ruletest

import (
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/openiroom/iroom/fusion"
)

// base is the time of `at: 0s`: a Wednesday, 13:00 in the Netherlands.
var base = time.Date(2026, 1, 14, 12, 0, 0, 0, time.UTC)

// testCase is one case of a test file.
type testCase struct {
	Name   string              `yaml:"name"`
	Lists  map[string][]string `yaml:"lists"`
	Areas  map[string]area     `yaml:"areas"`
	Events []testEvent         `yaml:"events"`
	Expect expectations        `yaml:"expect"`
}

// testEvent is an event in the flat form in which rules see it.
type testEvent struct {
	Name     string `yaml:"name"`
	At       string `yaml:"at"`       // offset or RFC 3339
	Received string `yaml:"received"` // the same; default: at

	ID          string         `yaml:"id"`
	Source      string         `yaml:"source"`
	Type        string         `yaml:"type"`
	Subject     string         `yaml:"subject"`
	Status      string         `yaml:"status"`
	MsgType     string         `yaml:"msgtype"`
	References  []string       `yaml:"references"`
	Category    []string       `yaml:"category"`
	Headline    string         `yaml:"headline"`
	Description string         `yaml:"description"`
	Language    string         `yaml:"language"`
	Severity    string         `yaml:"severity"`
	Urgency     string         `yaml:"urgency"`
	Certainty   string         `yaml:"certainty"`
	Reliability string         `yaml:"reliability"`
	Credibility int            `yaml:"credibility"`
	Confidence  *float64       `yaml:"confidence"`
	Area        string         `yaml:"area"`
	Lon         *float64       `yaml:"lon"` // deg
	Lat         *float64       `yaml:"lat"` // deg
	CE          *float64       `yaml:"ce"`  // m
	Speed       *float64       `yaml:"speed"`
	Course      *float64       `yaml:"course"`
	Entities    []testEntity   `yaml:"entities"`
	Attrs       map[string]any `yaml:"attrs"`
}

type testEntity struct {
	Type       string `yaml:"type"`
	Role       string `yaml:"role"`
	Value      string `yaml:"value"`
	Country    string `yaml:"country"` // ISO 3166-1, for a rule with a sensitive block
	Candidates []struct {
		Value      string  `yaml:"value"`
		Confidence float64 `yaml:"confidence"`
	} `yaml:"candidates"`
}

// expectation is a hit that must come.
type expectation struct {
	Rule     string   `yaml:"rule"`
	At       string   `yaml:"at"` // name or number (from 0) of the event that the hit is counted by
	Key      *string  `yaml:"key"`
	Score    *float64 `yaml:"score"`
	Kind     string   `yaml:"kind"`
	Severity string   `yaml:"severity"`
	Title    string   `yaml:"title"`
	Inputs   []string `yaml:"inputs"` // names of all events that it rests on, in any order
}

// expectations are a list, or the word none.
type expectations struct {
	given bool
	list  []expectation
}

func (e *expectations) UnmarshalYAML(b []byte) error {
	e.given = true
	if strings.TrimSpace(string(b)) == "none" {
		return nil
	}
	return yaml.UnmarshalWithOptions(b, &e.list, yaml.Strict())
}

// instant reads an offset from base or an RFC 3339 time.
func instant(s string) (time.Time, error) {
	if s == "" {
		return base, nil
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	d, err := fusion.ParseDuration(s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither an offset like 90s or -5m nor a time like 2026-01-14T12:00:00Z", s)
	}
	return base.Add(time.Duration(d)), nil
}

// event makes the event with the number n of the case.
func (t *testEvent) event(n int) (*fusion.Event, time.Time, error) {
	at, err := instant(t.At)
	if err != nil {
		return nil, at, err
	}
	received := at
	if t.Received != "" {
		if received, err = instant(t.Received); err != nil {
			return nil, at, err
		}
	}
	e := &fusion.Event{
		ID: fusion.EventID(t.id(n)), Source: t.Source, Type: fusion.EventType(t.Type), Subject: t.Subject,
		Time: at, RecordedTime: received, Status: fusion.Status(t.Status), MsgType: fusion.MsgType(t.MsgType),
		References: t.References, Category: t.Category, Headline: t.Headline, Description: t.Description, Language: t.Language,
		Severity: t.Severity, Urgency: t.Urgency, Certainty: t.Certainty,
		Reliability: t.Reliability, Credibility: t.Credibility, Confidence: t.Confidence,
		Attrs: numbers(t.Attrs),
	}
	if e.Source == "" {
		e.Source = "test/" + e.Type.Domain()
	}
	if e.Status == "" {
		e.Status = fusion.StatusActual
	}
	if t.Area != "" || t.CE != nil {
		e.Location = &fusion.Location{CE: t.CE, Area: t.Area}
	}
	if t.Speed != nil || t.Course != nil {
		e.Track = &fusion.Track{Speed: t.Speed, Course: t.Course}
	}
	if (t.Lon == nil) != (t.Lat == nil) {
		return nil, at, fmt.Errorf("has only one of lon and lat")
	}
	if t.Lon != nil {
		e.Geometry = fusion.NewPoint(*t.Lon, *t.Lat)
	}
	for _, x := range t.Entities {
		entity := fusion.Entity{Type: fusion.EntityType(x.Type), Role: x.Role, Value: x.Value, Country: x.Country}
		for _, c := range x.Candidates {
			entity.Candidates = append(entity.Candidates, fusion.Candidate{Value: c.Value, Confidence: c.Confidence})
		}
		e.Entities = append(e.Entities, entity)
	}
	return e, received, e.Validate()
}

func (t *testEvent) id(n int) string {
	switch {
	case t.ID != "":
		return t.ID
	case t.Name != "":
		return t.Name
	}
	return fmt.Sprintf("event-%d", n)
}

// numbers makes all numbers what JSON would give.
func numbers(attrs map[string]any) map[string]any {
	if attrs == nil {
		return nil
	}
	return plain(attrs).(map[string]any)
}

func plain(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case int:
		return float64(v)
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = plain(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name := range v {
			out[name] = plain(v[name])
		}
		return out
	}
	return v
}
