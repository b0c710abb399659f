package main

import (
	"cmp"
	"context"
	"fmt"
	"os/user"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

type handoverCmd struct {
	connect
	To        string `arg:"" help:"Who takes over: a person or a group."`
	From      string `help:"Whose incidents; default: those of who gives the command."`
	Actor     string `help:"Who gives the command; default: the login name." env:"IROOM_ACTOR"`
	Reason    string `help:"What the next shift should know; it stands in each incident's decisions."`
	Purpose   string `help:"What for; it stands in the audit."`
	CommandID string `help:"Id of the command, a UUID: repeats one whose answer was lost."`
}

// Run hands over the incidents of one shift to the next.
func (c *handoverCmd) Run(ctx context.Context, std streams) error {
	actor, err := c.actor(c.Actor)
	if err != nil {
		return err
	}
	order := fusion.Command{
		ID: cmp.Or(c.CommandID, fusion.NewCommandID()), From: cmp.Or(c.From, actor), To: c.To,
		Actor: actor, Reason: c.Reason, Purpose: c.Purpose,
	}
	return c.asking(ctx, func(ctx context.Context, nc *nats.Conn) error {
		r, err := desk.Ask[fusion.CommandResult](ctx, nc, desk.EndpointCommand(fusion.VerbHandover), order)
		if err != nil {
			return err
		}
		if !r.Applied {
			return fusion.Errorf(r.Kind, "", "%s", r.Problem)
		}
		_, err = fmt.Fprintln(std.out, r.Text)
		for _, id := range r.Handed {
			if err == nil {
				_, err = fmt.Fprintln(std.out, id)
			}
		}
		return err
	})
}

// actorName is who gives a command: the name given, or the login name.
func actorName(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	login, err := user.Current()
	if err != nil {
		return "", fusion.Errorf(fusion.KindDenied, "", "your login name is not known: %w", err).WithHint("say who you are with --actor")
	}
	return login.Username, nil
}
