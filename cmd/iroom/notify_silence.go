package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/notify"
)

type silenceCmd struct {
	Add silenceAddCmd `cmd:"" help:"Hold back messages about what matches, for a while; the end of an incident is told all the same."`
	Ls  silenceLsCmd  `cmd:"" help:"List silences."`
	Rm  silenceRmCmd  `cmd:"" help:"End a silence."`
}

type silenceAddCmd struct {
	connect
	When   string `arg:"" help:"Condition over the alert, as in a route: area == \"centrum\"."`
	For    string `required:"" help:"How long: 90s, 15m, 2h or 3d."`
	Reason string `required:"" help:"Why."`
	Actor  string `help:"Who answers for it; default: the login name." env:"IROOM_ACTOR"`
}

// Run adds a silence.
func (c *silenceAddCmd) Run(ctx context.Context, std streams) error {
	owner, err := actorName(c.Actor)
	if err != nil {
		return err
	}
	span, err := fusion.ParseDuration(c.For)
	if err != nil {
		return err
	}
	s, err := ask[notify.Silence](ctx, c.connect, notify.EndpointSilence,
		notify.SilenceRequest{When: c.When, Owner: owner, Reason: c.Reason, For: span})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: silent until %s\n", s.ID, s.Until.Local().Format(routeTime))
	return err
}

type silenceLsCmd struct {
	connect
	JSON bool `help:"JSON, one silence a line."`
}

// Run lists silences.
func (c *silenceLsCmd) Run(ctx context.Context, std streams) error {
	reply, err := ask[notify.SilencesReply](ctx, c.connect, notify.EndpointSilences, struct{}{})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, reply.Silences)
	}
	if len(reply.Silences) == 0 {
		_, err := fmt.Fprintln(std.out, "No silences.")
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tUNTIL\tOWNER\tREASON\tWHEN")
	for _, s := range reply.Silences {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", s.ID, s.Until.Local().Format(routeTime), fusion.Line(s.Owner), fusion.Line(s.Reason), fusion.Line(s.When))
	}
	return w.Flush()
}

type silenceRmCmd struct {
	connect
	ID    string `arg:"" help:"Id of the silence."`
	Actor string `help:"Who ends it; default: the login name." env:"IROOM_ACTOR"`
}

// Run ends a silence.
func (c *silenceRmCmd) Run(ctx context.Context, std streams) error {
	owner, err := actorName(c.Actor)
	if err != nil {
		return err
	}
	if _, err := ask[struct{}](ctx, c.connect, notify.EndpointUnsilence, notify.UnsilenceRequest{ID: c.ID, Owner: owner}); err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: ended\n", c.ID)
	return err
}
