package ruletest

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

const testSuffix = "_test.yaml"

// Report is what came of the tests.
type Report struct {
	Problems []rules.Problem // of rules and test files; no test ran when rules have some
	Cases    []Result        // by file, in the order of the file
	Untested []string        // rules without a test, by id
}

// Result is what came of one case.
type Result struct {
	File     string
	Rule     string
	Name     string
	Failures []string // empty: passed

	number int           // in its file, from 0
	came   []expectation // what the case would have to expect
	ran    bool
}

// OK reports whether all that ran passed and nothing could not be read.
func (r Report) OK() bool {
	failed := func(c Result) bool { return len(c.Failures) > 0 }
	return len(r.Problems) == 0 && !slices.ContainsFunc(r.Cases, failed)
}

func (r Report) String() string {
	var b strings.Builder
	for _, p := range r.Problems {
		fmt.Fprintln(&b, p)
	}
	failed := 0
	for _, c := range r.Cases {
		if len(c.Failures) == 0 {
			continue
		}
		failed++
		fmt.Fprintf(&b, "%s: %s: %s\n", c.File, c.Rule, c.Name)
		for _, f := range c.Failures {
			fmt.Fprintf(&b, "    %s\n", strings.ReplaceAll(f, "\n", "\n    "))
		}
	}
	fmt.Fprintf(&b, "%d cases, %d failed\n", len(r.Cases), failed)
	return b.String()
}

// Run loads the rules under fsys and runs their tests. A filter keeps the
// cases whose rule and name, as `rule: name`, contain it.
func Run(fsys fs.FS, filter string) Report {
	set, problems := rules.Load(fsys)
	report := Report{Problems: problems}
	if set == nil {
		return report
	}
	for _, name := range testFiles(fsys, &report) {
		report.file(fsys, set, name, filter)
	}
	report.Untested = Untested(fsys, set)
	return report
}

func testFiles(fsys fs.FS, report *Report) (names []string) {
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, testSuffix) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		report.Problems = append(report.Problems, rules.Problem{File: ".", Message: "cannot be listed: " + err.Error()})
	}
	return names
}

