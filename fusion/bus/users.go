package bus

import (
	"crypto/rand"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"golang.org/x/crypto/bcrypt"

	"github.com/openiroom/iroom/fusion"
)

// Names of the accounts that the room makes for itself, with random passwords.
const (
	ownPrefix = "room-"
	mqttUser  = ownPrefix + "mqtt"

	// OwnUser is the room itself; nobody outside can be it.
	OwnUser = ownPrefix + "self"
)

// account is a user with a password that nobody outside knows.
type account struct{ name, password string }

func newAccount(name string) account { return account{name, rand.Text()} }

// accounts are all users of the embedded server, with their passwords hashed.
// There is always one, so nobody gets in without a password.
func accounts(self, mqtt account, users []User) ([]*server.User, error) {
	all := []*server.User{
		{Username: self.name, Password: self.password, AllowedConnectionTypes: types(jwt.ConnectionTypeInProcess)},
		{
			Username: mqtt.name, Password: mqtt.password, AllowedConnectionTypes: types(jwt.ConnectionTypeMqtt),
			Permissions: mqttPermissions(),
		},
	}
	for _, u := range users {
		kind := jwt.ConnectionTypeStandard
		if u.Role == RoleDevice {
			kind = jwt.ConnectionTypeMqtt
		}
		all = append(all, &server.User{
			Username: u.Name, Password: u.Password, AllowedConnectionTypes: types(kind), Permissions: permissions(u),
		})
	}
	for _, u := range all {
		hash, err := bcrypt.GenerateFromPassword([]byte(u.Password), bcrypt.MinCost)
		if err != nil {
			return nil, invalid("the password of user %q cannot be used: %w", u.Username, err)
		}
		u.Password = string(hash)
	}
	return all, nil
}

func types(kind string) map[string]struct{} { return map[string]struct{}{kind: {}} }

// mqttPermissions let the room's own MQTT clients hear every device and
// nothing of the room.
func mqttPermissions() *server.Permissions {
	return &server.Permissions{
		Publish:   &server.SubjectPermission{Deny: []string{">"}},
		Subscribe: &server.SubjectPermission{Deny: []string{"iroom.>", "$JS.>", "$SYS.>", "$KV.>", "$O.>", "_INBOX.>"}},
	}
}

// permissions are all that a user of the role may do.
func permissions(u User) *server.Permissions {
	p := &server.Permissions{
		Publish:   &server.SubjectPermission{},
		Subscribe: &server.SubjectPermission{Allow: []string{InboxPrefix(u.Name) + ".>"}},
	}
	switch u.Role {
	case RoleConnector:
		p.Publish.Allow = []string{fusion.EventSubject(u.Name, ">"), fusion.RawSubject(u.Name), fusion.DeadSubject(u.Name)}
	case RoleDesk:
		p.Publish.Allow = []string{fusion.CommandSubject(">")}
		p.Subscribe.Allow = append(p.Subscribe.Allow, "iroom.api.>", "$SRV.>")
		p.Response = &server.ResponsePermission{MaxMsgs: server.DEFAULT_ALLOW_RESPONSE_MAX_MSGS, Expires: server.DEFAULT_ALLOW_RESPONSE_EXPIRATION}
	case RoleReader, RoleOperator, RoleSupervisor, RoleEngineer:
		askingPermissions(p, u)
	case RoleDevice:
		p.Publish.Allow = []string{u.Topics + ".>"}
		p.Subscribe = &server.SubjectPermission{Deny: []string{">"}}
	}
	return p
}

// askingPermissions let a user ask the desk under its own name only, which is
// how the desk knows who asks, and subscribe to its alerts and to what the
// notifier has for it. Pictures are read
// through the desk, which audits that; an engineer may read the stream too.
func askingPermissions(p *server.Permissions, u User) {
	ask := fusion.APISubject(u.Name, "")
	p.Publish.Allow = append(alertAPI(u.Alerts), ask+"*", ask+"feed.*")
	if u.Alerts == nil {
		u.Alerts = []string{"iroom.alert.>"}
	}
	p.Subscribe.Allow = append(append(p.Subscribe.Allow, u.Alerts...), "iroom.notify."+u.Name)
	if u.Role != RoleReader {
		p.Publish.Allow = append(p.Publish.Allow, ask+"command.*")
	}
	if u.Role == RoleEngineer {
		p.Publish.Allow = append(append(p.Publish.Allow, ask+"admin.*"), readerAPI(fusion.StreamPictures)...)
		p.Subscribe.Allow = append(p.Subscribe.Allow, "iroom.picture.>")
	}
	if u.Copies {
		p.Publish.Allow = append(p.Publish.Allow, "$JS.API.STREAM.NAMES", "$JS.API.STREAM.INFO.*", "$JS.API.STREAM.SNAPSHOT.*", "$JS.SNAPSHOT.ACK.>")
	}
}

// alertAPI are the subjects with which a consumer of those topics works; nil
// stands for all topics. The server refuses a consumer whose filter is not
// that of the subject on which it is asked for.
func alertAPI(topics []string) []string {
	if topics == nil {
		return readerAPI(fusion.StreamAlerts)
	}
	subjects := []string{
		"$JS.API.STREAM.INFO." + fusion.StreamAlerts, "$JS.API.CONSUMER.INFO." + fusion.StreamAlerts + ".>",
		"$JS.API.CONSUMER.MSG.NEXT." + fusion.StreamAlerts + ".>",
	}
	for _, topic := range topics {
		subjects = append(subjects, "$JS.API.CONSUMER.CREATE."+fusion.StreamAlerts+".*."+topic)
	}
	return subjects
}

// readerAPI are the subjects with which an ordered consumer works. Deleting
// consumers is not among them: a reader could delete that of another, and its
// own disappear by themselves.
func readerAPI(streams ...string) (subjects []string) {
	for _, s := range streams {
		subjects = append(subjects, "$JS.API.STREAM.INFO."+s, "$JS.API.CONSUMER.CREATE."+s+".>",
			"$JS.API.CONSUMER.INFO."+s+".>", "$JS.API.CONSUMER.MSG.NEXT."+s+".>")
	}
	return subjects
}
