package desk

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/openiroom/iroom/fusion"
)

// Ask sends a request to an endpoint of a room and decodes the reply. Errors
// of the room come back with their kind.
func Ask[Reply any](ctx context.Context, nc *nats.Conn, endpoint string, request any) (reply Reply, err error) {
	body, err := fusion.Encode(request)
	if err != nil {
		return reply, fmt.Errorf("encode the request: %w", err)
	}
	msg, err := nc.RequestWithContext(ctx, Subject(endpoint), body)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return reply, fusion.Errorf(fusion.KindUnavailable, "ask the room", "nobody answers there").
			WithHint("is the room running, and may this user ask it?")
	case err != nil:
		return reply, fusion.Errorf(fusion.KindUnavailable, "ask the room", "%w", err)
	}
	if code := msg.Header.Get(micro.ErrorCodeHeader); code != "" {
		return reply, fusion.Errorf(fusion.Kind(code), "", "%s", msg.Header.Get(micro.ErrorHeader))
	}
	if err := json.Unmarshal(msg.Data, &reply); err != nil {
		return reply, fusion.Errorf(fusion.KindInternal, "read the room's reply", "%w", err)
	}
	return reply, nil
}
