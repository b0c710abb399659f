package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// siddhiCase is an app with what is sent to it and the rows it gives.
type siddhiCase struct {
	App      string       `json:"app"`
	Timeline []siddhiSend `json:"timeline"`
	Rows     [][]any      `json:"expected_rows"`
	Meaning  string       `json:"rows_meaning"`
	In       int          `json:"expected_in_events"`
	Removed  int          `json:"expected_remove_events"`
}

// siddhiSend is an event for a stream, ms after the app's start, or a wait.
type siddhiSend struct {
	T      float64 `json:"t"`
	Stream string  `json:"stream"`
	Data   []any   `json:"data"`
	Raw    string  `json:"event_ts_raw"`
	Wait   float64 `json:"wait_until_first_output_or_ms"`
}

func siddhiCases(content []byte) ([]testCase, error) {
	return readCases(content, siddhiCase.run)
}

func (c siddhiCase) run() error {
	if err := c.comparable(); err != nil {
		return err
	}
	app, err := parseSiddhi(c.App)
	if err != nil {
		return err
	}
	events, end, err := c.events(app)
	if err != nil {
		return err
	}
	plan, err := app.plan(events)
	if err != nil {
		return err
	}
	if err := plan.decided(); err != nil {
		return err
	}
	ends := len(c.Timeline) > 0 && c.Timeline[len(c.Timeline)-1].Wait > 0
	if !ends && slices.ContainsFunc(plan.paths, siddhiPath.endsWaiting) {
		return differs("the pattern ends with a wait, and the case does not say how long it ran")
	}
	written, err := plan.rules()
	if err != nil {
		return err
	}
	room, err := newRoom(rules.Options{Lateness: time.Nanosecond}, written.texts...)
	if err != nil {
		return err
	}
	return c.play(room, app, written, events, end)
}

// comparable tells cases apart that say two things at once.
func (c siddhiCase) comparable() error {
	switch {
	case c.Removed > 0:
		return differs("it expects events that leave a window")
	case len(c.Rows) > c.In || c.Meaning == "all_rows_in_order" && len(c.Rows) != c.In:
		return differs("the case expects %d rows and counts another number of events", len(c.Rows))
	}
	return nil
}

// plan of the pattern; the events say how often something can repeat.
func (app *siddhiApp) plan(events []*fusion.Event) (*siddhiPlan, error) {
	s := &siddhiPlan{app: app, events: events}
	n := app.pattern
	for len(n.parts) == 1 && n.parts[0].kind == "chain" {
		if n.parts[0].every {
			return nil, differs("every around more than the first event starts anew only when its group is done")
		}
		app.within = cmp.Or(app.within, n.parts[0].within)
		n = n.parts[0]
	}
	s.strict = slices.Contains(n.strict, true)
	last := n.parts[len(n.parts)-1]
	switch {
	case len(n.parts) == 1 && last.kind == "event" && last.name == "":
		return nil, differs("a query without a pattern")
	case last.kind == "event" && last.min != last.max:
		return nil, differs("a repetition at the end, which has no end")
	case app.playback && app.absent:
		return nil, differs("a wait in an app whose clock only its events move")
	}
	return s, s.walk(n.parts, n.strict, 0, siddhiPath{})
}

var playbackTime = regexp.MustCompile(`^(\d+)L?$`)

// events are the records of the app's start and of what is sent, and the time
// at which the case ends. Events of one millisecond are a microsecond apart.
func (c siddhiCase) events(app *siddhiApp) ([]*fusion.Event, time.Time, error) {
	starts := map[string]bool{}
	var sent []*fusion.Event
	end := origin
	var last time.Time
	for i, s := range c.Timeline {
		at := origin.Add(time.Duration(s.T * float64(time.Millisecond)))
		if m := playbackTime.FindStringSubmatch(s.Raw); s.Raw != "" && m == nil {
			return nil, end, differs("its events have times that only the run gave them")
		}
		if s.Wait > 0 {
			end = at.Add(time.Duration(s.Wait) * time.Millisecond)
			continue
		}
		if !at.After(last) {
			at = last.Add(time.Microsecond)
		}
		last, end = at, at
		cells := map[string]any{"@stream": s.Stream}
		for k, name := range app.streams[s.Stream] {
			if k < len(s.Data) {
				cells[name] = s.Data[k]
			}
		}
		key := ""
		if len(app.partition) > 0 {
			name, ok := app.partition[s.Stream]
			if !ok {
				return nil, end, differs("a stream outside the partition, whose events go to every part")
			}
			key = cell(cells[name])
			cells["@partition"] = key
		}
		starts[key] = true
		sent = append(sent, record(fmt.Sprintf("e%03d", i), at.Add(time.Microsecond), cells))
	}
	var out []*fusion.Event
	for key := range starts {
		out = append(out, record("start "+key, origin, map[string]any{"@stream": "@start", "@partition": key}))
	}
	slices.SortFunc(out, func(a, b *fusion.Event) int { return cmp.Compare(a.ID, b.ID) })
	return append(out, sent...), end, nil
}

// play runs the case and compares the rows; it ends at the first row when it
// waits for one.
func (c siddhiCase) play(room *room, app *siddhiApp, w *siddhiRules, events []*fusion.Event, end time.Time) error {
	var matches []rules.Match
	for _, e := range events {
		matches = append(matches, room.send(e)...)
	}
	matches = append(matches, room.until(end.Add(10*time.Millisecond))...)
	if err := room.healthy(); err != nil {
		return err
	}
	var got []string
	for _, m := range matches {
		if names, ok := w.names[m.Rule.ID]; ok {
			got = append(got, app.row(filled(m, names)))
		}
	}
	return c.compare(got)
}

// filled are the events of a match by what they stand for.
func filled(m rules.Match, names map[string]string) map[string]*fusion.Event {
	out := map[string]*fusion.Event{}
	for _, n := range m.Events {
		for name := range strings.FieldsSeq(names[n.Name]) {
			out[name] = n.Event
		}
	}
	return out
}

var siddhiSelect = regexp.MustCompile(`^(\w+)(?:\[(\w+)\])?\.(\w+)$`)

// row writes what the query selects of the events.
func (app *siddhiApp) row(events map[string]*fusion.Event) string {
	var cells []string
	for _, s := range app.selects {
		m := siddhiSelect.FindStringSubmatch(s)
		n := 0
		if m[2] == "last" {
			for events[fmt.Sprintf("%s[%d]", m[1], n+1)] != nil {
				n++
			}
		} else if m[2] != "" {
			n, _ = strconv.Atoi(m[2])
		}
		e := events[fmt.Sprintf("%s[%d]", m[1], n)]
		if e == nil {
			cells = append(cells, "null")
			continue
		}
		row, _ := e.Attrs["fields"].(map[string]any)
		cells = append(cells, fmt.Sprint(row[m[3]]))
	}
	return strings.Join(cells, ", ")
}

// compare wants as many rows as the case counts, and those that it lists.
func (c siddhiCase) compare(got []string) error {
	if len(got) != c.In {
		return fmt.Errorf("found %d rows %q, expected %d", len(got), got, c.In)
	}
	left := slices.Clone(got)
	for _, r := range c.Rows {
		var cells []string
		for _, v := range r {
			if v == nil {
				cells = append(cells, "null")
				continue
			}
			cells = append(cells, cell(v))
		}
		want := strings.Join(cells, ", ")
		i := slices.Index(left, want)
		if i < 0 {
			return fmt.Errorf("found rows %q, expected %q", got, want)
		}
		left = slices.Delete(left, i, i+1)
	}
	return nil
}
