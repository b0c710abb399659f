package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/paulmach/orb/geojson"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/fusion/watchlist"
	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/library"
)

// LoadContent reads what the configuration makes the engine work with, checks
// it and returns the bytes of the bundle.
func LoadContent(c *config.Config) ([]byte, error) {
	folder := fs.FS(library.FS)
	if c.Rules != "" {
		folder = os.DirFS(c.Path(c.Rules))
	}
	files, err := rules.Texts(folder)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "read the rules", "%w", err).WithHint("rules: names a folder of YAML files")
	}
	areas, err := readAreas(c.Path(c.Areas))
	if err != nil {
		return nil, err
	}
	content, _, err := engine.EncodeContent(engine.Content{Rules: files, Areas: areas, Fusion: c.Fusion})
	if err != nil {
		return nil, err
	}
	_, err = engine.CompileBundle(content)
	return content, err
}

func readAreas(file string) (*geojson.FeatureCollection, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "read the areas", "%w", err)
	}
	areas, err := geojson.UnmarshalFeatureCollection(b)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "read the areas", "%s is not a GeoJSON feature collection: %w", file, err)
	}
	return areas, nil
}

// bundles keeps bundles in the object store of the bus, by their hash.
type bundles struct {
	objects jetstream.ObjectStore

	mu       sync.Mutex
	compiled map[string]*engine.Bundle
}

func openBundles(ctx context.Context, js jetstream.JetStream) (*bundles, error) {
	objects, err := js.ObjectStore(ctx, bus.StoreBundles)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindUnavailable, "open the bundles", "%w", err)
	}
	return &bundles{objects: objects, compiled: map[string]*engine.Bundle{}}, nil
}

// put stores a bundle, if it is not there, and returns its hash.
func (b *bundles) put(ctx context.Context, content []byte) (string, error) {
	compiled, err := engine.CompileBundle(content)
	if err != nil {
		return "", err
	}
	if _, err := b.objects.GetInfo(ctx, compiled.Hash); errors.Is(err, jetstream.ErrObjectNotFound) {
		_, err = b.objects.Put(ctx, jetstream.ObjectMeta{Name: compiled.Hash}, bytes.NewReader(content))
		if err != nil {
			return "", fusion.Errorf(fusion.KindUnavailable, "store the bundle", "%w", err)
		}
	} else if err != nil {
		return "", fusion.Errorf(fusion.KindUnavailable, "store the bundle", "%w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.compiled[compiled.Hash] = compiled
	return compiled.Hash, nil
}

// get returns the compiled bundle of a hash.
func (b *bundles) get(hash string) (*engine.Bundle, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c, ok := b.compiled[hash]; ok {
		return c, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	content, err := b.objects.GetBytes(ctx, hash)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindUnavailable, "read bundle "+hash, "%w", err)
	}
	c, err := engine.CompileBundle(content)
	if err != nil {
		return nil, err
	}
	if c.Hash != hash {
		return nil, fusion.Errorf(fusion.KindCorrupt, "read bundle "+hash, "its content has the hash %s", c.Hash)
	}
	b.compiled[hash] = c
	return c, nil
}

// loadLists puts the watchlists of the configuration on the log when they are
// not what the room has.
func (r *Room) loadLists(ctx context.Context) error {
	for name, file := range r.cfg.Lists {
		f, err := os.Open(r.cfg.Path(file))
		if err != nil {
			return fusion.Errorf(fusion.KindInvalid, "watchlist "+name, "%w", err)
		}
		entries, err := watchlist.Read(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return fusion.Errorf(fusion.KindInvalid, "watchlist "+file, "%w", err)
		}
		if err := r.replaceList(ctx, name, entries); err != nil {
			return err
		}
	}
	return nil
}

func (r *Room) replaceList(ctx context.Context, name string, entries []store.ListEntry) error {
	var known []store.ListEntry
	err := r.Store().View(func(tx *store.Tx) (err error) {
		known, err = tx.Entries(name)
		return err
	})
	if err != nil {
		return err
	}
	for _, change := range engine.ListChanges(entries, known...) {
		message, err := fusion.Encode(change)
		if err != nil {
			return err
		}
		if err := r.publishAndApply(ctx, fusion.ListSubject(name), message); err != nil {
			return fmt.Errorf("watchlist %s: %w", name, err)
		}
	}
	return nil
}

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }
