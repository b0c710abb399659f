package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/sigma"
)

// sigmaCase is a correlation with log records, and how often each of them
// sets it off.
type sigmaCase struct {
	Bases       map[string]string `json:"base_rules"`
	Correlation sigmaCorrelation  `json:"correlation"`
	Events      []struct {
		T     float64        `json:"t"`
		Event map[string]any `json:"event"`
	} `json:"events"`
	Fires  []*int         `json:"expected_fires"` // nil: not said
	Engine map[string]any `json:"engine"`
	Name   string         `json:"case"`
	Note   string         `json:"note"`
	Rest   map[string]any `json:",embed"`
}

type sigmaCorrelation struct {
	Type      string                       `json:"type"`
	Rules     []string                     `json:"rules"`
	GroupBy   []string                     `json:"group_by"`
	Timespan  string                       `json:"timespan"`
	Condition any                          `json:"condition"`
	Window    string                       `json:"window"`
	Gap       string                       `json:"gap"`
	Aliases   map[string]map[string]string `json:"aliases"`
	Rest      map[string]any               `json:",embed"`
}

func sigmaCases(content []byte) ([]testCase, error) {
	return readCases(content, sigmaCase.run)
}

func (c sigmaCase) run() error {
	for key := range c.Rest {
		return differs("the case has %q, which is not understood", key)
	}
	for key := range c.Correlation.Rest {
		return differs("the correlation has %q, which is not understood", key)
	}
	if c.Fires == nil || len(c.Fires) != len(c.Events) {
		return differs("it expects something else than a number of hits for each event")
	}
	correlation, err := c.correlation()
	if err != nil {
		return differs("the language cannot say it: %v", err)
	}
	options, err := c.engine(&correlation)
	if err != nil {
		return err
	}
	text, err := correlation.Rule(sigma.Head{ID: "case", Title: "A case of Sigma"})
	if err != nil {
		return differs("the language cannot say it: %v", err)
	}
	set, problems := rules.Compile(map[string][]byte{"case.yaml": []byte(text)})
	if len(problems) > 0 {
		return differs("the language refuses it: %s", problems[0].Message)
	}
	if err := c.comparable(set, correlation); err != nil {
		return err
	}
	return c.play(&room{set: set.With(options), state: rules.NewState(), world: nowhere{}})
}

// correlation is the case's correlation with its bases in our language.
func (c sigmaCase) correlation() (sigma.Correlation, error) {
	s := c.Correlation
	out := sigma.Correlation{Type: s.Type, GroupBy: s.GroupBy, Aliases: s.Aliases, Window: s.Window}
	var err error
	if out.Timespan, err = sigma.Timespan(s.Timespan); err != nil {
		return out, err
	}
	if s.Gap != "" {
		if out.Gap, err = sigma.Timespan(s.Gap); err != nil {
			return out, err
		}
	}
	names := s.Rules
	if len(names) == 0 {
		for name := range c.Bases {
			names = append(names, name)
		}
		slices.Sort(names)
	}
	for _, name := range names {
		when, ok := c.Bases[name]
		if !ok {
			return out, fmt.Errorf("it refers to %s, which the case does not have", name)
		}
		out.Bases = append(out.Bases, sigma.Base{Name: name, When: c.predicate(when)})
	}
	out.Condition, err = sigma.ParseCondition(s.Condition)
	return out, err
}

// engine reads the settings that the engine of the cases has beside Sigma's.
func (c sigmaCase) engine(into *sigma.Correlation) (rules.Options, error) {
	o := rules.Options{Lateness: time.Hour}
	for key, v := range c.Engine {
		switch {
		case key == "suppress":
			d, err := sigma.Timespan(fmt.Sprint(v))
			if err != nil {
				return o, differs("the suppression is not understood")
			}
			into.Suppress = d
		case key == "max_group_entries":
			n, _ := v.(float64)
			o.MaxEntries = int(n)
		case (key == "action" || key == "action_on_match") && v == "reset" || key == "reset" && v == true:
			into.Reset = true
		case key == "action" || key == "action_on_match":
		default:
			return o, differs("the engine's setting %q", key)
		}
	}
	return o, nil
}

