package engine_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
)

// activateFusion activates a rule with the part `fusion` of a configuration,
// and returns the hash of the bundle.
func (b *bench) activateFusion(rule, config string) string {
	b.t.Helper()
	c := engine.Content{Rules: map[string]string{"r.yaml": rule}}
	if err := yaml.UnmarshalWithOptions([]byte(config), &c.Fusion, yaml.Strict()); err != nil {
		b.t.Fatal(err)
	}
	content, hash, err := engine.EncodeContent(c)
	if err != nil {
		b.t.Fatal(err)
	}
	b.bundles[hash] = content
	b.send(fusion.SubjectConfig, []byte(`{"bundle":"`+hash+`","engine":"1"}`))
	return hash
}

// TestLatenessOfASource: the configuration of the room says how long rules
// wait for the events of each source.
func TestLatenessOfASource(t *testing.T) {
	for config, opens := range map[string]time.Duration{
		"{}":                                    7 * time.Minute,
		"{lateness: {all: 30s}}":                5*time.Minute + 30*time.Second,
		"{lateness: {sources: {dispatch: 4m}}}": 9 * time.Minute,
		"{lateness: {all: 1s, sources: {ais: 4m, dispatch: 0s}}}": 5 * time.Minute,
		"{keep_evidence: 7, lateness: {all: 1m}}":                 6 * time.Minute,
	} {
		b := newBench(t)
		b.activateFusion(lostRule, config)
		due := b.now.Add(opens)
		b.events(b.call(1, "officer.lost", home))
		b.tick(20 * time.Minute)
		if p := b.one(); !p.Opened.Equal(due) {
			t.Errorf("%s: opened %s, want %s", config, p.Opened, due)
		}
	}
}

// TestLatenessIsPartOfTheBundle: another lateness is another bundle, and a
// replay of the log gives the state that waited as long.
func TestLatenessIsPartOfTheBundle(t *testing.T) {
	b := newBench(t)
	quick := b.activateFusion(lostRule, "{lateness: {all: 1s}}")
	b.events(b.call(1, "officer.lost", home))
	b.tick(time.Minute)
	if slow := b.activateFusion(lostRule, "{lateness: {sources: {dispatch: 10m}}}"); slow == quick {
		t.Fatal("two latenesses have one hash")
	}
	b.events(b.call(2, "officer.lost", metres(home, 5000)))
	b.tick(20 * time.Minute)
	if n := len(b.open()); n != 2 {
		t.Fatalf("%d pictures of two lost officers", n)
	}
	again := &bench{t: t, bundles: b.bundles}
	again.e = again.engine()
	again.replay(b.log)
	if !bytes.Equal(snapshot(t, b.e), snapshot(t, again.e)) {
		t.Error("a replay gives another state")
	}
}

func TestBadLatenessIsRefused(t *testing.T) {
	for _, p := range []engine.Params{
		{Lateness: engine.Lateness{All: -1}},
		{Lateness: engine.Lateness{All: fusion.Duration(25 * time.Hour)}},
		{Lateness: engine.Lateness{Sources: map[string]fusion.Duration{"": 1}}},
		{Lateness: engine.Lateness{Sources: map[string]fusion.Duration{"ais": -1}}},
	} {
		content, _, err := engine.EncodeContent(engine.Content{Fusion: p})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := engine.CompileBundle(content); fusion.KindOf(err) != fusion.KindInvalid {
			t.Errorf("%+v: %v", p.Lateness, err)
		}
	}
}
