package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/openiroom/iroom/fusion"
)

// handover gives every open incident that somebody has to somebody else.
// Incidents that were assigned meanwhile are those of who has them now, so it
// needs no base revision.
func (o *order) handover() error {
	var theirs []*fusion.Picture
	for _, id := range slices.Sorted(maps.Keys(o.open)) {
		if p := o.open[id]; p.Open() && p.Assignee == o.From {
			theirs = append(theirs, p)
		}
	}
	for _, p := range theirs {
		c := o.touch(p)
		p.Assignee = o.To
		if err := o.done(c, "assigned", fmt.Sprintf("handed over from %s to %s by %s", o.From, o.To, o.Actor)); err != nil {
			return err
		}
		o.handed = append(o.handed, p.ID)
	}
	o.text = fmt.Sprintf("%d incidents handed over from %s to %s", len(theirs), o.From, o.To)
	if len(theirs) == 1 {
		o.text = fmt.Sprintf("1 incident handed over from %s to %s", o.From, o.To)
	}
	return nil
}
