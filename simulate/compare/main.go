// Command compare runs eKuiper and iRoom over one file of number plate reads
// with the same two rules, and prints the processor time that each takes for
// an event:
//
//	go run ./simulate/compare -kuiperd /opt/kuiper/bin/kuiperd -etc /opt/kuiper/etc
//
// The filter reads JSON and lets through the fast cars of one camera. The
// windows count the reads of every plate in every ten seconds of event time,
// and write each count to a file. Both must give the same answers, else the
// command fails.
//
// eKuiper is not part of iRoom and has to be installed before. It runs with a
// copy of its configuration, listens on loopback only, and is told to wait
// rather than to drop events. Its processor time is that of its process from
// the start of the rule until everything is processed, without its own start;
// that of iRoom is what [matchbench] says, which checks every event against
// its schema besides. Linux only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"text/tabwriter"
	"time"
)

func main() {
	var p plan
	flag.StringVar(&p.kuiperd, "kuiperd", "", "the server program of eKuiper 2")
	flag.StringVar(&p.etc, "etc", "", "its configuration folder")
	flag.IntVar(&p.events, "events", 300_000, "how many events the file has")
	flag.DurationVar(&p.patience, "patience", 10*time.Minute, "how long one rule may take")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, p); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

type plan struct {
	kuiperd, etc string
	events       int
	patience     time.Duration
}

func (p plan) check() error {
	switch {
	case p.kuiperd == "" || p.etc == "":
		return errors.New("say where eKuiper is: -kuiperd is its server program, -etc its configuration folder")
	case p.events < 1000:
		return errors.New("-events must be at least 1000, for figures that mean something")
	}
	return nil
}

// outcome is what one engine made of one task.
type outcome struct {
	answers answers
	cpu     time.Duration
}

func run(ctx context.Context, p plan) (err error) {
	if err := p.check(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "compare-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "reads.ndjson")
	fmt.Fprintf(os.Stderr, "compare: writing %d events\n", p.events)
	if err := writeReads(file, p.events); err != nil {
		return err
	}
	k, err := startKuiper(ctx, p, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.stop()) }()
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "task\tanswers\teKuiper, us an event\tiRoom, us an event\tratio\t")
	for _, t := range tasks {
		if err := t.compare(ctx, p, k, file, w); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return w.Flush()
}

func (t task) compare(ctx context.Context, p plan, k *kuiper, file string, w *tabwriter.Writer) error {
	fmt.Fprintf(os.Stderr, "compare: %s, iRoom\n", t.name)
	own, err := t.inRoom(ctx, file)
	if err != nil {
		return fmt.Errorf("iRoom: %w", err)
	}
	fmt.Fprintf(os.Stderr, "compare: %s, eKuiper\n", t.name)
	other, err := t.inKuiper(ctx, k, p)
	if err != nil {
		return fmt.Errorf("eKuiper: %w", err)
	}
	if err := own.answers.same(other.answers); err != nil {
		return err
	}
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(p.events) }
	fmt.Fprintf(w, "%s\t%d\t%.2f\t%.2f\t%.1f\t\n", t.name, own.answers.total(), each(other.cpu), each(own.cpu), each(other.cpu)/each(own.cpu))
	return nil
}
