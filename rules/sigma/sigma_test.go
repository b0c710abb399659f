package sigma

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// nowhere is a world without lists and areas.
type nowhere struct{}

func (nowhere) Listed(string, string) (string, bool)      { return "", false }
func (nowhere) Inside(string, *fusion.Geometry) bool      { return false }
func (nowhere) Crosses(string, orb.Point, orb.Point) bool { return false }
func (nowhere) Expected(string, fusion.EventType, time.Time, time.Duration) (float64, bool) {
	return 0, false
}

func row(id string, minute int, cells ...string) *fusion.Event {
	fields := map[string]any{}
	for i := 0; i < len(cells); i += 2 {
		fields[cells[i]] = cells[i+1]
	}
	return &fusion.Event{
		ID: fusion.EventID(id), Source: "logs", Type: fusion.TypeRecord, Attrs: map[string]any{"fields": fields},
		Time: time.Date(2026, 1, 14, 12, minute, 0, 0, time.UTC),
	}
}

// imported compiles what the files become.
func imported(t *testing.T, names ...string) (*rules.Set, []Problem) {
	t.Helper()
	files := map[string][]byte{}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = b
	}
	texts, problems, err := Import(files)
	if err != nil {
		t.Fatal(err)
	}
	return compiled(t, texts), problems
}

func compiled(t *testing.T, texts map[string]string) *rules.Set {
	t.Helper()
	files := map[string][]byte{}
	for name, text := range texts {
		files[name] = []byte(text)
	}
	set, bad := rules.Compile(files)
	for _, p := range bad {
		t.Fatal(p)
	}
	return set
}

