package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// Backend is the room as the desk sees it.
type Backend interface {
	Store() *store.Store
	Room(ctx context.Context) (Room, error)
	Connectors() []connectors.Status
	ChangeList(ctx context.Context, r ListChangeRequest) (sequence uint64, err error)
	Activate(ctx context.Context, r ActivateRequest) (ActivateReply, error)
	Dead(ctx context.Context, r DeadRequest) ([]DeadLetter, error)
	DeadLetter(ctx context.Context, sequence uint64) (DeadLetter, error)
	ReplayDead(ctx context.Context, sequence uint64) (ReplayReply, error)
	// Command puts a command on the log and returns when the engine has decided.
	Command(ctx context.Context, v fusion.Verb, message []byte) error
	Audit(ctx context.Context, what string, entry Audit) error
}

const (
	requestTimeout = 10 * time.Second
	maxPage        = 200
	defaultPage    = 50
)

// Desk answers requests until Stop.
type Desk struct {
	room    Backend
	log     *slog.Logger
	service micro.Service
}

// Serve starts the service.
func Serve(nc *nats.Conn, room Backend, log *slog.Logger) (*Desk, error) {
	service, err := micro.AddService(nc, micro.Config{
		Name: "iroom", Version: Version, Description: "queries and commands of an iRoom operations room",
	})
	if err != nil {
		return nil, fmt.Errorf("start the desk: %w", err)
	}
	d := &Desk{room: room, log: log, service: service}
	handlers := d.endpoints()
	maps.Copy(handlers, d.commandEndpoints())
	for name, handler := range handlers {
		if err := service.AddEndpoint(fusion.Token(name), handler, micro.WithEndpointSubject(Subject(name))); err != nil {
			return nil, errors.Join(fmt.Errorf("start the desk's endpoint %s: %w", name, err), service.Stop())
		}
	}
	return d, nil
}

// Stop ends the service; requests under way are answered.
func (d *Desk) Stop() error { return d.service.Stop() }

func (d *Desk) endpoints() map[string]micro.Handler {
	return map[string]micro.Handler{
		EndpointRoom:       handle(d, func(ctx context.Context, _ struct{}) (Room, error) { return d.room.Room(ctx) }),
		EndpointIncidents:  handle(d, d.incidents),
		EndpointIncident:   handle(d, d.incident),
		EndpointConnectors: handle(d, d.connectors),
		EndpointQuality:    handle(d, d.quality),
		EndpointLists:      handle(d, d.lists),
		EndpointListChange: handle(d, d.changeList),
		EndpointActivate:   handle(d, d.room.Activate),
		EndpointDeadList:   handle(d, d.deadList),
		EndpointDeadShow:   handle(d, d.deadShow),
		EndpointDeadReplay: handle(d, func(ctx context.Context, r DeadLetterRequest) (ReplayReply, error) {
			return d.room.ReplayDead(ctx, r.Sequence)
		}),
	}
}

// handle makes a handler of a function from request to reply.
func handle[Req, Reply any](d *Desk, answer func(context.Context, Req) (Reply, error)) micro.Handler {
	return micro.HandlerFunc(func(r micro.Request) {
		ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
		defer cancel()
		reply, err := decodeAndAnswer(ctx, r.Data(), answer)
		if err != nil {
			d.respond(r.Error(string(fusion.KindOf(err)), err.Error(), nil))
			return
		}
		d.respond(r.Respond(reply))
	})
}

func decodeAndAnswer[Req, Reply any](ctx context.Context, data []byte, answer func(context.Context, Req) (Reply, error)) ([]byte, error) {
	var req Req
	if len(data) > 0 {
		if err := json.Unmarshal(data, &req, json.RejectUnknownMembers(true)); err != nil {
			return nil, fusion.Errorf(fusion.KindInvalid, "read the request", "%w", err)
		}
	}
	reply, err := answer(ctx, req)
	if err != nil {
		return nil, err
	}
	return fusion.Encode(reply)
}

func (d *Desk) respond(err error) {
	if err != nil {
		d.log.Warn("a reply could not be sent", "problem", err)
	}
}

func (d *Desk) incidents(_ context.Context, r IncidentsRequest) (reply IncidentsReply, err error) {
	if r.Limit <= 0 {
		r.Limit = defaultPage
	}
	r.Limit = min(r.Limit, maxPage)
	err = d.room.Store().View(func(tx *store.Tx) error {
		for p, err := range tx.PicturesBefore(fusion.PictureID(r.Before)) {
			if err != nil {
				return err
			}
			if !r.wants(p) {
				continue
			}
			if len(reply.Incidents) == r.Limit {
				reply.Next = string(reply.Incidents[r.Limit-1].ID)
				return nil
			}
			reply.Incidents = append(reply.Incidents, Summarise(p))
		}
		return nil
	})
	return reply, err
}

func (r IncidentsRequest) wants(p *fusion.Picture) bool {
	return (r.Closed || p.Open()) && (r.Area == "" || r.Area == p.Area) && (r.Kind == "" || r.Kind == p.Kind) &&
		(r.Severity == "" || r.Severity == p.Severity)
}

// Summarise makes a line of a picture.
func Summarise(p *fusion.Picture) Summary {
	return Summary{
		ID: p.ID, Revision: p.Revision, Kind: p.Kind, Title: p.Title, Status: p.Status, Severity: p.Severity,
		Confidence: p.Confidence, Area: p.Area, Evidence: p.EvidenceCount, Sources: slices.Clone(p.Sources),
		Opened: p.Opened, LastObserved: p.LastObserved,
	}
}

func (d *Desk) incident(_ context.Context, r IncidentRequest) (p *fusion.Picture, err error) {
	err = d.room.Store().View(func(tx *store.Tx) error {
		id, err := tx.Resolve(r.ID)
		if err != nil {
			return err
		}
		p, err = tx.Picture(id)
		if errors.Is(err, store.ErrNotFound) {
			return fusion.Errorf(fusion.KindNotFound, "", "there is no incident %q", r.ID).WithHint("iroom incident ls lists them")
		}
		return err
	})
	return p, err
}

func (d *Desk) connectors(context.Context, struct{}) (ConnectorsReply, error) {
	return ConnectorsReply{d.room.Connectors()}, nil
}

func (d *Desk) deadList(ctx context.Context, r DeadRequest) (reply DeadReply, err error) {
	if r.Limit <= 0 || r.Limit > maxPage {
		r.Limit = maxPage
	}
	reply.Letters, err = d.room.Dead(ctx, r)
	return reply, err
}

func (d *Desk) deadShow(ctx context.Context, r DeadLetterRequest) (DeadLetter, error) {
	return d.room.DeadLetter(ctx, r.Sequence)
}
