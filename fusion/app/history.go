package app

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/engine"
)

// History is the stored log of a room that does not run.
type History struct {
	bus     *bus.Bus
	log     *bus.Log
	bundles *bundles
}

// OpenHistory opens the log of a room that does not run. It changes nothing.
func OpenHistory(ctx context.Context, cfg *config.Config, log *slog.Logger) (_ *History, err error) {
	h := &History{}
	h.bus, err = bus.Start(ctx, bus.Options{
		Dir: filepath.Join(cfg.Path(cfg.Dir), "bus"), URL: cfg.Bus.URL, CredsFile: cfg.Path(cfg.Bus.Credentials), MaxStore: int64(cfg.Bus.MaxStore),
	}, log)
	if err != nil {
		return nil, err
	}
	if h.log, err = bus.OpenLog(ctx, h.bus.JS()); err == nil {
		h.bundles, err = openBundles(ctx, h.bus.JS())
	}
	if err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

// Close gives the folder free.
func (h *History) Close() { h.bus.Close() }

// Bundle is the bundle that the log activates under the hash.
func (h *History) Bundle(hash string) (*engine.Bundle, error) { return h.bundles.get(hash) }

// BundleWith is the same with other rules.
func (h *History) BundleWith(rules map[string]string) engine.Bundles {
	made := map[string]*engine.Bundle{}
	return func(hash string) (*engine.Bundle, error) {
		if b := made[hash]; b != nil {
			return b, nil
		}
		ctx, cancel := context.WithTimeout(context.Background(), startWithin)
		defer cancel()
		content, err := h.bundles.withRules(ctx, hash, rules)
		if err != nil {
			return nil, err
		}
		made[hash], err = engine.CompileBundle(content)
		return made[hash], err
	}
}

// Each hands over every message of the log that is left, from its first to
// the one that is the last now. progress is called now and then.
func (h *History) Each(ctx context.Context, do func(engine.Message) error, progress func(seq, last uint64)) error {
	state, err := h.log.State(ctx)
	if err != nil || state.Last == 0 {
		return err
	}
	said := time.Now()
	err = h.log.Read(ctx, max(1, state.First), func(m bus.Message) error {
		if err := do(engine.Message{Seq: m.Seq, Subject: m.Subject, Time: m.Time, Data: m.Data}); err != nil {
			return err
		}
		if time.Since(said) > progressEvery {
			said = time.Now()
			progress(m.Seq, state.Last)
		}
		if m.Seq >= state.Last {
			return errReached
		}
		return nil
	})
	switch {
	case errors.Is(err, errReached):
		progress(state.Last, state.Last)
		return nil
	case err != nil:
		return err
	}
	return context.Cause(ctx)
}

// withRules is the content of a bundle with other rules.
func (b *bundles) withRules(ctx context.Context, hash string, files map[string]string) ([]byte, error) {
	if len(files) == 0 {
		return nil, fusion.Errorf(fusion.KindInvalid, "activate rules", "%w", errors.New("there is no rule"))
	}
	stored, err := b.objects.GetBytes(ctx, hash)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindUnavailable, "read bundle "+hash, "%w", err)
	}
	var c engine.Content
	if err := json.Unmarshal(stored, &c); err != nil {
		return nil, fusion.Errorf(fusion.KindCorrupt, "read bundle "+hash, "%w", err)
	}
	c.Rules = files
	content, _, err := engine.EncodeContent(c)
	return content, err
}
