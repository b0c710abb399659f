package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/config"
)

type replayCmd struct {
	Config string `default:"room.yaml" help:"Configuration of the room." env:"IROOM_CONFIG"`
	Verify bool   `required:"" help:"Compare, byte for byte, with the newest checkpoint."`
}

// Run computes the whole state again from the log, without publishing
// anything, and compares it with what the room saved when it stopped.
func (c *replayCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	started := time.Now()
	result, err := app.Verify(ctx, cfg, log, func(applied, last uint64) {
		log.Info("replaying the log", "applied", applied, "of", last)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "%d messages, %d events, %d pictures replayed in %s\n",
		result.Counts.Messages, result.Counts.Events, result.Counts.Pictures, time.Since(started).Round(time.Millisecond))
	if result.Difference != "" {
		fmt.Fprintf(std.out, "DIFFERENT from the checkpoint at message %d: %s\n", result.Seq, result.Difference)
		return exitCode(1)
	}
	_, err = fmt.Fprintf(std.out, "equal, byte for byte, to the checkpoint at message %d\n", result.Seq)
	return err
}
