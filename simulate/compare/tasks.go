package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/tools/matchbench"
)

// task is one rule in both languages.
type task struct {
	name    string
	rule    string // of iRoom
	sql     string // of eKuiper
	windows bool   // it counts in windows of event time
}

const head = `
title: T
description: For a comparison of costs.
owner: iroom
purpose: {basis: wpg-8, text: Measuring}
mode: live
incident: {kind: k, severity: low, title: T}
`

var tasks = []task{
	{
		name: "decode and filter",
		rule: "rule: task" + head + `
events: {read: {type: sensor.anpr.passage, when: attrs.camera == "n280-007" && attrs.speed_kmh > 50}}
match: {event: read}
`,
		sql: `SELECT id FROM reads WHERE data->attrs->camera = "n280-007" AND data->attrs->speed_kmh > 50`,
	},
	{
		name: "decode and count in windows",
		rule: "rule: task" + head + `
events: {read: {type: sensor.anpr.passage}}
match: {count: read, by: vehicle, within: 10s, window: tumbling, atmost: 1000, lateness: 0s}
`,
		sql: `SELECT data->entities[0]->value AS plate, count(*) AS n, window_start() AS start FROM reads ` +
			`GROUP BY data->entities[0]->value, TUMBLINGWINDOW(ss, 10)`,
		windows: true,
	},
}

// row is one answer of the windows.
type row struct {
	Plate string `json:"plate"`
	N     int    `json:"n"`
	Start int64  `json:"start"` // ms since 1970
}

// answers are how many events passed the filter, or the counts by window.
type answers struct {
	passed int
	counts map[row]bool
}

func (a answers) total() int { return max(a.passed, len(a.counts)) }

func (a answers) same(b answers) error {
	if a.passed != b.passed || len(a.counts) != len(b.counts) {
		return fmt.Errorf("iRoom gives %d answers and eKuiper %d", a.total(), b.total())
	}
	for r := range a.counts {
		if !b.counts[r] {
			return fmt.Errorf("iRoom counts %d reads of %s in the window from %s; eKuiper does not", r.N, r.Plate, time.UnixMilli(r.Start).UTC())
		}
	}
	return nil
}

// inRoom runs the rule of iRoom. Like eKuiper it writes the counts to a file.
func (t task) inRoom(ctx context.Context, file string) (out outcome, err error) {
	set, problems := rules.Compile(map[string][]byte{"task.yaml": []byte(t.rule)})
	if len(problems) > 0 {
		return out, errors.New(problems[0].String())
	}
	in, err := os.Open(file)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	rows, err := os.Create(filepath.Join(filepath.Dir(file), "room.ndjson"))
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	w := bufio.NewWriter(rows)
	options := matchbench.Options{}
	if t.windows {
		options.Hit = func(m *rules.Match) error { return writeRow(w, m) }
	}
	report, err := matchbench.Run(ctx, set, in, options)
	if err != nil {
		return out, err
	}
	if err := w.Flush(); err != nil {
		return out, err
	}
	out.cpu = time.Duration(report.CPU * float64(time.Second))
	if !t.windows {
		out.answers.passed = report.Hits
		return out, nil
	}
	out.answers.counts, err = readRows(rows.Name())
	return out, err
}

func writeRow(w *bufio.Writer, m *rules.Match) error {
	r := row{m.Hit.Key, len(m.Hit.Inputs), m.Hit.Time.Add(-10 * time.Second).UnixMilli()}
	b, err := fusion.Encode(r)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// readRows reads the counts, those of the last read left out, which only
// closes the windows before it.
func readRows(file string) (map[row]bool, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return parseRows(b)
}
