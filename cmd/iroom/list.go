package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/watchlist"
)

type listCmd struct {
	Ls     listLsCmd     `cmd:"" help:"Show the entries of watchlists."`
	Import listImportCmd `cmd:"" help:"Replace a watchlist by a CSV file."`
}

type listLsCmd struct {
	connect
	Name string `arg:"" optional:"" help:"Name of the list; all when absent."`
	JSON bool   `help:"JSON, one entry a line."`
}

// Run shows watchlists.
func (c *listLsCmd) Run(ctx context.Context, std streams) error {
	nc, err := c.dial()
	if err != nil {
		return err
	}
	defer nc.Close()
	ctx, cancel := c.context(ctx)
	defer cancel()
	reply, err := desk.Ask[desk.ListsReply](ctx, nc, desk.EndpointLists, desk.ListsRequest{List: c.Name})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, reply.Entries)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LIST\tVALUE\tNOTE\tOWNER\tPURPOSE")
	for _, e := range reply.Entries {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.List, e.Value, e.Note, orDash(e.Owner), orDash(e.Purpose))
	}
	return w.Flush()
}

type listImportCmd struct {
	connect
	Name string `arg:"" help:"Name of the list, as rules say it in listed()."`
	File string `arg:"" type:"existingfile" help:"CSV with a header; the first column is the value, columns note, owner and purpose are kept."`
}

// Run replaces a watchlist.
func (c *listImportCmd) Run(ctx context.Context, std streams) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("read the watchlist: %w", err)
	}
	defer f.Close()
	entries, err := watchlist.Read(f)
	if err != nil {
		return fmt.Errorf("watchlist %s: %w", c.File, err)
	}
	nc, err := c.dial()
	if err != nil {
		return err
	}
	defer nc.Close()
	ctx, cancel := c.context(ctx)
	defer cancel()
	for i, change := range engine.ListChanges(entries) {
		if _, err := desk.Ask[desk.ListChangeReply](ctx, nc, desk.EndpointListChange, desk.ListChangeRequest{List: c.Name, Change: change}); err != nil {
			return fmt.Errorf("part %d of the list: %w", i+1, err)
		}
	}
	_, err = fmt.Fprintf(std.out, "%s: %d entries are on the log\n", c.Name, len(entries))
	return err
}
