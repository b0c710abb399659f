package devices

import (
	"context"
	"errors"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/openiroom/iroom/simulate/wire"
)

const (
	atLeastOnce = 1   // MQTT's QoS
	quiesce     = 250 // ms that a disconnect gives to what is under way
	brokerWait  = 5 * time.Second
)

// publisher is a Frigate: one MQTT 3.1.1 client.
type publisher struct{ client mqtt.Client }

func newPublisher(addr, user, password string) *publisher {
	options := mqtt.NewClientOptions().AddBroker("tcp://" + addr).SetClientID("frigate-roermond").
		SetUsername(user).SetPassword(password).SetProtocolVersion(4).
		SetConnectTimeout(brokerWait).SetWriteTimeout(brokerWait).SetAutoReconnect(false).SetCleanSession(true)
	return &publisher{mqtt.NewClient(options)}
}

func (p *publisher) send(ctx context.Context, m message) error {
	if !p.client.IsConnectionOpen() {
		if err := finished(ctx, p.client.Connect()); err != nil {
			return err
		}
	}
	return finished(ctx, p.client.Publish(wire.FrigateTopic, atLeastOnce, false, m.payload))
}

// finished waits for the broker's acknowledgement.
func finished(ctx context.Context, token mqtt.Token) error {
	timeout := time.NewTimer(brokerWait)
	defer timeout.Stop()
	select {
	case <-token.Done():
		return token.Error()
	case <-ctx.Done():
		return ctx.Err()
	case <-timeout.C:
		return errors.New("the MQTT broker does not answer")
	}
}

func (p *publisher) close() error {
	p.client.Disconnect(quiesce)
	return nil
}
