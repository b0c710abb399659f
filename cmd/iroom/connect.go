package main

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/desk"
)

// connect says which room a command talks to: one on this machine by its
// folder, or any by its server.
type connect struct {
	Dir      string        `default:"room" help:"Folder of a room that runs on this machine." env:"IROOM_DIR"`
	Server   string        `help:"URL of the room's bus, nats://host:4222, instead of --dir." env:"IROOM_SERVER"`
	User     string        `help:"User on the bus." env:"IROOM_USER"`
	Password string        `help:"Password, by reference: env:NAME or file:PATH." env:"IROOM_PASSWORD_REF"`
	Creds    string        `help:"NATS credentials file." env:"IROOM_CREDS"`
	CA       string        `help:"PEM file of the certificate that the server's is checked with; default: those of this machine." env:"IROOM_CA"`
	Timeout  time.Duration `default:"10s" help:"How long to wait for an answer."`
}

func (c connect) dial() (*nats.Conn, error) {
	options := []nats.Option{nats.Name("iroom command line"), nats.MaxReconnects(-1), nats.Timeout(c.Timeout)}
	if c.Server == "" {
		return c.dialLocal(options)
	}
	if c.CA != "" {
		options = append(options, nats.RootCAs(c.CA))
	}
	switch {
	case c.Creds != "" && c.User == "":
		return nil, fusion.Errorf(fusion.KindInvalid, "", "credentials need the name of their user too").WithHint("give it with --user; requests are sent under it")
	case c.Creds != "":
		options = append(options, nats.UserCredentials(c.Creds), nats.CustomInboxPrefix(app.InboxPrefix(c.User)))
	case c.User != "":
		password, err := config.Secret(c.Password, ".")
		if err != nil {
			return nil, err
		}
		options = append(options, nats.UserInfo(c.User, password), nats.CustomInboxPrefix(app.InboxPrefix(c.User)))
	}
	return dialURL(c.Server, options)
}

// dialLocal uses the access that a running room leaves in its folder for the
// people of this machine who may read it.
func (c connect) dialLocal(options []nats.Option) (*nats.Conn, error) {
	access, err := app.ReadAccess(c.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fusion.Errorf(fusion.KindUnavailable, "", "no room is running in folder %s", c.Dir).
			WithHint("name its folder with --dir, or its server with --server")
	}
	if err != nil {
		return nil, err
	}
	own, err := accessOptions(access)
	if err != nil {
		return nil, err
	}
	return dialURL(access.URL, append(options, own...))
}

// accessOptions are those of the account of this machine.
func accessOptions(a app.Access) ([]nats.Option, error) {
	options := []nats.Option{nats.UserInfo(a.User, a.Password), nats.CustomInboxPrefix(app.InboxPrefix(a.User)), nats.MaxReconnects(-1)}
	if a.Cert == "" {
		return options, nil
	}
	pinned, err := bus.PinnedTLS(a.Cert)
	return append(options, nats.Secure(pinned)), err
}

func dialURL(url string, options []nats.Option) (*nats.Conn, error) {
	nc, err := nats.Connect(url, options...)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindUnavailable, "connect to "+url, "%w", err).
			WithHint("is the room running there, and are user and password right?")
	}
	return nc, nil
}

// actor is who gives a command: the name given, or the user of the bus, or,
// with the account that people of this machine share, the login name.
func (c connect) actor(given string) (string, error) {
	if given == "" && c.Server != "" && c.User != "" {
		return c.User, nil
	}
	return actorName(given)
}

// asking runs do with a connection to the room.
func (c connect) asking(ctx context.Context, do func(ctx context.Context, nc *nats.Conn) error) error {
	nc, err := c.dial()
	if err != nil {
		return err
	}
	defer nc.Close()
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	return do(ctx, nc)
}

// ask asks the room one question.
func ask[Reply any](ctx context.Context, c connect, endpoint string, request any) (reply Reply, err error) {
	err = c.asking(ctx, func(ctx context.Context, nc *nats.Conn) error {
		reply, err = desk.Ask[Reply](ctx, nc, endpoint, request)
		return err
	})
	return reply, err
}
