package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// flinkCase is a pattern of Flink CEP with its events. Matches are lists of
// the events' names in the file.
type flinkCase struct {
	Events   []flinkEvent   `json:"events"`
	Pattern  jsontext.Value `json:"pattern"`
	Matches  [][]string     `json:"expected_matches"`
	Skip     string         `json:"after_match_skip"`
	WithinMS float64        `json:"within_ms"`

	Arrivals   []flinkEvent   `json:"arrivals"`
	MatchCount *int           `json:"expected_match_count"`
	Timeouts   jsontext.Value `json:"expected_timeouts"`
	Late       jsontext.Value `json:"expected_late_prices"`
	Name       string         `json:"case"`
	Contained  bool           `json:"self_contained"`
	Mode       string         `json:"mode"`
	Rest       map[string]any `json:",embed"`
}

type flinkEvent struct {
	Ref    string   `json:"ref"`
	TS     *float64 `json:"ts"`
	ID     float64  `json:"id"`
	Name   string   `json:"name"`
	Price  float64  `json:"price"`
	Volume *float64 `json:"volume"`
}

func flinkCases(content []byte) ([]testCase, error) {
	return readCases(content, flinkCase.run)
}

// maxPaths bounds the rules of one pattern.
const maxPaths = 1000

// flinkDay is the window of a pattern that has none: longer than any case.
const flinkDay = 24 * time.Hour

func (c flinkCase) run() error {
	if err := c.comparable(); err != nil {
		return err
	}
	stages, err := flinkStages(c.Pattern)
	if err != nil {
		return err
	}
	if err := understood(stages); err != nil {
		return err
	}
	within := flinkDay
	if c.WithinMS > 0 {
		within = time.Duration(c.WithinMS)*time.Millisecond - time.Microsecond
	}
	if last := len(stages) - 1; last >= 0 && stages[last].rel == notFollowedBy {
		switch {
		case c.WithinMS == 0:
			return differs("something that must never come, without a time")
		case last > 1 || stages[0].loops || len(stages[0].group) > 0:
			return differs("what must not come until a time from the first event on, not from the last")
		}
	}
	events, err := c.events()
	if err != nil {
		return err
	}
	paths := unroll(stages, events, within)
	if len(paths) > maxPaths {
		return differs("more than %d ways to fill the pattern", maxPaths)
	}
	var texts []ruleText
	for i, path := range paths {
		t, err := path.rule(fmt.Sprintf("path-%d", i+1), within, "")
		if err != nil {
			return err
		}
		texts = append(texts, t)
	}
	room, err := newRoom(rules.Options{Lateness: flinkDay}, texts...)
	if err != nil {
		return err
	}
	matches, err := room.play(events, 3*flinkDay)
	if err != nil {
		return err
	}
	return c.compare(matches)
}

// comparable tells cases apart that expect more, or other things, than matches.
func (c flinkCase) comparable() error {
	switch {
	case c.Timeouts != nil:
		return differs("it expects partial matches that ran out of time; a rule reports whole ones")
	case c.Late != nil:
		return differs("Flink drops what is older than its watermark; a rule takes it while its window lasts")
	case c.Skip != "" && !strings.HasPrefix(c.Skip, "noSkip"):
		return differs("a strategy for skipping after a match")
	case len(c.Rest) > 0 || c.Mode != "" && !strings.HasPrefix(c.Mode, "in order"):
		return differs("it steers the watermark, or has something else that is not understood")
	case c.Matches == nil && c.MatchCount == nil:
		return differs("it expects something else than matches")
	}
	return nil
}

// events gives every event a time of its own, in the order in which Flink
// sees them: events of one millisecond are a microsecond apart.
func (c flinkCase) events() ([]*fusion.Event, error) {
	list := append(slices.Clone(c.Events), c.Arrivals...)
	times := make([]time.Time, len(list))
	last := map[float64]int{}
	for i, e := range list {
		switch {
		case e.TS != nil:
			times[i] = origin.Add(time.Duration(*e.TS)*time.Millisecond + time.Duration(last[*e.TS])*time.Microsecond)
			last[*e.TS]++
		case c.WithinMS > 0:
			return nil, differs("its events have no times, but the pattern a window")
		default:
			times[i] = origin.Add(time.Duration(i) * time.Second)
		}
	}
	if len(c.Arrivals) == 0 && !slices.IsSortedFunc(times, time.Time.Compare) {
		return nil, differs("Flink takes the events in the order of the list, a rule in the order of their times")
	}
	var out []*fusion.Event
	for i, e := range list {
		cells := map[string]any{"name": e.Name, "id": e.ID, "price": e.Price}
		if e.Volume != nil {
			cells["volume"] = *e.Volume
		}
		out = append(out, record(fmt.Sprintf("e%03d", i), times[i], cells))
	}
	return out, nil
}

// compare wants each expected match as often as it is expected. Events are
// the same when their values are, as Flink's own tests have it.
func (c flinkCase) compare(matches []rules.Match) error {
	if c.Matches == nil {
		if len(matches) != *c.MatchCount {
			return fmt.Errorf("found %d matches, expected %d", len(matches), *c.MatchCount)
		}
		return nil
	}
	content := map[string]string{}
	for i, e := range append(slices.Clone(c.Events), c.Arrivals...) {
		values := fmt.Sprintf("%s/%v/%v", e.Name, e.ID, e.Price)
		content[e.Ref] = values
		content[fmt.Sprintf("e%03d", i)] = values
	}
	var got, want []string
	for _, m := range matches {
		var items []string
		for _, n := range m.Events {
			items = append(items, content[string(n.Event.ID)])
		}
		got = append(got, strings.Join(slices.Sorted(slices.Values(items)), " "))
	}
	for _, m := range c.Matches {
		var items []string
		for _, ref := range m {
			items = append(items, content[ref])
		}
		want = append(want, strings.Join(slices.Sorted(slices.Values(items)), " "))
	}
	return compare(got, want)
}
