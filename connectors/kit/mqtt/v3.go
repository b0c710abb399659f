package mqtt

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	mqtt3 "github.com/eclipse/paho.mqtt.golang"
)

const (
	writeTimeout = 10 * time.Second
	quiesce      = 100 // ms that a disconnect gives to what is under way
	failure      = 0x80
)

type link3 struct {
	client mqtt3.Client
	in     *session
}

// dial3 connects by MQTT 3.1.1.
func dial3(ctx context.Context, cfg Config, to endpoint, who account, security *tls.Config, in *session) (link, error) {
	l := &link3{mqtt3.NewClient(options3(cfg, to, who, security, in)), in}
	if err := wait3(ctx, l.client.Connect()); err != nil {
		return nil, l.abandon(fmt.Errorf("connect: %w", err))
	}
	if err := l.subscribe(ctx, cfg.Topics); err != nil {
		return nil, l.abandon(err)
	}
	return l, nil
}

func options3(cfg Config, to endpoint, who account, security *tls.Config, in *session) *mqtt3.ClientOptions {
	scheme := "tcp://"
	if security != nil {
		scheme = "ssl://"
	}
	return mqtt3.NewClientOptions().
		AddBroker(scheme + to.addr).SetTLSConfig(security).SetProtocolVersion(4).
		SetClientID(cfg.ClientID).SetUsername(who.user).SetPassword(who.password).
		SetCleanSession(false).SetOrderMatters(true).SetAutoAckDisabled(true).
		SetAutoReconnect(false).SetConnectRetry(false).
		SetKeepAlive(keepAlive * time.Second).SetConnectTimeout(openTimeout).SetWriteTimeout(writeTimeout).
		SetDefaultPublishHandler(in.receive3).
		SetConnectionLostHandler(func(_ mqtt3.Client, err error) { in.end(err) })
}

func (s *session) receive3(_ mqtt3.Client, m mqtt3.Message) {
	s.receive(m.Topic(), m.Payload(), m.Qos(), m.Retained(), func() error { m.Ack(); return nil })
}

func (l *link3) subscribe(ctx context.Context, topics []string) error {
	filters := map[string]byte{}
	for _, t := range topics {
		filters[t] = 1
	}
	token := l.client.SubscribeMultiple(filters, nil)
	err := wait3(ctx, token)
	if sub, ok := token.(*mqtt3.SubscribeToken); ok {
		for _, t := range topics {
			if sub.Result()[t] == failure {
				return fmt.Errorf("the broker refused the subscription to %q; does the account have the right to read it?", t)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("subscribe: %w", err)
	}
	return nil
}

func wait3(ctx context.Context, token mqtt3.Token) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-token.Done():
		return token.Error()
	}
}

// abandon gives up a connection that never was of use.
func (l *link3) abandon(err error) error {
	l.in.end(err) // frees what may hold up the client
	l.client.Disconnect(0)
	return err
}

func (l *link3) close(context.Context) error {
	l.in.end(errClosed)
	l.client.Disconnect(quiesce)
	return nil
}
