package engine

import (
	"fmt"
	"time"

	"github.com/openiroom/iroom/fusion"
)

func (o *order) acknowledge() error {
	if o.p.Status != fusion.PictureNew {
		return refuse(fusion.KindConflict, "incident %s is not waiting for that; it is %s", o.p.ID, o.p.Status)
	}
	c := o.take()
	o.enter(fusion.PictureAcknowledged)
	return o.done(c, "acknowledged", "acknowledged by "+o.Actor)
}

// enter gives the incident a status of its life before it is resolved.
func (o *order) enter(status fusion.PictureStatus) {
	o.p.Status, o.p.AcknowledgeBy, o.p.ReopenUntil, o.p.QuietFrom = status, time.Time{}, time.Time{}, o.st.clock
}

func (o *order) setStatus() error {
	to := fusion.PictureStatus(o.To)
	switch o.p.Status {
	case to:
		return refuse(fusion.KindConflict, "incident %s is %s already", o.p.ID, to)
	case fusion.PictureResolved:
		return refuse(fusion.KindConflict, "incident %s is resolved; reopen it first", o.p.ID)
	}
	c := o.take()
	o.enter(to)
	return o.done(c, "status", fmt.Sprintf("%s, says %s", to, o.Actor))
}

func (o *order) resolve() error {
	if o.p.Status == fusion.PictureResolved {
		return refuse(fusion.KindConflict, "incident %s is resolved already", o.p.ID)
	}
	c := o.take()
	o.enter(fusion.PictureResolved)
	o.p.ReopenUntil = o.st.clock.Add(asTime(o.bundle.Params.ReopenWithin))
	return o.done(c, "resolved", "resolved by "+o.Actor)
}

func (o *order) reopen() error {
	if o.p.Open() && o.p.Status != fusion.PictureResolved {
		return refuse(fusion.KindConflict, "incident %s is not resolved or closed; it is %s", o.p.ID, o.p.Status)
	}
	c := o.take()
	if !o.p.Open() {
		if err := o.countOutcome(-1); err != nil {
			return err
		}
	}
	o.enter(fusion.PictureActive)
	o.p.Closed, o.p.Outcome = time.Time{}, ""
	o.open[o.p.ID] = o.p
	return o.done(c, "reopened", "reopened by "+o.Actor)
}

func (o *order) close() error {
	c := o.take()
	o.enter(fusion.PictureClosed)
	o.p.Closed, o.p.Outcome = o.st.clock, o.Outcome
	if err := o.countOutcome(+1); err != nil {
		return err
	}
	return o.done(c, "closed", fmt.Sprintf("closed by %s as %s", o.Actor, o.Outcome))
}

// countOutcome counts what an operator said of the incident for every version
// of a rule that contributed. What closed by itself says nothing.
func (o *order) countOutcome(n int) error {
	if o.p.Outcome == "quiet" {
		return nil
	}
	type version struct{ rule, hash string }
	counted := map[version]bool{}
	for _, h := range o.p.Hits {
		v := version{h.Rule, h.Version}
		if counted[v] {
			continue
		}
		counted[v] = true
		if err := o.tx.CountOutcome(v.rule, v.hash, o.p.Outcome, n); err != nil {
			return err
		}
	}
	return nil
}
