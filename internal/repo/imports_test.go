package repo

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

// everything is the pattern that every package matches.
const everything = "..."

// importRule says what the packages that match a pattern may import of this
// module. A pattern is a package, or ends in "/..." for it and all below it.
type importRule struct {
	packages string
	may      []string
	tests    []string // what their tests may import besides
}

// importRules, of which the one with the longest matching pattern counts,
// keep the data's way one-directional. A new package needs a row here.
var importRules = []importRule{
	{"fusion", nil, nil},
	{"fusion/bus", []string{"fusion"}, anything},
	{"fusion/ingest", []string{"fusion", "fusion/bus", "connectors"}, anything},
	{"fusion/store", []string{"fusion"}, nil},
	{"fusion/engine", []string{"fusion", "fusion/store", "rules"}, anything},
	{"fusion/config", []string{"fusion", "fusion/engine"}, anything},
	{"fusion/outbox", []string{"fusion", "fusion/bus", "fusion/engine"}, anything},
	{"fusion/desk", []string{"fusion", "fusion/access", "fusion/audit", "fusion/engine", "fusion/store", "connectors"}, anything},
	{"fusion/report", []string{"fusion", "fusion/desk", "connectors"}, anything},
	{"fusion/access", []string{"fusion"}, anything},
	{"fusion/audit", []string{"fusion"}, anything},
	{"fusion/notify", []string{"fusion", "fusion/bus"}, anything},
	{"fusion/watchlist", []string{"fusion", "fusion/store"}, anything},
	{"fusion/app", anything, anything},

	{"rules", []string{"fusion"}, []string{"rules/..."}},
	{"rules/...", []string{"fusion", "rules/..."}, anything},
	{"rules/tools/...", []string{"fusion", "fusion/engine", "fusion/store", "rules/..."}, anything},

	{"connectors", []string{"fusion"}, []string{"connectors/conformance"}},
	{"connectors/conformance", []string{"fusion", "connectors"}, nil},
	{"connectors/kit/...", []string{"fusion", "connectors", "connectors/kit/..."}, nil},
	{"connectors/...", []string{"fusion", "connectors", "connectors/kit/..."}, []string{"connectors/conformance"}},

	{"simulate/...", anything, anything},
	{"cmd/...", anything, anything},
	{"internal/repo", nil, nil},
}

var anything = []string{everything}

func TestImports(t *testing.T) {
	for _, f := range goFiles(t) {
		rule, ok := ruleFor(f.pkg)
		if !ok {
			t.Errorf("%s: package %s has no row in importRules; add one that says what it may import", f.path, f.pkg)
			continue
		}
		for _, imported := range f.imports(t) {
			if !rule.allows(f.pkg, imported, f.test) {
				t.Errorf("%s imports %s; package %s may import of ours only %q (its tests also %q)",
					f.path, imported, f.pkg, rule.may, rule.tests)
			}
		}
	}
}

func TestImportRules(t *testing.T) {
	for _, c := range []struct {
		from, to   string
		test, want bool
	}{
		{"fusion", "rules", false, false},
		{"fusion/engine", "rules", false, true},
		{"fusion/engine", "fusion/bus", false, false},
		{"fusion/engine", "fusion/bus", true, true},
		{"rules", "fusion/engine", false, false},
		{"rules/ruletest", "fusion/engine", false, false},
		{"rules/tools/explain", "fusion/engine", false, true},
		{"connectors/cap", "connectors/kit/netguard", false, true},
		{"connectors/cap", "connectors/ais", false, false},
		{"connectors/cap", "connectors/conformance", false, false},
		{"connectors/cap", "connectors/conformance", true, true},
		{"connectors/cap", "fusion/engine", true, false},
		{"connectors/kit/mqtt", "connectors", false, true},
		{"fusion/desk", "fusion/app", false, false},
		{"fusion/app", "connectors/cap", false, true},
		{"cmd/iroom/internal/board", "fusion/app", false, true},
	} {
		rule, ok := ruleFor(c.from)
		if got := ok && rule.allows(c.from, c.to, c.test); got != c.want {
			t.Errorf("%s (test: %t) may import %s: got %t, want %t", c.from, c.test, c.to, got, c.want)
		}
	}
	if rule, ok := ruleFor("unheard/of"); ok {
		t.Errorf("a package that nobody knows has the rule %q", rule.packages)
	}
}

// ruleFor returns the rule with the longest pattern that pkg matches.
func ruleFor(pkg string) (importRule, bool) {
	matching := slices.DeleteFunc(slices.Clone(importRules), func(r importRule) bool { return !match(r.packages, pkg) })
	if len(matching) == 0 {
		return importRule{}, false
	}
	return slices.MaxFunc(matching, func(a, b importRule) int {
		return cmp.Compare(specificity(a.packages), specificity(b.packages))
	}), true
}

// specificity puts "a" before "a/..." and both before what is shorter.
func specificity(pattern string) int {
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return 2 * len(prefix)
	}
	return 2*len(pattern) + 1
}

func (r importRule) allows(pkg, imported string, test bool) bool {
	patterns := r.may
	if test {
		patterns = slices.Concat(patterns, r.tests, []string{pkg})
	}
	return slices.ContainsFunc(patterns, func(pattern string) bool { return match(pattern, imported) })
}

func match(pattern, pkg string) bool {
	prefix, below := strings.CutSuffix(pattern, "/...")
	return pattern == everything || pkg == prefix || below && strings.HasPrefix(pkg, prefix+"/")
}
