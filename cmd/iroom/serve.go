package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/config"
)

type serveCmd struct {
	Config     string `default:"room.yaml" help:"Configuration of the room; deploy/room.yaml is an example." env:"IROOM_CONFIG"`
	Check      bool   `help:"Check the configuration, rules and areas, and end."`
	AcceptLoss bool   `help:"Start although part of the log is missing. What is missing is lost."`
}

// Run runs a room until it is interrupted.
func (c *serveCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if c.Check {
		return checkConfig(std, cfg)
	}
	room, err := app.Start(ctx, app.Options{Config: cfg, Log: log, AcceptLoss: c.AcceptLoss})
	if err != nil {
		return err
	}
	at := room.Addresses()
	log.Info("the room is open", "room", cfg.Room, "bus", at.Bus, "mqtt", at.MQTT, "http", at.HTTP, "connectors", len(cfg.Connectors))
	return room.Run(ctx)
}

func checkConfig(std streams, cfg *config.Config) error {
	if _, err := app.LoadContent(cfg); err != nil {
		return err
	}
	if err := app.CheckConnectors(cfg); err != nil {
		return err
	}
	if _, err := app.NotifyPlan(cfg); err != nil {
		return err
	}
	_, err := fmt.Fprintf(std.out, "room %s: the configuration is sound; %d connectors\n", cfg.Room, len(cfg.Connectors))
	return err
}
