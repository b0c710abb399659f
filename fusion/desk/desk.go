package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/access"
	"github.com/openiroom/iroom/fusion/audit"
	"github.com/openiroom/iroom/fusion/store"
)

// Backend is the room as the desk sees it.
type Backend interface {
	Store() *store.Store
	Users() access.Users
	Revisions
	Room(ctx context.Context) (Room, error)
	Connectors() []connectors.Status
	// LogMessage reads a message of the log; an error of kind not-found when
	// the log does not hold it, or not any more.
	LogMessage(ctx context.Context, seq uint64) ([]byte, error)
	ChangeList(ctx context.Context, r ListChangeRequest) (sequence uint64, err error)
	Activate(ctx context.Context, r ActivateRequest) (ActivateReply, error)
	Dead(ctx context.Context, r DeadRequest) ([]DeadLetter, error)
	DeadLetter(ctx context.Context, sequence uint64) (DeadLetter, error)
	ReplayDead(ctx context.Context, sequence uint64) (ReplayReply, error)
	// Command puts a command on the log and returns when the engine has decided.
	Command(ctx context.Context, v fusion.Verb, message []byte) error
	// Audit returns when the entry is stored; without it nothing is answered.
	Audit(ctx context.Context, e audit.Entry) error
	// Audited hands over the messages of the audit from the newest back, until
	// do returns false.
	Audited(ctx context.Context, do func(sequence uint64, data []byte) bool) error
}

const (
	requestTimeout = 10 * time.Second
	maxPage        = 200
	defaultPage    = 50
	maxReply       = 1 << 20 // bytes
	maxAtOnce      = 512     // requests that are being answered
)

// Desk answers requests until Stop.
type Desk struct {
	nc      *nats.Conn
	room    Backend
	log     *slog.Logger
	service micro.Service
	shelf   *shelf
	past    *past
	places  chan struct{} // one for each request that is being answered

	stopping context.Context
	stop     context.CancelFunc
	stopped  sync.Once
}

// Serve starts the service.
func Serve(nc *nats.Conn, room Backend, log *slog.Logger) (*Desk, error) {
	service, err := micro.AddService(nc, micro.Config{
		Name: "iroom", Version: Version, Description: "queries and commands of an iRoom operations room",
	})
	if err != nil {
		return nil, fmt.Errorf("start the desk: %w", err)
	}
	d := &Desk{nc: nc, room: room, log: log, service: service, shelf: newShelf(), past: newPast(room), places: make(chan struct{}, maxAtOnce)}
	d.stopping, d.stop = context.WithCancel(context.Background())
	for _, e := range d.endpoints() {
		err := service.AddEndpoint(fusion.Token(e.Name), d.handler(e), micro.WithEndpointSubject(Subject("*", e.Name)),
			micro.WithEndpointMetadata(map[string]string{"role": string(e.Role), "about": e.About, "version": Version}))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start the desk's endpoint %s: %w", e.Name, err), d.Stop())
		}
	}
	return d, nil
}

// Stop ends the service and returns when the requests under way are answered;
// those that wait for changes are at once. It may be called twice.
func (d *Desk) Stop() error {
	err := d.service.Stop()
	d.stop()
	d.stopped.Do(func() {
		for range maxAtOnce {
			d.places <- struct{}{}
		}
	})
	return err
}

func (d *Desk) connectors(context.Context, *call, struct{}) (ConnectorsReply, error) {
	return ConnectorsReply{d.room.Connectors()}, nil
}

func (d *Desk) status(ctx context.Context, _ *call, _ struct{}) (Room, error) {
	return d.room.Room(ctx)
}

func (d *Desk) deadList(ctx context.Context, c *call, r DeadRequest) (reply DeadReply, err error) {
	if r.Limit <= 0 || r.Limit > maxPage {
		r.Limit = maxPage
	}
	reply.Letters, err = d.room.Dead(ctx, r)
	c.hands(len(reply.Letters), 0)
	return reply, err
}

func (d *Desk) deadShow(ctx context.Context, c *call, r DeadLetterRequest) (DeadLetter, error) {
	c.hands(1, 0)
	return d.room.DeadLetter(ctx, r.Sequence)
}

func (d *Desk) deadReplay(ctx context.Context, c *call, r DeadLetterRequest) (ReplayReply, error) {
	c.hands(0, 0)
	return d.room.ReplayDead(ctx, r.Sequence)
}
