package app_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
)

// TestSubscriberThatNeverReadsStopsNothing has a client that follows all pictures
// and never reads what it gets. The room goes on, and another subscriber gets
// everything.
func TestSubscriberThatNeverReadsStopsNothing(t *testing.T) {
	const messages, each = 15, 300
	h := newHome(t)
	r, err := h.start(false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Stop()
	h.stuck(r)
	nc := h.asker(r)
	got := make(chan *nats.Msg, 2*messages*each)
	sub, err := nc.ChanSubscribe("iroom.picture.>", got)
	if err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	for n := range messages {
		h.bulky(r, n*each, each)
	}
	bytes := 0
	for range messages * each {
		select {
		case m := <-got:
			bytes += len(m.Data)
		case <-time.After(time.Minute):
			t.Fatalf("the other subscriber gets nothing any more; it is valid: %t", sub.IsValid())
		}
	}
	if bytes < 8<<20 {
		t.Errorf("%d bytes fit into the buffers of a socket; the reader that does not read was not tried", bytes)
	}
	h.eventually("end of the log", func() bool {
		room, err := r.Room(t.Context())
		return err == nil && room.Counts.Events >= messages*each && room.Applied == room.Last
	})
}

// stuck subscribes to all pictures over a socket from which it never reads.
func (h *home) stuck(r *app.Room) {
	h.t.Helper()
	a := r.LocalAccess()
	var dialer net.Dialer
	conn, err := dialer.DialContext(h.t.Context(), "tcp", strings.TrimPrefix(a.URL, "nats://"))
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			h.t.Error(err)
		}
	})
	if err := conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		h.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(conn, "CONNECT {\"user\":%q,\"pass\":%q}\r\nSUB iroom.picture.> 1\r\nPING\r\n", a.User, a.Password); err != nil {
		h.t.Fatal(err)
	}
	lines := bufio.NewReaderSize(conn, 16)
	for {
		line, err := lines.ReadString('\n')
		switch {
		case err != nil || strings.HasPrefix(line, "-ERR"):
			h.t.Fatalf("%q, %v", line, err)
		case strings.HasPrefix(line, "PONG"):
			return
		}
	}
}

// bulky puts incidents far apart on the log, with long texts.
func (h *home) bulky(r *app.Room, from, n int) {
	h.t.Helper()
	var events []*fusion.Event
	now := time.Now().UTC()
	for i := from; i < from+n; i++ {
		events = append(events, &fusion.Event{
			ID: fusion.NewEventID("bulky", fmt.Sprint(i), ""), Source: "bulky", Type: fusion.TypeIncident, Subject: fmt.Sprint(i),
			Time: now, RecordedTime: now, Status: fusion.StatusActual, MsgType: fusion.MsgAlert, Headline: strings.Repeat("long ", 400),
			Geometry: fusion.NewPoint(-170+float64(i%340), -80+float64(i/340)*10),
			Attrs:    map[string]any{"nature": "public.nuisance", "state": "dispatched"},
		})
	}
	done := make(chan error, 1)
	if err := r.Sink().Submit(h.t.Context(), connectors.Item{Connector: "test", Events: events}, func(err error) { done <- err }); err != nil {
		h.t.Fatal(err)
	}
	if err := <-done; err != nil {
		h.t.Fatal(err)
	}
}
