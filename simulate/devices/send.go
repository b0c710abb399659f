package devices

import (
	"context"
	"errors"
	"time"

	"github.com/openiroom/iroom/simulate"
)

const (
	shortestPause = 200 * time.Millisecond
	longestPause  = 5 * time.Second
)

// way delivers the messages of one device.
type way interface {
	// send returns nil once the target has the message, errRefused when it
	// will never take it, and another error when it may later.
	send(ctx context.Context, m message) error
	close() error
}

// errRefused means that sending again is of no use.
var errRefused = errors.New("the target refuses the message")

// ways opens what the targets ask for.
func (s *Simulation) ways(t Targets) (map[simulate.Device]way, error) {
	ways := map[simulate.Device]way{simulate.CAP: s.warnings, simulate.AIS: s.receiver}
	if t.ANPRURL != "" {
		ways[simulate.ANPR] = newPoster(t.ANPRURL, t.ANPRToken)
	}
	if t.DispatchURL != "" {
		ways[simulate.Dispatch] = newPoster(t.DispatchURL, t.DispatchToken)
	}
	if t.MQTTAddr != "" {
		ways[simulate.Frigate] = newPublisher(t.MQTTAddr, t.MQTTUser, t.MQTTPassword)
	}
	if t.CSVPath != "" {
		file, err := openExport(t.CSVPath)
		if err != nil {
			return nil, err
		}
		ways[simulate.CSV] = file
	}
	return ways, nil
}

// drain sends what is in the queue, in order, until ctx ends.
func (s *Simulation) drain(ctx context.Context, device simulate.Device, w way, q *queue) {
	for {
		m, ok := q.take(ctx)
		if !ok {
			return
		}
		if s.deliver(ctx, device, w, m) {
			s.counts.sent(device)
		}
	}
}

// deliver tries until the message is taken or refused, or ctx ends.
func (s *Simulation) deliver(ctx context.Context, device simulate.Device, w way, m message) bool {
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		err := w.send(ctx, m)
		switch {
		case err == nil:
			return true
		case ctx.Err() != nil:
			return false
		case errors.Is(err, errRefused):
			if !m.emission.Malformed {
				s.log.Warn("simulated device is refused", "device", string(device), "problem", err)
			}
			return false
		}
		s.log.Debug("simulated device tries again", "device", string(device), "pause", pause, "problem", err)
		if !sleepUntil(ctx, time.Now().Add(pause)) {
			return false
		}
	}
}
