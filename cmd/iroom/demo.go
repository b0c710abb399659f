package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/simulate"
	"github.com/openiroom/iroom/simulate/devices"
)

type demoCmd struct {
	For  time.Duration `help:"End by itself after this time, with a summary."`
	Seed uint64        `default:"1" help:"Another number gives another city."`
	Dir  string        `help:"Keep the room in this folder; by default it is gone at the end."`
	JSON bool          `help:"The summary as one JSON object on standard output, and nothing else there."`
}

// Run runs a whole room with everything embedded beside a simulated city that
// sends to it over the real protocols.
func (c *demoCmd) Run(ctx context.Context, std streams) (err error) {
	if c.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.For)
		defer cancel()
	}
	dir, cleanUp, err := c.folder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cleanUp()) }()
	logFile, err := os.Create(filepath.Join(dir, "room.log"))
	if err != nil {
		return fmt.Errorf("write the log: %w", err)
	}
	defer logFile.Close()
	log := slog.New(slog.NewTextHandler(logFile, nil))

	simCtx, stopSim := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSim()
	city := simulate.NewCity(c.Seed)
	sim, err := devices.Start(simCtx, city, log)
	if err != nil {
		return err
	}
	if err := devices.PrepareExport(filepath.Join(dir, demoExport)); err != nil {
		return err
	}
	cfg, err := demoConfig(dir, city, sim)
	if err != nil {
		return err
	}
	room, err := app.Start(ctx, app.Options{Config: cfg, Log: log})
	if err != nil {
		return err
	}
	d := &demo{room: room, dir: dir, std: std, started: time.Now()}
	return d.run(ctx, stopSim, sim, c.JSON)
}

// folder is where the room is kept, and what clears it away.
func (c *demoCmd) folder() (dir string, cleanUp func() error, err error) {
	if c.Dir != "" {
		return c.Dir, func() error { return nil }, os.MkdirAll(c.Dir, 0o700)
	}
	dir, err = os.MkdirTemp("", "iroom-demo-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder for the demo: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

// demo is a running demonstration.
type demo struct {
	room    *app.Room
	dir     string
	std     streams
	started time.Time
}

func (d *demo) run(ctx context.Context, stopSim context.CancelFunc, sim *devices.Simulation, asJSON bool) error {
	defer d.room.Stop()
	playing := make(chan error, 1)
	playCtx, stopPlaying := context.WithCancel(ctx)
	go func() { playing <- sim.Run(playCtx, d.targets(), 1) }()
	showing, err := d.show(ctx, asJSON)
	if err == nil {
		select {
		case err = <-showing:
		case err = <-d.room.Failed():
		}
	}
	summary, failed := d.summary()
	stopPlaying()
	stopSim()
	if err = errors.Join(err, failed, ended(<-playing)); err != nil {
		return err
	}
	if asJSON {
		return jsonLines(d.std, []demoSummary{summary})
	}
	return summary.print(d.std)
}

// ended drops the errors of what was told to end.
func ended(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (d *demo) targets() devices.Targets {
	at := d.room.Addresses()
	web := "http://" + at.HTTP
	return devices.Targets{
		ANPRURL: web + "/in/anpr", DispatchURL: web + "/in/dispatch", MQTTAddr: at.MQTT,
		ANPRToken: demoSecret, DispatchToken: demoSecret,
		MQTTUser: demoDevice, MQTTPassword: demoSecret, CSVPath: filepath.Join(d.dir, demoExport),
	}
}

// show begins to show the room: a board on a terminal, lines elsewhere,
// nothing with asJSON.
func (d *demo) show(ctx context.Context, asJSON bool) (<-chan error, error) {
	done := make(chan error, 1)
	if asJSON {
		go func() { <-ctx.Done(); done <- nil }()
		return done, nil
	}
	follow, err := newFollower(ctx, d.room)
	if err != nil {
		return nil, err
	}
	show := follow.lines
	if f, ok := d.std.out.(*os.File); ok && term.IsTerminal(f.Fd()) {
		show = follow.board
	}
	go func() {
		defer follow.close()
		done <- show(ctx, d.std)
	}()
	return done, nil
}

// demoSummary is what a demonstration came to.
type demoSummary struct {
	Seconds   float64        `json:"seconds"`
	Events    uint64         `json:"events"`
	Dead      uint64         `json:"dead"`
	Alerts    uint64         `json:"alerts"`
	Incidents []demoIncident `json:"incidents"`
}

type demoIncident struct {
	ID         fusion.PictureID `json:"id"`
	Kind       string           `json:"kind"`
	Title      string           `json:"title"`
	Area       string           `json:"area"`
	Severity   fusion.Severity  `json:"severity"`
	Confidence float64          `json:"confidence"`
	Evidence   int              `json:"evidence"`
	Connectors []string         `json:"connectors"`
	Rules      []string         `json:"rules"`
}

func (d *demo) summary() (s demoSummary, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	status, err := d.room.Room(ctx)
	if err != nil {
		return s, err
	}
	s = demoSummary{
		Seconds: time.Since(d.started).Round(100 * time.Millisecond).Seconds(), Events: status.Counts.Events,
		Dead: status.Streams[fusion.StreamDead], Alerts: status.Streams[fusion.StreamAlerts], Incidents: []demoIncident{},
	}
	err = d.room.Store().View(func(tx *store.Tx) error {
		for p, err := range tx.PicturesBefore("") {
			if err != nil {
				return err
			}
			s.Incidents = append(s.Incidents, incidentOf(p))
		}
		return nil
	})
	slices.Reverse(s.Incidents)
	return s, err
}

func incidentOf(p *fusion.Picture) demoIncident {
	i := demoIncident{
		ID: p.ID, Kind: p.Kind, Title: p.Title, Area: p.Area, Severity: p.Severity, Confidence: p.Confidence,
		Evidence: p.EvidenceCount, Connectors: []string{}, Rules: []string{},
	}
	for _, v := range p.Evidence {
		i.Connectors = insert(i.Connectors, v.Connector)
	}
	for _, h := range p.Hits {
		i.Rules = insert(i.Rules, h.Rule)
	}
	return i
}

// insert adds to a sorted set.
func insert(set []string, s string) []string {
	if at, found := slices.BinarySearch(set, s); !found {
		return slices.Insert(set, at, s)
	}
	return set
}

func (s demoSummary) print(std streams) error {
	fmt.Fprintf(std.out, "\n%.0f s: %d events, %d alerts, %d dead letters, %d incidents\n", s.Seconds, s.Events, s.Alerts, s.Dead, len(s.Incidents))
	for _, i := range s.Incidents {
		_, err := fmt.Fprintf(std.out, "  %s  %-8s  %-16s %3.0f %%  %2d× %s\n               %s\n",
			i.ID, i.Severity, i.Kind, i.Confidence, i.Evidence, strings.Join(i.Connectors, " "), i.Title)
		if err != nil {
			return err
		}
	}
	return nil
}

func demoConfig(dir string, city *simulate.City, sim *devices.Simulation) (*config.Config, error) {
	text, err := writeDemoFiles(dir, city, sim.CAPURL(), sim.AISAddr())
	if err != nil {
		return nil, fmt.Errorf("write the demo's configuration: %w", err)
	}
	return config.Parse(filepath.Join(dir, "room.yaml"), text)
}
