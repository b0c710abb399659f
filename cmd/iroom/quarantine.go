package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/config"
)

type quarantineCmd struct {
	Rule   string `arg:"" help:"Id of the rule."`
	Config string `default:"room.yaml" help:"Configuration of the room." env:"IROOM_CONFIG"`
}

// Run takes a rule out of use from where the room's next start goes on. The
// room reads it before anything else, so a rule that wedges the engine cannot
// do so again; another version of the rule is in use again.
func (c *quarantineCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	from, err := app.QuarantineRule(ctx, cfg, log, c.Rule)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "rule %s is out of use from message %d of the log on, until it is changed\n", c.Rule, from)
	return err
}
