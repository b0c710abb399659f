package cap

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// shelf is a sink that keeps everything.
type shelf struct {
	events chan *fusion.Event
	dead   chan connectors.DeadLetter
}

func (s *shelf) Submit(_ context.Context, item connectors.Item, done func(error)) error {
	for _, e := range item.Events {
		s.events <- e
	}
	done(nil)
	return nil
}

func (s *shelf) Dead(_ context.Context, letter connectors.DeadLetter) error {
	s.dead <- letter
	return nil
}

func TestRunnerBringsAlertsInAndStops(t *testing.T) {
	s, state := newSite(t), &memory{}
	s.put("/index", indexOf("/b.cap", "/a.cap"))
	s.put("/a.cap", doc("<geocode><valueName>EMMA_ID</valueName><value>NL011</value></geocode>"))
	s.put("/b.cap", "<alert>")
	r := prepare(t, state, s.URL+"/index")
	sink := &shelf{make(chan *fusion.Event, 16), make(chan connectors.DeadLetter, 16)}
	runner := &connectors.Runner{
		Kind: Kind, Name: "warnings", Connector: &connectors.Connector{Source: r.source, Mapper: r.mapper}, Sink: sink,
		Log: slog.New(slog.DiscardHandler),
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		runner.Run(ctx)
	}()
	var warning *fusion.Event
	for warning == nil {
		if e := <-sink.events; e.Type == fusion.TypeWarning {
			warning = e
		}
	}
	if warning.Provenance.Connector != "warnings" || warning.Provenance.Raw.SHA256 == "" || warning.RecordedTime.IsZero() {
		t.Errorf("%+v", warning.Provenance)
	}
	if letter := <-sink.dead; letter.Origin != s.URL+"/b.cap" || string(letter.Payload) != "<alert>" {
		t.Errorf("%+v", letter)
	}
	<-r.waits // the poll is over and saved
	cancel()
	select {
	case <-stopped:
	case <-time.After(10 * time.Second):
		t.Fatal("the runner does not stop")
	}
	if len(state.state) == 0 {
		t.Error("nothing was saved")
	}
}
