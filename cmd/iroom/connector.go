package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/desk"
)

type connectorCmd struct {
	Ls      connectorLsCmd      `cmd:"" help:"How each running connector is doing."`
	Preview connectorPreviewCmd `cmd:"" help:"Decode files as a connector would, publishing nothing."`
	Kinds   connectorKindsCmd   `cmd:"" help:"The kinds of connectors, or a sample configuration of one."`
}

type connectorLsCmd struct {
	connect
	JSON bool `help:"JSON, one connector a line."`
}

// Run lists the connectors.
func (c *connectorLsCmd) Run(ctx context.Context, std streams) error {
	reply, err := ask[desk.ConnectorsReply](ctx, c.connect, desk.EndpointConnectors, struct{}{})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, reply.Connectors)
	}
	if err := printConnectors(std, reply.Connectors, time.Now()); err != nil {
		return err
	}
	room, err := ask[desk.Room](ctx, c.connect, desk.EndpointRoom, struct{}{})
	for _, alarm := range room.Alarms {
		fmt.Fprintln(std.err, "ALARM:", alarm)
	}
	return err
}

func printConnectors(std streams, list []connectors.Status, now time.Time) error {
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tKIND\tSTATE\tFOR\tLAST EVENT\tLAG\tEVENTS/S\tEVENTS\tSKIPPED\tDEAD\tERRORS\tPROBLEM")
	for _, s := range list {
		last := "-"
		if !s.LastEvent.IsZero() {
			last = age(now.Sub(s.LastEvent)) + " ago"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%.1f\t%d\t%d\t%d\t%d\t%s\n", s.Name, s.Kind, s.State, age(now.Sub(s.Since)),
			last, age(time.Duration(s.Lag*float64(time.Second))), s.Rate, s.Events, s.Skipped, s.Dead, s.Errors, orDash(firstLine(s.Problem)))
	}
	return w.Flush()
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

type connectorKindsCmd struct {
	Kind string `arg:"" optional:"" help:"Print a sample configuration of this kind."`
}

// Run lists the kinds.
func (c *connectorKindsCmd) Run(std streams) error {
	registry := app.Connectors()
	if c.Kind != "" {
		kind, err := registry.Kind(c.Kind)
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(std.out, kind.Sample)
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, name := range registry.Names() {
		kind, err := registry.Kind(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\n", name, kind.Summary)
	}
	return w.Flush()
}

type connectorPreviewCmd struct {
	Connector string   `required:"" help:"Kind of the connector, or with --config the name of a configured one."`
	Config    string   `help:"Configuration of a room: use the connector of that name in it." type:"existingfile"`
	Files     []string `arg:"" help:"Files of that kind: captures, documents, webhook bodies; - for standard input."`
}

// Run decodes the files: events on standard output, the rest on standard
// error. The exit code is 1 if something was refused.
func (c *connectorPreviewCmd) Run(std streams) error {
	kind, connector, err := c.connector()
	if err != nil {
		return err
	}
	refused := false
	for _, name := range c.Files {
		bad, err := c.file(std, kind, connector.Mapper, name)
		if err != nil {
			return err
		}
		refused = refused || bad
	}
	if refused {
		return exitCode(1)
	}
	return nil
}

// connector makes the connector without opening its source: a configured one,
// or one of the kind with its sample configuration.
func (c *connectorPreviewCmd) connector() (*connectors.Kind, *connectors.Connector, error) {
	registry := app.Connectors()
	if c.Config != "" {
		cfg, err := config.Load(c.Config)
		if err != nil {
			return nil, nil, err
		}
		for _, k := range cfg.Connectors {
			if k.Name == c.Connector {
				return build(registry, k.Kind, k.Name, k.Config.Decode)
			}
		}
		return nil, nil, fmt.Errorf("%s configures no connector %q", c.Config, c.Connector)
	}
	kind, err := registry.Kind(c.Connector)
	if err != nil {
		return nil, nil, err
	}
	return build(registry, kind.Name, kind.Name, connectors.DecodeYAML([]byte(kind.Sample)))
}

func build(registry *connectors.Registry, kindName, name string, decode func(any) error) (*connectors.Kind, *connectors.Connector, error) {
	kind, err := registry.Kind(kindName)
	if err != nil {
		return nil, nil, err
	}
	connector, err := kind.New(connectors.Host{Name: name}, decode)
	if err != nil {
		return nil, nil, fmt.Errorf("connector %s: %w", name, err)
	}
	return kind, connector, nil
}

func (c *connectorPreviewCmd) file(std streams, kind *connectors.Kind, mapper connectors.Mapper, name string) (refused bool, err error) {
	in := std.in
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return false, fmt.Errorf("read %s: %w", name, err)
		}
		defer f.Close()
		in = f
	}
	err = eachMessage(kind, name, in, func(m connectors.Message) error {
		mapped := connectors.MapSafely(mapper, kind, kind.Name, m)
		refused = refused || len(mapped.Rejects) > 0
		return printMapping(std, name, m, mapped)
	})
	return refused, err
}

func eachMessage(kind *connectors.Kind, name string, in io.Reader, do func(connectors.Message) error) error {
	for m, err := range kind.Split(filepath.Base(name), in) {
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		m.Received = time.Now().UTC()
		if err := do(m); err != nil {
			return err
		}
	}
	return nil
}

func printMapping(std streams, file string, m connectors.Message, mapped connectors.Mapping) error {
	if err := jsonLines(std, mapped.Events); err != nil {
		return err
	}
	at := file
	if m.Origin != "" && m.Origin != filepath.Base(file) {
		at += " (" + m.Origin + ")"
	}
	for _, s := range mapped.Skips {
		fmt.Fprintf(std.err, "%s: skipped: %s\n", at, s)
	}
	for _, r := range mapped.Rejects {
		fmt.Fprintf(std.err, "%s: refused: %s\n", at, rejection(r))
	}
	return nil
}

func rejection(r *fusion.Rejection) string { return strings.ReplaceAll(r.Error(), "\n", "; ") }
