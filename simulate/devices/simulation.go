package devices

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/openiroom/iroom/simulate"
	"github.com/openiroom/iroom/simulate/wire"
)

// Targets says where the devices send to. A device without a target is
// silent.
type Targets struct {
	ANPRURL, ANPRToken         string
	DispatchURL, DispatchToken string // of EIDO documents
	MQTTAddr                   string // host:port of a listener that speaks MQTT 3.1.1
	MQTTUser, MQTTPassword     string
	CSVPath                    string // is made when it does not exist
}

// Simulation is a city whose servers listen.
type Simulation struct {
	city     *simulate.City
	log      *slog.Logger
	warnings *warningServer
	receiver *receiver
	http     *http.Server
	counts   counters
}

// Start opens the issuer of warnings and the AIS receiver on free ports of the
// loopback interface. They serve until ctx ends.
func Start(ctx context.Context, city *simulate.City, log *slog.Logger) (*Simulation, error) {
	var listen net.ListenConfig
	web, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("simulated issuer of warnings: %w", err)
	}
	lines, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("simulated AIS receiver: %w", err), web.Close())
	}
	s := &Simulation{city: city, log: log}
	s.warnings = newWarningServer("http://" + web.Addr().String())
	s.receiver = newReceiver(lines)
	s.http = &http.Server{Handler: s.warnings.handler(), ReadHeaderTimeout: 5 * time.Second}
	go s.serve(ctx, web)
	return s, nil
}

// serve runs both servers and ends with ctx.
func (s *Simulation) serve(ctx context.Context, web net.Listener) {
	var running sync.WaitGroup
	running.Go(func() {
		if err := s.http.Serve(web); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("simulated issuer of warnings has stopped", "problem", err)
		}
	})
	running.Go(s.receiver.accept)
	<-ctx.Done()
	if err := errors.Join(s.http.Close(), s.receiver.shutDown()); err != nil {
		s.log.Debug("simulated servers did not close cleanly", "problem", err)
	}
	running.Wait()
}

// CAPURL is the address of the Atom index of warnings.
func (s *Simulation) CAPURL() string { return s.warnings.base + indexPath }

// AISAddr is host:port of the AIS receiver.
func (s *Simulation) AISAddr() string { return s.receiver.listener.Addr().String() }

// Sent says how many messages of each device were delivered, and how many
// were dropped because their target was away too long.
func (s *Simulation) Sent() (delivered map[simulate.Device]int64, dropped int64) {
	return s.counts.read()
}

// Run plays the city from its start until ctx ends, speed times as fast as the
// clock; it returns nil then. The servers go on until the ctx of Start ends.
func (s *Simulation) Run(ctx context.Context, targets Targets, speed float64) error {
	if !(speed > 0) {
		return fmt.Errorf("the simulation's speed is %g; it is above 0, and 1 is real time", speed)
	}
	ways, err := s.ways(targets)
	if err != nil {
		return err
	}
	start := time.Now()
	clock := func(d time.Duration) time.Time { return start.Add(time.Duration(float64(d) / speed)) }
	var senders sync.WaitGroup
	queues := map[simulate.Device]*queue{}
	for device, way := range ways {
		q := newQueue()
		queues[device] = q
		senders.Go(func() { s.drain(ctx, device, way, q) })
	}
	err = s.play(ctx, clock, queues)
	senders.Wait()
	for _, way := range ways {
		err = errors.Join(err, way.close())
	}
	return err
}

// play hands each emission to its device at its time.
func (s *Simulation) play(ctx context.Context, clock wire.Clock, queues map[simulate.Device]*queue) error {
	for e := range s.city.Emissions() {
		if !sleepUntil(ctx, clock(e.At)) {
			return nil
		}
		q, ok := queues[e.Device]
		if !ok {
			continue
		}
		payload, err := e.Payload.Encode(clock)
		if err != nil {
			return fmt.Errorf("simulated %s device: %w", e.Device, err)
		}
		if dropped := q.put(message{payload: payload, emission: e}); dropped {
			s.counts.dropped.Add(1)
		}
	}
	return nil
}

func sleepUntil(ctx context.Context, t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return ctx.Err() == nil
	}
}
