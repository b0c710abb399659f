package mqtt

import (
	"strings"
	"testing"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

func TestConfigDefaults(t *testing.T) {
	s, err := New(connectors.Host{Name: "yard"}, Config{Broker: "mqtts://broker", Topics: []string{"a"}})
	must(t, err)
	if s.cfg.Version != Version5 || s.cfg.ClientID != "iroom-yard" || s.cfg.MaxInFlight != defaultInFlight {
		t.Errorf("defaults of a broker: %+v", s.cfg)
	}
	to, err := s.cfg.endpoint(connectors.Host{})
	must(t, err)
	if to.String() != "mqtts://broker:8883" {
		t.Errorf("the port of TLS: %s", to)
	}
	own, err := New(connectors.Host{Name: "yard"}, Config{Topics: []string{"a"}})
	must(t, err)
	if own.cfg.Version != Version311 {
		t.Errorf("the room's own listener: version %s", own.cfg.Version)
	}
}

func TestConfigErrors(t *testing.T) {
	for want, c := range map[string]Config{
		"topics is empty":                        {},
		"# only alone":                           {Topics: []string{"a/#/b"}},
		"+ only alone":                           {Topics: []string{"a+/b"}},
		"is empty, too long":                     {Topics: []string{""}},
		"has a space":                            {Topics: []string{"a b"}},
		"the room's own listener speaks":         {Topics: []string{"a"}, Version: Version5},
		"belong to a broker":                     {Topics: []string{"a"}, Username: "x"},
		`version is "4"`:                         {Topics: []string{"a"}, Broker: "mqtt://b", Version: "4"},
		"not an MQTT address":                    {Topics: []string{"a"}, Broker: "tcp://b:1883"},
		"the account into username":              {Topics: []string{"a"}, Broker: "mqtt://me:pw@b"},
		"max_inflight is 65536":                  {Topics: []string{"a"}, MaxInFlight: 65536},
		"max_bytes is -1":                        {Topics: []string{"a"}, MaxBytes: -1},
		"session_expiry is 1ns; it lies between": {Topics: []string{"a"}, SessionExpiry: 1},
	} {
		_, err := New(connectors.Host{Name: "x"}, c)
		if err == nil || !strings.Contains(err.Error(), want) || fusion.KindOf(err) != fusion.KindInvalid {
			t.Errorf("%+v gives %v, want %q", c, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("%q shows a password", err)
		}
	}
}
