package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

// ackInterval is how often the client sends the acknowledgements that are due.
const ackInterval = 20 * time.Millisecond

// Reason codes (MQTT 5, 2.4).
const (
	refused       = 0x80 // the first that means no
	packetIDInUse = 0x91
)

type link5 struct {
	client *paho.Client
	in     *session
}

// dial5 connects by MQTT 5.
func dial5(ctx context.Context, cfg Config, to endpoint, who account, security *tls.Config, in *session) (link, error) {
	conn, err := dialNet(ctx, to, security)
	if err != nil {
		return nil, err
	}
	client := paho.NewClient(paho.ClientConfig{
		Conn:                       packets.NewThreadSafeConn(conn),
		EnableManualAcknowledgment: true,
		SendAcksInterval:           ackInterval,
		OnPublishReceived:          []func(paho.PublishReceived) (bool, error){in.receive5},
		OnClientError:              in.end,
		OnServerDisconnect: func(d *paho.Disconnect) {
			in.end(fmt.Errorf("the broker ended the connection with reason code 0x%02x", d.ReasonCode))
		},
	})
	if err := connect5(ctx, client, cfg, who); err != nil {
		return nil, errors.Join(err, closed(conn.Close()))
	}
	l := &link5{client, in}
	if err := l.subscribe(ctx, cfg.Topics); err != nil {
		in.end(err) // frees what may hold up the client
		return nil, errors.Join(err, closed(client.Disconnect(&paho.Disconnect{})))
	}
	return l, nil
}

func dialNet(ctx context.Context, to endpoint, security *tls.Config) (net.Conn, error) {
	if security == nil {
		return new(net.Dialer).DialContext(ctx, "tcp", to.addr)
	}
	return (&tls.Dialer{Config: security}).DialContext(ctx, "tcp", to.addr)
}

// closed leaves out that a connection was closed already.
func closed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func connect5(ctx context.Context, client *paho.Client, cfg Config, who account) error {
	ack, err := client.Connect(ctx, &paho.Connect{
		ClientID: cfg.ClientID, KeepAlive: keepAlive, CleanStart: false,
		Username: who.user, UsernameFlag: who.user != "", Password: []byte(who.password), PasswordFlag: who.password != "",
		Properties: &paho.ConnectProperties{
			SessionExpiryInterval: new(uint32(cfg.expirySeconds())),
			ReceiveMaximum:        new(uint16(cfg.MaxInFlight)),
		},
	})
	if err == nil {
		return nil
	}
	if ack == nil {
		return fmt.Errorf("no answer to CONNECT: %w", err)
	}
	return &refusal{"the connection", ack.ReasonCode}
}

func (l *link5) subscribe(ctx context.Context, topics []string) error {
	request := &paho.Subscribe{}
	for _, t := range topics {
		request.Subscriptions = append(request.Subscriptions, paho.SubscribeOptions{Topic: t, QoS: 1})
	}
	for {
		ack, err := l.client.Subscribe(ctx, request)
		if ack == nil {
			return fmt.Errorf("subscribe: %w", err)
		}
		// Some brokers take the packet id for that of an unacknowledged message
		// of theirs; the client uses another one the next time.
		if slices.Contains(ack.Reasons, packetIDInUse) && ctx.Err() == nil {
			continue
		}
		for i, code := range ack.Reasons {
			if code >= refused {
				return &refusal{fmt.Sprintf("the subscription to %q", topics[i]), code}
			}
		}
		return err
	}
}

func (s *session) receive5(p paho.PublishReceived) (bool, error) {
	s.receive(p.Packet.Topic, p.Packet.Payload, p.Packet.QoS, p.Packet.Retain, func() error { return p.Client.Ack(p.Packet) })
	return true, nil
}

// close waits until the last acknowledgements are sent, then disconnects.
func (l *link5) close(ctx context.Context) error {
	sent := time.NewTimer(2 * ackInterval)
	defer sent.Stop()
	select {
	case <-ctx.Done():
	case <-sent.C:
	case <-l.in.gone: // nothing after the failure may be acknowledged
	}
	l.in.end(errClosed)
	err := l.client.Disconnect(&paho.Disconnect{})
	if errors.Is(l.in.cause, errClosed) {
		return closed(err)
	}
	return nil // of a connection that was lost nothing else can be expected
}

// refusal is a reason code with which a broker says no (MQTT 5, 2.4).
type refusal struct {
	what string
	code byte
}

func (r *refusal) Error() string {
	text := fmt.Sprintf("the broker refused %s with reason code 0x%02x", r.what, r.code)
	switch r.code {
	case 0x86:
		text += ": the user name or password is wrong"
	case 0x87:
		text += ": the account may not do this"
	case 0x84:
		text += ": it does not speak MQTT 5; set version to 3.1.1"
	}
	return text
}
