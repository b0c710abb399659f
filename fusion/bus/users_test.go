package bus_test

import (
	"errors"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

func guarded(t *testing.T) *bus.Bus {
	return room(t, bus.Options{
		Listen: "127.0.0.1:0", MQTTListen: "127.0.0.1:0",
		Users: []bus.User{
			{Name: "anpr", Role: bus.RoleConnector, Password: "a"},
			{Name: "wall", Role: bus.RoleReader, Password: "w"},
			{Name: "desk", Role: bus.RoleDesk, Password: "d"},
			{Name: "jan", Role: bus.RoleOperator, Password: "j"},
			{Name: "limited", Role: bus.RoleReader, Password: "l", Alerts: []string{"iroom.alert.centrum.*.>"}},
			{Name: "cams", Role: bus.RoleDevice, Password: "c", Topics: "frigate"},
		},
	})
}

func TestWhoGetsIn(t *testing.T) {
	b := guarded(t)
	for name, c := range map[string]struct {
		user, password string
		in             bool
	}{
		"anonymous":              {"", "", false},
		"wrong password":         {"anpr", "x", false},
		"the room from outside":  {"room-self", "", false},
		"a device over NATS":     {"cams", "c", false},
		"a connector, its own":   {"anpr", "a", true},
		"a reader, its password": {"wall", "w", true},
	} {
		_, err := connect(t, b, c.user, c.password)
		if (err == nil) != c.in {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPermissions tries what each role may and may not do.
func TestPermissions(t *testing.T) {
	b := guarded(t)
	passwords := map[string]string{"anpr": "a", "wall": "w", "desk": "d", "jan": "j", "limited": "l"}
	for _, c := range []struct {
		user, do, subject string
		allowed           bool
	}{
		{"anpr", "pub", "iroom.in.event.anpr.week", true},
		{"anpr", "pub", "iroom.raw.anpr", true},
		{"anpr", "pub", "iroom.dead.anpr", true},
		{"anpr", "pub", "iroom.in.event.room.week", false},
		{"anpr", "pub", "iroom.in.command.close", false},
		{"anpr", "pub", "iroom.in.config", false},
		{"anpr", "pub", "iroom.raw.other", false},
		{"anpr", "pub", "iroom.out.alert.x", false},
		{"anpr", "pub", "$JS.API.STREAM.DELETE.ROOM", false},
		{"anpr", "sub", "_INBOX_anpr.x", true},
		{"anpr", "sub", "_INBOX_wall.x", false},
		{"anpr", "sub", "iroom.>", false},
		{"wall", "sub", "iroom.alert.>", true},
		{"wall", "sub", "iroom.picture.>", false},
		{"wall", "pub", "$JS.API.CONSUMER.CREATE.PICTURES.x", false},
		{"wall", "pub", "$JS.API.DIRECT.GET.PICTURES", false},
		{"wall", "sub", "iroom.in.>", false},
		{"wall", "sub", "iroom.raw.>", false},
		{"wall", "sub", ">", false},
		{"wall", "pub", "iroom.api.wall.pictures", true},
		{"wall", "pub", "iroom.api.wall.command.close", false},
		{"jan", "pub", "iroom.api.jan.command.close", true},
		{"jan", "pub", "iroom.api.jan.incident", true},
		{"jan", "pub", "iroom.api.jan.admin.activate", false},
		{"jan", "pub", "iroom.in.command.close", false},
		{"jan", "pub", "iroom.api.incident", false},
		{"jan", "pub", "iroom.api.wall.incident", false},
		{"jan", "pub", "iroom.api.wall.command.close", false},
		{"wall", "pub", "iroom.api.jan.command.close", false},
		{"wall", "pub", "iroom.api.wall.feed.changes", true},
		{"limited", "sub", "iroom.alert.>", false},
		{"limited", "sub", "iroom.alert.centrum.fire.>", true},
		{"limited", "pub", "$JS.API.CONSUMER.CREATE.ALERTS.x", false},
		{"limited", "pub", "$JS.API.CONSUMER.CREATE.ALERTS.x.iroom.alert.maas.fire.>", false},
		{"limited", "pub", "$JS.API.CONSUMER.CREATE.ALERTS.x.iroom.alert.centrum.fire.>", true},
		{"wall", "pub", "iroom.alert.fake", false},
		{"wall", "pub", "iroom.out.alert.fake", false},
		{"wall", "pub", "$JS.API.CONSUMER.CREATE.ROOM.x", false},
		{"wall", "pub", "$JS.API.CONSUMER.DELETE.ALERTS.x", false},
		{"wall", "pub", "$JS.API.STREAM.PURGE.ALERTS", false},
		{"desk", "pub", "iroom.in.command.close", true},
		{"desk", "sub", "iroom.api.>", true},
		{"desk", "pub", "iroom.in.event.room.week", false},
		{"desk", "pub", "iroom.in.config", false},
	} {
		nc, err := connect(t, b, c.user, passwords[c.user])
		if err != nil {
			t.Fatal(err)
		}
		if c.do == "pub" {
			err = nc.Publish(c.subject, []byte("{}"))
		} else {
			_, err = nc.SubscribeSync(c.subject)
		}
		if err := errors.Join(err, nc.FlushTimeout(patience)); err != nil {
			t.Fatal(err)
		}
		if allowed := !denied(nc); allowed != c.allowed {
			t.Errorf("%s %s %s: allowed is %v", c.user, c.do, c.subject, allowed)
		}
		nc.Close()
	}
}

// denied reports whether the server refused something before the last flush:
// its error comes before the answer to the flush and stays the last error.
func denied(nc *nats.Conn) bool {
	return errors.Is(nc.LastError(), nats.ErrPermissionViolation)
}

func TestReaderConsumesAlerts(t *testing.T) {
	b := guarded(t)
	ctx := limited(t)
	if _, err := b.JS().Publish(ctx, "iroom.out.alert.a", []byte("1")); err != nil {
		t.Fatal(err)
	}
	nc, err := connect(t, b, "wall", "w")
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	c, err := js.OrderedConsumer(ctx, fusion.StreamAlerts, jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := c.Messages()
	if err != nil {
		t.Fatal(err)
	}
	defer messages.Stop()
	m, err := messages.Next(jetstream.NextContext(ctx))
	if err != nil || m.Subject() != "iroom.alert.a" {
		t.Errorf("got %v, %v", m, err)
	}
}

func TestConnectorPublishIsAcknowledged(t *testing.T) {
	b := guarded(t)
	nc, err := connect(t, b, "anpr", "a")
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if ack, err := js.Publish(limited(t), fusion.EventSubject("anpr", "week"), []byte("[]")); err != nil || ack.Stream != fusion.StreamRoom {
		t.Errorf("got %v, %v", ack, err)
	}
}

func mqttClient(t *testing.T, b *bus.Bus, id, user, password string) (mqtt.Client, error) {
	t.Helper()
	c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker("tcp://" + b.MQTTAddr()).SetClientID(id).
		SetUsername(user).SetPassword(password).SetAutoReconnect(false).SetConnectTimeout(patience))
	token := c.Connect()
	if !token.WaitTimeout(patience) {
		t.Fatal("no answer to connect")
	}
	if token.Error() == nil {
		t.Cleanup(func() { c.Disconnect(0) })
	}
	return c, token.Error()
}

func TestDevicesPublishOnlyBelowTheirTopic(t *testing.T) {
	b := guarded(t)
	if _, err := mqttClient(t, b, "x", "", ""); err == nil {
		t.Error("anonymous got in over MQTT")
	}
	user, password := b.MQTTAccount()
	ours, err := mqttClient(t, b, "ours", user, password)
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan string, 16)
	sub := ours.Subscribe("#", 1, func(_ mqtt.Client, m mqtt.Message) { heard <- m.Topic() })
	if !sub.WaitTimeout(patience) || sub.Error() != nil {
		t.Fatal(sub.Error())
	}
	device, err := mqttClient(t, b, "device", "cams", "c")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Conn().Publish("iroom.alert.secret", nil); err != nil {
		t.Fatal(err)
	}
	if err := b.Conn().FlushTimeout(patience); err != nil {
		t.Fatal(err)
	}
	device.Publish("iroom/in/command/close", 0, false, "{}").WaitTimeout(patience)
	device.Publish("other/topic", 0, false, "{}").WaitTimeout(patience)
	device.Publish("frigate/events", 1, false, "{}").WaitTimeout(patience)
	select {
	case topic := <-heard:
		if topic != "frigate/events" {
			t.Errorf("%s came through", topic)
		}
	case <-time.After(patience):
		t.Error("the device was not heard")
	}
	state, err := openLog(t, b).State(limited(t))
	if err != nil || state.Last != 0 {
		t.Errorf("the log has %d messages (%v)", state.Last, err)
	}
}
