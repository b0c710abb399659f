package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Lateness is how far behind the clock an event of the source may come for
// the rule: what the rule says, else what is known of the source; and never
// less than what the hits need that the rule looks at.
func (s *Set) Lateness(r *Rule, source string) time.Duration {
	if r.lateness != nil {
		return max(*r.lateness, s.floors[r.ID])
	}
	return max(s.ofSource(source), s.floors[r.ID])
}

func (s *Set) ofSource(source string) time.Duration {
	for name := source; len(s.options.Sources) > 0; {
		if d, ok := s.options.Sources[name]; ok {
			return d
		}
		i := strings.LastIndexByte(name, '/')
		if i < 0 {
			break
		}
		name = name[:i]
	}
	return s.options.Lateness
}

// longest is the lateness of the slowest source of the rule.
func (s *Set) longest(r *Rule) time.Duration {
	if r.lateness != nil {
		return max(*r.lateness, s.floors[r.ID])
	}
	d := max(s.options.Lateness, s.floors[r.ID])
	for _, own := range s.options.Sources {
		d = max(d, own)
	}
	return d
}

// findFloors finds for every rule on hits how long after their time they may
// come: a hit that the clock makes comes its rule's lateness after the time
// that it has.
func (s *Set) findFloors() {
	s.floors = map[string]time.Duration{}
	delays := map[string]time.Duration{}
	for _, r := range slices.SortedFunc(slices.Values(s.rules), func(a, b *Rule) int { return cmp.Compare(a.depth, b.depth) }) {
		var floor time.Duration
		for _, t := range r.Types {
			if id, ok := strings.CutPrefix(string(t), "rule."); ok {
				floor = max(floor, delays[id])
			}
		}
		if floor > 0 {
			s.floors[r.ID] = floor
		}
		delays[r.ID] = floor
		if r.Waits() {
			delays[r.ID] = s.longest(r)
		}
	}
}
