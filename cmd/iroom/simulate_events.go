package main

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/simulate"
	"github.com/openiroom/iroom/simulate/record"
	"github.com/openiroom/iroom/simulate/score"
)

type simulateEventsCmd struct {
	Seed   uint64        `default:"1" help:"Another number gives another city."`
	For    time.Duration `default:"24h" help:"How much time of the city."`
	Start  time.Time     `default:"2026-01-01T00:00:00Z" help:"When it begins."`
	Every  time.Duration `default:"12m" help:"Mean time between incidents; 0 for one every few seconds, as in the demonstration."`
	Events string        `required:"" placeholder:"FILE" help:"Where the events go, one CloudEvents JSON object a line."`
	Truth  string        `required:"" placeholder:"FILE" help:"Where the truth goes, as simulate score reads it."`
	Areas  string        `placeholder:"FILE" help:"Where the areas of the city go, if somewhere, as GeoJSON."`
	List   string        `placeholder:"FILE" help:"Where the watchlist of stolen plates goes, if somewhere, as CSV."`
}

// Run writes the events of a simulated city and their truth.
func (c *simulateEventsCmd) Run(std streams, _ *slog.Logger) error {
	if c.For <= 0 || c.Every < 0 {
		return fusion.Errorf(fusion.KindInvalid, "simulate events", "--for is %s and --every %s", c.For, c.Every).WithHint("both count forwards")
	}
	city := simulate.NewCity(c.Seed)
	city.Calm(c.Every/2, c.Every*3/2)
	if err := c.writeCity(city); err != nil {
		return err
	}
	events, err := createLines(c.Events)
	if err != nil {
		return err
	}
	truth, err := createLines(c.Truth)
	if err != nil {
		return errors.Join(err, events.close())
	}
	n, err := c.write(city, events, truth, progressOn(std))
	if err = errors.Join(err, events.close(), truth.close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%d events of %d incidents\n", n, len(city.Truth(c.For)))
	return err
}

func (c *simulateEventsCmd) write(city *simulate.City, events, truth *lineFile, progress func(int)) (n int, err error) {
	for e, err := range record.Events(city, c.Start, c.For) {
		if err != nil {
			return n, err
		}
		line := score.Line{Event: e.ID}
		if e.Incident != "" {
			line.Incident = new(score.Label(e.Incident))
		}
		if err := errors.Join(events.write(e.Event), truth.write(line)); err != nil {
			return n, err
		}
		n++
		progress(n)
	}
	return n, nil
}

// writeCity writes what a room has to know of the city.
func (c *simulateEventsCmd) writeCity(city *simulate.City) error {
	if c.Areas != "" {
		b, err := city.Areas().MarshalJSON()
		if err == nil {
			err = os.WriteFile(c.Areas, b, 0o644)
		}
		if err != nil {
			return fmt.Errorf("write the areas: %w", err)
		}
	}
	if c.List == "" {
		return nil
	}
	var text strings.Builder
	text.WriteString("value,note\n")
	for _, plate := range city.Watchlists()[simulate.StolenPlates] {
		text.WriteString(plate + ",reported stolen\n")
	}
	if err := os.WriteFile(c.List, []byte(text.String()), 0o644); err != nil {
		return fmt.Errorf("write the watchlist: %w", err)
	}
	return nil
}

// lineFile is a file of one JSON object a line.
type lineFile struct {
	file *os.File
	text *bufio.Writer
}

func createLines(name string) (*lineFile, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	return &lineFile{f, bufio.NewWriter(f)}, nil
}

func (l *lineFile) write(v any) error {
	b, err := fusion.Encode(v)
	if err != nil {
		return err
	}
	_, err = l.text.Write(append(b, '\n'))
	return err
}

func (l *lineFile) close() error { return errors.Join(l.text.Flush(), l.file.Close()) }
