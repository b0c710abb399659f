package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/notify"
)

type notifyCmd struct {
	Test    notifyTestCmd   `cmd:"" help:"Send a receiver a test message from the running room."`
	Routes  notifyRoutesCmd `cmd:"" help:"Which routes an alert would take, why, and who would be told when."`
	Silence silenceCmd      `cmd:"" help:"Silences: add, list, end."`
}

type notifyTestCmd struct {
	connect
	Receiver string `arg:"" help:"Name of the receiver in the room's configuration."`
}

// Run sends a test message.
func (c *notifyTestCmd) Run(ctx context.Context, std streams) error {
	reply, err := ask[notify.TestReply](ctx, c.connect, notify.EndpointNotifyTest, notify.TestRequest{Receiver: c.Receiver})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s: the message %s was taken\n", c.Receiver, reply.ID[:8])
	return err
}

type notifyRoutesCmd struct {
	Config string    `default:"room.yaml" help:"Configuration of the room." env:"IROOM_CONFIG"`
	Alert  string    `required:"" placeholder:"FILE" help:"An alert as JSON, as watch --json writes it; - for standard input."`
	At     time.Time `help:"When it comes, RFC 3339; default: the time in the alert."`
	JSON   bool      `help:"JSON, one route a line."`
}

// Run explains which routes an alert would take. It needs no running room, and
// so looks at no silences.
func (c *notifyRoutesCmd) Run(std streams) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	plan, err := app.NotifyPlan(cfg)
	if err != nil {
		return err
	}
	a, err := readAlert(c.Alert, std.in)
	if err != nil {
		return err
	}
	if c.At.IsZero() {
		c.At = a.Time
	}
	list := plan.Explain(a, c.At)
	if c.JSON {
		return jsonLines(std, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(std.out, "The configuration has no routes.")
		return err
	}
	for _, e := range list {
		if err := printRoute(std.out, e, plan.Zone()); err != nil {
			return err
		}
	}
	return nil
}

func readAlert(file string, in io.Reader) (*fusion.Alert, error) {
	var data []byte
	var err error
	if file == "-" {
		data, err = io.ReadAll(in)
	} else {
		data, err = os.ReadFile(file)
	}
	a := &fusion.Alert{}
	if err == nil {
		err = json.Unmarshal(data, a, json.RejectUnknownMembers(true))
	}
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "read the alert", "%w", err).WithHint("`iroom watch --json --count 1` writes one")
	}
	return a, nil
}

func printRoute(out io.Writer, e notify.Explanation, zone *time.Location) error {
	var b strings.Builder
	condition := e.When
	if condition == "" {
		condition = "every alert"
	}
	if !e.Matches {
		_, err := fmt.Fprintf(out, "%s: no, not %s\n", e.Route, condition)
		return err
	}
	fmt.Fprintf(&b, "%s: yes, %s\n", e.Route, condition)
	if e.Problem != "" {
		fmt.Fprintf(&b, "  the condition fails on it, which counts as yes: %s\n", e.Problem)
	}
	if !e.Quiet.IsZero() {
		fmt.Fprintf(&b, "  quiet hours until %s\n", e.Quiet.In(zone).Format(routeTime))
	}
	for i, s := range e.Told {
		what := "tells"
		if i > 0 {
			what = "then, when nobody acknowledged, also tells"
		}
		fmt.Fprintf(&b, "  %s %s %s\n", s.At.In(zone).Format(routeTime), what, people(s))
	}
	if e.Repeat != "" {
		fmt.Fprintf(&b, "  again every %s until somebody acknowledges\n", e.Repeat)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

const routeTime = "Mon 2 Jan 15:04:05 MST"

// people names who is told, and through which rota.
func people(s notify.StageTold) string {
	who, names := strings.Join(s.Who, ", "), strings.Join(s.Names, ", ")
	switch {
	case who == "":
		return "nobody yet: " + names + " has nobody on duty, and the message waits"
	case who != names:
		return who + " (" + names + ")"
	}
	return who
}
