package matchbench

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a run found.
type Report struct {
	Rules      int            `json:"rules"`
	Events     int            `json:"events"`
	Hits       int            `json:"hits"`
	ByRule     map[string]int `json:"by_rule"`           // hits
	Wall       float64        `json:"wall_s"`            // s
	CPU        float64        `json:"cpu_s"`             // s, of the whole process, the kernel's share for it included
	CPUEach    float64        `json:"cpu_us_event"`      // us an event
	AllocsEach float64        `json:"allocs_event"`      // allocations an event
	BytesEach  float64        `json:"alloc_bytes_event"` // bytes allocated an event
}

func (r *Report) finish(from, to usage) {
	n := float64(r.Events)
	r.Wall, r.CPU = to.wall.Sub(from.wall).Seconds(), (to.cpu - from.cpu).Seconds()
	r.CPUEach = r.CPU * 1e6 / n
	r.AllocsEach, r.BytesEach = float64(to.objects-from.objects)/n, float64(to.bytes-from.bytes)/n
}

// String is the report as a table, the rules with most hits first.
func (r *Report) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	row("rules", "%d", r.Rules)
	row("events", "%d", r.Events)
	row("hits", "%d", r.Hits)
	row("wall", "%s", seconds(r.Wall))
	row("CPU", "%s", seconds(r.CPU))
	row("CPU an event", "%.2f us", r.CPUEach)
	row("allocations an event", "%.1f, %.0f bytes", r.AllocsEach, r.BytesEach)
	for _, id := range slices.SortedFunc(maps.Keys(r.ByRule), r.compare) {
		row("hits of "+id, "%d", r.ByRule[id])
	}
	if err := w.Flush(); err != nil { // a builder takes everything
		return err.Error()
	}
	return b.String()
}

func (r *Report) compare(a, b string) int {
	if n := r.ByRule[b] - r.ByRule[a]; n != 0 {
		return n
	}
	return strings.Compare(a, b)
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond).String()
}
