package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
	"github.com/openiroom/iroom/fusion/report"
)

type reportCmd struct {
	Shift reportShiftCmd `cmd:"" help:"What one shift leaves to the next: open incidents, changes, decisions, silent connectors, rules."`
}

type reportShiftCmd struct {
	connect
	From   time.Time `placeholder:"TIME" help:"When the shift began, as in 2026-11-24T06:00:00Z; default: eight hours before it ended."`
	To     time.Time `placeholder:"TIME" help:"When it ended; default: now."`
	Zone   string    `default:"Europe/Amsterdam" help:"Time zone in which the report writes times."`
	Format string    `default:"markdown" enum:"markdown,html" help:"markdown, or html: one page that prints on A4."`
	Out    string    `placeholder:"FILE" help:"Where the report goes; default: standard output."`
}

// Run writes the hand-over of a shift.
func (c *reportShiftCmd) Run(ctx context.Context, std streams) error {
	in, err := c.span(time.Now())
	if err != nil {
		return err
	}
	nc, err := c.dial()
	if err != nil {
		return err
	}
	defer nc.Close()
	if err := c.gather(ctx, nc, std, &in); err != nil {
		return err
	}
	write := report.New(in).Markdown
	if c.Format == "html" {
		write = report.New(in).HTML
	}
	return c.write(std, write)
}

// span is the shift that the report is about.
func (c *reportShiftCmd) span(made time.Time) (in report.Input, err error) {
	in = report.Input{From: c.From, To: c.To, Made: made}
	if in.Zone, err = time.LoadLocation(c.Zone); err != nil {
		return in, fusion.Errorf(fusion.KindInvalid, "report shift", "%w", err).WithHint("name a zone like Europe/Amsterdam")
	}
	if in.To.IsZero() || in.To.After(made) {
		in.To = made
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-8 * time.Hour)
	}
	if !in.From.Before(in.To) {
		return in, fusion.Errorf(fusion.KindInvalid, "report shift", "it begins at %s and ends at %s", stampUTC(in.From), stampUTC(in.To)).
			WithHint("--from lies before --to, and in the past")
	}
	return in, nil
}

func stampUTC(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// gather asks the room for what the report needs.
func (c *reportShiftCmd) gather(ctx context.Context, nc *nats.Conn, std streams, in *report.Input) error {
	room, err := asked[desk.Room](ctx, c.connect, nc, desk.EndpointRoom, struct{}{})
	if err != nil {
		return err
	}
	connectors, err := asked[desk.ConnectorsReply](ctx, c.connect, nc, desk.EndpointConnectors, struct{}{})
	if err != nil {
		return err
	}
	quality, err := asked[desk.QualityReply](ctx, c.connect, nc, desk.EndpointQuality, struct{}{})
	if err != nil {
		return err
	}
	in.Room, in.Connectors, in.Quality = room.Name, connectors.Connectors, quality.Rules
	ids, err := c.incidents(ctx, nc, in)
	if err != nil {
		return err
	}
	told := time.Now()
	for i, id := range ids {
		p, err := asked[desk.IncidentReply](ctx, c.connect, nc, desk.EndpointIncident, desk.IncidentRequest{ID: id, AsOf: c.asOf(in)})
		if err != nil {
			return err
		}
		in.Pictures = append(in.Pictures, p.Picture)
		if time.Since(told) > progressEvery {
			told = time.Now()
			fmt.Fprintf(std.err, "report: %d of %d incidents\n", i+1, len(ids))
		}
	}
	return nil
}

// asOf is the end of the shift, or no time when that is now.
func (c *reportShiftCmd) asOf(in *report.Input) time.Time {
	if in.To.Equal(in.Made) {
		return time.Time{}
	}
	return in.To
}

// incidents are those that were open when the shift ended or changed in it.
func (c *reportShiftCmd) incidents(ctx context.Context, nc *nats.Conn, in *report.Input) (ids []fusion.PictureID, err error) {
	seen := map[fusion.PictureID]bool{}
	for _, f := range []desk.Filter{{}, {Closed: true, Changed: desk.Span{From: in.From}}} {
		request := desk.IncidentsRequest{Filter: f, Sort: desk.SortOldest, AsOf: c.asOf(in), Limit: 200}
		for more := true; more; more = request.Cursor != "" {
			page, err := asked[desk.IncidentsReply](ctx, c.connect, nc, desk.EndpointIncidents, request)
			if err != nil {
				return nil, err
			}
			for _, s := range page.Incidents {
				if !seen[s.ID] {
					seen[s.ID] = true
					ids = append(ids, s.ID)
				}
			}
			request.Cursor = page.Next
		}
	}
	return ids, nil
}

// asked asks one of several questions over the same connection.
func asked[Reply any](ctx context.Context, c connect, nc *nats.Conn, endpoint string, request any) (Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	return desk.AskFor[Reply](ctx, nc, endpoint, request, "shift hand-over")
}

func (c *reportShiftCmd) write(std streams, write func(w io.Writer) error) error {
	if c.Out == "" {
		return write(std.out)
	}
	f, err := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fusion.Errorf(fusion.KindInvalid, "report shift", "%w", err)
	}
	if err := write(f); err != nil {
		return fusion.Errorf(fusion.KindInvalid, "report shift", "%w", err)
	}
	return f.Close()
}
