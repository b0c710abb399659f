package mqtt

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// Config is the part of a connector's configuration that names its broker and
// topics; it stands there under the key mqtt.
type Config struct {
	Broker   string   `yaml:"broker"`    // mqtt://host:1883 or mqtts://host:8883; "": the room's own listener
	Version  string   `yaml:"version"`   // 5 or 3.1.1; default 5, and always 3.1.1 for the room's own listener
	Username string   `yaml:"username"`  // not for the room's own listener, which has an account for connectors
	Password string   `yaml:"password"`  // reference to a secret: env:NAME or file:PATH
	ClientID string   `yaml:"client_id"` // unique at the broker and stable; default iroom-<instance>
	Topics   []string `yaml:"topics"`    // topic filters, with + and # as in MQTT
	CAFile   string   `yaml:"ca_file"`   // PEM; certificates that the broker's must be signed by; default the system's

	MaxInFlight   int             `yaml:"max_inflight"`   // messages without acknowledgement, MQTT 5 (with 3.1.1 the broker decides), 1 to 65535; default 256
	MaxBytes      int             `yaml:"max_bytes"`      // of one payload; default 1 MiB
	SessionExpiry fusion.Duration `yaml:"session_expiry"` // how long a broker keeps the session of an absent room, MQTT 5; default 7d
}

// The versions of MQTT.
const (
	Version5   = "5"
	Version311 = "3.1.1"
)

const (
	defaultInFlight = 256
	defaultMaxBytes = 1 << 20
	defaultExpiry   = fusion.Duration(7 * 24 * time.Hour)

	maxTopicBytes = 65535 // MQTT 5, 1.5.4
)

// own reports whether the broker is the room's own listener.
func (c *Config) own() bool { return c.Broker == "" }

// complete fills in the defaults and checks everything that can be checked
// without I/O.
func (c *Config) complete(instance string) error {
	c.Version = cmp.Or(c.Version, map[bool]string{true: Version311, false: Version5}[c.own()])
	c.ClientID = cmp.Or(c.ClientID, "iroom-"+instance)
	c.MaxInFlight = cmp.Or(c.MaxInFlight, defaultInFlight)
	c.MaxBytes = cmp.Or(c.MaxBytes, defaultMaxBytes)
	c.SessionExpiry = cmp.Or(c.SessionExpiry, defaultExpiry)
	switch {
	case c.Version != Version5 && c.Version != Version311:
		return fmt.Errorf("version is %q; it is %q or %q", c.Version, Version5, Version311)
	case c.own() && c.Version != Version311:
		return fmt.Errorf("version is %q; the room's own listener speaks %s only", c.Version, Version311)
	case c.own() && c.Username+c.Password+c.CAFile != "":
		return fmt.Errorf("username, password and ca_file belong to a broker; the room's own listener needs none of them")
	case c.MaxInFlight < 1 || c.MaxInFlight > 65535:
		return fmt.Errorf("max_inflight is %d; it lies between 1 and 65535", c.MaxInFlight)
	case c.MaxBytes < 1:
		return fmt.Errorf("max_bytes is %d; it is at least 1", c.MaxBytes)
	case c.SessionExpiry < fusion.Duration(time.Second) || c.expirySeconds() > 1<<32-1:
		return fmt.Errorf("session_expiry is %s; it lies between 1s and 49710d", c.SessionExpiry)
	}
	if _, err := c.endpoint(connectors.Host{}); err != nil {
		return err
	}
	return c.checkTopics()
}

func (c *Config) expirySeconds() int64 { return int64(time.Duration(c.SessionExpiry).Seconds()) }

func (c *Config) checkTopics() error {
	if len(c.Topics) == 0 {
		return fmt.Errorf("topics is empty; name at least one topic to listen to")
	}
	for _, t := range c.Topics {
		if err := checkFilter(t); err != nil {
			return fmt.Errorf("topic %q %w", t, err)
		}
		if c.own() && strings.ContainsAny(t, " \t") {
			return fmt.Errorf("topic %q has a space, which the room's own listener refuses; use another character", t)
		}
	}
	return nil
}

// checkFilter holds a topic filter to MQTT 5, 4.7.
func checkFilter(filter string) error {
	if filter == "" || len(filter) > maxTopicBytes || strings.ContainsRune(filter, 0) {
		return fmt.Errorf("is empty, too long or has a NUL")
	}
	levels := strings.Split(filter, "/")
	for i, level := range levels {
		if strings.Contains(level, "#") && (level != "#" || i < len(levels)-1) {
			return fmt.Errorf("may have # only alone, as its last level")
		}
		if strings.Contains(level, "+") && level != "+" {
			return fmt.Errorf("may have + only alone in a level")
		}
	}
	return nil
}

// endpoint is where to connect.
type endpoint struct {
	addr string // host:port
	host string // that the certificate must name; for TLS only
	tls  bool
}

func (s endpoint) String() string {
	if s.tls {
		return "mqtts://" + s.addr
	}
	return "mqtt://" + s.addr
}

// endpoint reads the broker's URL; a room's own listener is where the host says.
func (c *Config) endpoint(h connectors.Host) (endpoint, error) {
	if c.own() {
		return endpoint{addr: h.MQTTAddr, tls: h.MQTTTLS != nil}, nil
	}
	u, err := url.Parse(c.Broker)
	if err != nil || u.Hostname() == "" || (u.Scheme != "mqtt" && u.Scheme != "mqtts") {
		return endpoint{}, fmt.Errorf("broker is not an MQTT address; write it like mqtt://host:1883 or mqtts://host:8883")
	}
	if u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return endpoint{}, fmt.Errorf("broker has more than host and port; put the account into username and password")
	}
	s := endpoint{host: u.Hostname(), tls: u.Scheme == "mqtts"}
	s.addr = net.JoinHostPort(s.host, cmp.Or(u.Port(), map[bool]string{true: "8883", false: "1883"}[s.tls]))
	return s, nil
}
