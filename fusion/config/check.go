package config

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// Size is a number of bytes that people write as 500MB or 20GB.
type Size int64

// UnmarshalText reads what people write.
func (s *Size) UnmarshalText(b []byte) error {
	text := strings.ToUpper(strings.TrimSpace(string(b)))
	for unit, factor := range map[string]int64{"KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(n), 64)
			if err == nil && v > 0 && v < 1e6 {
				*s = Size(v * float64(factor))
				return nil
			}
		}
	}
	return fmt.Errorf("%q is not a size; write it like 500MB or 20GB", b)
}

const defaultCheckpointEvery = fusion.Duration(30 * time.Second)

func (c *Config) defaults() {
	if c.Room == "" {
		c.Room = "room"
	}
	if c.Dir == "" {
		c.Dir = "room"
	}
	if c.Checkpoint.Every == 0 {
		c.Checkpoint.Every = defaultCheckpointEvery
	}
}

// roles are the roles of users on the bus.
var roles = []string{"connector", "desk", "reader", "operator", "supervisor", "engineer", "device"}

// levels are those of TLP 2.0.
var levels = []string{"", "clear", "green", "amber", "amber+strict", "red"}

func (c *Config) check() error {
	var problems []error
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !fusion.IsToken(c.Room) {
		bad("room is %q; a name is lower case, digits and dashes", c.Room)
	}
	for what, addr := range map[string]string{"bus.listen": c.Bus.Listen, "bus.mqtt": c.Bus.MQTT, "http.listen": c.HTTP.Listen} {
		if addr == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			bad("%s is %q; write it like 127.0.0.1:4222", what, addr)
		}
	}
	if (c.HTTP.Cert == "") != (c.HTTP.Key == "") {
		bad("http has only one of cert and key; TLS needs both")
	}
	if (c.Bus.Cert == "") != (c.Bus.Key == "") {
		bad("bus has only one of cert and key; TLS needs both")
	}
	if c.Bus.URL != "" && (c.Bus.Listen != "" || c.Bus.MQTT != "") {
		bad("bus has a url, so listen and mqtt belong to that server's own configuration")
	}
	problems = append(problems, c.checkUsers()...)
	problems = append(problems, c.checkConnectors()...)
	for name := range c.Lists {
		if !fusion.IsToken(name) {
			bad("lists has %q; a name is lower case, digits and dashes", name)
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

func (c *Config) checkUsers() (problems []error) {
	names := map[string]bool{}
	for i, u := range c.Bus.Users {
		switch {
		case !fusion.IsToken(u.Name) || names[u.Name]:
			problems = append(problems, fmt.Errorf("bus.users[%d].name is %q; a name is lower case, digits and dashes, and unique", i, u.Name))
		case !slices.Contains(roles, u.Role):
			problems = append(problems, fmt.Errorf("bus.users[%d].role is %q; it is one of %s", i, u.Role, strings.Join(roles, ", ")))
		case c.Bus.URL != "" && u.Password != "":
			problems = append(problems, fmt.Errorf("bus.users[%d].password is not for here; bus has a url, so it belongs to that server's own configuration", i))
		case !slices.Contains(levels, u.TLP):
			problems = append(problems, fmt.Errorf("bus.users[%d].tlp is %q; it is one of clear, green, amber, amber+strict, red", i, u.TLP))
		case u.Role == "device" && u.Topics == "":
			problems = append(problems, fmt.Errorf("bus.users[%d].topics is missing; a device may publish below one first level only", i))
		}
		names[u.Name] = true
	}
	return problems
}

func (c *Config) checkConnectors() (problems []error) {
	names := map[string]bool{}
	for i, k := range c.Connectors {
		switch {
		case !fusion.IsToken(k.Name) || names[k.Name]:
			problems = append(problems, fmt.Errorf("connectors[%d].name is %q; a name is lower case, digits and dashes, and unique", i, k.Name))
		case k.Kind == "":
			problems = append(problems, fmt.Errorf("connectors[%d].kind is missing", i))
		case k.InFlight < 0 || k.InFlight > 100_000:
			problems = append(problems, fmt.Errorf("connectors[%d].in_flight is %d; it lies between 1 and 100000", i, k.InFlight))
		}
		names[k.Name] = true
	}
	return problems
}
