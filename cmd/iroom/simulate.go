package main

import (
	"fmt"
	"iter"
	"log/slog"
	"os"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules/tools/rehearsal"
	"github.com/openiroom/iroom/simulate/score"
)

type simulateCmd struct {
	Events simulateEventsCmd `cmd:"" help:"Write the events of a simulated city, and the truth about them, faster than time."`
	Score  simulateScoreCmd  `cmd:"" help:"Play events whose truth is known, and say how well the room made incidents of them."`
}

type simulateScoreCmd struct {
	rehearsed
	Events string `required:"" placeholder:"FILE" help:"Events, one CloudEvents JSON object a line, in the order in which they came; - is standard input."`
	Truth  string `required:"" type:"existingfile" placeholder:"FILE" help:"Lines of {\"event\": ID, \"incident\": LABEL or null}."`
	Rules  string `type:"existingdir" placeholder:"DIR" help:"Folder of rule files; those that iRoom ships when absent."`
	JSON   bool   `help:"The report as JSON."`
	HTML   string `name:"html" placeholder:"FILE" help:"Write the report as a page with plots too."`
}

// Run scores the fusion of events into incidents.
func (c *simulateScoreCmd) Run(std streams, _ *slog.Logger) error {
	report, err := c.play(std)
	if err != nil {
		return err
	}
	if c.HTML != "" {
		if err := writeTo(c.HTML, report.HTML); err != nil {
			return fmt.Errorf("write the page: %w", err)
		}
	}
	if c.JSON {
		return jsonLines(std, []*score.Report{report})
	}
	_, err = fmt.Fprint(std.out, report)
	return err
}

func (c *simulateScoreCmd) play(std streams) (*score.Report, error) {
	texts, err := ruleFolder{c.Rules}.texts()
	if err != nil {
		return nil, err
	}
	in := score.Input{Progress: progressOn(std)}
	if in.Content, err = c.content(texts); err != nil {
		return nil, err
	}
	if in.Lists, err = c.lists(); err != nil {
		return nil, err
	}
	truth, err := os.Open(c.Truth)
	if err != nil {
		return nil, fmt.Errorf("read the truth: %w", err)
	}
	defer truth.Close()
	if in.Truth, err = score.ReadTruth(truth); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Truth, err)
	}
	events, err := std.open(c.Events)
	if err != nil {
		return nil, err
	}
	defer events.Close()
	in.Events = named(c.Events, rehearsal.Events(events))
	return score.Play(in)
}

// named says of an error in which file it is.
func named(file string, events iter.Seq2[*fusion.Event, error]) iter.Seq2[*fusion.Event, error] {
	return func(yield func(*fusion.Event, error) bool) {
		for e, err := range events {
			if err != nil {
				err = fmt.Errorf("%s: %w", file, err)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// progressOn says every other second how many events were played.
func progressOn(std streams) func(int) {
	said := time.Now()
	return func(events int) {
		if time.Since(said) > progressEvery {
			said = time.Now()
			fmt.Fprintf(std.err, "simulate: %d events\n", events)
		}
	}
}
