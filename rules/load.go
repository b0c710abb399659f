package rules

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

// Load reads every `*.yaml` file under fsys, tests (`*_test.yaml`) aside. It
// reports all that is wrong in all files at once; the set is nil when anything
// is.
func Load(fsys fs.FS) (*Set, []Problem) {
	files := map[string][]byte{}
	var problems []Problem
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isRuleFile(name) {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			problems = append(problems, Problem{File: name, Message: "cannot be read: " + err.Error()})
		}
		files[name] = b
		return nil
	})
	if err != nil {
		problems = append(problems, Problem{File: ".", Message: "cannot be listed: " + err.Error()})
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return Compile(files)
}

func isRuleFile(name string) bool {
	return path.Ext(name) == ".yaml" && !strings.HasSuffix(name, "_test.yaml")
}

// Compile makes a set of rule files by name. It reports all that is wrong in
// all files at once; the set is nil when anything is. Names of tests and of
// other things than YAML are ignored.
func Compile(files map[string][]byte) (*Set, []Problem) {
	set := &Set{byID: map[string]int{}, options: DefaultOptions}
	var problems []Problem
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !isRuleFile(name) {
			continue
		}
		f := &file{name: name}
		if body := f.parse(files[name]); body != nil {
			if r := parseRule(f, body); r != nil {
				set.rules = append(set.rules, r)
			}
		}
		problems = append(problems, f.problems...)
	}
	problems = append(problems, set.link()...)
	slices.SortFunc(problems, compareProblems)
	if len(problems) > 0 {
		return nil, problems
	}
	set.index = newIndex(set.rules)
	set.findFloors()
	return set, nil
}

// link checks what concerns several rules.
func (s *Set) link() []Problem {
	slices.SortStableFunc(s.rules, func(a, b *Rule) int { return strings.Compare(a.ID, b.ID) })
	var problems []Problem
	for i, r := range s.rules {
		if first, twice := s.byID[r.ID]; twice {
			problems = append(problems, r.problem("the rule "+r.ID+" stands also in "+s.rules[first].File, "rename one of them"))
			continue
		}
		s.byID[r.ID] = i
	}
	for _, r := range s.rules {
		for _, t := range r.Types {
			if id, ok := strings.CutPrefix(string(t), "rule."); ok && s.Rule(id) == nil {
				problems = append(problems, r.problem("looks at the hits of "+id+", a rule that does not exist", ""))
			}
		}
	}
	return append(problems, s.cycles()...)
}

// problem is one that concerns the rule as a whole.
func (r *Rule) problem(message, hint string) Problem {
	return Problem{File: r.File, Line: r.line, Column: r.column, Message: message, Hint: hint}
}

// cycles finds rules that look at their own hits, directly or through others,
// and chains of rules that are longer than a step follows.
func (s *Set) cycles() []Problem {
	w := hitWalk{set: s, depth: map[string]int{}}
	for _, r := range s.rules {
		w.visit(r)
	}
	return w.problems
}

type hitWalk struct {
	set      *Set
	trail    []string       // the rules on the path to here
	depth    map[string]int // of the rules that are done: how many rules their hits come through
	problems []Problem
}

func (w *hitWalk) visit(r *Rule) int {
	if depth, done := w.depth[r.ID]; done {
		return depth
	}
	w.trail = append(w.trail, r.ID)
	depth := 1
	for _, t := range r.Types {
		next := w.set.Rule(strings.TrimPrefix(string(t), "rule."))
		if !t.IsHit() || next == nil {
			continue
		}
		if i := slices.Index(w.trail, next.ID); i >= 0 {
			loop := strings.Join(append(slices.Clone(w.trail[i:]), next.ID), " <- ")
			w.bad(r, "looks at its own hits: "+loop, "break the circle")
			continue
		}
		depth = max(depth, 1+w.visit(next))
	}
	w.trail = w.trail[:len(w.trail)-1]
	r.depth = depth
	if w.depth[r.ID] = depth; depth == maxDepth+1 {
		w.bad(r, fmt.Sprintf("looks at hits that come through more than %d rules", maxDepth), "shorten the chain of rules")
	}
	return depth
}

func (w *hitWalk) bad(r *Rule, message, hint string) {
	w.problems = append(w.problems, r.problem(message, hint))
}

// Reads reports whether any rule that is not off looks at events of the type.
func (s *Set) Reads(t fusion.EventType) bool { return s.index.types[t] != nil }
