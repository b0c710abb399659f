package app

import (
	"context"
	"flag"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/outbox"
	"github.com/openiroom/iroom/simulate/faults"
)

var (
	simulatedSeeds = flag.Int("seeds", defaultSeeds, "how many worlds TestSimulation makes")
	simulatedSeed  = flag.Int64("seed", -1, "the only world that TestSimulation makes")
)

// TestSimulation lets rooms live in worlds that fail at every moment, see
// package faults. A world that shows a violation comes again with -seed.
func TestSimulation(t *testing.T) {
	from, to := int64(1), int64(*simulatedSeeds)
	if *simulatedSeed >= 0 {
		from, to = *simulatedSeed, *simulatedSeed
	}
	if testing.Short() {
		to = min(to, from+19)
	}
	var sum faults.Report
	for seed := from; seed <= to; seed++ {
		report, err := simulate(seed)
		if err != nil {
			t.Fatalf("go test ./fusion/app -run TestSimulation -seed %d\n%v", seed, err)
		}
		sum.Add(report)
	}
	t.Logf("%d worlds: %+v", to-from+1, sum)
}

func simulate(seed int64) (faults.Report, error) {
	return faults.Run(uint64(seed), faults.Options{Start: startSimulated, QuarantineFrom: quarantineFrom})
}

func TestSameSeedIsTheSameWorld(t *testing.T) {
	first, err := simulate(4)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := simulate(4); err != nil || again != first {
		t.Errorf("%+v, %v\nand before\n%+v", again, err, first)
	}
}

// simulated is a room without NATS and connectors: the loop, with the real
// start before it.
type simulated struct{ *loop }

func startSimulated(life *faults.Life) (faults.Room, error) {
	compiled, err := life.Bundles()
	if err != nil {
		return nil, err
	}
	r := &Room{
		cfg: &config.Config{Dir: "/room/data"}, log: slog.New(slog.DiscardHandler), disk: life.Disk(),
		bundles: &bundles{objects: noObjects{}, compiled: compiled},
	}
	state := life.State()
	e, err := r.resume(state, false)
	if err != nil {
		return nil, err
	}
	if err := foresee(context.Background(), life, e); err != nil {
		return nil, err
	}
	streams := map[string]outbox.Stream{}
	for _, name := range outputStreams {
		o := life.Outlet(name)
		if err := checkCursor(name, o.Cursor(), state); err != nil {
			return nil, err
		}
		streams[name] = o
	}
	return &simulated{&loop{
		engine: e, roomLog: life, out: outbox.New(streams, life.Keep), log: r.log, disk: r.disk, dir: r.stateDir(),
		every: 1 << 62, floor: 1 << 62, created: state.Created, spawn: life.Spawn,
		sending: context.Background(), cancel: func() {}, done: make(chan struct{}), saved: time.Now(), busy: make(chan struct{}, 1),
	}}, nil
}

// noObjects is the object store of bundles that cannot be read in a life.
type noObjects struct{ jetstream.ObjectStore }

func (noObjects) GetBytes(context.Context, string, ...jetstream.GetObjectOpt) ([]byte, error) {
	return nil, faults.ErrNoBundle
}

func (s *simulated) Run(ctx context.Context) error { return s.run(ctx) }

func (s *simulated) Checkpoint() { s.checkpoint() }

func (s *simulated) Problem() string { return s.status().problem }

func (s *simulated) Stop(ctx context.Context) error { return s.stop(ctx) }

func (s *simulated) Engine() *engine.Engine { return s.engine }
