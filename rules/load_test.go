package rules

import (
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/openiroom/iroom/fusion"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestProblems: everything wrong in every file, where it stands, in one go.
func TestProblems(t *testing.T) {
	const golden = "testdata/problems.golden"
	set, problems := Load(os.DirFS("testdata/bad"))
	if set != nil {
		t.Error("a set came of bad rules")
	}
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.String() + "\n")
	}
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	wanted, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(wanted) {
		t.Errorf("got\n%s\nwant\n%s", b.String(), wanted)
	}
}

func TestLoad(t *testing.T) {
	set, problems := Load(os.DirFS("testdata/good"))
	for _, p := range problems {
		t.Error(p)
	}
	if set == nil || len(set.Rules()) != 1 {
		t.Fatal("want the one rule of testdata/good")
	}
	r := set.Rule("ram-raid-getaway")
	if r.File != "ram-raid-getaway.yaml" || r.Kind != "sequence" || r.After.EscalateTo != fusion.SeverityCritical || len(r.Types) != 3 {
		t.Errorf("read as %+v", r)
	}
}

// TestVersion: comments and layout do not make a new version, content does.
func TestVersion(t *testing.T) {
	text := countRule("{count: call, within: 10m, atleast: 3}")
	version := func(text string) string { return compile(t, text).Rule("c").Version }
	v := version(text)
	if len(v) != 16 {
		t.Errorf("the version %q is not 16 digits", v)
	}
	same := strings.NewReplacer("title: T\n", "# a comment\ntitle:   \"T\"\n", "{count: call, within: 10m, atleast: 3}",
		"\n  atleast: 3\n  within: 10m # so long\n  count: call").Replace(text)
	if version(same) != v {
		t.Error("another layout is another version")
	}
	if version(strings.Replace(text, "atleast: 3", "atleast: 4", 1)) == v {
		t.Error("another content is the same version")
	}
}

func TestLoadReadsNoTests(t *testing.T) {
	fsys := fstest.MapFS{
		"a/b.yaml":      {Data: []byte(countRule("{count: call, within: 10m, atleast: 3}"))},
		"a/b_test.yaml": {Data: []byte("- nonsense")},
		"README.md":     {Data: []byte("# rules")},
	}
	if set, problems := Load(fsys); set == nil || len(set.Rules()) != 1 {
		t.Errorf("problems %v", problems)
	}
}

func TestChainsOfRulesAreBounded(t *testing.T) {
	chain := func(n int) []string {
		texts := []string{ruleText("r0", "events: {x: {type: sensor.anpr.passage}}\nmatch: {event: x}\n")}
		for i := 1; i < n; i++ {
			before, id := string(rune('0'+i-1)), string(rune('0'+i))
			texts = append(texts, ruleText("r"+id, "events: {x: {type: rule.r"+before+"}}\nmatch: {event: x}\n"))
		}
		return texts
	}
	if got := len(newRoom(compile(t, chain(8)...)).send(car("c", 0))); got != 8 {
		t.Errorf("a chain of 8 rules gives %d hits", got)
	}
	files := map[string][]byte{}
	for i, text := range chain(9) {
		files[string(rune('a'+i))+".yaml"] = []byte(text)
	}
	_, problems := Compile(files)
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "more than 8 rules") {
		t.Errorf("a chain of 9 rules: %v", problems)
	}
}

func FuzzLoad(f *testing.F) {
	for _, dir := range []string{"testdata/good/", "testdata/bad/"} {
		files, err := os.ReadDir(dir)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(dir + file.Name())
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	for _, text := range everyKind {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		set, problems := Compile(map[string][]byte{"x.yaml": b})
		if (set == nil) == (len(problems) == 0) {
			t.Fatalf("set %v with problems %v", set, problems)
		}
		if set == nil {
			return
		}
		again, problems := Compile(map[string][]byte{"x.yaml": b})
		if again == nil || len(set.rules) != len(again.rules) {
			t.Fatal(problems)
		}
		r := newRoom(set)
		for _, typ := range set.Types() {
			r.send(event("e", typ, 0, subject("1"), north(0)))
		}
		set.Advance(r.state, start.Add(maxWithin), r.world)
	})
}

func FuzzCondition(f *testing.F) {
	for _, seed := range append(lateFailures,
		`attrs.camera == "a" && any(entities("vehicle"), # startsWith "X")`, `listed("a", entity("vehicle"))`, `$env`, `((((`,
		`attrs.zones["a"].b?.c`, `severity matches "^a+$"`, `1..5`, `{"a": 1}`, `let x = 1; x`, `distance(1, 2) < 3 ? true : hour > 3`,
	) {
		f.Add(seed)
	}
	s := &scope{names: []string{"e"}, types: [][]fusion.EventType{{anpr, fusion.TypeWarning}}, bare: true}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := s.compile(text, reflect.Bool)
		if err != nil {
			if err.message == "" {
				t.Fatal("a refusal without a reason")
			}
			return
		}
		if _, err := p.run(&NewState().machine, &frame{events: []*fusion.Event{passage()}, world: lists{}}); err != nil {
			t.Fatalf("fails at run time: %q: %s", text, err)
		}
	})
}
