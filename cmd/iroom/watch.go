package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/cmd/iroom/internal/board"
	"github.com/openiroom/iroom/fusion"
)

type watchCmd struct {
	connect
	Area     string `help:"Only of this area."`
	Kind     string `help:"Only of this kind."`
	Severity string `help:"Only of this severity: critical, high, medium, low." enum:",critical,high,medium,low" default:""`
	All      bool   `help:"Begin with the alerts that are still stored, not with the next one."`
	Count    int    `help:"End after this many alerts."`
	JSON     bool   `help:"JSON, one alert a line."`
}

// Run follows alerts until it is stopped. It reads the stored stream, so it
// misses nothing while it runs, whatever happens to the connection.
func (c *watchCmd) Run(ctx context.Context, std streams) error {
	nc, err := c.dial()
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	policy := jetstream.DeliverNewPolicy
	if c.All {
		policy = jetstream.DeliverAllPolicy
	}
	consumer, err := js.OrderedConsumer(ctx, fusion.StreamAlerts, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{c.subject()}, DeliverPolicy: policy,
	})
	if err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "follow the alerts", "%w", err).WithHint("may this user read them?")
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	defer messages.Stop()
	stop := context.AfterFunc(ctx, messages.Stop)
	defer stop()
	for n := 0; c.Count == 0 || n < c.Count; n++ {
		msg, err := messages.Next()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			return fusion.Errorf(fusion.KindUnavailable, "follow the alerts", "%w", err)
		}
		if err := c.print(std, msg.Data()); err != nil {
			return err
		}
	}
	return nil
}

func (c *watchCmd) subject() string {
	token := func(s string) string { return cmp.Or(strings.ToLower(s), "*") }
	return strings.Join([]string{"iroom", "alert", token(c.Area), token(c.Kind), token(c.Severity), "*"}, ".")
}

func (c *watchCmd) print(std streams, data []byte) error {
	if c.JSON {
		_, err := fmt.Fprintf(std.out, "%s\n", data)
		return err
	}
	var a fusion.Alert
	if err := json.Unmarshal(data, &a); err != nil {
		return fmt.Errorf("read an alert: %w", err)
	}
	_, err := fmt.Fprintln(std.out, board.Line(a))
	return err
}