var sigmaName = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[A-Za-z_][\w.]*`)

// predicate puts the names of columns into our language: a column whose
// values in the case are numbers is read as one.
func (c sigmaCase) predicate(text string) string {
	words := []string{"startsWith", "endsWith", "contains", "matches", "in", "and", "or", "not", "true", "false", "lower"}
	return sigmaName.ReplaceAllStringFunc(text, func(s string) string {
		switch {
		case s[0] == '"' || slices.Contains(words, s):
			return s
		case c.numeric(s):
			return numberColumn(s)
		}
		return column(s)
	})
}

func (c sigmaCase) numeric(name string) bool {
	numbers := false
	for _, e := range c.Events {
		switch e.Event[name].(type) {
		case nil:
		case float64:
			numbers = true
		default:
			return false
		}
	}
	return numbers
}

// comparable refuses what depends on where the engine of the cases and a rule
// differ: it takes records that lack a column as a group of their own, and
// late records as if they were of now.
func (c sigmaCase) comparable(set *rules.Set, correlation sigma.Correlation) error {
	r := set.Rules()[0]
	list := c.list()
	for _, e := range list {
		row, _ := e.Attrs["fields"].(map[string]any)
		for _, name := range append(slices.Clone(correlation.GroupBy), correlation.Condition.Fields...) {
			if len(correlation.Aliases[name]) == 0 && row[name] == nil && len(r.Fills(e, nowhere{})) > 0 {
				return differs("a record without the column to group by, or to count")
			}
		}
	}
	sliding := correlation.Window == "" || correlation.Window == "sliding"
	if sliding && !slices.IsSortedFunc(list, func(a, b *fusion.Event) int { return a.Time.Compare(b.Time) }) {
		return differs("late records: a rule takes them at their time, the engine as of now")
	}
	if correlation.Type == "value_percentile" {
		return differs("a percentile between two values: the engine and a rule take different ones")
	}
	if correlation.Type == "temporal_ordered" {
		return c.completing(r)
	}
	return nil
}

// completing refuses an ordered case in which an event that completes nothing
// comes after the last of the order: the engine of the cases repeats its hit
// for it, a rule does not.
func (c sigmaCase) completing(r *rules.Rule) error {
	names := r.Names()
	last := false
	for _, e := range c.list() {
		fills := r.Fills(e, nowhere{})
		if last && len(fills) > 0 && !slices.Contains(fills, names[len(names)-1]) {
			return differs("the engine repeats its hit for an event that does not complete the order")
		}
		last = last || slices.Contains(fills, names[len(names)-1])
	}
	return nil
}

func (c sigmaCase) list() []*fusion.Event {
	var out []*fusion.Event
	for i, e := range c.Events {
		cells := map[string]any{}
		flatten("", e.Event, cells)
		at := time.Unix(0, 0).UTC().Add(time.Duration(e.T * float64(time.Second)))
		out = append(out, record(fmt.Sprintf("e%03d", i), at, cells))
	}
	return out
}

// flatten names the columns of nested objects with dots.
func flatten(prefix string, in, out map[string]any) {
	for key, v := range in {
		if inner, ok := v.(map[string]any); ok {
			flatten(prefix+key+".", inner, out)
			continue
		}
		out[prefix+key] = v
	}
}

func (c sigmaCase) play(r *room) error {
	events := c.list()
	matches, err := r.play(events, 31*24*time.Hour)
	if err != nil {
		return err
	}
	fires := map[fusion.EventID]int{}
	for _, m := range matches {
		fires[m.Anchor().ID]++
	}
	var wrong []string
	for i, e := range events {
		if want := c.Fires[i]; want != nil && *want != fires[e.ID] {
			wrong = append(wrong, fmt.Sprintf("event %d sets it off %d times, expected %d", i+1, fires[e.ID], *want))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s", strings.Join(wrong, "; "))
	}
	return nil
}
