package app

import (
	"context"
	"errors"
	"net/http"
	"net/netip"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/ais"
	"github.com/openiroom/iroom/connectors/anpr"
	"github.com/openiroom/iroom/connectors/cap"
	"github.com/openiroom/iroom/connectors/dispatch"
	"github.com/openiroom/iroom/connectors/frigate"
	"github.com/openiroom/iroom/connectors/kit/netguard"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/config"
)

// Connectors are the kinds of connectors that iRoom ships.
func Connectors() *connectors.Registry {
	return connectors.NewRegistry(ais.Kind, anpr.Kind, cap.Kind, dispatch.Kind, frigate.Kind)
}

// CheckConnectors checks the configuration of every connector, without I/O.
func CheckConnectors(c *config.Config) error {
	registry := Connectors()
	var problems []error
	for _, k := range c.Connectors {
		_, err := newConnector(registry, k, connectors.Host{Name: k.Name})
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func newConnector(registry *connectors.Registry, c config.Connector, host connectors.Host) (*connectors.Runner, error) {
	kind, err := registry.Kind(c.Kind)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "connector "+c.Name, "%w", err)
	}
	connector, err := kind.New(host, c.Config.Decode)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "connector "+c.Name, "%w", err).
			WithHint("`iroom connector kinds %s` prints a sample configuration", kind.Name)
	}
	return &connectors.Runner{Kind: kind, Name: c.Name, Connector: connector, InFlight: c.InFlight, KeepRaw: c.KeepRaw}, nil
}

// startConnectors makes every configured connector, then runs them all. One
// that cannot reach its source tries again by itself and touches no other.
func (r *Room) startConnectors(running context.Context) error {
	ctx, cancel := context.WithCancel(running)
	r.stopConnectors = cancel
	var err error
	if r.web, err = listenWeb(ctx, r.cfg.HTTP, r.cfg.Path, r.fail); err != nil {
		return err
	}
	client, err := outgoing(r.cfg.Outgoing)
	if err != nil {
		return err
	}
	checkpoints, err := r.bus.JS().KeyValue(ctx, bus.BucketConnectors)
	if err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "open the checkpoints of connectors", "%w", err)
	}
	for _, c := range r.cfg.Connectors {
		runner, err := r.newRunner(c, client, checkpoints)
		if err != nil {
			return err
		}
		r.runners = append(r.runners, runner)
	}
	for _, runner := range r.runners {
		r.running.Go(func() { runner.Run(ctx) })
	}
	return nil
}

func (r *Room) newRunner(c config.Connector, client *http.Client, checkpoints jetstream.KeyValue) (*connectors.Runner, error) {
	host := connectors.Host{
		Name: c.Name, Log: r.log.With("connector", c.Name), Checkpoint: checkpoint{checkpoints, c.Name},
		Handle: r.web.handle, Path: r.cfg.Path, Secret: r.cfg.Secret, HTTP: client, MQTTAddr: r.bus.MQTTAddr(),
	}
	host.MQTTUser, host.MQTTPassword = r.bus.MQTTAccount()
	if r.cfg.Bus.Cert != "" {
		var err error
		if host.MQTTTLS, err = bus.PinnedTLS(r.cfg.Path(r.cfg.Bus.Cert)); err != nil {
			return nil, err
		}
	}
	runner, err := newConnector(r.registry, c, host)
	if err != nil {
		return nil, err
	}
	runner.Sink, runner.Log = r.ingest, r.log
	return runner, nil
}

func outgoing(c config.Outgoing) (*http.Client, error) {
	options := netguard.Options{AllowHosts: c.Hosts}
	for _, n := range c.Networks {
		prefix, err := netip.ParsePrefix(n)
		if err != nil {
			return nil, fusion.Errorf(fusion.KindInvalid, "outgoing.networks", "%w", err).WithHint("write a network like 127.0.0.0/8")
		}
		options.AllowNetworks = append(options.AllowNetworks, prefix)
	}
	return netguard.New(options), nil
}

// checkpoint keeps where one connector is, in the bus.
type checkpoint struct {
	kv  jetstream.KeyValue
	key string
}

func (c checkpoint) Load(ctx context.Context) ([]byte, error) {
	entry, err := c.kv.Get(ctx, c.key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fusion.Errorf(fusion.KindUnavailable, "read the checkpoint of connector "+c.key, "%w", err)
	}
	return entry.Value(), nil
}

func (c checkpoint) Save(ctx context.Context, state []byte) error {
	if _, err := c.kv.Put(ctx, c.key, state); err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "save the checkpoint of connector "+c.key, "%w", err)
	}
	return nil
}
