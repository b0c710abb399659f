package desk

import (
	"context"
	"errors"
	"fmt"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/access"
	"github.com/openiroom/iroom/fusion/store"
)

// EndpointCommand is where a command goes: the endpoint of its verb.
func EndpointCommand(v fusion.Verb) string { return "command." + string(v) }

// command puts a command on the log, waits until the engine has decided and
// returns its answer. The actor is who asks, whatever the command says: it may
// name only somebody for whom the user may speak. An error of kind unavailable
// leaves open whether it was obeyed: the same command again, with the same id,
// gives the answer.
func (d *Desk) command(ctx context.Context, c *call, v fusion.Verb, o fusion.Command) (r fusion.CommandResult, err error) {
	c.hands(0, 0)
	c.entry.Verb, c.entry.Incident, c.entry.Command, c.entry.Reason, c.entry.Asked = v, o.Incident, o.ID, o.Reason, ""
	if o.Purpose == "" {
		o.Purpose = c.entry.Purpose
	}
	c.entry.Purpose = o.Purpose
	if err := d.allow(c, v, &o); err != nil {
		return r, err
	}
	if r, err = d.answered(o.ID); errors.Is(err, store.ErrNotFound) {
		r, err = d.obey(ctx, v, o)
	}
	if err != nil {
		return r, err
	}
	c.entry.Applied, c.entry.Revision, c.entry.Problem = r.Applied, r.Revision, r.Problem
	return r, nil
}

// allow settles who gives the command and whether he may.
func (d *Desk) allow(c *call, v fusion.Verb, o *fusion.Command) (err error) {
	if o.Actor == "" {
		o.Actor = c.person
	}
	if o.Actor != c.person {
		if o.Actor, err = c.user.Person(o.Actor); err != nil {
			return err
		}
	}
	c.person, c.entry.Who = o.Actor, o.Actor
	if !fusion.IsCommandID(o.ID) {
		return fusion.Errorf(fusion.KindInvalid, "", "id is %q; it is a UUID in lower case", o.ID)
	}
	if err := o.Validate(v); err != nil {
		return err
	}
	touched, err := d.touched(v, o)
	if err != nil {
		return err
	}
	return c.user.May(access.About{Verb: v, Person: o.Actor, Command: o, Touched: touched})
}

// touched are the incidents that a command names, as far as there are such.
func (d *Desk) touched(v fusion.Verb, o *fusion.Command) (list []*fusion.Picture, err error) {
	ids := []fusion.PictureID{o.Incident, o.Into}
	switch v {
	case fusion.VerbLink, fusion.VerbUnlink, fusion.VerbConfirmLink, fusion.VerbRejectLink:
		ids = append(ids, fusion.PictureID(o.To))
	}
	err = d.room.Store().View(func(tx *store.Tx) error {
		for _, id := range ids {
			if id == "" {
				continue
			}
			p, err := tx.Picture(id)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			list = append(list, p)
		}
		return nil
	})
	return list, err
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
