package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/audit"
)

// memory is a stream that can lose acknowledgements and be full.
type memory struct {
	mu       sync.Mutex
	messages [][]byte
	lose     int  // acknowledgements that are lost next
	full     bool // nothing is stored
}

func (m *memory) Last(context.Context) (uint64, []byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.messages); n > 0 {
		return uint64(n), m.messages[n-1], nil
	}
	return 0, nil, nil
}

func (m *memory) Append(_ context.Context, last uint64, data []byte) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.full:
		return 0, errors.New("the stream is full")
	case uint64(len(m.messages)) != last:
		return 0, audit.ErrMoved
	}
	m.messages = append(m.messages, data)
	if m.lose > 0 {
		m.lose--
		return 0, errors.New("timeout")
	}
	return uint64(len(m.messages)), nil
}

func (m *memory) set(change func(*memory)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// check reads the chain.
func check(messages [][]byte) (audit.Chain, []audit.Entry, error) {
	var c audit.Chain
	var all []audit.Entry
	for i, m := range messages {
		entries, err := c.Take(uint64(i+1), m)
		if err != nil {
			return c, all, err
		}
		all = append(all, entries...)
	}
	return c, all, nil
}

// TestEveryEntryIsStoredOnce writes from many goroutines, with lost
// acknowledgements, over a restart.
func TestEveryEntryIsStoredOnce(t *testing.T) {
	m := &memory{}
	const writers, each = 8, 40
	for round := range 2 {
		w := audit.NewWriter(m)
		var running sync.WaitGroup
		for n := range writers {
			running.Go(func() {
				for i := range each {
					if i%10 == n {
						m.set(func(m *memory) { m.lose++ })
					}
					if err := w.Write(t.Context(), audit.Entry{Who: fmt.Sprintf("%d/%d/%d", round, n, i)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		running.Wait()
		w.Close()
	}
	chain, entries, err := check(m.messages)
	if err != nil || chain.Entries != 2*writers*each || chain.From != 1 {
		t.Fatalf("%+v: %v", chain, err)
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if seen[e.Who] {
			t.Errorf("%s is there twice", e.Who)
		}
		seen[e.Who] = true
	}
}

func TestAFullStreamIsSaidAndHeals(t *testing.T) {
	m := &memory{full: true}
	w := audit.NewWriter(m)
	defer w.Close()
	if err := w.Write(t.Context(), audit.Entry{Who: "jan"}); fusion.KindOf(err) != fusion.KindUnavailable {
		t.Fatalf("got %v", err)
	}
	m.set(func(m *memory) { m.full = false })
	if err := w.Write(t.Context(), audit.Entry{Who: "piet"}); err != nil {
		t.Fatal(err)
	}
	if c, _, err := check(m.messages); err != nil || c.Entries != 1 {
		t.Errorf("%+v %v", c, err)
	}
	w.Close()
	if err := w.Write(t.Context(), audit.Entry{}); fusion.KindOf(err) != fusion.KindUnavailable {
		t.Errorf("after the end: %v", err)
	}
}

// TestAChangeOfThePastIsFound changes, drops, swaps or adds something in front
// of the newest entry.
func TestAChangeOfThePastIsFound(t *testing.T) {
	m := &memory{messages: [][]byte{[]byte(`{"who":"of before the chain"}`)}}
	w := audit.NewWriter(m)
	for i := range 12 {
		if err := w.Write(t.Context(), audit.Entry{Who: "jan", Results: 1, Asked: strings.Repeat("x", i)}); err != nil {
			t.Fatal(err)
		}
	}
	w.Close()
	if c, _, err := check(m.messages); err != nil || c.Before != 1 || c.Entries != 12 {
		t.Fatalf("%+v: %v", c, err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		n := len(m.messages)
		list := append([][]byte(nil), m.messages...)
		i := rapid.IntRange(1, n-2).Draw(rt, "at")
		switch rapid.IntRange(0, 4).Draw(rt, "what") {
		case 0:
			list[i] = bytes.Replace(list[i], []byte(`"jan"`), []byte(`"eva"`), 1)
		case 1:
			list = append(list[:i:i], list[i+1:]...)
			if i == 1 {
				return // the first ones are gone: as when a stream has dropped its oldest
			}
		case 2:
			list[i], list[i+1] = list[i+1], list[i]
		case 3:
			list = append(list[:i:i], append([][]byte{list[i]}, list[i:]...)...)
		case 4:
			list[i] = []byte(`{"who":"not of the chain"}`)
			if i == 1 {
				return
			}
		}
		if _, _, err := check(list); fusion.KindOf(err) != fusion.KindCorrupt {
			rt.Fatalf("it is not found: %v", err)
		}
	})
}
