package main

import (
	"context"

	"github.com/openiroom/iroom/fusion"
)

// incidentVerbs are the commands that operators give about an incident.
type incidentVerbs struct {
	Ack         ackCmd         `cmd:"" help:"Say that somebody knows of it."`
	Assign      assignCmd      `cmd:"" help:"Give it to somebody."`
	Note        noteCmd        `cmd:"" help:"Write something down."`
	Label       labelCmd       `cmd:"" help:"Put labels on it, or take them off."`
	Severity    severityCmd    `cmd:"" help:"Say how grave it is."`
	Status      statusCmd      `cmd:"" help:"Say that it is active, or only monitored."`
	Resolve     resolveCmd     `cmd:"" help:"Say that it is over; something new of the same reopens it for a while."`
	Reopen      reopenCmd      `cmd:"" help:"Take up a resolved or closed one again."`
	Close       closeCmd       `cmd:"" help:"End it, with its outcome."`
	Link        linkCmd        `cmd:"" help:"Relate it to another."`
	Unlink      unlinkCmd      `cmd:"" help:"Take back that it is related to another."`
	ConfirmLink confirmLinkCmd `cmd:"" help:"Say that a possible link holds."`
	RejectLink  rejectLinkCmd  `cmd:"" help:"Say that a possible link does not hold."`
	Merge       mergeCmd       `cmd:"" help:"Make it a part of another."`
	Split       splitCmd       `cmd:"" help:"Move evidence into an incident of its own."`
	Locate      locateCmd      `cmd:"" help:"Say where it is."`
	AddEvidence addEvidenceCmd `cmd:"" help:"Add what you know as evidence."`
	Undo        undoCmd        `cmd:"" help:"Undo its newest merge or split."`
	Handover    handoverCmd    `cmd:"" help:"Give all that somebody has to the next shift."`
}

type ackCmd struct{ act }

// Run acknowledges an incident.
func (c *ackCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbAcknowledge, asIs)
}

func asIs(*fusion.Command, *fusion.Picture) {}

type assignCmd struct {
	act
	To string `arg:"" optional:"" help:"A person or a group; nobody when absent."`
}

// Run assigns an incident.
func (c *assignCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbAssign, to(c.To))
}

func to(v string) func(*fusion.Command, *fusion.Picture) {
	return func(c *fusion.Command, _ *fusion.Picture) { c.To = v }
}

type noteCmd struct {
	act
	Text string `arg:"" help:"The note."`
}

// Run writes a note.
func (c *noteCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbNote, func(o *fusion.Command, _ *fusion.Picture) { o.Text = c.Text })
}

type labelCmd struct {
	act
	Add    []string `arg:"" optional:"" help:"Labels to put on it."`
	Remove []string `help:"Labels to take off."`
}

// Run changes labels.
func (c *labelCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbLabel, func(o *fusion.Command, _ *fusion.Picture) { o.Add, o.Remove = c.Add, c.Remove })
}

type severityCmd struct {
	act
	To string `arg:"" help:"critical, high, medium or low."`
}

// Run changes the severity.
func (c *severityCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbSeverity, to(c.To))
}

type statusCmd struct {
	act
	To string `arg:"" help:"active or monitoring."`
}

// Run changes the status.
func (c *statusCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbStatus, to(c.To))
}

type resolveCmd struct{ act }

// Run resolves an incident.
func (c *resolveCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbResolve, asIs)
}

type reopenCmd struct{ act }

// Run reopens an incident.
func (c *reopenCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbReopen, asIs)
}

type closeCmd struct {
	act
	Outcome string `arg:"" help:"confirmed, unfounded, duplicate, exercise, no-capacity or other."`
}

// Run closes an incident.
func (c *closeCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbClose, func(o *fusion.Command, _ *fusion.Picture) { o.Outcome = c.Outcome })
}

// pair is a command about two incidents.
type pair struct {
	act
	To string `arg:"" help:"Id of the other incident."`
}

type linkCmd struct{ pair }

// Run links two incidents.
func (c *linkCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbLink, to(c.To))
}

type unlinkCmd struct{ pair }

// Run takes a link back.
func (c *unlinkCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbUnlink, to(c.To))
}

type confirmLinkCmd struct{ pair }

// Run confirms a possible link.
func (c *confirmLinkCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbConfirmLink, to(c.To))
}

type rejectLinkCmd struct{ pair }

// Run rejects a possible link.
func (c *rejectLinkCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbRejectLink, to(c.To))
}

type mergeCmd struct {
	act
	Into fusion.PictureID `arg:"" help:"Id of the incident in which it goes on."`
}

// Run merges an incident into another.
func (c *mergeCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbMerge, func(o *fusion.Command, _ *fusion.Picture) { o.Into = c.Into })
}

type splitCmd struct {
	act
	Evidence []fusion.EventID `arg:"" help:"Ids of the events; incident show --json has them."`
	Title    string           `required:"" help:"Title of the new incident."`
	Kind     string           `help:"Its kind; default: the same."`
}

// Run splits an incident.
func (c *splitCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbSplit, func(o *fusion.Command, _ *fusion.Picture) {
		o.Evidence, o.Title, o.Kind = c.Evidence, c.Title, c.Kind
	})
}

type locateCmd struct {
	act
	Lon float64  `required:"" help:"Longitude, degrees east."`
	Lat float64  `required:"" help:"Latitude, degrees north."`
	CE  *float64 `name:"ce" help:"How far off that may be, metres."`
}

// Run places an incident.
func (c *locateCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbLocate, func(o *fusion.Command, _ *fusion.Picture) { o.Lon, o.Lat, o.CE = &c.Lon, &c.Lat, c.CE })
}

type addEvidenceCmd struct {
	act
	Text string   `arg:"" help:"What is known."`
	Lon  *float64 `help:"Longitude, degrees east."`
	Lat  *float64 `help:"Latitude, degrees north."`
}

// Run adds evidence by hand.
func (c *addEvidenceCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbAddEvidence, func(o *fusion.Command, _ *fusion.Picture) { o.Text, o.Lon, o.Lat = c.Text, c.Lon, c.Lat })
}

type undoCmd struct {
	act
	Of string `arg:"" optional:"" help:"Id of the command; default: the newest merge or split."`
}

// Run undoes a merge or a split.
func (c *undoCmd) Run(ctx context.Context, std streams) error {
	return c.do(ctx, std, fusion.VerbUndo, func(o *fusion.Command, p *fusion.Picture) {
		if o.Of = c.Of; o.Of == "" {
			o.Of = p.Regrouped
		}
	})
}
