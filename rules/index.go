package rules

import (
	"cmp"
	"maps"
	"slices"

	"github.com/openiroom/iroom/fusion"
)

// ref points at one alternative of one event of one rule.
type ref struct{ rule, slot, alt int }

func compareRefs(a, b ref) int {
	return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(a.slot, b.slot), cmp.Compare(a.alt, b.alt))
}

// index finds the alternatives whose constant predicates an event can meet:
// its type, and one field that the condition compares with constants or one
// list that it asks for an entity.
type index struct {
	types map[fusion.EventType]*typeIndex
}

type typeIndex struct {
	always []ref        // no such predicate
	fields []fieldIndex // by path
	lists  map[string][]ref
}

type fieldIndex struct {
	path     string
	read     func(e *fusion.Event) atom
	values   map[atom][]ref
	prefixes map[string][]ref
	lengths  []int // of the prefixes
}

func newIndex(rules []*Rule) index {
	ix := index{types: map[fusion.EventType]*typeIndex{}}
	shared := map[sharedKey]int{}
	alternatives(rules, func(_ ref, a *alternative) {
		for _, p := range a.predicates() {
			for _, v := range p.values {
				shared[sharedKey{a.typ, p.how, p.path, v}]++
			}
		}
	})
	alternatives(rules, func(at ref, a *alternative) {
		t := ix.types[a.typ]
		if t == nil {
			t = &typeIndex{lists: map[string][]ref{}}
			ix.types[a.typ] = t
		}
		t.add(at, a.mostSelective(shared))
	})
	for _, r := range rules {
		r.forgetPredicates()
	}
	return ix
}

// sharedKey is one value of a constant predicate, to count who shares it.
type sharedKey struct {
	typ  fusion.EventType
	how  comparison
	path string
	v    atom
}

func alternatives(rules []*Rule, visit func(ref, *alternative)) {
	for i, r := range rules {
		if r.Mode == ModeOff {
			continue
		}
		for slot, d := range r.events {
			for alt, a := range d.alternatives {
				visit(ref{i, slot, alt}, a)
			}
		}
	}
}

// mostSelective is the predicate whose values the fewest alternatives share,
// or nil; of two equals the list, which few events are on.
func (a *alternative) mostSelective(shared map[sharedKey]int) *predicate {
	var best *predicate
	lowest := 0
	for _, p := range a.predicates() {
		n := 0
		for _, v := range p.values {
			n = max(n, shared[sharedKey{a.typ, p.how, p.path, v}])
		}
		if best == nil || n < lowest || n == lowest && p.how == onList {
			best, lowest = &p, n
		}
	}
	return best
}

func (t *typeIndex) add(at ref, p *predicate) {
	switch {
	case p == nil:
		t.always = append(t.always, at)
	case p.how == onList:
		list := p.values[0].text
		t.lists[list] = append(t.lists[list], at)
	default:
		t.field(p).add(at, p)
	}
}

// field is the index of the predicate's field, made when there is none.
func (t *typeIndex) field(p *predicate) *fieldIndex {
	i, ok := slices.BinarySearchFunc(t.fields, p.path, func(f fieldIndex, path string) int { return cmp.Compare(f.path, path) })
	if !ok {
		t.fields = slices.Insert(t.fields, i, fieldIndex{p.path, p.read, map[atom][]ref{}, map[string][]ref{}, nil})
	}
	return &t.fields[i]
}

func (f *fieldIndex) add(at ref, p *predicate) {
	if p.how == begins {
		prefix := p.values[0].text
		f.prefixes[prefix] = append(f.prefixes[prefix], at)
		if !slices.Contains(f.lengths, len(prefix)) {
			f.lengths = append(f.lengths, len(prefix))
		}
		return
	}
	for _, v := range p.values {
		f.values[v] = append(f.values[v], at)
	}
}

// candidates appends the alternatives that the event may meet, in order. It
// asks every list once.
func (ix index) candidates(e *fusion.Event, w World, into []ref) []ref {
	t := ix.types[e.Type]
	if t == nil {
		return into
	}
	into = append(into, t.always...)
	for i := range t.fields {
		into = t.fields[i].candidates(e, into)
	}
	for list, refs := range t.lists {
		if onAList(w, list, e) {
			into = append(into, refs...)
		}
	}
	slices.SortFunc(into, compareRefs)
	return slices.Compact(into)
}

func (f *fieldIndex) candidates(e *fusion.Event, into []ref) []ref {
	v := f.read(e)
	if v.kind == noAtom {
		return into
	}
	into = append(into, f.values[v]...)
	for _, n := range f.lengths {
		if n <= len(v.text) {
			into = append(into, f.prefixes[v.text[:n]]...)
		}
	}
	return into
}

// forgetPredicates drops what only the making of the index needs.
func (r *Rule) forgetPredicates() {
	for _, d := range r.events {
		for _, a := range d.alternatives {
			if a.when != nil {
				a.when.predicates = nil
			}
		}
	}
}

// predicates are the constant predicates that must hold for the alternative.
func (a *alternative) predicates() []predicate {
	if a.when == nil {
		return nil
	}
	return a.when.predicates
}

// Types lists the types of event that any rule that is not off looks at.
func (s *Set) Types() []fusion.EventType { return slices.Sorted(maps.Keys(s.index.types)) }
