package desk

import (
	"context"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// entriesAPage bounds a page of list entries, so that it stays far below the
// limit of a message.
const entriesAPage = 500

func (d *Desk) lists(ctx context.Context, c *call, r ListsRequest) (reply ListsReply, err error) {
	room, err := d.room.Room(ctx)
	if err != nil {
		return reply, err
	}
	reply.Clock = room.Clock
	err = d.room.Store().View(func(tx *store.Tx) error {
		reply.Entries, err = tx.EntriesAfter(r.List, r.After, entriesAPage+1)
		return err
	})
	if len(reply.Entries) > entriesAPage {
		reply.Entries, reply.More = reply.Entries[:entriesAPage], true
	}
	c.hands(len(reply.Entries), 0)
	return reply, err
}

func (d *Desk) changeList(ctx context.Context, c *call, r ListChangeRequest) (reply ListChangeReply, err error) {
	if !fusion.IsToken(r.List) {
		return reply, fusion.Errorf(fusion.KindInvalid, "change a watchlist", "the list is %q; a name is lower case, digits and dashes", r.List)
	}
	c.hands(0, 0)
	reply.Sequence, err = d.room.ChangeList(ctx, r)
	return reply, err
}

func (d *Desk) activate(ctx context.Context, c *call, r ActivateRequest) (ActivateReply, error) {
	c.hands(0, 0)
	return d.room.Activate(ctx, r)
}
