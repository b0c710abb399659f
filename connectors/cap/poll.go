package cap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// page is what is known of one configured address. The exported fields are
// kept between runs; they advance only by what was acknowledged.
type page struct {
	validators
	SHA256 string   `json:"sha256,omitzero"` // of the last document, for servers that give no validators
	Seen   []string `json:"seen,omitempty"`  // keys of the entries whose documents are stored

	next     time.Time
	failures int
}

// poll reads the address once: the document itself if it changed, and the
// documents that it links to and that were not stored before. It returns when
// all of them are settled.
func (s *source) poll(ctx context.Context, address string, p *page) error {
	msg, got, err := s.fetch(ctx, address, p.validators)
	if err != nil || msg.Payload == nil {
		return err
	}
	sum := sha256.Sum256(msg.Payload)
	digest := hex.EncodeToString(sum[:])
	if digest == p.SHA256 {
		return nil
	}
	batch := newBatch()
	s.deliver(ctx, msg, batch, "")
	entries := links(msg.Payload, msg.Meta["content-type"])
	err = s.follow(ctx, address, entries, p.Seen, batch)
	complete := batch.settled(ctx) && err == nil
	s.mu.Lock()
	p.Seen = batch.seen(entries, p.Seen)
	if complete {
		p.validators, p.SHA256 = got, digest
	} else {
		p.validators, p.SHA256 = validators{}, ""
	}
	s.mu.Unlock()
	return errors.Join(onlyBusy(err), s.save(ctx))
}

// onlyBusy passes on what concerns the whole address. A linked document that
// cannot be had was logged, and is tried again at the next poll.
func onlyBusy(err error) error {
	if busy, ok := errors.AsType[*busyError](err); ok {
		return busy
	}
	return nil
}

// follow fetches the documents of an index that were not seen. One that is
// gone counts as seen; a server that is busy is left alone.
func (s *source) follow(ctx context.Context, address string, entries []entry, seen []string, b *batch) error {
	base, err := url.Parse(address)
	if err != nil {
		return err
	}
	var problems []error
	for _, e := range entries {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if slices.Contains(seen, e.key()) {
			continue
		}
		err := s.followOne(ctx, base, e, b)
		if err == nil {
			continue
		}
		s.log.Warn("linked document not read", "address", address, "problem", err)
		if errors.Is(err, errGone) {
			b.mark(e.key())
			continue
		}
		problems = append(problems, err)
		if onlyBusy(err) != nil {
			break
		}
	}
	return errors.Join(problems...)
}

func (s *source) followOne(ctx context.Context, base *url.URL, e entry, b *batch) error {
	link, err := e.resolve(base)
	if err != nil {
		return err
	}
	msg, _, err := s.fetch(ctx, link, validators{})
	if err == nil {
		s.deliver(ctx, msg, b, e.key())
	}
	return err
}

// deliver hands a document to Read; its acknowledgement settles it.
func (s *source) deliver(ctx context.Context, msg connectors.Message, b *batch, key string) {
	ack := b.expect(key)
	select {
	case s.deliveries <- delivery{msg, ack}:
	case <-ctx.Done():
		ack(connectors.Receipt{Err: ctx.Err()})
	}
}

// batch follows the documents of one poll until each is acknowledged.
type batch struct {
	mu     sync.Mutex
	open   sync.WaitGroup
	done   map[string]bool
	failed bool
}

func newBatch() *batch { return &batch{done: map[string]bool{}} }

func (b *batch) expect(key string) connectors.Ack {
	b.open.Add(1)
	return func(r connectors.Receipt) {
		defer b.open.Done()
		if r.Err == nil {
			b.mark(key)
			return
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.failed = true
	}
}

func (b *batch) mark(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done[key] = true
}

// settled waits and reports whether everything was stored.
func (b *batch) settled(ctx context.Context) bool {
	all := make(chan struct{})
	go func() {
		b.open.Wait()
		close(all)
	}()
	select {
	case <-all:
	case <-ctx.Done():
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.failed
}

// seen are the keys of the index's entries that are stored, now or before;
// what left the index is forgotten.
func (b *batch) seen(entries []entry, before []string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var keys []string
	for _, e := range entries {
		if k := e.key(); b.done[k] || slices.Contains(before, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

// load reads the checkpoint. One that cannot be read costs only that
// documents are fetched again.
func (s *source) load(ctx context.Context) error {
	saved, err := s.checkpoint.Load(ctx)
	if err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "cap source", "the checkpoint cannot be read: %w", err)
	}
	known := map[string]*page{}
	if len(saved) > 0 {
		if err := json.Unmarshal(saved, &known); err != nil {
			s.log.Warn("checkpoint is damaged; everything is fetched again", "problem", err)
			known = map[string]*page{}
		}
	}
	s.pages = map[string]*page{}
	for _, address := range s.addresses {
		if s.pages[address] = known[address]; s.pages[address] == nil {
			s.pages[address] = &page{}
		}
	}
	return nil
}

func (s *source) save(ctx context.Context) error {
	s.mu.Lock()
	state, err := fusion.Encode(s.pages)
	s.mu.Unlock()
	if err == nil {
		saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = s.checkpoint.Save(saving, state)
	}
	if err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "cap source", "the checkpoint cannot be written: %w", err)
	}
	return nil
}
