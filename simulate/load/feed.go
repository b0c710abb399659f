package load

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
)

// Run is what was measured of the room, or of the bare log.
type Run struct {
	Events   int          `json:"events"`
	Probes   int          `json:"probes"`
	Missing  int          `json:"missing"`   // probes whose alert did not come
	Behind   Milliseconds `json:"behind_ms"` // how far the handing over fell behind its timetable, at most
	CPU      Milliseconds `json:"cpu_ms"`    // of this process while it ran
	P50      Milliseconds `json:"p50_ms"`    // from the time in the timetable to the alert
	P90      Milliseconds `json:"p90_ms"`
	P99      Milliseconds `json:"p99_ms"`
	Max      Milliseconds `json:"max_ms"`
	recorded *hdrhistogram.Histogram
}

// Milliseconds is a duration that JSON has as a number of ms.
type Milliseconds time.Duration

// MarshalJSON writes ms.
func (m Milliseconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, m.float(), 'f', -1, 64), nil
}

func (m Milliseconds) String() string { return fmt.Sprintf("%.1f ms", m.float()) }

func (m Milliseconds) float() float64 { return float64(time.Duration(m).Microseconds()) / 1000 }

// longest is what the histogram can hold; what takes longer is missing.
const longest = time.Minute

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, longest.Microseconds(), 3)
}

func (r *Run) summarise() {
	at := func(q float64) Milliseconds {
		return Milliseconds(time.Duration(r.recorded.ValueAtQuantile(q)) * time.Microsecond)
	}
	r.P50, r.P90, r.P99, r.Max = at(50), at(90), at(99), at(100)
}

// merge adds another round.
func (r *Run) merge(o Run) {
	if r.recorded == nil {
		r.recorded = newHistogram()
	}
	r.recorded.Merge(o.recorded)
	r.Events += o.Events
	r.Probes += o.Probes
	r.Missing += o.Missing
	r.CPU += o.CPU
	r.Behind = max(r.Behind, o.Behind)
	r.summarise()
}

// alerts notes when the first alert of each probe comes.
type alerts struct {
	start time.Time

	mu    sync.Mutex
	first map[int]time.Duration
	left  int
	all   chan struct{} // closed when every probe has its alert
}

func newAlerts(probes int) *alerts {
	return &alerts{first: make(map[int]time.Duration, probes), left: probes, all: make(chan struct{})}
}

// subscribe listens to the alerts on a connection of its own. The start must
// be set before the first can come.
func (a *alerts) subscribe(nc *nats.Conn) error {
	if _, err := nc.Subscribe("iroom.alert.>", a.hear); err != nil {
		return err
	}
	return nc.Flush()
}

func (a *alerts) hear(m *nats.Msg) {
	now := time.Now()
	var alert struct {
		Address string `json:"address"`
	}
	if err := json.Unmarshal(m.Data, &alert); err != nil {
		return
	}
	n, err := probeOf(alert.Address)
	if err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, again := a.first[n]; again {
		return
	}
	a.first[n] = now.Sub(a.start)
	if a.left--; a.left == 0 {
		close(a.all)
	}
}

// latencies compares with the timetable, once all alerts have come or
// patience has ended.
func (a *alerts) latencies(table []handover) (h *hdrhistogram.Histogram, missing int, err error) {
	select {
	case <-a.all:
	case <-time.After(longest):
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	h = newHistogram()
	for _, e := range table {
		if e.probe < 0 {
			continue
		}
		at, came := a.first[e.probe]
		if !came {
			missing++
			continue
		}
		if err := h.RecordValue(max(1, (at - e.at).Microseconds())); err != nil {
			return nil, 0, err
		}
	}
	return h, missing, nil
}

// feed hands over by the timetable and returns how far it fell behind.
func feed(ctx context.Context, start time.Time, table []handover, hand func(*fusion.Event) error) (behind time.Duration, err error) {
	for _, h := range table {
		if wait := h.at - time.Since(start); wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
				return behind, context.Cause(ctx)
			}
		}
		behind = max(behind, time.Since(start)-h.at)
		if err := hand(h.event); err != nil {
			return behind, err
		}
	}
	return behind, nil
}

func probesOf(table []handover) (n int) {
	for _, h := range table {
		if h.probe >= 0 {
			n++
		}
	}
	return n
}
