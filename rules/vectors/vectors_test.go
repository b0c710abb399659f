package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// passing is how many of the cases beside the test each suite must pass: that
// a case is not applicable any more must not go unnoticed.
var passing = map[string]int{
	"sigma-correlation": 18, "tile38-geo": 2, "flink-cep": 52, "siddhi-patterns": 66, "ekuiper-windows": 13,
}

func TestCasesOfOtherEngines(t *testing.T) {
	for _, s := range suites {
		t.Run(s.folder, func(t *testing.T) {
			verdicts, err := s.run(os.DirFS("testdata"))
			if err != nil {
				t.Fatal(err)
			}
			passed := 0
			for _, v := range verdicts {
				switch {
				case v.err == nil:
					passed++
				case !isNotApplicable(v.err):
					t.Errorf("%s: %s", v.name, v.err)
				}
			}
			if passed < passing[s.folder] {
				t.Errorf("%d cases passed, want at least %d", passed, passing[s.folder])
			}
		})
	}
}

// suiteOf writes a folder with one file of one suite.
func suiteOf(t *testing.T, folder, content string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, folder, "cases.json"), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// verdictOf is what the report says of one case.
func verdictOf(t *testing.T, folder, oneCase string) string {
	t.Helper()
	var out bytes.Buffer
	failed, err := report(&out, suiteOf(t, folder, `{"cases": [`+oneCase+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	switch text := out.String(); {
	case strings.Contains(text, "1 passed"):
		return "passed"
	case failed == 1:
		return "failed"
	default:
		return "not applicable"
	}
}

const clicks = `{"case": "c", "base_rules": {"b": "action == \"click\""},
	"correlation": {"type": "event_count", "group_by": ["User"], "timespan": "10s", "condition": {"gte": 2}},
	"events": [{"t": 1, "event": {"action": "click", "User": "a"}}, {"t": 2, "event": {"action": "CLICK"}},
		{"t": 3, "event": {"action": "click", "User": "a"}}], "expected_fires": [0, 0, 1]}`

const roundTrip = `{"case": "c", "fence": {"type": "bounds", "min": [0, 0], "max": [1, 1]},
	"detect": ["enter", "exit", "cross", "inside", "outside"], "updates": [
		{"id": "a", "lon": -1, "lat": 0.5, "expect": ["outside"]},
		{"id": "a", "lon": 2, "lat": 0.5, "expect": ["cross", "outside"]},
		{"id": "a", "lon": 0.5, "lat": 0.5, "expect": ["enter", "inside"]},
		{"id": "a", "lon": 0.6, "lat": 0.5, "expect": ["inside"]},
		{"id": "a", "lon": 2, "lat": 0.5, "expect": ["exit", "outside"]},
		{"id": "a", "lon": 2, "lat": 0.6, "expect": ["outside"]}]}`

const followed = `{"case": "c", "events": [{"ref": "a", "ts": 1, "id": 1, "name": "a", "price": 1}, {"ref": "b", "ts": 2, "id": 2, "name": "b", "price": 1},
	{"ref": "c", "ts": 3, "id": 3, "name": "b", "price": 1}],
	"pattern": [{"rel": "begin", "name": "x", "where": [{"expr": "name == \"a\""}]},
		{"rel": "followedBy", "name": "y", "where": [{"expr": "name == \"b\""}]}],
	"expected_matches": [["a", "b"]], "self_contained": true}`

const once = `{"case": "c", "app": "define stream S (symbol string, price float); from e1=S[price>1] -> e2=S[price>2] select e1.symbol as a, e2.symbol as b insert into O;",
	"timeline": [{"t": 0, "stream": "S", "data": ["x", 5]}, {"t": 1, "stream": "S", "data": ["y", 6]}, {"t": 2, "stream": "S", "data": ["z", 7]}],
	"expected_rows": [["x", "y"]], "rows_meaning": "all_rows_in_order", "expected_in_events": 1, "expected_remove_events": 0}`

func TestVerdicts(t *testing.T) {
	for name, c := range map[string]struct{ folder, oneCase, want string }{
		"sigma":                          {"sigma-correlation", clicks, "passed"},
		"sigma, expected otherwise":      {"sigma-correlation", strings.Replace(clicks, "[0, 0, 1]", "[0, 0, 0]", 1), "failed"},
		"sigma, an unknown setting":      {"sigma-correlation", strings.Replace(clicks, `"timespan"`, `"phase": "full", "timespan"`, 1), "not applicable"},
		"fence":                          {"tile38-geo", roundTrip, "passed"},
		"fence, expected otherwise":      {"tile38-geo", strings.Replace(roundTrip, `["cross", "outside"]`, `["outside"]`, 1), "failed"},
		"fence, a circle":                {"tile38-geo", strings.Replace(roundTrip, `"type": "bounds", "min": [0, 0], "max": [1, 1]`, `"type": "circle", "center": [0.5, 0.5], "meters": 60000`, 1), "passed"},
		"fence, an unknown shape":        {"tile38-geo", strings.Replace(roundTrip, `"bounds"`, `"tile"`, 1), "not applicable"},
		"flink":                          {"flink-cep", followed, "passed"},
		"flink, expected otherwise":      {"flink-cep", strings.Replace(followed, `[["a", "b"]]`, `[]`, 1), "failed"},
		"flink, any":                     {"flink-cep", strings.Replace(strings.Replace(followed, "followedBy", "followedByAny", 1), `[["a", "b"]]`, `[["a", "b"], ["a", "c"]]`, 1), "passed"},
		"flink, code":                    {"flink-cep", strings.Replace(followed, `"expr"`, `"raw"`, 1), "not applicable"},
		"siddhi":                         {"siddhi-patterns", once, "passed"},
		"siddhi, expected otherwise":     {"siddhi-patterns", strings.Replace(once, `["x", "y"]`, `["x", "z"]`, 1), "failed"},
		"siddhi, a query over a window":  {"siddhi-patterns", strings.Replace(once, "e1=S[price>1]", "S#window.time(1 sec)", 1), "not applicable"},
		"siddhi, every begins each time": {"siddhi-patterns", strings.NewReplacer("from e1", "from every e1", `[["x", "y"]]`, `[["x", "y"], ["y", "z"]]`, `"expected_in_events": 1`, `"expected_in_events": 2`).Replace(once), "passed"},
		"not a case":                     {"ekuiper-windows", `{"case": "c", "watermark": 5}`, "not applicable"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := verdictOf(t, c.folder, c.oneCase); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestFilesThatHoldNoCases(t *testing.T) {
	for _, content := range []string{`[]`, `{`, `{"cases": 5}`} {
		var out bytes.Buffer
		if failed, err := report(&out, suiteOf(t, "flink-cep", content)); failed != 0 || err != nil || !strings.Contains(out.String(), "1 not applicable") {
			t.Errorf("%s: %d failed, %v\n%s", content, failed, err, out.String())
		}
	}
}
