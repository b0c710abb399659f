package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/openiroom/iroom/fusion/desk"
)

type deadCmd struct {
	Ls     deadLsCmd     `cmd:"" help:"List dead letters, oldest first."`
	Show   deadShowCmd   `cmd:"" help:"One dead letter with its original."`
	Replay deadReplayCmd `cmd:"" help:"Map a dead letter again, after the connector or its configuration was mended."`
}

type deadLsCmd struct {
	connect
	Connector string `help:"Only of this connector."`
	After     uint64 `help:"Only after this number."`
	Limit     int    `default:"50" help:"How many."`
	JSON      bool   `help:"JSON, one letter a line."`
}

// Run lists dead letters.
func (c *deadLsCmd) Run(ctx context.Context, std streams) error {
	reply, err := ask[desk.DeadReply](ctx, c.connect, desk.EndpointDeadList, desk.DeadRequest{Connector: c.Connector, After: c.After, Limit: c.Limit})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, reply.Letters)
	}
	if len(reply.Letters) == 0 {
		_, err := fmt.Fprintln(std.out, "No dead letters.")
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NUMBER\tRECEIVED\tCONNECTOR\tSTAGE\tCODE\tFIELD\tBYTES\tREASON")
	for _, l := range reply.Letters {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", l.Sequence, l.Received.Local().Format("2006-01-02 15:04:05"),
			l.Connector, l.Stage, l.Code, orDash(l.Field), l.Size, firstLine(l.Reason))
	}
	return w.Flush()
}

type deadShowCmd struct {
	connect
	Number uint64 `arg:"" help:"Number of the letter, as dead ls shows it."`
	Raw    bool   `help:"Only the original bytes."`
}

// Run shows a dead letter.
func (c *deadShowCmd) Run(ctx context.Context, std streams) error {
	l, err := ask[desk.DeadLetter](ctx, c.connect, desk.EndpointDeadShow, desk.DeadLetterRequest{Sequence: c.Number})
	if err != nil {
		return err
	}
	if c.Raw {
		_, err := std.out.Write(l.Payload)
		return err
	}
	fmt.Fprintf(std.out, "number     %d\nreceived   %s\nconnector  %s (%s)\nfrom       %s\nstage      %s\ncode       %s\nfield      %s\nreason     %s\nsize       %d bytes\n\n",
		l.Sequence, l.Received.Local().Format("2006-01-02 15:04:05.000"), l.Connector, l.Version, orDash(l.Origin), l.Stage, l.Code, orDash(l.Field), l.Reason, l.Size)
	if !utf8.Valid(l.Payload) {
		_, err = fmt.Fprintf(std.out, "%q\n", l.Payload)
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s\n", l.Payload)
	return err
}

type deadReplayCmd struct {
	connect
	Numbers []uint64 `arg:"" help:"Numbers of the letters."`
}

// Run maps dead letters again.
func (c *deadReplayCmd) Run(ctx context.Context, std streams) error {
	refused := false
	for _, n := range c.Numbers {
		reply, err := ask[desk.ReplayReply](ctx, c.connect, desk.EndpointDeadReplay, desk.DeadLetterRequest{Sequence: n})
		if err != nil {
			return err
		}
		for _, r := range reply.Refused {
			refused = true
			fmt.Fprintf(std.err, "%d: still refused: %s\n", n, r)
		}
		for _, s := range reply.Skips {
			fmt.Fprintf(std.out, "%d: skipped: %s\n", n, s)
		}
		if reply.Events > 0 {
			fmt.Fprintf(std.out, "%d: %d events are on the log now\n", n, reply.Events)
		}
	}
	if refused {
		return exitCode(1)
	}
	return nil
}
