package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/fusion/watchlist"
)

type listCmd struct {
	Ls     listLsCmd     `cmd:"" help:"Show the entries of watchlists."`
	Import listImportCmd `cmd:"" help:"Replace a watchlist by a CSV file."`
	Add    listAddCmd    `cmd:"" help:"Put an entry on a watchlist."`
	Rm     listRmCmd     `cmd:"" help:"Take entries off a watchlist."`
}

type listLsCmd struct {
	connect
	Name string `arg:"" optional:"" help:"Name of the list; all when absent."`
	JSON bool   `help:"JSON, one entry a line."`
}

// Run shows watchlists.
func (c *listLsCmd) Run(ctx context.Context, std streams) error {
	return c.asking(ctx, func(ctx context.Context, nc *nats.Conn) error {
		entries, clock, err := listEntries(ctx, nc, c.Name)
		if err != nil {
			return err
		}
		if c.JSON {
			return jsonLines(std, entries)
		}
		w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "LIST\tVALUE\tNOTE\tOWNER\tPURPOSE\tEXPIRES")
		for _, e := range entries {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", e.List, e.Value, orDash(e.Note), orDash(e.Owner), orDash(e.Purpose), expiry(e, clock))
		}
		return w.Flush()
	})
}

func expiry(e store.ListEntry, clock time.Time) string {
	switch {
	case e.Expires.IsZero():
		return "-"
	case e.Expired(clock):
		return "expired " + e.Expires.Format(time.RFC3339)
	}
	return e.Expires.Format(time.RFC3339)
}

// listEntries reads a list page by page; it returns the clock of the room too.
func listEntries(ctx context.Context, nc *nats.Conn, list string) (entries []store.ListEntry, clock time.Time, err error) {
	request := desk.ListsRequest{List: list}
	for {
		page, err := desk.Ask[desk.ListsReply](ctx, nc, desk.EndpointLists, request)
		if err != nil {
			return nil, clock, err
		}
		entries = append(entries, page.Entries...)
		if !page.More {
			return entries, page.Clock, nil
		}
		request.After = page.Entries[len(page.Entries)-1]
	}
}

type listImportCmd struct {
	connect
	Name string `arg:"" help:"Name of the list, as rules say it in listed()."`
	File string `arg:"" type:"existingfile" help:"CSV with a header; the first column is the value, columns note, owner, purpose and expires (a date or a time) are kept."`
}

// Run replaces a watchlist: what changes goes to the log, and what stays is on
// the list all the time.
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
	return c.asking(ctx, func(ctx context.Context, nc *nats.Conn) error {
		known, _, err := listEntries(ctx, nc, c.Name)
		if err != nil {
			return err
		}
		put, gone := 0, 0
		for i, change := range engine.ListChanges(entries, known...) {
			if err := changeList(ctx, nc, c.Name, change); err != nil {
				return fmt.Errorf("part %d of the changes of the list: %w", i+1, err)
			}
			put, gone = put+len(change.Put), gone+len(change.Delete)
		}
		_, err = fmt.Fprintf(std.out, "%s: %d entries; %d new or changed and %d removed are on the log\n", c.Name, len(entries), put, gone)
		return err
	})
}

func changeList(ctx context.Context, nc *nats.Conn, list string, change engine.ListChange) error {
	_, err := desk.Ask[desk.ListChangeReply](ctx, nc, desk.EndpointListChange, desk.ListChangeRequest{List: list, Change: change})
	return err
}

type listAddCmd struct {
	connect
	Name    string `arg:"" help:"Name of the list."`
	Value   string `arg:"" help:"The value, as in AB-123-C; it is made canonical."`
	Note    string `help:"Why it is on the list; hits show it."`
	Owner   string `help:"Who answers for the entry; hits show it."`
	Purpose string `help:"What the entry may be used for."`
	Expires string `help:"When it ends: a date, or a time as in 2026-12-31T18:00:00Z."`
}

// Run puts one entry on a watchlist.
func (c *listAddCmd) Run(ctx context.Context, std streams) (err error) {
	e := store.ListEntry{Value: watchlist.Canonical(c.Value), Note: c.Note, Owner: c.Owner, Purpose: c.Purpose}
	if e.Value == "" {
		return fusion.Errorf(fusion.KindInvalid, "add to a watchlist", "%q has neither letters nor digits", c.Value)
	}
	if c.Expires != "" {
		if e.Expires, err = watchlist.Expiry(c.Expires); err != nil {
			return err
		}
	}
	return c.asking(ctx, func(ctx context.Context, nc *nats.Conn) error {
		if err := changeList(ctx, nc, c.Name, engine.ListChange{Put: []store.ListEntry{e}}); err != nil {
			return err
		}
		_, err := fmt.Fprintf(std.out, "%s: %s is on the list\n", c.Name, e.Value)
		return err
	})
}

type listRmCmd struct {
	connect
	Name   string   `arg:"" help:"Name of the list."`
	Values []string `arg:"" help:"The values; they are made canonical."`
}

// Run takes entries off a watchlist; a value that is not on it is told.
func (c *listRmCmd) Run(ctx context.Context, std streams) error {
	return c.asking(ctx, func(ctx context.Context, nc *nats.Conn) error {
		known, _, err := listEntries(ctx, nc, c.Name)
		if err != nil {
			return err
		}
		listed := map[string]bool{}
		for _, e := range known {
			listed[e.Value] = true
		}
		var change engine.ListChange
		for _, raw := range c.Values {
			v := watchlist.Canonical(raw)
			if !listed[v] {
				return fusion.Errorf(fusion.KindNotFound, "", "%s is not on the list %s; nothing was removed", v, c.Name).
					WithHint("iroom list ls %s shows it", c.Name)
			}
			change.Delete = append(change.Delete, v)
		}
		if err := changeList(ctx, nc, c.Name, change); err != nil {
			return err
		}
		_, err = fmt.Fprintf(std.out, "%s: %d removed\n", c.Name, len(change.Delete))
		return err
	})
}
