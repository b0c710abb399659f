package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/micro"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// EndpointCommand is where a command goes: the endpoint of its verb.
func EndpointCommand(v fusion.Verb) string { return "command." + string(v) }

// AuditCommand is what an audit entry of a command is about.
const AuditCommand = "command"

// Audit is an entry of the audit: who changed what, for which purpose.
type Audit struct {
	Time     time.Time        `json:"time"`
	Who      string           `json:"who"`
	What     string           `json:"what"` // the verb
	Incident fusion.PictureID `json:"incident,omitzero"`
	Purpose  string           `json:"purpose,omitzero"`
	Reason   string           `json:"reason,omitzero"`
	Command  string           `json:"command,omitzero"` // its id
	Applied  bool             `json:"applied"`
	Revision uint64           `json:"revision,omitzero"` // that it made
	Problem  string           `json:"problem,omitzero"`  // why it was not applied
}

// commandEndpoints are one for each verb.
func (d *Desk) commandEndpoints() map[string]micro.Handler {
	handlers := make(map[string]micro.Handler, len(fusion.Verbs))
	for _, v := range fusion.Verbs {
		handlers[EndpointCommand(v)] = handle(d, func(ctx context.Context, c fusion.Command) (fusion.CommandResult, error) {
			return d.command(ctx, v, c)
		})
	}
	return handlers
}

// command puts a command on the log, waits until the engine has decided and
// returns its answer. An error of kind unavailable leaves open whether it was
// obeyed: the same command again, with the same id, gives the answer.
func (d *Desk) command(ctx context.Context, v fusion.Verb, c fusion.Command) (r fusion.CommandResult, err error) {
	if err := check(v, c); err != nil {
		return r, errors.Join(err, d.audit(ctx, v, c, fusion.CommandResult{Problem: err.Error()}))
	}
	if r, err = d.answered(c.ID); errors.Is(err, store.ErrNotFound) {
		r, err = d.obey(ctx, v, c)
	}
	if err != nil {
		return r, err
	}
	return r, d.audit(ctx, v, c, r)
}

func check(v fusion.Verb, c fusion.Command) error {
	if !fusion.IsCommandID(c.ID) {
		return fusion.Errorf(fusion.KindInvalid, "", "id is %q; it is a UUID in lower case", c.ID)
	}
	return c.Validate(v)
}

func (d *Desk) obey(ctx context.Context, v fusion.Verb, c fusion.Command) (r fusion.CommandResult, err error) {
	message, err := fusion.Encode(c)
	if err != nil {
		return r, fmt.Errorf("encode the command: %w", err)
	}
	if err := d.room.Command(ctx, v, message); err != nil {
		return r, err
	}
	return d.answered(c.ID)
}

func (d *Desk) answered(id string) (r fusion.CommandResult, err error) {
	err = d.room.Store().View(func(tx *store.Tx) error {
		r, err = tx.Answer(id)
		return err
	})
	return r, err
}

func (d *Desk) audit(ctx context.Context, v fusion.Verb, c fusion.Command, r fusion.CommandResult) error {
	return d.room.Audit(ctx, AuditCommand, Audit{
		Time: time.Now().UTC(), Who: c.Actor, What: string(v), Incident: c.Incident, Purpose: c.Purpose, Reason: c.Reason,
		Command: c.ID, Applied: r.Applied, Revision: r.Revision, Problem: r.Problem,
	})
}
