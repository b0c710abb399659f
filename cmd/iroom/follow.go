package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/cmd/iroom/internal/board"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/desk"
)

// refreshEvery is how often a board asks for what is not in the streams.
const refreshEvery = time.Second

// follower shows a running room from outside, as any client of its bus would.
type follower struct {
	room string
	nc   *nats.Conn
	js   jetstream.JetStream
}

func newFollower(ctx context.Context, room *app.Room) (*follower, error) {
	access := room.LocalAccess()
	options, err := accessOptions(access)
	if err != nil {
		return nil, err
	}
	nc, err := dialURL(access.URL, options)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, err
	}
	status, err := room.Room(ctx)
	if err != nil {
		nc.Close()
		return nil, err
	}
	return &follower{room: status.Name, nc: nc, js: js}, nil
}

func (f *follower) close() { f.nc.Close() }

// lines prints an alert a line until ctx ends.
func (f *follower) lines(ctx context.Context, std streams) error {
	return f.each(ctx, fusion.StreamAlerts, func(data []byte) error {
		var a fusion.Alert
		if err := json.Unmarshal(data, &a); err != nil {
			return fmt.Errorf("read an alert: %w", err)
		}
		_, err := fmt.Fprintln(std.out, board.Line(a))
		return err
	})
}

// board runs the live board until ctx ends or the user leaves it.
func (f *follower) board(ctx context.Context, std streams) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	program := tea.NewProgram(board.New(f.room, time.Now()), tea.WithContext(ctx), tea.WithInput(std.in), tea.WithOutput(std.out))
	fed := make(chan error, 2)
	go func() {
		fed <- f.each(ctx, fusion.StreamPictures, func(data []byte) error {
			var p fusion.Picture
			if err := json.Unmarshal(data, &p); err != nil {
				return fmt.Errorf("read a picture: %w", err)
			}
			program.Send(board.PictureMsg{Picture: p})
			return nil
		})
	}()
	go func() { fed <- f.refresh(ctx, program) }()
	_, err := program.Run()
	cancel()
	err = errors.Join(err, <-fed, <-fed)
	if errors.Is(err, tea.ErrProgramKilled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// each hands every message of a stream over, from its first on, until ctx
// ends.
func (f *follower) each(ctx context.Context, stream string, do func([]byte) error) error {
	consumer, err := f.js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{})
	if err != nil {
		return fmt.Errorf("follow stream %s: %w", stream, err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		return fmt.Errorf("follow stream %s: %w", stream, err)
	}
	defer messages.Stop()
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("follow stream %s: %w", stream, err)
		}
		if err := do(msg.Data()); err != nil {
			return err
		}
	}
}

// refresh sends connectors and counts to the board once a second.
func (f *follower) refresh(ctx context.Context, program *tea.Program) error {
	ticker := time.NewTicker(refreshEvery)
	defer ticker.Stop()
	for {
		list, err := desk.Ask[desk.ConnectorsReply](ctx, f.nc, desk.EndpointConnectors, struct{}{})
		if err == nil {
			var room desk.Room
			room, err = desk.Ask[desk.Room](ctx, f.nc, desk.EndpointRoom, struct{}{})
			rate := 0.0
			for _, s := range list.Connectors {
				rate += s.Rate
			}
			program.Send(board.ConnectorsMsg(list.Connectors))
			program.Send(board.CountsMsg{
				Events: int64(room.Counts.Events), Dead: int64(room.Streams[fusion.StreamDead]),
				Alerts: int64(room.Streams[fusion.StreamAlerts]), Hits: int64(room.Counts.Hits), Rate: rate,
			})
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
