package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/tools/matchbench"
)

type benchCmd struct {
	Match   benchMatchCmd   `cmd:"" help:"What it costs to decode events and match them against rules, without a room."`
	Latency benchLatencyCmd `cmd:"" help:"How long it takes from a source to the alert, beside the bare log."`
}

type benchMatchCmd struct {
	Rules  string `type:"existingdir" placeholder:"DIR" help:"Folder of rule files; those that iRoom ships when absent. Watchlists and areas are empty."`
	Events string `required:"" placeholder:"FILE" help:"Events, one CloudEvents JSON object a line; - is standard input."`
	Hits   string `placeholder:"FILE" help:"Write every hit to this file, one JSON object a line. That costs too."`
	JSON   bool   `help:"The report as JSON."`
}

// Run measures, and prints events, hits and what one event cost.
func (c *benchMatchCmd) Run(ctx context.Context, std streams) (err error) {
	set, err := ruleFolder{c.Rules}.load(std)
	if err != nil {
		return err
	}
	events, err := std.open(c.Events)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, events.Close()) }()
	hits, done, err := hitsTo(c.Hits)
	if err != nil {
		return err
	}
	said := time.Now()
	report, err := matchbench.Run(ctx, set, events, matchbench.Options{Hit: hits, Progress: func(n int) {
		if time.Since(said) > progressEvery {
			said = time.Now()
			fmt.Fprintf(std.err, "bench: %d events\n", n)
		}
	}})
	if err = errors.Join(err, done()); err != nil {
		return fusion.Errorf(fusion.KindInvalid, "bench "+c.Events, "%w", err)
	}
	if c.JSON {
		return jsonLines(std, []*matchbench.Report{report})
	}
	_, err = fmt.Fprint(std.out, report)
	return err
}

// hitsTo writes hits to a file until done is called; with no file it does
// nothing.
func hitsTo(file string) (hit func(*rules.Match) error, done func() error, err error) {
	if file == "" {
		return nil, func() error { return nil }, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, nil, fmt.Errorf("write the hits: %w", err)
	}
	w := bufio.NewWriter(f)
	hit = func(m *rules.Match) error {
		b, err := fusion.Encode(&m.Hit)
		if err != nil {
			return err
		}
		_, err = w.Write(append(b, '\n'))
		return err
	}
	return hit, func() error { return errors.Join(w.Flush(), f.Close()) }, nil
}
