package rehearsal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/library"
	"github.com/openiroom/iroom/rules/ruletest"
	"github.com/openiroom/iroom/rules/tools/rehearsal"
)

// TestTheTesterAndTheEngineAgree runs every case of the rules that iRoom ships
// through both: the hits are the same, with their keys, times, scores, titles
// and inputs.
func TestTheTesterAndTheEngineAgree(t *testing.T) {
	trials, problems := ruletest.Trials(library.FS)
	if len(problems) > 0 || len(trials) < 20 {
		t.Fatalf("%d cases: %v", len(trials), problems)
	}
	texts, err := rules.Texts(library.FS)
	if err != nil {
		t.Fatal(err)
	}
	set, _ := rules.Load(library.FS)
	hits := 0
	for _, c := range trials {
		if c.Lists[engine.ListInvolved] != nil {
			continue // the room keeps this list itself, from its pictures
		}
		chain := map[string]string{}
		below(set, set.Rule(c.Rule), func(r *rules.Rule) { chain[r.File] = texts[r.File] })
		var wanted, got []string
		for _, h := range c.Hits {
			if chain[set.Rule(h.Rule).File] != "" {
				wanted = append(wanted, ruletest.Describe(h))
			}
		}
		for _, h := range through(t, chain, c) {
			got = append(got, ruletest.Describe(h))
		}
		hits += len(wanted)
		slices.Sort(wanted)
		slices.Sort(got)
		if !slices.Equal(got, wanted) {
			t.Errorf("%s: %s\nthe tester  %q\nthe engine  %q", c.File, c.Name, wanted, got)
		}
	}
	if hits < 20 {
		t.Errorf("only %d hits were compared", hits)
	}
}

// below visits a rule and those whose hits it looks at.
func below(set *rules.Set, r *rules.Rule, visit func(*rules.Rule)) {
	visit(r)
	for _, t := range r.Types {
		if id, ok := strings.CutPrefix(string(t), "rule."); ok {
			below(set, set.Rule(id), visit)
		}
	}
}

// through runs a case through the engine and returns the hits of all rules.
func through(t *testing.T, texts map[string]string, c ruletest.Trial) (hits []fusion.Hit) {
	t.Helper()
	lists := map[string][]store.ListEntry{}
	for name, values := range c.Lists {
		for _, v := range values {
			lists[name] = append(lists[name], store.ListEntry{Value: v})
		}
	}
	room, err := rehearsal.New(engine.Content{Rules: texts, Areas: c.Areas}, lists)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range c.Events {
		more, err := room.Send(e)
		if err != nil {
			t.Fatalf("%s: %s: %v", c.File, c.Name, err)
		}
		hits = append(hits, more...)
	}
	more, err := room.Settle()
	if err != nil {
		t.Fatal(err)
	}
	return append(hits, more...)
}
