package main

import (
	"cmp"
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

// act is what every command about an incident takes.
type act struct {
	connect
	ID        fusion.PictureID `arg:"" help:"Id of the incident, as in 261124-0007."`
	Actor     string           `help:"Who gives the command; default: the login name." env:"IROOM_ACTOR"`
	Reason    string           `help:"Why; it stands in the incident's decisions."`
	Purpose   string           `help:"What for; it stands in the audit."`
	Revision  uint64           `help:"Revision of the incident that this is based on; default: the newest."`
	CommandID string           `help:"Id of the command, a UUID: repeats one whose answer was lost."`
}

// do gives the command that fill completes, and says what became of it.
func (a act) do(ctx context.Context, std streams, v fusion.Verb, fill func(c *fusion.Command, p *fusion.Picture)) error {
	return a.asking(ctx, func(ctx context.Context, nc *nats.Conn) error {
		c, err := a.command(ctx, nc, std, fill)
		if err != nil {
			return err
		}
		r, err := desk.Ask[fusion.CommandResult](ctx, nc, desk.EndpointCommand(v), c)
		if err != nil {
			return err
		}
		return tell(std, c, r)
	})
}

func (a act) command(ctx context.Context, nc *nats.Conn, std streams, fill func(*fusion.Command, *fusion.Picture)) (c fusion.Command, err error) {
	actor, err := a.actor(a.Actor)
	if err != nil {
		return c, err
	}
	c = fusion.Command{ID: cmp.Or(a.CommandID, fusion.NewCommandID()), Incident: a.ID, Revision: a.Revision, Actor: actor, Reason: a.Reason, Purpose: a.Purpose}
	p, err := desk.Ask[*fusion.Picture](ctx, nc, desk.EndpointIncident, desk.IncidentRequest{ID: a.ID})
	if err != nil {
		return c, err
	}
	if c.Revision == 0 {
		if err := sayMerged(std, a.ID, p.ID); err != nil {
			return c, err
		}
		c.Incident, c.Revision = p.ID, p.Revision
	}
	fill(&c, p)
	return c, nil
}

// sayMerged says so when an incident goes on in another.
func sayMerged(std streams, asked, got fusion.PictureID) (err error) {
	if asked != got {
		_, err = fmt.Fprintf(std.out, "%s was merged and goes on as %s.\n", asked, got)
	}
	return err
}

func tell(std streams, c fusion.Command, r fusion.CommandResult) error {
	if r.Applied {
		_, err := fmt.Fprintf(std.out, "%s: %s (revision %d)\n", r.Incident, r.Text, r.Revision)
		return err
	}
	if len(r.Changed) > 0 {
		if _, err := fmt.Fprintf(std.out, "%s since revision %d:\n", r.Incident, c.Revision); err != nil {
			return err
		}
	}
	for _, t := range r.Changed {
		if _, err := fmt.Fprintln(std.out, timelineLine(t)); err != nil {
			return err
		}
	}
	return fusion.Errorf(r.Kind, "", "%s", r.Problem)
}

type incidentQualityCmd struct {
	connect
	JSON bool `help:"JSON, one version of a rule a line."`
}

// Run shows how often each version of a rule was right.
func (c *incidentQualityCmd) Run(ctx context.Context, std streams) error {
	reply, err := ask[desk.QualityReply](ctx, c.connect, desk.EndpointQuality, struct{}{})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, reply.Rules)
	}
	if len(reply.Rules) == 0 {
		_, err := fmt.Fprintln(std.out, "No incident was closed by anybody yet.")
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RULE\tVERSION\tCONFIRMED\tUNFOUNDED\tOTHER\tPRECISION\t95 %")
	for _, q := range reply.Rules {
		precision, interval := "-", "-"
		if q.Precision != nil {
			precision, interval = fmt.Sprintf("%.0f %%", 100**q.Precision), fmt.Sprintf("%.0f to %.0f %%", 100**q.Low, 100**q.High)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%s\t%s\n", q.Rule, q.Version[:min(8, len(q.Version))], q.Confirmed, q.Unfounded, q.Other, precision, interval)
	}
	return w.Flush()
}
