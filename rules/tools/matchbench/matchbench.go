package matchbench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"syscall"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// Options are what a run may be asked besides.
type Options struct {
	Progress func(events int)           // hears every so often how far the run is; nil: nobody does
	Hit      func(m *rules.Match) error // gets every hit; nil: hits are counted only
}

// progressEvery is after how many events Progress hears of them.
const progressEvery = 20_000

// settle is how long the clock goes on after the last event, so that what
// waits for it is decided.
const settle = time.Hour

// Run reads events, one CloudEvents JSON object a line, decodes each and gives
// it to the rules. Empty lines are passed over. The first line that is not an
// event, or not a valid one, ends it with an error that says which.
func Run(ctx context.Context, set *rules.Set, events io.Reader, o Options) (*Report, error) {
	r := &run{set: set, options: o, state: rules.NewState(), report: &Report{Rules: len(set.Rules()), ByRule: map[string]int{}}}
	before := usageNow()
	if err := r.lines(ctx, bufio.NewReaderSize(events, 1<<20)); err != nil {
		return nil, err
	}
	if r.report.Events == 0 {
		return nil, errors.New("there is no event in the file: write one CloudEvents JSON object a line")
	}
	if err := r.hits(set.Advance(r.state, r.clock.Add(r.longest()+settle), nowhere{})); err != nil {
		return nil, err
	}
	r.report.finish(before, usageNow())
	return r.report, nil
}

type run struct {
	set     *rules.Set
	options Options
	state   *rules.State
	clock   time.Time
	report  *Report
}

func (r *run) longest() (d time.Duration) {
	for _, rule := range r.set.Rules() {
		d = max(d, rule.Window())
	}
	return d
}

func (r *run) lines(ctx context.Context, in *bufio.Reader) error {
	for n, last := 1, false; !last; n++ {
		line, err := nextLine(in)
		if last = errors.Is(err, io.EOF); err == nil || last {
			err = r.line(line)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if n%progressEvery != 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.options.Progress != nil {
			r.options.Progress(r.report.Events)
		}
	}
	return nil
}

// nextLine is the next line; it is valid until the one after it.
func nextLine(in *bufio.Reader) ([]byte, error) {
	line, err := in.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	line = bytes.Clone(line)
	rest, err := in.ReadBytes('\n')
	return append(line, rest...), err
}

func (r *run) line(line []byte) error {
	if len(bytes.TrimSpace(line)) == 0 {
		return nil
	}
	events, err := fusion.DecodeBatch(line)
	if err != nil {
		return err
	}
	for _, e := range events {
		if err := e.Validate(); err != nil {
			return fmt.Errorf("event %q: %w", e.ID, err)
		}
		if err := r.event(e); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) event(e *fusion.Event) error {
	r.report.Events++
	if e.Time.After(r.clock) {
		r.clock = e.Time
	}
	if err := r.hits(r.set.Advance(r.state, r.clock, nowhere{})); err != nil {
		return err
	}
	in := rules.Input{Event: e, Place: fusion.Place{Seq: uint64(r.report.Events)}, Clock: r.clock}
	return r.hits(r.set.Step(r.state, in, nowhere{}))
}

func (r *run) hits(matches []rules.Match) error {
	for i := range matches {
		r.report.Hits++
		r.report.ByRule[matches[i].Rule.ID]++
		if r.options.Hit == nil {
			continue
		}
		if err := r.options.Hit(&matches[i]); err != nil {
			return err
		}
	}
	return nil
}

// usage is what the process has used.
type usage struct {
	wall    time.Time
	cpu     time.Duration
	objects uint64
	bytes   uint64
}

// usageNow counts what the collector of garbage and the kernel did, too.
func usageNow() usage {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := usage{wall: time.Now(), objects: m.Mallocs, bytes: m.TotalAlloc}
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) == nil {
		u.cpu = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}
	return u
}
