package engine

import (
	"fmt"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/rules"
)

// Version of the engine's semantics. A verification by replay spans one
// version.
const Version = "1"

// Message is one message of the log.
type Message struct {
	Seq     uint64
	Subject string
	Time    time.Time // when the log stored it
	Data    []byte
}

// Effects are what a step gives to the outside, in order.
type Effects struct {
	Seq     uint64 // of the message that made them
	Outputs []Output
	Refused []Refusal
}

// Output is one message for an output stream.
type Output struct {
	Stream  string
	Subject string
	Place   fusion.Place
	Data    []byte
}

// Refusal is an event on the log that the engine could not read.
type Refusal struct {
	Place     fusion.Place
	Rejection *fusion.Rejection
	Data      []byte
}

// Bundles gives the compiled bundle of a hash. The content behind a hash
// never changes.
type Bundles func(hash string) (*Bundle, error)

// Engine holds the state between steps. One goroutine uses it; the store may
// be read by others at any time.
type Engine struct {
	store   *store.Store
	st      *state
	bundle  *Bundle
	bundles Bundles
	applied uint64
	open    map[fusion.PictureID]*fusion.Picture // decoded, as in the store
	timers  timers

	involved map[string]fusion.PictureID // see ListInvolved; nil: to be made anew

	// Decided, when it is set, is told where each live hit went and why. It
	// must not change the engine.
	Decided func(Decision)

	quarantines []Quarantine // of the log ahead
}

// New makes an engine at the beginning of a log.
func New(bundles Bundles) (*Engine, error) {
	s, err := store.New()
	if err != nil {
		return nil, err
	}
	e := withoutStore(bundles)
	e.store = s
	return e, nil
}

// withoutStore makes an engine that has no store yet.
func withoutStore(bundles Bundles) *Engine {
	return &Engine{
		st: newState(), bundles: bundles, open: map[fusion.PictureID]*fusion.Picture{},
		bundle: &Bundle{Rules: &rules.Set{}, Params: DefaultParams()},
	}
}

// Resume makes an engine that stands where the checkpoint was taken.
func Resume(c *store.Checkpoint, bundles Bundles) (_ *Engine, err error) {
	e := withoutStore(bundles)
	if c.Bundle != "" {
		if e.bundle, err = bundles(c.Bundle); err != nil {
			return nil, fmt.Errorf("the bundle %s of the checkpoint: %w", c.Bundle, err)
		}
	}
	if e.st, err = decodeState(c.State); err != nil {
		return nil, err
	}
	var open []*fusion.Picture
	if e.store, open, err = store.Load(c.Store); err != nil {
		return nil, err
	}
	for _, p := range open {
		e.open[p.ID] = p
		e.timers.watch(p)
	}
	e.applied = c.Seq
	return e, nil
}

// Store is the queried part of the state.
func (e *Engine) Store() *store.Store { return e.store }

// Applied is the sequence of the last applied message.
func (e *Engine) Applied() uint64 { return e.applied }

// Bundle is the hash of the active bundle, "" before the first.
func (e *Engine) Bundle() string { return e.bundle.Hash }

// Clock is the engine's time: that of the last message, never earlier than
// before.
func (e *Engine) Clock() time.Time { return e.st.clock }

// Counts are what the engine has seen since the log began.
func (e *Engine) Counts() Counts { return e.st.counts }

// RuleStats says how each rule of the active bundle is doing.
func (e *Engine) RuleStats() []rules.Stats { return e.st.windows.Stats(e.bundle.Rules) }
