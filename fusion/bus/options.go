package bus

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

const (
	// MaxPayload bounds one message on the embedded server, in bytes.
	MaxPayload = 8 << 20

	defaultBallast     = 16 << 20
	defaultHealthEvery = time.Second
	defaultMaxStore    = 10 << 30
	readyWithin        = 20 * time.Second
)

// Options say where the bus is and who may use it.
type Options struct {
	Dir        string // folder of the embedded server's store
	URL        string // of an external server, instead of an embedded one
	CredsFile  string // NATS credentials for URL; "" means none
	Listen     string // host:port for NATS clients; "" means nothing from outside; no host means loopback
	MQTTListen string // host:port for MQTT devices; "" means none; no host means loopback
	TLSCert    string // PEM file; with TLSKey both listeners speak TLS only
	TLSKey     string
	MaxStore   int64 // bytes that all streams together may take; 0 means 10 GiB, or 3/4 of the free space of the first start when that is less
	Users      []User

	// NoSyncAlways gives up an fsync for every message: faster, and a power
	// failure loses acknowledged messages. It is for load tests only.
	NoSyncAlways bool
	Ballast      int64         // bytes held back, to be freed when the disk is full; 0 means 16 MiB
	HealthEvery  time.Duration // between looks at the server's health; 0 means 1 s
}

// endpoint splits host:port; a missing host is loopback.
func endpoint(what, address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, invalid("%s is %q", what, address).WithHint("write it like 127.0.0.1:4222")
	}
	if port == 0 {
		port = -1 // the server's own word for any free port
	}
	return cmp.Or(host, "127.0.0.1"), port, nil
}

func (o *Options) check() error {
	if o.URL != "" {
		if o.Listen != "" || o.MQTTListen != "" || len(o.Users) > 0 {
			return invalid("a bus with a URL has no listener and no users of its own").
				WithHint("configure them on that server")
		}
		return nil
	}
	if o.Dir == "" {
		return invalid("the folder of the store is not given").WithHint("name a folder that survives a restart")
	}
	var seen []string
	for _, u := range o.Users {
		if err := u.check(); err != nil {
			return err
		}
		if slices.Contains(seen, u.Name) {
			return invalid("there are two users %q", u.Name)
		}
		seen = append(seen, u.Name)
	}
	return nil
}

func invalid(format string, args ...any) *fusion.Error {
	return fusion.Errorf(fusion.KindInvalid, "start the bus", format, args...)
}

func unavailable(format string, args ...any) *fusion.Error {
	return fusion.Errorf(fusion.KindUnavailable, "start the bus", format, args...)
}

// Role says what a user of the bus is there for.
type Role string

// The roles of users.
const (
	RoleConnector  Role = "connector"  // publishes its own events, originals and dead letters
	RoleDesk       Role = "desk"       // answers queries and publishes commands
	RoleReader     Role = "reader"     // subscribes to alerts and asks the desk
	RoleOperator   Role = "operator"   // as a reader, and gives commands about incidents
	RoleSupervisor Role = "supervisor" // as an operator; the desk lets it overrule what others decided
	RoleEngineer   Role = "engineer"   // as a supervisor, and administers: watchlists, dead letters; reads stored pictures unasked
	RoleDevice     Role = "device"     // publishes over MQTT below its own topic
)

// User is an account on the embedded server.
type User struct {
	Name     string
	Role     Role
	Password string // itself, not a reference to it
	Topics   string // of a device: the first level of its topics
	Copies   bool   // may copy whole streams, as a backup does
	// Alerts are the topics of alerts that somebody who asks the desk may
	// subscribe to; nil: all of them.
	Alerts []string
}

func (u *User) check() error {
	switch {
	case !fusion.IsToken(u.Name) || strings.HasPrefix(u.Name, ownPrefix) || u.Name == fusion.PublisherRoom:
		return invalid("user %q has no good name", u.Name).
			WithHint("use lower case, digits and dashes; %q and names that begin with %q are the room's own", fusion.PublisherRoom, ownPrefix)
	case u.Password == "":
		return invalid("user %q has no password", u.Name)
	case !slices.Contains([]Role{RoleConnector, RoleDesk, RoleReader, RoleOperator, RoleSupervisor, RoleEngineer, RoleDevice}, u.Role):
		return invalid("user %q has the role %q", u.Name, u.Role).WithHint("it is connector, desk, reader, operator, supervisor, engineer or device")
	case u.Role == RoleDevice && (!fusion.IsToken(u.Topics) || u.Topics == "iroom"):
		return invalid("device %q may publish below %q", u.Name, u.Topics).
			WithHint("name the first level of its topics, like frigate; iroom is the room's own")
	}
	return nil
}

// InboxPrefix is what a user must set as nats.CustomInboxPrefix: users receive
// replies below it and nowhere else, so none can read those of another.
func InboxPrefix(user string) string { return fmt.Sprintf("_INBOX_%s", user) }
