package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

type incidentEvidenceCmd struct {
	connect
	ID    fusion.PictureID `arg:"" help:"Id of the incident, as in 261124-0007."`
	AsOf  time.Time        `placeholder:"TIME" help:"What the room knew at that time, as in 2026-11-24T18:00:00Z."`
	Limit int              `default:"200" help:"How many."`
	JSON  bool             `help:"JSON, one event a line with what the incident kept of it."`
}

// Run shows the events of an incident as they stand on the log.
func (c *incidentEvidenceCmd) Run(ctx context.Context, std streams) error {
	var list []desk.EvidenceItem
	var page desk.EvidenceReply
	err := c.asking(ctx, func(ctx context.Context, nc *nats.Conn) (err error) {
		for more := true; more && len(list) < c.Limit; more = page.Next != "" {
			request := desk.EvidenceRequest{ID: c.ID, AsOf: c.AsOf, After: page.Next, Limit: c.Limit - len(list)}
			if page, err = desk.Ask[desk.EvidenceReply](ctx, nc, desk.EndpointEvidence, request); err != nil {
				return err
			}
			list = append(list, page.Items...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, list)
	}
	if err := sayMerged(std, c.ID, page.ID); err != nil {
		return err
	}
	for _, item := range list {
		if err := printEvidence(std, item); err != nil {
			return err
		}
	}
	return remark(std, c.leftOut(page, len(list))...)
}

// leftOut says what is not shown.
func (c *incidentEvidenceCmd) leftOut(page desk.EvidenceReply, shown int) (remarks []string) {
	if page.Withheld != nil {
		return []string{"withheld, since its handling is above this user: the evidence"}
	}
	if page.Total > shown {
		remarks = append(remarks, fmt.Sprintf("%d of %d; --limit shows more", shown, page.Total))
	}
	if page.Dropped > 0 {
		remarks = append(remarks, fmt.Sprintf("%d more were counted, of which the incident keeps nothing", page.Dropped))
	}
	return remarks
}

func printEvidence(std streams, item desk.EvidenceItem) error {
	v := item.Kept
	text := v.Text
	if item.Withheld != nil {
		text = "(withheld, since its handling is above this user)"
	}
	lines := []string{
		fmt.Sprintf("%s  %s", clock(v.Time), text),
		fmt.Sprintf("          %s of %s, event %s at %d.%d", v.Type, orDash(v.Source), v.Event, v.Log.Sequence, v.Log.Index),
	}
	if item.Missing != "" {
		lines = append(lines, "          only what the incident kept: "+item.Missing)
	}
	if e := item.Event; e != nil {
		if e.Description != "" {
			lines = append(lines, "          "+fusion.Line(e.Description))
		}
		for _, name := range slices.Sorted(maps.Keys(e.Attrs)) {
			lines = append(lines, fmt.Sprintf("          %s: %s", name, fusion.Line(fmt.Sprint(e.Attrs[name]))))
		}
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(std.out, line); err != nil {
			return err
		}
	}
	return nil
}