// hits plays the rows and lists `rule@row`.
func hits(set *rules.Set, rows ...*fusion.Event) string {
	state := rules.NewState()
	var out []string
	add := func(matches []rules.Match) {
		for _, m := range matches {
			out = append(out, fmt.Sprintf("%s@%s", m.Rule.ID, m.Anchor().ID))
		}
	}
	for _, e := range rows {
		add(set.Advance(state, e.Time, nowhere{}))
		add(set.Step(state, rules.Input{Event: e, Clock: e.Time}, nowhere{}))
	}
	add(set.Advance(state, rows[len(rows)-1].Time.Add(24*time.Hour), nowhere{}))
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestDetection(t *testing.T) {
	set, problems := imported(t, "encoded-command.yml")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	image, command := `C:\Windows\System32\PowerShell.EXE`, `powershell -ENC aaaa`
	for name, c := range map[string]struct {
		row  *fusion.Event
		want string
	}{
		"found, whatever the case":        {row("a", 0, "Image", image, "CommandLine", command), "encoded-command@a"},
		"by the pattern":                  {row("a", 0, "Image", image, "CommandLine", "x -EncodedCommand QUJDREVGR0hJSktMTU5PUA=="), "encoded-command@a"},
		"another program":                 {row("a", 0, "Image", `C:\notpowershell.exe.bak`, "CommandLine", command), ""},
		"another command":                 {row("a", 0, "Image", image, "CommandLine", "dir"), ""},
		"filtered":                        {row("a", 0, "Image", image, "CommandLine", command, "User", "SVC_x", "ParentImage", `c:\tools\x.exe`), ""},
		"only half of the filter applies": {row("a", 0, "Image", image, "CommandLine", command, "User", "svc_x"), "encoded-command@a"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hits(set, c.row); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	r := set.Rule("encoded-command")
	if r == nil || r.Mode != rules.ModeShadow || r.Incident.Severity != "high" || r.Owner != "rtic-limburg" {
		t.Errorf("the rule is %+v", r)
	}
}

func TestCorrelations(t *testing.T) {
	set, problems := imported(t, "logins.yml")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var ids []string
	for _, r := range set.Rules() {
		ids = append(ids, r.ID)
	}
	if got := strings.Join(ids, " "); got != "guessed-password many-failed-logins much-sent password-spraying" {
		t.Fatalf("rules %s; those that correlations refer to are none by themselves", got)
	}
	failed := func(id string, minute int, user string) *fusion.Event {
		return row(id, minute, "EventID", "4625", "LogonType", "3", "TargetUserName", user, "Computer", "pc1")
	}
	login := func(id string, minute int, user, bytes string) *fusion.Event {
		return row(id, minute, "EventID", "4624", "SubjectUserName", user, "Computer", "pc1", "Bytes", bytes)
	}
	for name, c := range map[string]struct {
		rows []*fusion.Event
		want string
	}{
		"three and each one more": {
			[]*fusion.Event{failed("a", 0, "x"), failed("b", 1, "x"), failed("c", 2, "x"), failed("d", 3, "x")},
			"many-failed-logins@c many-failed-logins@d",
		},
		"too far apart":             {[]*fusion.Event{failed("a", 0, "x"), failed("b", 1, "x"), failed("c", 6, "x")}, ""},
		"another type of login":     {[]*fusion.Event{failed("a", 0, "x"), failed("b", 1, "x"), row("c", 2, "EventID", "4625", "LogonType", "7", "TargetUserName", "x", "Computer", "pc1")}, ""},
		"filtered":                  {[]*fusion.Event{failed("a", 0, "svc-x"), failed("b", 1, "svc-x"), failed("c", 2, "SVC-x")}, ""},
		"different values":          {[]*fusion.Event{failed("a", 0, "x"), failed("b", 1, "y")}, "password-spraying@b"},
		"one after the other":       {[]*fusion.Event{failed("a", 0, "x"), login("b", 1, "x", "")}, "guessed-password@b"},
		"not the other way round":   {[]*fusion.Event{login("a", 0, "x", ""), failed("b", 1, "x")}, ""},
		"not of another":            {[]*fusion.Event{failed("a", 0, "x"), login("b", 1, "y", "")}, ""},
		"a sum":                     {[]*fusion.Event{login("a", 0, "x", "600"), login("b", 1, "y", "400"), login("c", 2, "y", "0.5")}, "much-sent@c"},
		"what is no number is left": {[]*fusion.Event{login("a", 0, "x", "2000 kB")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hits(set, c.rows...); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// detectionFile is a file with a detection of one search.
func detectionFile(search string) string {
	return "title: T\ndetection:\n  s:\n    " + search + "\n  condition: s\n"
}

func TestFields(t *testing.T) {
	for _, c := range []struct {
		search, value string
		want          bool
	}{
		{"F: 'a*c'", "AxxC", true},
		{"F: 'a*c'", "AxxCd", false},
		{`F: 'a\*c'`, "a*c", true},
		{`F: 'a\*c'`, "axc", false},
		{"F: 'a?c'", "abc", true},
		{"F|cased: abc", "ABC", false},
		{"F: [abc, def]", "DEF", true},
		{"F|contains|all: [a, b]", "xbxa", true},
		{"F|contains|all: [a, b]", "xb", false},
		{"F|contains: [a1, a2, a3, a4, a5]", "xA5x", true},
		{"F|startswith: [a1, a2, a3, a4, a5]", "xa5", false},
		{"F|endswith: 'b*d'", "xabcd", true},
		{"F: null", "", true},
		{"F: ''", "x", false},
		{"F|exists: true", "x", true},
		{"F|exists: false", "x", false},
		{"F: 5", "5.0", true},
		{"F|gte: 5", "4.9", false},
		{"F|lt: 5", "4.9", true},
		{"F|lt: 5", "", false},
		{"F|neq: a", "b", true},
		{"F: true", "True", true},
		{`F|re: '^\d+$'`, "12", true},
		{"F|re|i: '^AB$'", "ab", true},
		{`F: "it's\t\"x\" é"`, "IT'S\t\"X\" É", true},
		{`F|contains: '\dir\'`, `c:\DIR\x`, true},
	} {
		texts, problems, err := Import(map[string][]byte{"x.yml": []byte(detectionFile(c.search))})
		if err != nil || len(problems) > 0 {
			t.Errorf("%s: %v %v", c.search, problems, err)
			continue
		}
		if got := hits(compiled(t, texts), row("a", 0, "F", c.value)) != ""; got != c.want {
			t.Errorf("%s finds %q: %v\n%s", c.search, c.value, got, texts["t.yaml"])
		}
	}
}

func TestProblems(t *testing.T) {
	correlation := func(body string) string {
		return detectionFile("F: a") + "name: base\n---\ntitle: C\ncorrelation:\n  rules: [base]\n  timespan: 5m\n" + body
	}
	for _, c := range []struct{ text, want string }{
		{detectionFile("F|base64offset: a"), "the modifier base64offset"},
		{"title: T\ndetection: {s: [word], condition: s}", "keywords"},
		{"title: T\ndetection: {s: {F: a}, condition: s | count() > 3}", "aggregates with |"},
		{"title: T\ndetection: {s: {F: a}, condition: s and t}", `speaks of "t"`},
		{"title: T\ndetection: {s: {F: a}, condition: (s}", "ends too early"},
		{"title: T\ndetection: {s: {F: a}}", "has no condition"},
		{"title: T\ndetection: {s: {F: a}, timeframe: 5m, condition: s}", "timeframe"},
		{detectionFile("F|re: '(?<=a)b'"), "is none of the room's"},
		{detectionFile("nationality: x"), "protected characteristic"},
		{correlation("  type: event_count\n  condition: {gte: x}"), "must be a number"},
		{correlation("  type: value_count\n  condition: {gte: 3}"), "needs a field"},
		{correlation("  type: event_burst\n  condition: {gte: 3}"), "event_burst"},
		{correlation("  type: temporal\n  condition: base or not base"), "otherwise than by and"},
		{"title: C\ncorrelation: {type: event_count, rules: [none], timespan: 5m, condition: {gte: 2}}", "is in none of the files"},
		{"title: C\ncorrelation: {type: event_count, rules: [none], timespan: soon, condition: {gte: 2}}", "the timespan"},
		{"action: global\ntitle: G", "old collection format"},
		{"title: [", "not a Sigma file"},
	} {
		_, problems, _ := Import(map[string][]byte{"x.yml": []byte(c.text)})
		found := slices.ContainsFunc(problems, func(p Problem) bool { return strings.Contains(p.String(), c.want) })
		if !found {
			t.Errorf("%s\ngives %v, want one with %q", c.text, problems, c.want)
		}
	}
	if _, _, err := Import(map[string][]byte{"x.yml": []byte("a: 1")}); err == nil {
		t.Error("a file without a rule is accepted")
	}
}

func TestGenerateKeepsTheBase(t *testing.T) {
	text := detectionFile("F: a") + "name: base\n---\ntitle: C\ncorrelation:\n  rules: [base]\n  timespan: 5m\n  type: event_count\n  condition: {gte: 2}\n  generate: true\n"
	texts, problems, err := Import(map[string][]byte{"x.yml": []byte(text)})
	if err != nil || len(problems) > 0 || len(texts) != 2 || texts["base.yaml"] == "" {
		t.Errorf("%v %v %v", texts, problems, err)
	}
}

func FuzzImport(f *testing.F) {
	for _, name := range []string{"encoded-command.yml", "logins.yml"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		texts, _, _ := Import(map[string][]byte{"x.yml": b})
		for name, text := range texts {
			if _, problems := rules.Compile(map[string][]byte{name: []byte(text)}); len(problems) > 0 {
				t.Errorf("%s\n%v", text, problems)
			}
		}
	})
}

func TestExpressionsAndBounds(t *testing.T) {
	base := "title: A\nname: a\ndetection: {s: {K: a}, condition: s}\n---\ntitle: B\nname: b\ndetection: {s: {K: b}, condition: s}\n---\n" +
		"title: C\nname: c\ndetection: {s: {K: c}, condition: s}\n---\ntitle: X\nname: x\ncorrelation:\n  rules: [a, b, c]\n  timespan: 5m\n" +
		"  group-by: [who]\n  aliases: {who: {a: U, b: V, c: W}}\n"
	single := "title: A\nname: a\ndetection: {s: {K: a}, condition: s}\n---\ntitle: X\nname: x\ncorrelation:\n  rules: [a]\n  timespan: 5m\n"
	k := func(id string, minute int, key, column, who string) *fusion.Event {
		return row(id, minute, "K", key, column, who)
	}
	many := []*fusion.Event{k("1", 0, "a", "U", "x"), k("2", 1, "a", "U", "x"), k("3", 2, "a", "U", "x"), k("4", 3, "a", "U", "x")}
	for name, c := range map[string]struct {
		text string
		rows []*fusion.Event
		want string
	}{
		"some of the rules, in another order": {
			base + "  type: temporal\n  condition: c and a\n", []*fusion.Event{k("1", 0, "a", "U", "x"), k("2", 1, "c", "W", "x")}, "x@2",
		},
		"each by its own column": {
			base + "  type: temporal\n  condition: c and a\n", []*fusion.Event{k("1", 0, "a", "W", "x"), k("2", 1, "c", "W", "x")}, "",
		},
		"or": {
			base + "  type: temporal\n  condition: b or c\n", []*fusion.Event{k("1", 0, "a", "U", "x"), k("2", 1, "b", "V", "x"), k("3", 2, "c", "W", "y")}, "x@2 x@3",
		},
		"all three in order": {
			base + "  type: temporal_ordered\n", []*fusion.Event{k("1", 0, "a", "U", "x"), k("2", 1, "b", "V", "x"), k("3", 2, "c", "W", "x")}, "x@3",
		},
		"a range":      {single + "  type: event_count\n  condition: {gte: 2, lt: 4}\n", many, "x@2 x@3"},
		"exactly":      {single + "  type: event_count\n  condition: {eq: 3}\n", many, "x@3"},
		"more than":    {single + "  type: event_count\n  condition: {gt: 3}\n", many, "x@4"},
		"each by one":  {single + "  type: event_count\n  condition: {gte: 1}\n", many[:2], "x@1 x@2"},
		"of a mean":    {single + "  type: value_avg\n  condition: {field: N, gt: 5, lt: 7}\n", []*fusion.Event{row("1", 0, "K", "a", "N", "4"), row("2", 1, "K", "a", "N", "8"), row("3", 2, "K", "a", "N", "30")}, "x@2"},
		"a percentile": {single + "  type: value_percentile\n  condition: {field: N, percentile: 50, gte: 8}\n", []*fusion.Event{row("1", 0, "K", "a", "N", "4"), row("2", 1, "K", "a", "N", "9"), row("3", 2, "K", "a", "N", "10")}, "x@3"},
		"by two columns as one value": {
			single + "  type: value_count\n  condition: {field: [N, M], gte: 2}\n",
			[]*fusion.Event{row("1", 0, "K", "a", "N", "1", "M", "2"), row("2", 1, "K", "a", "N", "1"), row("3", 2, "K", "a", "N", "1", "M", "3")},
			"x@3",
		},
	} {
		t.Run(name, func(t *testing.T) {
			texts, problems, err := Import(map[string][]byte{"x.yml": []byte(c.text)})
			if err != nil || len(problems) > 0 {
				t.Fatal(problems, err)
			}
			if got := hits(compiled(t, texts), c.rows...); got != c.want {
				t.Errorf("got %q, want %q\n%s", got, c.want, texts["x.yaml"])
			}
		})
	}
}
