package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/rules/tools/backtest"
	"github.com/openiroom/iroom/rules/tools/rehearsal"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

type rulesBacktestCmd struct {
	ruleFolder
	rehearsed
	Events  string `xor:"history" required:"" placeholder:"FILE" help:"Events, one CloudEvents JSON object a line, in the order in which they came; - is standard input."`
	Config  string `xor:"history" required:"" type:"existingfile" help:"Configuration of a stopped room, whose stored log is the history."`
	Against string `type:"existingdir" help:"Rules to compare with. When absent: with --config those that were active, else those that iRoom ships."`
	Only    string `name:"run" help:"Only rules whose id contains this."`
	JSON    bool   `help:"The report as JSON."`
}

// Run runs rules over history.
func (c *rulesBacktestCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	texts, err := c.texts()
	if err != nil {
		return err
	}
	var report *backtest.Report
	if c.Config != "" {
		report, err = c.overLog(ctx, std, log, texts)
	} else {
		report, err = c.overEvents(std, texts)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, []*backtest.Report{report})
	}
	_, err = fmt.Fprint(std.out, report)
	return err
}

// overLog runs the rules over the stored log of a room, and those that were
// active, or others, beside them.
func (c *rulesBacktestCmd) overLog(ctx context.Context, std streams, log *slog.Logger, texts map[string]string) (*backtest.Report, error) {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return nil, err
	}
	history, err := app.OpenHistory(ctx, cfg, log)
	if err != nil {
		return nil, err
	}
	defer history.Close()
	active := engine.Bundles(history.Bundle)
	if c.Against != "" {
		former, err := (ruleFolder{c.Against}).texts()
		if err != nil {
			return nil, err
		}
		active = history.BundleWith(former)
	}
	now, former, err := sides(history.BundleWith(texts), active)
	if err != nil {
		return nil, err
	}
	both := func(m engine.Message) error {
		if err := now.Step(m); err != nil {
			return err
		}
		return former.Step(m)
	}
	err = history.Each(ctx, both, func(seq, last uint64) {
		fmt.Fprintf(std.err, "backtest: %d of %d messages\n", seq, last)
	})
	if err != nil {
		return nil, err
	}
	return backtest.Compare(now, former, c.Only)
}

func sides(now, former engine.Bundles) (a, b *backtest.Side, err error) {
	if a, err = backtest.NewSide(now); err == nil {
		b, err = backtest.NewSide(former)
	}
	return a, b, err
}

// overEvents runs the rules over a file of events.
func (c *rulesBacktestCmd) overEvents(std streams, texts map[string]string) (*backtest.Report, error) {
	room, now, err := c.rehearse(texts)
	if err != nil {
		return nil, err
	}
	formerTexts, err := (ruleFolder{c.Against}).texts()
	if err != nil {
		return nil, err
	}
	beside, former, err := c.rehearse(formerTexts)
	if err != nil {
		return nil, err
	}
	events, err := std.open(c.Events)
	if err != nil {
		return nil, err
	}
	defer events.Close()
	n, said := 0, time.Now()
	for e, err := range rehearsal.Events(events) {
		if err != nil {
			return nil, err
		}
		for _, r := range []*rehearsal.Room{room, beside} {
			if _, err := r.Send(e); err != nil {
				return nil, err
			}
		}
		if n++; time.Since(said) > progressEvery {
			said = time.Now()
			fmt.Fprintf(std.err, "backtest: %d events\n", n)
		}
	}
	fmt.Fprintf(std.err, "backtest: %d events\n", n)
	for _, r := range []*rehearsal.Room{room, beside} {
		if _, err := r.Settle(); err != nil {
			return nil, err
		}
	}
	return backtest.Compare(now, former, c.Only)
}

// progressEvery is how often a long backtest says where it is.
const progressEvery = 2 * time.Second

// rehearse makes a room of events with its side of the comparison.
func (c *rulesBacktestCmd) rehearse(texts map[string]string) (*rehearsal.Room, *backtest.Side, error) {
	content, err := c.content(texts)
	if err != nil {
		return nil, nil, err
	}
	lists, err := c.lists()
	if err != nil {
		return nil, nil, err
	}
	room, err := rehearsal.New(content, lists)
	if err != nil {
		return nil, nil, err
	}
	return room, backtest.SideOf(room), nil
}
