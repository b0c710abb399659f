package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/simulate"
	"github.com/openiroom/iroom/simulate/load"
	"github.com/openiroom/iroom/simulate/record"
)

type benchLatencyCmd struct {
	Rate   int           `default:"2000" help:"Events a second."`
	Probes int           `default:"20" help:"Of these, incidents that each open a picture."`
	For    time.Duration `default:"30s" help:"How long each of the two runs in each round."`
	Rounds int           `default:"2" help:"Rounds."`
	Dir    string        `type:"existingdir" placeholder:"DIR" help:"Where the logs are written, and removed again; default: the folder for temporary files. The disk decides much."`
	Seed   uint64        `default:"1" help:"City of which the background events are."`
	JSON   bool          `help:"JSON instead of the table."`
}

// background is how many events of the city are handed over before they come
// again.
const background = 20_000

// cityRate is how many events a second one city hands over.
const cityRate = 8

// Run measures how long it takes from a source handing over an event to the
// alert, in a room and beside it over the bare log.
func (c *benchLatencyCmd) Run(ctx context.Context, std streams) error {
	if c.Rounds < 1 {
		return fusion.Errorf(fusion.KindInvalid, "bench latency", "--rounds is %d; it is at least 1", c.Rounds)
	}
	events, err := everyday(c.Seed, background)
	if err != nil {
		return err
	}
	dir := c.Dir
	if dir == "" {
		dir = os.TempDir()
	}
	plan := load.Plan{Rate: c.Rate, Probes: c.Probes, For: c.For, Background: events, Districts: max(1, c.Rate/cityRate)}
	quiet := slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelError}))
	result, err := load.Compare(ctx, dir, plan, c.Rounds, func(s string) { fmt.Fprintln(std.err, "bench latency:", s) }, quiet)
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, []load.Comparison{result})
	}
	_, err = io.WriteString(std.out, result.Table())
	return err
}

// everyday are n events of a city in which nothing happens.
func everyday(seed uint64, n int) (list []*fusion.Event, err error) {
	city := simulate.NewCity(seed)
	city.Calm(6*time.Minute, 18*time.Minute)
	next, stop := iter.Pull2(record.Events(city, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 24*time.Hour))
	defer stop()
	for len(list) < n {
		e, err, ok := next()
		if !ok {
			return list, errors.New("the city has too few events")
		}
		if err != nil {
			return nil, err
		}
		if e.Incident == "" {
			list = append(list, e.Event)
		}
	}
	return list, nil
}
