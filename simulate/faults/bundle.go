package faults

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/rules"
)

//go:embed rules/*.yaml
var ruleFiles embed.FS

// quarantinable are rules that a quarantine may take out.
var quarantinable = []string{"fire-more", "fight", "getaway"}

// bundles are compiled once for all runs of a process.
var bundles = sync.OnceValues(func() (map[string]*engine.Bundle, error) {
	texts, err := rules.Texts(ruleFiles)
	if err != nil {
		return nil, err
	}
	list := map[string]*engine.Bundle{}
	for _, c := range []engine.Content{everyRule(texts), fewerRules(texts)} {
		content, hash, err := engine.EncodeContent(c)
		if err == nil {
			list[hash], err = engine.CompileBundle(content)
		}
		if err != nil {
			return nil, err
		}
	}
	return list, nil
})

func everyRule(texts map[string]string) engine.Content {
	areas := geojson.NewFeatureCollection()
	for i, id := range []string{"west", "east"} {
		west := 5.90 + 0.09*float64(i)
		f := geojson.NewFeature(orb.Bound{Min: orb.Point{west, 51.1}, Max: orb.Point{west + 0.09, 51.3}}.ToPolygon())
		f.Properties["id"] = id
		areas.Append(f)
	}
	params := engine.DefaultParams()
	params.CloseQuiet, params.ReopenWithin = fusion.Duration(11*time.Minute), fusion.Duration(5*time.Minute)
	params.ArchiveAfter = fusion.Duration(30 * time.Minute)
	return engine.Content{Rules: texts, Areas: areas, Fusion: params}
}

// fewerRules is another bundle: without a rule, with another one that differs,
// joining more readily and archiving sooner.
func fewerRules(texts map[string]string) engine.Content {
	c := everyRule(maps.Clone(texts))
	delete(c.Rules, "rules/any-call.yaml")
	for name, text := range c.Rules {
		c.Rules[name] = strings.Replace(text, "atleast: 2", "atleast: 3", 1)
	}
	c.Fusion.Join, c.Fusion.ArchiveAfter = 70, fusion.Duration(5*time.Minute)
	return c
}

// bundle is the compiled bundle of a hash.
func bundle(hash string) (*engine.Bundle, error) {
	list, err := bundles()
	if err != nil {
		return nil, err
	}
	if b, ok := list[hash]; ok {
		return b, nil
	}
	return nil, fmt.Errorf("there is no bundle %s", hash)
}

func bundleHashes() []string {
	list, err := bundles()
	if err != nil {
		panic(violation{fmt.Errorf("the rules of the world: %w", err)})
	}
	return slices.Sorted(maps.Keys(list))
}
