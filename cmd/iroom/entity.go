package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

type entityCmd struct {
	connect
	Value  string            `arg:"" help:"As people write it: AB-123-C, '06 12345678'."`
	Type   fusion.EntityType `help:"Only as this type: vehicle, person, phone, address, vessel, aircraft, unit, object, account."`
	Region string            `default:"NL" help:"Country of a phone number that has no country code."`
	Depth  int               `default:"1" help:"2: also the incidents that share another entity with these."`
	Closed bool              `help:"Closed incidents too."`
	AsOf   time.Time         `placeholder:"TIME" help:"What the room knew at that time, as in 2026-11-24T18:00:00Z."`
	JSON   bool              `help:"JSON."`
}

// Run shows what is known around an entity.
func (c *entityCmd) Run(ctx context.Context, std streams) error {
	request := desk.EntityRequest{Type: c.Type, Value: c.Value, Region: c.Region, Depth: c.Depth, Closed: c.Closed, AsOf: c.AsOf}
	reply, err := ask[desk.EntityReply](ctx, c.connect, desk.EndpointEntity, request)
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, []desk.EntityReply{reply})
	}
	list := make([]desk.Summary, len(reply.Incidents))
	for i, hit := range reply.Incidents {
		list[i] = hit.Summary
	}
	if err := printIncidents(std, list, now(c.AsOf)); err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, e := range reply.Entities {
		fmt.Fprintf(w, "%s\t%s\tin %d of them\n", e.Type, e.Value, e.Incidents)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	cut := ""
	if reply.Cut {
		cut = "there is more than is shown"
	}
	return remark(std, cut, reply.Limits, reply.Partial)
}

type countsCmd struct {
	connect
	filters
	JSON bool `help:"JSON."`
}

// Run counts incidents.
func (c *countsCmd) Run(ctx context.Context, std streams) error {
	reply, err := ask[desk.CountsReply](ctx, c.connect, desk.EndpointCounts, desk.CountsRequest{Filter: c.filter(), AsOf: c.AsOf})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(std, []desk.CountsReply{reply})
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "incidents\t\t%d\n", reply.Total)
	if reply.Unacknowledged > 0 {
		fmt.Fprintf(w, "unacknowledged\tthe oldest for %s\t%d\n", age(now(c.AsOf).Sub(reply.OldestWaiting)), reply.Unacknowledged)
	}
	for _, s := range fusion.Severities {
		if n := reply.Severities[s]; n > 0 {
			fmt.Fprintf(w, "severity\t%s\t%d\n", s, n)
		}
	}
	for _, s := range fusion.PictureStatuses {
		if n := reply.Statuses[s]; n > 0 {
			fmt.Fprintf(w, "status\t%s\t%d\n", s, n)
		}
	}
	for _, by := range []struct {
		what   string
		counts map[string]int
	}{{"area", reply.Areas}, {"kind", reply.Kinds}} {
		for _, name := range mostFirst(by.counts) {
			fmt.Fprintf(w, "%s\t%s\t%d\n", by.what, name, by.counts[name])
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return remark(std, reply.Limits, reply.Partial)
}

func mostFirst(counts map[string]int) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}
