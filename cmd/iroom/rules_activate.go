package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

type rulesActivateCmd struct {
	connect
	From string `arg:"" type:"existingdir" help:"Folder of rule files."`
	JSON bool   `help:"The answer as JSON."`
}

// Help says how long the rules stay.
func (c *rulesActivateCmd) Help() string {
	return "The rules go to the room and onto its log; areas and parameters stay. Rules that are the same keep their windows, the others begin anew." +
		"\n\nThe next start of the room activates the rules that its configuration names: change those too, or point it to this folder."
}

// Run activates rules in a running room.
func (c *rulesActivateCmd) Run(ctx context.Context, std streams) error {
	folder := ruleFolder{c.From}
	if _, err := folder.load(std); err != nil {
		return err
	}
	texts, err := folder.texts()
	if err != nil {
		return err
	}
	return c.asking(ctx, func(ctx context.Context, nc *nats.Conn) error {
		size := 0
		for name, text := range texts {
			size += len(name) + len(text)
		}
		if limit := int(nc.MaxPayload()) * 3 / 4; size > limit {
			return fusion.Errorf(fusion.KindLimit, "activate rules", "the rules have %d bytes; at most %d go to a running room at once", size, limit).
				WithHint("name the folder in the room's configuration and restart it")
		}
		reply, err := desk.Ask[desk.ActivateReply](ctx, nc, desk.EndpointActivate, desk.ActivateRequest{Rules: texts})
		if err != nil {
			return err
		}
		if c.JSON {
			return jsonLines(std, []desk.ActivateReply{reply})
		}
		_, err = fmt.Fprint(std.out, activated(reply))
		return err
	})
}

func activated(r desk.ActivateReply) string {
	if r.Sequence == 0 {
		return fmt.Sprintf("bundle %s is active already\n", r.Bundle)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "bundle %s is active since message %d\n", r.Bundle, r.Sequence)
	for _, part := range []struct {
		what  string
		rules []string
	}{{"windows kept", r.Kept}, {"begun anew", r.Begun}, {"windows dropped", r.Dropped}} {
		if len(part.rules) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", part.what, strings.Join(part.rules, ", "))
		}
	}
	return b.String()
}