// Untested lists the rules of the set that have no file of tests with a case
// in it, by id.
func Untested(fsys fs.FS, set *rules.Set) (ids []string) {
	for _, r := range set.Rules() {
		text, err := fs.ReadFile(fsys, strings.TrimSuffix(r.File, ".yaml")+testSuffix)
		var cases []any
		if err != nil || yaml.Unmarshal(text, &cases) != nil || len(cases) == 0 {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// file runs the cases of one test file.
func (r *Report) file(fsys fs.FS, set *rules.Set, name, filter string) {
	rule, cases := r.read(fsys, set, name)
	for n := range cases {
		c := &cases[n]
		if strings.Contains(rule.ID+": "+c.Name, filter) {
			result := Result{File: name, Rule: rule.ID, Name: c.Name, number: n}
			result.run(set, rule, c)
			r.Cases = append(r.Cases, result)
		}
	}
}

// read reads the cases of one test file, and finds the rule beside it.
func (r *Report) read(fsys fs.FS, set *rules.Set, name string) (*rules.Rule, []testCase) {
	bad := func(format string, args ...any) {
		r.Problems = append(r.Problems, rules.Problem{File: name, Message: fmt.Sprintf(format, args...)})
	}
	beside := strings.TrimSuffix(name, testSuffix) + ".yaml"
	i := slices.IndexFunc(set.Rules(), func(r *rules.Rule) bool { return r.File == beside })
	if i < 0 {
		bad("has no rule beside it; it would be %s", beside)
		return nil, nil
	}
	rule := set.Rules()[i]
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		bad("cannot be read: %s", err)
		return nil, nil
	}
	var cases []testCase
	if err := yaml.UnmarshalWithOptions(text, &cases, yaml.Strict()); err != nil {
		bad("is not a list of cases: %s", yaml.FormatError(err, false, false))
		return nil, nil
	}
	return rule, cases
}

// run runs a case; what is wrong with it is in Failures.
func (r *Result) run(set *rules.Set, rule *rules.Rule, c *testCase) {
	t, err := newTrial(set, rule, c)
	if err != nil {
		r.Failures = []string{err.Error()}
		return
	}
	r.ran = true
	r.came = t.came()
	r.Failures = []string{"says nothing of what to expect; write `expect: none` when the rule must not fire"}
	if c.Expect.given {
		r.Failures = t.judge()
	}
}

// newTrial gives the events of a case to the rules, and then lets the time
// pass until nothing waits for it any more.
func newTrial(set *rules.Set, rule *rules.Rule, c *testCase) (*trial, error) {
	w := world{c}
	st := rules.NewState()
	t := &trial{set: set, rule: rule, c: c, filled: map[string]bool{}}
	var clock time.Time
	seen := map[fusion.EventID]bool{}
	for n := range c.Events {
		e, received, err := c.Events[n].event(n)
		if err != nil {
			return nil, fmt.Errorf("event %s: %w", c.Events[n].id(n), err)
		}
		if seen[e.ID] {
			return nil, fmt.Errorf("event %s stands twice; give each a name or id of its own", e.ID)
		}
		seen[e.ID] = true
		c.place(e)
		t.events = append(t.events, e)
		if received.After(clock) {
			clock = received
		}
		t.hits = append(t.hits, set.Advance(st, clock, w)...)
		in := rules.Input{Event: e, Place: fusion.Place{Seq: uint64(n + 1)}, Clock: clock}
		t.hits = append(t.hits, set.Step(st, in, w)...)
		for _, name := range rule.Fills(e, w) {
			t.filled[name] = true
		}
	}
	for at, waits := st.NextDeadline(); waits; at, waits = st.NextDeadline() {
		t.hits = append(t.hits, set.Advance(st, at, w)...)
	}
	for _, s := range st.Stats(set) {
		if s.Rule == rule.ID {
			t.stats = s
		}
	}
	return t, nil
}

// trial is a case that has run.
type trial struct {
	set    *rules.Set
	rule   *rules.Rule
	c      *testCase
	events []*fusion.Event
	hits   []rules.Match
	filled map[string]bool // names of the rule that some event could fill
	stats  rules.Stats
}

func (t *trial) judge() (failures []string) {
	if t.stats.Failures > 0 {
		failures = append(failures, fmt.Sprintf("a condition of %s failed %d times while it ran", t.rule.ID, t.stats.Failures))
	}
	named := map[string]bool{t.rule.ID: true}
	for _, x := range t.c.Expect.list {
		named[x.rule(t.rule)] = true
	}
	left := slices.DeleteFunc(slices.Clone(t.hits), func(m rules.Match) bool { return !named[m.Rule.ID] })
	for _, x := range t.c.Expect.list {
		i := slices.IndexFunc(left, func(m rules.Match) bool { return t.differs(x, m) == "" })
		if i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		failures = append(failures, t.missing(x, left))
	}
	for _, m := range left {
		failures = append(failures, "came and was not expected: "+describe(m))
	}
	return failures
}

func (x expectation) rule(beside *rules.Rule) string {
	if x.Rule != "" {
		return x.Rule
	}
	return beside.ID
}

// missing says what was expected and, as far as it is known, why it did not
// come.
func (t *trial) missing(x expectation, left []rules.Match) string {
	s := "expected and did not come: " + x.describe(t.rule)
	for _, m := range left {
		if m.Rule.ID == x.rule(t.rule) {
			s += "\n  nearest: " + t.differs(x, m)
			break
		}
	}
	if x.rule(t.rule) != t.rule.ID {
		return s
	}
	for _, name := range t.rule.Names() {
		if !t.filled[name] {
			s += "\n  no event fills " + name
		}
	}
	if t.stats.Below > 0 {
		s += fmt.Sprintf("\n  %d matches had a score below the threshold", t.stats.Below)
	}
	if t.stats.Late > 0 {
		s += fmt.Sprintf("\n  %d events came after their window was gone", t.stats.Late)
	}
	if t.rule.Mode == rules.ModeOff {
		s += "\n  the rule is off"
	}
	return s
}

// differs says in what a hit differs from what is expected, "" in nothing.
func (t *trial) differs(x expectation, m rules.Match) string {
	diff := func(what, want, got string) string { return fmt.Sprintf("%s is %q, not %q", what, got, want) }
	switch {
	case m.Rule.ID != x.rule(t.rule):
		return diff("rule", x.rule(t.rule), m.Rule.ID)
	case x.At != "" && t.eventID(x.At) != m.Anchor().ID:
		return diff("at", string(t.eventID(x.At)), string(m.Anchor().ID))
	case x.Key != nil && *x.Key != m.Hit.Key:
		return diff("key", *x.Key, m.Hit.Key)
	case x.Score != nil && *x.Score != m.Hit.Score:
		return fmt.Sprintf("score is %g, not %g", m.Hit.Score, *x.Score)
	case x.Kind != "" && x.Kind != m.Kind:
		return diff("kind", x.Kind, m.Kind)
	case x.Severity != "" && x.Severity != string(m.Severity):
		return diff("severity", x.Severity, string(m.Severity))
	case x.Title != "" && x.Title != m.Title:
		return diff("title", x.Title, m.Title)
	case x.Inputs != nil && !slices.Equal(t.ids(x.Inputs), inputs(m)):
		return diff("inputs", fmt.Sprint(t.ids(x.Inputs)), fmt.Sprint(inputs(m)))
	}
	return ""
}

// eventID is the id of the event that an expectation calls by name or number.
func (t *trial) eventID(at string) fusion.EventID {
	for n := range t.c.Events {
		if t.c.Events[n].Name == at || strconv.Itoa(n) == at {
			return fusion.EventID(t.c.Events[n].id(n))
		}
	}
	return fusion.EventID(at)
}

func (t *trial) ids(names []string) []fusion.EventID {
	ids := make([]fusion.EventID, len(names))
	for i, name := range names {
		ids[i] = t.eventID(name)
	}
	slices.Sort(ids)
	return ids
}

func inputs(m rules.Match) []fusion.EventID {
	ids := make([]fusion.EventID, len(m.Events))
	for i, e := range m.Events {
		ids[i] = e.Event.ID
	}
	slices.Sort(ids)
	return ids
}

func (x expectation) describe(beside *rules.Rule) string {
	s := x.rule(beside)
	if x.At != "" {
		s += " at " + x.At
	}
	if x.Score != nil {
		s += fmt.Sprintf(", score %g", *x.Score)
	}
	wanted := slices.DeleteFunc([]string{s, x.Kind, x.Severity, x.Title}, func(v string) bool { return v == "" })
	return strings.Join(wanted, ", ")
}

func describe(m rules.Match) string {
	return fmt.Sprintf("%s at %s, score %g, %q", m.Rule.ID, m.Anchor().ID, m.Hit.Score, m.Title)
}
