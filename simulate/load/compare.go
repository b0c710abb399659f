package load

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// Comparison is the room beside the bare log.
type Comparison struct {
	Rate   int `json:"rate"` // events a second
	Rounds int `json:"rounds"`
	Room   Run `json:"room"`
	Bare   Run `json:"bare"`
}

// Longer is by how much the room's 99th percentile lies above that of the
// bare log.
func (c Comparison) Longer() Milliseconds { return c.Room.P99 - c.Bare.P99 }

// Compare runs the room and the bare log one after the other, so many rounds,
// each in a new folder below dir that is removed. progress hears what runs.
func Compare(ctx context.Context, dir string, p Plan, rounds int, progress func(string), log *slog.Logger) (c Comparison, err error) {
	if err := p.Check(); err != nil {
		return c, err
	}
	c.Rate = p.Rate
	for range rounds {
		progress(fmt.Sprintf("round %d of %d: the room", c.Rounds+1, rounds))
		room, said, err := roundRoom(ctx, dir, p, log)
		if err != nil {
			return c, fmt.Errorf("the room: %w", err)
		}
		progress(fmt.Sprintf("round %d of %d: the bare log", c.Rounds+1, rounds))
		alone, err := within(dir, func(dir string) (Run, error) { return runBare(ctx, dir, p, said, log) })
		if err != nil {
			return c, fmt.Errorf("the bare log: %w", err)
		}
		c.Room.merge(room)
		c.Bare.merge(alone)
		c.Rounds++
	}
	return c, nil
}

func roundRoom(ctx context.Context, dir string, p Plan, log *slog.Logger) (r Run, said record, err error) {
	r, err = within(dir, func(dir string) (Run, error) {
		r, err := runRoom(ctx, dir, p, log)
		if err == nil {
			said, err = readRecord(ctx, dir, log)
		}
		return r, err
	})
	return r, said, err
}

// within runs fn in a new folder below dir, and removes the folder.
func within(dir string, fn func(dir string) (Run, error)) (Run, error) {
	below, err := os.MkdirTemp(dir, "load-")
	if err != nil {
		return Run{}, err
	}
	r, err := fn(below)
	if gone := os.RemoveAll(filepath.Clean(below)); err == nil {
		err = gone
	}
	return r, err
}

// Table shows a comparison to a person.
func (c Comparison) Table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tp50\tp90\tp99\tmax\tbehind\tCPU an event\tmissing\t")
	for _, row := range []struct {
		name string
		r    Run
	}{{"room", c.Room}, {"bare log", c.Bare}} {
		r := row.r
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%.1f us\t%d of %d\t\n", row.name, r.P50, r.P90, r.P99, r.Max, r.Behind,
			1000*r.CPU.float()/float64(max(1, r.Events)), r.Missing, r.Probes)
	}
	if err := w.Flush(); err != nil {
		return "the table cannot be written: " + err.Error()
	}
	fmt.Fprintf(&b, "\n%d events a second, %d rounds: the room's p99 is %s above that of the bare log.\n", c.Rate, c.Rounds, c.Longer())
	return b.String()
}
