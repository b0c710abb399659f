package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

type incidentCmd struct {
	Ls        incidentLsCmd        `cmd:"" help:"List incidents, now or at a past time."`
	Show      incidentShowCmd      `cmd:"" help:"One incident: what, where, since when, how sure, why, what happened; now or at a past time."`
	Revisions incidentRevisionsCmd `cmd:"" help:"What an incident was after each change."`

	Evidence incidentEvidenceCmd `cmd:"" help:"The whole events that an incident rests on, as they stand on the log; now or at a past time."`

	Quality incidentQualityCmd `cmd:"" help:"How often each version of a rule was right, and how fast people acted, by the outcomes of incidents."`
	incidentVerbs
}

// filters say which incidents a command is about.
type filters struct {
	Area         []string               `help:"Only of these areas; none: in no area."`
	Kind         []string               `help:"Only of these kinds."`
	Status       []fusion.PictureStatus `help:"Only of these statuses: new, acknowledged, active, monitoring, resolved, closed."`
	Severity     []fusion.Severity      `help:"Only of these severities: critical, high, medium, low."`
	Label        []string               `help:"Only with all of these labels."`
	Assignee     []string               `help:"Only of these persons or groups; none: of nobody."`
	Text         string                 `help:"Only with this in id, title, address or assignee."`
	Box          []float64              `placeholder:"W,S,E,N" help:"Only in this box, degrees."`
	OpenedSince  time.Time              `placeholder:"TIME" help:"Only those opened since, as in 2026-11-24T18:00:00Z."`
	OpenedUntil  time.Time              `placeholder:"TIME" help:"Only those opened until then."`
	ChangedSince time.Time              `placeholder:"TIME" help:"Only those changed since."`
	ChangedUntil time.Time              `placeholder:"TIME" help:"Only those not changed after that."`
	SeenSince    time.Time              `placeholder:"TIME" help:"Only those of which something was observed since."`
	SeenUntil    time.Time              `placeholder:"TIME" help:"Only those of which something was observed until then."`
	Closed       bool                   `help:"Closed ones too."`
	AsOf         time.Time              `placeholder:"TIME" help:"What the room knew at that time, as in 2026-11-24T18:00:00Z."`
}

func (f filters) filter() desk.Filter {
	return desk.Filter{
		Areas: f.Area, Kinds: f.Kind, Statuses: f.Status, Severities: f.Severity, Labels: f.Label, Assignees: f.Assignee, Text: f.Text, Box: f.Box,
		Opened: desk.Span{From: f.OpenedSince, To: f.OpenedUntil}, Changed: desk.Span{From: f.ChangedSince, To: f.ChangedUntil},
		Observed: desk.Span{From: f.SeenSince, To: f.SeenUntil}, Closed: f.Closed,
	}
}

type incidentLsCmd struct {
	connect
	filters
	Sort  desk.Sort `default:"newest" enum:"newest,oldest,severity,changed,waiting" help:"Order: newest, oldest, severity, changed, waiting."`
	Limit int       `default:"50" help:"How many."`
	JSON  bool      `help:"JSON, one incident a line."`
}

