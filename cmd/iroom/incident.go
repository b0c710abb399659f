package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

type incidentCmd struct {
	Ls   incidentLsCmd   `cmd:"" help:"List incidents, newest first."`
	Show incidentShowCmd `cmd:"" help:"One incident: what, where, since when, how sure, why, what happened."`

	Quality incidentQualityCmd `cmd:"" help:"How often each version of a rule was right, by the outcomes of incidents."`
	incidentVerbs
}

type incidentLsCmd struct {
	connect
	Area     string          `help:"Only of this area."`
	Kind     string          `help:"Only of this kind."`
	Severity fusion.Severity `help:"Only of this severity."`
	Closed   bool            `help:"Closed ones too."`
	Limit    int             `default:"50" help:"How many."`
	JSON     bool            `help:"JSON, one incident a line."`
}

// Run lists incidents.
func (c *incidentLsCmd) Run(ctx context.Context, std streams) error {
	var list []desk.Summary
	request := desk.IncidentsRequest{Area: c.Area, Kind: c.Kind, Severity: c.Severity, Closed: c.Closed}
	for more := true; more && len(list) < c.Limit; more = request.Before != "" {
		request.Limit = c.Limit - len(list)
		page, err := ask[desk.IncidentsReply](ctx, c.connect, desk.EndpointIncidents, request)
		if err != nil {
			return err
		}
		list = append(list, page.Incidents...)
		request.Before = page.Next
	}
	if c.JSON {
		return jsonLines(std, list)
	}
	return printIncidents(std, list, time.Now())
}

func printIncidents(std streams, list []desk.Summary, now time.Time) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(std.out, "No incidents.")
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ID\tSEVERITY\tSTATUS\tAGE\tAREA\tKIND\tSURE\tEVIDENCE\tTITLE")
	for _, s := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%.0f %%\t%d\t%s\n", s.ID, s.Severity, s.Status, age(now.Sub(s.Opened)),
			orDash(s.Area), s.Kind, s.Confidence, s.Evidence, s.Title)
	}
	return w.Flush()
}

type incidentShowCmd struct {
	connect
	ID   fusion.PictureID `arg:"" help:"Id of the incident, as in 261124-0007."`
	JSON bool             `help:"The whole picture as JSON."`
}

// Run shows an incident.
func (c *incidentShowCmd) Run(ctx context.Context, std streams) error {
	p, err := ask[*fusion.Picture](ctx, c.connect, desk.EndpointIncident, desk.IncidentRequest{ID: c.ID})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, []*fusion.Picture{p})
	}
	if err := sayMerged(std, c.ID, p.ID); err != nil {
		return err
	}
	_, err = fmt.Fprint(std.out, page(p, time.Now()))
	return err
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
