package ais

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/connectors"
)

const patience = 10 * time.Second

// listen starts a server that gives the connections it accepts.
func listen(t *testing.T) (address string, accepted <-chan net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	conns := make(chan net.Conn, 8)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns <- c
		}
	}()
	return l.Addr().String(), conns
}

func accept(t *testing.T, accepted <-chan net.Conn) net.Conn {
	t.Helper()
	select {
	case c := <-accepted:
		t.Cleanup(func() { c.Close() })
		return c
	case <-time.After(patience):
		t.Fatal("nobody connects")
		return nil
	}
}

func write(t *testing.T, c net.Conn, pieces ...string) {
	t.Helper()
	for _, p := range pieces {
		if _, err := c.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, config string) connectors.Source {
	t.Helper()
	c, err := Kind.New(connectors.Host{Name: "test"}, connectors.DecodeYAML([]byte(config)))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Source.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Source.Close(context.Background()) })
	return c.Source
}

func read(t *testing.T, s connectors.Source) (string, connectors.Ack) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	m, ack, err := s.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return string(m.Payload), ack
}

func TestGroupsArriveInPieces(t *testing.T) {
	address, accepted := listen(t)
	s := open(t, "address: "+address+"\nsend: hello")
	c := accept(t, accepted)
	if greeting, err := bufio.NewReader(c).ReadString('\n'); err != nil || greeting != "hello\r\n" {
		t.Fatalf("the greeting is %q: %v", greeting, err)
	}
	whole := strings.Join(voyageLines, "\r\n") + "\r\n"
	write(t, c, "garbage\n", strings.Repeat("x", 9*maxLine)+"\n", whole[:20], whole[20:70], whole[70:], moored+"\n")
	if got, _ := read(t, s); got != "garbage" {
		t.Errorf("got %q", got)
	}
	if got, _ := read(t, s); len(got) <= maxLine || len(got) > 2*maxLine {
		t.Errorf("of a long line %d bytes came", len(got))
	}
	if got, _ := read(t, s); got != strings.Join(voyageLines, "\n") {
		t.Errorf("got %q", got)
	}
	if got, _ := read(t, s); got != moored {
		t.Errorf("got %q", got)
	}
}

func TestEndOfConnectionIsAnErrorAfterWhatWaits(t *testing.T) {
	address, accepted := listen(t)
	s := open(t, "address: "+address)
	c := accept(t, accepted)
	write(t, c, voyageLines[0]+"\n")
	c.Close()
	if got, _ := read(t, s); got != voyageLines[0] {
		t.Errorf("got %q", got)
	}
	for range 2 {
		_, _, err := s.Read(t.Context())
		if err == nil || !strings.Contains(err.Error(), "closed the connection") {
			t.Errorf("the error is %v", err)
		}
	}
}

func TestSilenceIsNoticed(t *testing.T) {
	address, accepted := listen(t)
	s := open(t, "address: "+address+"\nidle: 1s")
	accept(t, accepted)
	_, _, err := s.Read(t.Context())
	if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() {
		t.Errorf("the error is %v, expected a time-out", err)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	address, accepted := listen(t)
	s := open(t, "address: "+address)
	accept(t, accepted)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, _, err := s.Read(ctx)
		ended <- err
	}()
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Read goes on after its context is done")
	}
}

func TestReadingWaitsForAcknowledgements(t *testing.T) {
	address, accepted := listen(t)
	s := open(t, "address: "+address+"\nunacknowledged: 2")
	write(t, accept(t, accepted), strings.Repeat(moored+"\n", 3))
	_, first := read(t, s)
	read(t, s)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Read(done); !errors.Is(err, context.Canceled) {
		t.Fatalf("a third message was read while two are unacknowledged: %v", err)
	}
	first(connectors.Receipt{})
	if got, _ := read(t, s); got != moored {
		t.Errorf("got %q", got)
	}
}

func TestTLSNeedsATrustedCertificate(t *testing.T) {
	certificates := httptest.NewUnstartedServer(nil)
	certificates.StartTLS()
	defer certificates.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificates.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			_ = c.(*tls.Conn).HandshakeContext(t.Context()) // it fails at the other end
			c.Close()
		}
	}()
	c, err := Kind.New(connectors.Host{}, connectors.DecodeYAML([]byte("transport: tls\naddress: "+l.Addr().String())))
	if err != nil {
		t.Fatal(err)
	}
	err = c.Source.Open(t.Context())
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("the error is %v, expected one about the certificate", err)
	}
}

// heard is a sink that tells what reaches it.
type heard struct{ lines chan string }

func (h heard) Submit(_ context.Context, item connectors.Item, done func(error)) error {
	for _, e := range item.Events {
		if e.Type.Domain() == "sensor" {
			h.lines <- fmt.Sprintf("%s %s", e.Type, e.Subject)
		}
	}
	done(nil)
	return nil
}

func (h heard) Dead(_ context.Context, letter connectors.DeadLetter) error {
	h.lines <- letter.Rejection.Code
	return nil
}

func (h heard) next(t *testing.T) string {
	t.Helper()
	select {
	case line := <-h.lines:
		return line
	case <-time.After(patience):
		t.Fatal("nothing reaches the sink")
		return ""
	}
}

func TestRunnerConnectsAgain(t *testing.T) {
	address, accepted := listen(t)
	c, err := Kind.New(connectors.Host{Name: "test"}, connectors.DecodeYAML([]byte("address: "+address)))
	if err != nil {
		t.Fatal(err)
	}
	sink := heard{make(chan string, 16)}
	r := connectors.Runner{Kind: Kind, Name: "test", Connector: c, Sink: sink, Log: slog.New(slog.DiscardHandler)}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); r.Run(ctx) }()

	first := accept(t, accepted)
	write(t, first, voyageLines[0]+"\n")
	first.Close()
	if got := sink.next(t); got != "incomplete" {
		t.Errorf("got %s", got)
	}
	second := accept(t, accepted)
	write(t, second, strings.Join(voyageLines, "\n")+"\n")
	if got := sink.next(t); got != "sensor.vessel.static 351759000" {
		t.Errorf("got %s", got)
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("the runner does not end")
	}
}
