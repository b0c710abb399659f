package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/access"
	"github.com/openiroom/iroom/fusion/bus"
)

// localUser is the account that the command line on this machine uses.
const localUser = "local"

// Access is how the command line on the room's own machine reaches it. It is
// a file in the room's folder that only its owner can read.
type Access struct {
	URL      string `json:"url"`
	User     string `json:"user"`
	Password string `json:"password"`
	Cert     string `json:"cert,omitzero"` // PEM file of the room's certificate, when it speaks TLS
}

// ReadAccess reads the access of the room that runs in the folder; the error
// is [fs.ErrNotExist] when none does.
func ReadAccess(dir string) (a Access, err error) {
	b, err := os.ReadFile(filepath.Join(dir, "access.json"))
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, fmt.Errorf("read the access of the room in %s: %w", dir, err)
	}
	return a, nil
}

// InboxPrefix is the prefix of a user's inboxes on the bus.
func InboxPrefix(user string) string { return bus.InboxPrefix(user) }

// users are those of the configuration and the one of this machine, as the bus
// lets them in. An external bus keeps its own.
func (r *Room) users() ([]bus.User, error) {
	r.allowed = access.Users{bus.OwnUser: {Name: bus.OwnUser, Role: access.Operator, SpeaksFor: []string{access.Everybody}}}
	for _, u := range r.cfg.Bus.Users {
		r.allowed[u.Name] = access.User{
			Name: u.Name, Role: access.Role(u.Role), Areas: u.Areas, Kinds: u.Kinds, TLP: u.TLP, SpeaksFor: u.SpeaksFor, Purpose: u.Purpose,
		}
	}
	if r.cfg.Bus.URL != "" {
		return nil, nil
	}
	r.allowed[localUser] = access.User{Name: localUser, Role: access.Engineer, SpeaksFor: []string{access.Everybody}}
	users := []bus.User{{Name: localUser, Role: bus.RoleEngineer, Password: rand.Text(), Copies: true}}
	for _, u := range r.cfg.Bus.Users {
		password, err := r.cfg.Secret(u.Password)
		if err != nil {
			return nil, fusion.Errorf(fusion.KindInvalid, "user "+u.Name, "%w", err)
		}
		users = append(users, bus.User{
			Name: u.Name, Role: bus.Role(u.Role), Password: password, Topics: u.Topics, Alerts: alertTopics(r.allowed[u.Name]),
		})
	}
	r.access = Access{User: localUser, Password: users[0].Password}
	return users, nil
}

// Users are those who may ask the desk.
func (r *Room) Users() access.Users { return r.allowed }

// alertTopics are the alerts that a user may subscribe to; nil stands for all.
// An alert says in full what a picture is about, so a user with a highest
// handling hears none and follows the feed of the desk.
func alertTopics(u access.User) []string {
	if u.Unlimited() {
		return nil
	}
	topics := []string{}
	if u.TLP != "" {
		return topics
	}
	for _, area := range anyOf(u.Areas) {
		for _, kind := range anyOf(u.Kinds) {
			topics = append(topics, "iroom.alert."+area+"."+kind+".>")
		}
	}
	return topics
}

// anyOf are the tokens of values, or the one that stands for any.
func anyOf(values []string) []string {
	if len(values) == 0 {
		return []string{"*"}
	}
	tokens := make([]string, len(values))
	for i, v := range values {
		tokens[i] = fusion.Token(v)
	}
	return tokens
}

func (r *Room) accessFile() string { return filepath.Join(r.cfg.Path(r.cfg.Dir), "access.json") }

func (r *Room) writeAccess() error {
	if r.cfg.Bus.URL != "" {
		return nil
	}
	r.access.URL = r.bus.ClientURL()
	if r.cfg.Bus.Cert != "" {
		var err error
		if r.access.Cert, err = filepath.Abs(r.cfg.Path(r.cfg.Bus.Cert)); err != nil {
			return fmt.Errorf("find the certificate: %w", err)
		}
	}
	b, err := fusion.Encode(r.access)
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.accessFile(), b, 0o600); err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "start the room", "cannot write %s: %w", r.accessFile(), err)
	}
	return nil
}

func (r *Room) removeAccess() {
	if r.access.URL == "" {
		return
	}
	if err := os.Remove(r.accessFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.log.Warn("remove the access of this machine", "problem", err)
	}
}

// Addresses are where the room can be reached, "" where it cannot.
type Addresses struct {
	Bus  string // URL for NATS clients
	MQTT string // host:port for MQTT devices
	HTTP string // host:port for webhooks
}

// Addresses tells where the room listens.
func (r *Room) Addresses() Addresses {
	return Addresses{Bus: r.bus.ClientURL(), MQTT: r.bus.MQTTAddr(), HTTP: r.web.addr()}
}

// LocalAccess is the access of this machine's command line.
func (r *Room) LocalAccess() Access { return r.access }
