package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// kuiperCase is a query with the batches of rows that it gives over one of
// the file's streams.
type kuiperCase struct {
	SQL     string `json:"sql"`
	Mode    string `json:"mode"`
	Batches []any  `json:"expected_batches"`

	streams map[string][]kuiperMessage
}

// kuiperMessage is a row at the time at which the clock of the case shows it.
type kuiperMessage struct {
	Message map[string]any `json:"message"`
	At      float64        `json:"event_ts"` // ms since the epoch
}

func ekuiperCases(content []byte) ([]testCase, error) {
	var f struct {
		Streams map[string][]kuiperMessage `json:"streams"`
	}
	if err := json.Unmarshal(content, &f); err != nil {
		return nil, err
	}
	return readCases(content, func(c kuiperCase) error {
		c.streams = f.Streams
		return c.run()
	})
}

func (c kuiperCase) run() error {
	if c.SQL == "" || c.Batches == nil {
		return differs("it is not a query with batches of rows")
	}
	if strings.Contains(fmt.Sprint(c.Batches...), "error:") {
		return differs("it expects the errors of values of the wrong type")
	}
	q, err := parseKuiper(c.SQL, strings.HasPrefix(c.Mode, "event_time"))
	if err != nil {
		return err
	}
	events, lateness, err := c.events(q)
	if err != nil {
		return err
	}
	texts, err := q.rules(lateness, c.streams[q.stream])
	if err != nil {
		return err
	}
	room, err := newRoom(rules.Options{Lateness: lateness}, texts...)
	if err != nil {
		return err
	}
	matches, err := room.play(events, 10*kuiperInstant)
	if err != nil {
		return err
	}
	return c.compare(q, matches)
}

var kuiperLate = regexp.MustCompile(`lateTolerance=(\d+)s`)

// events of the query's stream. The clock of a case in processing time is
// that of its rows, so both modes are event time. In event time eKuiper drops
// what is older than its watermark before any window sees it.
func (c kuiperCase) events(q *kuiperQuery) ([]*fusion.Event, time.Duration, error) {
	rows, ok := c.streams[q.stream]
	if !ok {
		return nil, 0, differs("the stream %s is not in the file", q.stream)
	}
	lateness := time.Duration(1)
	event := strings.HasPrefix(c.Mode, "event_time")
	if event {
		m := kuiperLate.FindStringSubmatch(c.Mode)
		if m == nil {
			return nil, 0, differs("event time without a tolerance")
		}
		d, err := time.ParseDuration(m[1] + "s")
		if err != nil {
			return nil, 0, err
		}
		lateness = d
	} else if !strings.HasPrefix(c.Mode, "processing_time (mock clock follows event_ts)") {
		return nil, 0, differs("the time of the machine")
	}
	var out []*fusion.Event
	var newest time.Time
	for i, r := range rows {
		ms := r.At
		if event {
			ms, ok = r.Message["ts"].(float64)
			if !ok {
				return nil, 0, differs("rows without a time")
			}
		}
		at := time.UnixMilli(int64(ms)).UTC()
		if event && at.Before(newest.Add(-lateness)) {
			continue
		}
		if at.After(newest) {
			newest = at
		}
		out = append(out, record(fmt.Sprintf("e%03d", i), at, r.Message))
	}
	return out, lateness, nil
}

// compare wants the batches in order; rows within one in any.
func (c kuiperCase) compare(q *kuiperQuery, matches []rules.Match) error {
	keep, err := q.keeps(c.streams[q.stream])
	if err != nil {
		return err
	}
	slices.SortStableFunc(matches, func(a, b rules.Match) int { return a.Hit.Time.Compare(b.Hit.Time) })
	var got, want []string
	for _, m := range matches {
		if strings.HasPrefix(m.Rule.ID, "part") {
			continue
		}
		if rows := q.rows(m, keep, matches); len(rows) > 0 {
			got = append(got, strings.Join(slices.Sorted(slices.Values(rows)), "; "))
		}
	}
	for _, b := range c.Batches {
		rows, ok := b.([]any)
		if !ok {
			return differs("a batch that is not a list of rows")
		}
		if len(rows) == 0 {
			continue // a window without rows is nothing that a rule reports
		}
		var list []string
		for _, row := range rows {
			m, ok := row.(map[string]any)
			if !ok {
				return differs("rows that are not there")
			}
			list = append(list, written(m))
		}
		want = append(want, strings.Join(slices.Sorted(slices.Values(list)), "; "))
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("found %q, expected %q", got, want)
	}
	return nil
}