// Run lists incidents.
func (c *incidentLsCmd) Run(ctx context.Context, std streams) error {
	var list []desk.Summary
	var page desk.IncidentsReply
	request := desk.IncidentsRequest{Filter: c.filter(), Sort: c.Sort, AsOf: c.AsOf}
	err := c.asking(ctx, func(ctx context.Context, nc *nats.Conn) (err error) {
		for more := true; more && len(list) < c.Limit; more = page.Next != "" {
			request.Limit, request.Cursor = c.Limit-len(list), page.Next
			if page, err = desk.Ask[desk.IncidentsReply](ctx, nc, desk.EndpointIncidents, request); err != nil {
				return err
			}
			list = append(list, page.Incidents...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, list)
	}
	if err := printIncidents(std, list, now(c.AsOf)); err != nil {
		return err
	}
	if page.Total > len(list) {
		if _, err := fmt.Fprintf(std.out, "%d of %d; --limit shows more\n", len(list), page.Total); err != nil {
			return err
		}
	}
	return remark(std, page.Limits, page.Partial)
}

// now is the time at which somebody looks who asks for a past time, or none.
func now(asOf time.Time) time.Time {
	if asOf.IsZero() {
		return time.Now()
	}
	return asOf
}

// remark says what a reply leaves out, if anything.
func remark(std streams, remarks ...string) error {
	for _, text := range remarks {
		if text == "" {
			continue
		}
		if _, err := fmt.Fprintln(std.out, "Note:", text); err != nil {
			return err
		}
	}
	return nil
}

func printIncidents(std streams, list []desk.Summary, now time.Time) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(std.out, "No incidents.")
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSEVERITY\tSTATUS\tAGE\tAREA\tKIND\tSURE\tEVIDENCE\tTITLE")
	for _, s := range list {
		title := s.Title
		if s.Withheld != nil {
			title = "(withheld)"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%.0f %%\t%d\t%s\n", s.ID, s.Severity, s.Status, age(now.Sub(s.Opened)),
			orDash(s.Area), s.Kind, s.Confidence, s.Evidence, title)
	}
	return w.Flush()
}

type incidentShowCmd struct {
	connect
	ID   fusion.PictureID `arg:"" help:"Id of the incident, as in 261124-0007."`
	AsOf time.Time        `placeholder:"TIME" help:"What the room knew at that time, as in 2026-11-24T18:00:00Z."`
	JSON bool             `help:"The whole picture as JSON."`
}

// Run shows an incident.
func (c *incidentShowCmd) Run(ctx context.Context, std streams) error {
	reply, err := ask[desk.IncidentReply](ctx, c.connect, desk.EndpointIncident, desk.IncidentRequest{ID: c.ID, AsOf: c.AsOf})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, []desk.IncidentReply{reply})
	}
	if err := sayMerged(std, c.ID, reply.ID); err != nil {
		return err
	}
	if _, err = fmt.Fprint(std.out, page(reply.Picture, now(c.AsOf))); err != nil || reply.Withheld == nil {
		return err
	}
	return remark(std, fmt.Sprintf("withheld, since its handling is above this user: %v", reply.Withheld))
}

type incidentRevisionsCmd struct {
	connect
	ID    fusion.PictureID `arg:"" help:"Id of the incident, as in 261124-0007."`
	Limit int              `default:"200" help:"How many."`
	JSON  bool             `help:"JSON, one revision a line."`
}

// Run lists the revisions of an incident.
func (c *incidentRevisionsCmd) Run(ctx context.Context, std streams) error {
	var list []desk.RevisionLine
	var page desk.RevisionsReply
	err := c.asking(ctx, func(ctx context.Context, nc *nats.Conn) (err error) {
		for more := true; more && len(list) < c.Limit; more = page.Next != 0 {
			request := desk.RevisionsRequest{ID: c.ID, After: page.Next, Limit: c.Limit - len(list)}
			if page, err = desk.Ask[desk.RevisionsReply](ctx, nc, desk.EndpointRevisions, request); err != nil {
				return err
			}
			list = append(list, page.Revisions...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, list)
	}
	for _, r := range list {
		_, err := fmt.Fprintf(std.out, "%d  %s  %s, %s, %.0f %%, %d pieces of evidence\n", r.Summary.Revision, r.Stored.Format(time.RFC3339Nano),
			r.Summary.Severity, r.Summary.Status, r.Summary.Confidence, r.Summary.Evidence)
		for _, line := range r.New {
			if err == nil {
				_, err = fmt.Fprintln(std.out, timelineLine(line))
			}
		}
		if err != nil {
			return err
		}
	}
	return remark(std, page.Partial)
}

func jsonLines[T any](std streams, list []T) error {
	for _, v := range list {
		b, err := fusion.Encode(v)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(std.out, "%s\n", b); err != nil {
			return err
		}
	}
	return nil
}
