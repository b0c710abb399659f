package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/audit"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/desk"
)

type auditCmd struct {
	Ls     auditLsCmd     `cmd:"" help:"List entries, the newest first."`
	Verify auditVerifyCmd `cmd:"" help:"Check the chain of a stopped room: was an entry changed, taken out or put in?"`
}

type auditLsCmd struct {
	connect
	Who      string           `help:"Only what this person or user did."`
	What     string           `help:"Only this endpoint, as in incident or command.close."`
	Incident fusion.PictureID `help:"Only about this incident."`
	Refused  bool             `help:"Only what was refused."`
	Since    time.Time        `placeholder:"TIME" help:"Only since then, as in 2026-11-24T18:00:00Z."`
	Until    time.Time        `placeholder:"TIME" help:"Only until then."`
	Limit    int              `default:"50" help:"How many."`
	JSON     bool             `help:"JSON, one entry a line."`
}

// Run lists entries of the audit.
func (c *auditLsCmd) Run(ctx context.Context, std streams) error {
	request := desk.AuditRequest{Who: c.Who, What: c.What, Incident: c.Incident, Refused: c.Refused, From: c.Since, To: c.Until}
	var list []audit.Entry
	err := c.asking(ctx, func(ctx context.Context, nc *nats.Conn) error {
		for more := true; more && len(list) < c.Limit; more = request.Before != 0 {
			request.Limit = c.Limit - len(list)
			page, err := desk.Ask[desk.AuditReply](ctx, nc, desk.EndpointAudit, request)
			if err != nil {
				return err
			}
			list = append(list, page.Entries...)
			request.Before = page.Next
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, list)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "N\tTIME\tWHO\tUSER\tWHAT\tABOUT\tRESULTS\tPURPOSE\tPROBLEM")
	for _, e := range list {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", e.N, e.Time.Format(time.RFC3339), e.Who, e.User, e.What,
			orDash(cmp.Or(string(e.Incident), e.Entity)), e.Results, orDash(e.Purpose), orDash(e.Problem))
	}
	return w.Flush()
}

type auditVerifyCmd struct {
	Config string `default:"room.yaml" help:"Configuration of the room." env:"IROOM_CONFIG"`
	Head   string `help:"Hash that the newest entry had earlier: it must still be in the chain."`
}

// Run checks the chain of the audit.
func (c *auditVerifyCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	chain, found, err := app.VerifyAudit(ctx, cfg, c.Head, log)
	if err != nil {
		return err
	}
	if c.Head != "" && !found {
		return fusion.Errorf(fusion.KindCorrupt, "audit", "no entry has the hash %s: entries were taken off the end, or the whole chain was made anew", c.Head).
			WithHint("compare with a backup")
	}
	if chain.Entries == 0 {
		_, err := fmt.Fprintln(std.out, "The audit has no entries.")
		return err
	}
	if chain.From > 1 {
		if _, err := fmt.Fprintf(std.out, "Note: entries 1 to %d are not there any more.\n", chain.From-1); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(std.out, "entries %d to %d are a whole chain; its head is %s\n", chain.From, chain.Head.N, chain.Head.Hash)
	return err
}
