package connectors

import (
	"sync"
	"time"
)

// State is whether a connector has its source.
type State string

// The states of a connector.
const (
	StateStarting    State = "starting"
	StateConnected   State = "connected"
	StateUnreachable State = "unreachable"
	StateComplete    State = "complete" // its source has ended
	StateStopped     State = "stopped"
)

// Status is how a connector is doing since it was started.
type Status struct {
	Name      string    `json:"name"`
	Kind      string    `json:"kind"`
	State     State     `json:"state"`
	Since     time.Time `json:"since"`
	Problem   string    `json:"problem,omitzero"`
	Messages  int64     `json:"messages"`
	Events    int64     `json:"events"`
	Skipped   int64     `json:"skipped"`
	Dead      int64     `json:"dead"`   // parts that went to the dead-letter stream
	Errors    int64     `json:"errors"` // times that the source failed
	Rate      float64   `json:"rate"`   // events a second over the last minute, or since the start
	LastEvent time.Time `json:"last_event,omitzero"`
	Lag       float64   `json:"lag"` // s between the last event's own time and its receipt
}

// rateWindow is the span over which the rate is taken, in s.
const rateWindow = 60

// meter counts what a connector does. Its zero value is ready.
type meter struct {
	mu      sync.Mutex
	s       Status
	seconds [rateWindow]int64
	now     int64 // the Unix second that was counted last
	started time.Time
}

func (m *meter) message(mapped Mapping) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.s.Messages++
	m.s.Events += int64(len(mapped.Events))
	m.s.Skipped += int64(len(mapped.Skips))
	m.s.Dead += int64(len(mapped.Rejects))
	if n := len(mapped.Events); n > 0 {
		last := mapped.Events[n-1]
		m.s.LastEvent, m.s.Lag = last.RecordedTime, last.RecordedTime.Sub(last.Time).Seconds()
		m.advance(time.Now().Unix())
		m.seconds[m.now%rateWindow] += int64(n)
	}
}

// change reports whether the state or the problem is another than before.
func (m *meter) change(state State, problem error, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	text := ""
	if problem != nil {
		text = problem.Error()
		m.s.Errors++
	}
	if m.started.IsZero() {
		m.started = now
	}
	if m.s.State == state && m.s.Problem == text {
		return false
	}
	m.s.State, m.s.Problem, m.s.Since = state, text, now.UTC()
	return true
}

// advance clears the seconds that have passed without an event.
func (m *meter) advance(now int64) {
	for ; m.now < now; m.now = max(m.now+1, now-rateWindow) {
		m.seconds[(m.now+1)%rateWindow] = 0
	}
}

func (m *meter) status(name, kind string, now time.Time) Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.advance(now.Unix())
	s := m.s
	s.Name, s.Kind = name, kind
	if s.State == "" {
		s.State = StateStarting
	}
	var sum int64
	for _, n := range m.seconds {
		sum += n
	}
	s.Rate = float64(sum) / min(rateWindow, max(1, now.Sub(m.started).Seconds()))
	return s
}
