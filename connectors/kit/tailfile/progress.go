package tailfile

import (
	"context"
	"fmt"
	"sync"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/connectors"
)

// place is where reading goes on, as it is saved.
type place struct {
	File   string `json:"file"`  // identity by header and first record
	Inode  string `json:"inode"` // "" where the platform knows none
	Offset int64  `json:"offset"`
}

// progress follows the acknowledgements and saves the place behind them.
type progress struct {
	store connectors.Checkpoint

	mu      sync.Mutex
	acked   place
	unsaved int // acknowledged records since the last save
	failed  error
	failing chan struct{} // closed once failed is set
}

func newProgress(store connectors.Checkpoint) *progress {
	return &progress{store: store, failing: make(chan struct{})}
}

// ack returns the acknowledgement of a record behind which p lies. After one
// that is not durable the place stands still, so that it comes again.
func (g *progress) ack(p place) connectors.Ack {
	return func(r connectors.Receipt) {
		g.mu.Lock()
		defer g.mu.Unlock()
		switch {
		case g.failed != nil:
		case r.Err != nil:
			g.failed = fmt.Errorf("the record before offset %d is not durable: %w", p.Offset, r.Err)
			close(g.failing)
		default:
			g.acked = p
			g.unsaved++
		}
	}
}

func (g *progress) failure() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failed
}

// save saves the place when at least that many records were acknowledged
// since the last time.
func (g *progress) save(ctx context.Context, atLeast int) error {
	g.mu.Lock()
	acked, unsaved := g.acked, g.unsaved
	g.mu.Unlock()
	if unsaved < atLeast {
		return nil
	}
	state, err := json.Marshal(acked)
	if err == nil {
		err = g.store.Save(ctx, state)
	}
	if err != nil {
		return fmt.Errorf("saving the place in the file: %w", err)
	}
	g.mu.Lock()
	g.unsaved -= unsaved
	g.mu.Unlock()
	return nil
}
