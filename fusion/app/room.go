package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/access"
	"github.com/openiroom/iroom/fusion/audit"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/ingest"
	"github.com/openiroom/iroom/fusion/store"
)

const (
	startWithin = 30 * time.Second
	stopWithin  = 15 * time.Second
)

// Options say what a room is made of beyond its configuration.
type Options struct {
	Config     *config.Config
	Log        *slog.Logger
	AcceptLoss bool // start although part of the log is missing
}

// Room is a running room.
type Room struct {
	cfg      *config.Config
	log      *slog.Logger
	disk     store.Disk
	bus      *bus.Bus
	roomLog  *bus.Log
	bundles  *bundles
	loop     *loop
	ingest   *ingest.Ingest
	web      *web
	registry *connectors.Registry
	runners  []*connectors.Runner
	desk     *desk.Desk
	auditor  *audit.Writer
	allowed  access.Users
	*Revisions
	notifier *notifier // nil: nobody is told
	classes  classes
	access   Access

	activating sync.Mutex // one activation at a time, so that each says what it changed

	stopConnectors context.CancelFunc
	running        sync.WaitGroup // the connectors
	background     sync.WaitGroup // everything else
	stopBackground context.CancelFunc
	failed         chan error // the first fatal error of a part that runs
}

// Start starts a room and returns when it has caught up with its log. ctx
// bounds the start; Stop ends the room.
func Start(ctx context.Context, opt Options) (_ *Room, err error) {
	r := &Room{cfg: opt.Config, log: opt.Log, disk: store.OS{}, registry: Connectors(), failed: make(chan error, 1)}
	defer func() {
		if err != nil {
			r.Stop()
		}
	}()
	if err := CheckConnectors(r.cfg); err != nil {
		return nil, err
	}
	if _, err := NotifyPlan(r.cfg); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.stateDir(), 0o700); err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "start the room", "cannot use the folder %s: %w", r.cfg.Path(r.cfg.Dir), err).
			WithHint("make it writable for this user, or set another dir")
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.stopBackground = cancel
	content, err := r.startBus(ctx, running)
	if err != nil {
		return nil, err
	}
	if err := r.startEngine(ctx, running, opt.AcceptLoss); err != nil {
		return nil, err
	}
	if err := r.configure(ctx, content); err != nil {
		return nil, err
	}
	if err := r.startNotify(ctx, running); err != nil {
		return nil, err
	}
	if err := r.startConnectors(running); err != nil {
		return nil, err
	}
	if err := r.serveLinks(); err != nil {
		return nil, err
	}
	r.auditor = audit.NewWriter(auditStream{r.bus.JS()})
	if r.Revisions, err = NewRevisions(r.bus.JS()); err != nil {
		return nil, err
	}
	if r.desk, err = desk.Serve(r.bus.Conn(), r, r.log); err != nil {
		return nil, err
	}
	return r, r.writeAccess()
}

// Failed gives the error of a part that cannot go on; the room must then be
// stopped.
func (r *Room) Failed() <-chan error { return r.failed }

// fail reports a fatal error; only the first counts.
func (r *Room) fail(err error) {
	select {
	case r.failed <- err:
	default:
	}
}

// Run runs the room until ctx ends or a part fails, and stops it.
func (r *Room) Run(ctx context.Context) error {
	defer r.Stop()
	select {
	case <-ctx.Done():
		return nil
	case err := <-r.failed:
		return err
	}
}

// Stop ends the room in the order of the data: sources, ingest, engine with a
// last checkpoint, bus. What was acknowledged is on the log.
func (r *Room) Stop() {
	ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
	defer cancel()
	r.removeAccess()
	r.warn("notifier", r.stopNotify(ctx))
	if r.stopConnectors != nil {
		r.stopConnectors()
		r.warn("connectors", within(ctx, r.running.Wait))
	}
	if r.web != nil {
		r.warn("web listener", r.web.stop(ctx))
	}
	if r.ingest != nil {
		r.warn("ingest", r.ingest.Close(ctx))
	}
	if r.desk != nil {
		r.warn("desk", r.desk.Stop())
	}
	if r.auditor != nil {
		r.auditor.Close()
	}
	if r.loop != nil {
		r.warn("engine", r.loop.stop(ctx))
	}
	if r.stopBackground != nil {
		r.stopBackground()
	}
	r.background.Wait()
	if r.bus != nil {
		r.bus.Close()
	}
}

// within waits for a function, but no longer than ctx.
func within(ctx context.Context, wait func()) error {
	done := make(chan struct{})
	go func() {
		wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (r *Room) warn(what string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		r.log.Warn("a part did not stop well", "part", what, "problem", err)
	}
}

// stateDir holds checkpoints and access of the room; the bus has its own
// folder beside it.
func (r *Room) stateDir() string { return filepath.Join(r.cfg.Path(r.cfg.Dir), "state") }

func (r *Room) startBus(ctx, running context.Context) (content []byte, err error) {
	if content, err = LoadContent(r.cfg); err != nil {
		return nil, err
	}
	users, err := r.users()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	opt := bus.Options{
		Dir: filepath.Join(r.cfg.Path(r.cfg.Dir), "bus"), URL: r.cfg.Bus.URL, CredsFile: r.cfg.Path(r.cfg.Bus.Credentials),
		Listen: r.cfg.Bus.Listen, MQTTListen: r.cfg.Bus.MQTT, TLSCert: r.cfg.Path(r.cfg.Bus.Cert), TLSKey: r.cfg.Path(r.cfg.Bus.Key), MaxStore: int64(r.cfg.Bus.MaxStore), Users: users,
	}
	if opt.URL != "" {
		opt.Dir, opt.Users = "", nil
	} else if opt.Listen == "" {
		opt.Listen = "127.0.0.1:0"
	}
	if r.bus, err = bus.Start(ctx, opt, r.log); err != nil {
		return nil, err
	}
	if err := bus.Migrate(ctx, r.bus.JS(), bus.Settings{MaxStore: r.bus.MaxStore()}); err != nil {
		return nil, err
	}
	r.background.Go(func() {
		if err := r.bus.Run(running); err != nil && running.Err() == nil {
			r.fail(fmt.Errorf("the bus: %w", err))
		}
	})
	if r.roomLog, err = bus.OpenLog(ctx, r.bus.JS()); err != nil {
		return nil, err
	}
	r.bundles, err = openBundles(ctx, r.bus.JS())
	return content, err
}

// configure puts what the configuration says on the log, as far as it is not
// there already: the bundle and the watchlists.
func (r *Room) configure(ctx context.Context, content []byte) error {
	hash, err := r.bundles.put(ctx, content)
	if err != nil {
		return err
	}
	if r.loop.status().bundle != hash {
		message, err := fusion.Encode(engine.Activation{Bundle: hash, Engine: engine.Version})
		if err != nil {
			return err
		}
		if err := r.publishAndApply(ctx, fusion.SubjectConfig, message); err != nil {
			return err
		}
	}
	return r.loadLists(ctx)
}

// publishAndApply writes to the log and waits until the engine has applied it.
func (r *Room) publishAndApply(ctx context.Context, subject string, message []byte) error {
	seq, err := r.roomLog.Publish(ctx, subject, message, 0, nil)
	if err != nil {
		return err
	}
	return r.loop.applied(ctx, seq)
}
