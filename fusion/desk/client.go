package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/openiroom/iroom/fusion"
)

// Ask sends a request to an endpoint of a room and decodes the reply. The user
// of the connection asks, see [UserOf]. Errors of the room come back with
// their kind.
func Ask[Reply any](ctx context.Context, nc *nats.Conn, endpoint string, request any) (reply Reply, err error) {
	return AskFor[Reply](ctx, nc, endpoint, request, "")
}

// AskFor is Ask with what it is for, which stands in the audit.
func AskFor[Reply any](ctx context.Context, nc *nats.Conn, endpoint string, request any, purpose string) (reply Reply, err error) {
	body, err := fusion.Encode(request)
	if err != nil {
		return reply, fmt.Errorf("encode the request: %w", err)
	}
	question := nats.NewMsg(Subject(UserOf(nc), endpoint))
	question.Data = body
	if purpose != "" {
		question.Header.Set(HeaderPurpose, purpose)
	}
	msg, err := nc.RequestMsgWithContext(ctx, question)
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

// UserOf is the user under whose name a connection asks: that of its password,
// or else the one that its inboxes are named after.
func UserOf(nc *nats.Conn) string {
	if nc.Opts.User != "" {
		return nc.Opts.User
	}
	return cmp.Or(strings.TrimPrefix(nc.Opts.InboxPrefix, inboxOf), "nobody")
}

// inboxOf begins the prefix of a user's inboxes.
const inboxOf = "_INBOX_"
