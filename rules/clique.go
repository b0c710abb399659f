package rules

import "slices"

// mutual returns events of the window that are all near each other, e among
// them: as many as are needed and then as many more as fit, up to what a hit
// lists; nil when there are too few.
func (c *countMatcher) mutual(x *execution, window []*entry, e *entry, need int) []*entry {
	s := clique{x: x, need: need, distinct: c.distinct}
	set, ok := s.grow([]*entry{e}, slices.DeleteFunc(slices.Clone(window), func(o *entry) bool { return o == e }))
	if !ok {
		return nil
	}
	for _, o := range slices.Backward(window) {
		if len(set) < maxInputs && x.step(len(set)) && !slices.Contains(set, o) && s.fits(set, o) {
			set = append(set, o)
		}
	}
	slices.SortFunc(set, compareEntries)
	return set
}

// clique finds events that are all near each other.
type clique struct {
	x        *execution
	need     int
	distinct bool // no two with the same value
}

// grow adds members of rest to the set, the latest first, until it is large
// enough.
func (c *clique) grow(set, rest []*entry) ([]*entry, bool) {
	if len(set) >= c.need {
		return set, true
	}
	for len(set)+len(rest) >= c.need {
		if !c.x.step(len(set)) {
			return nil, false
		}
		last := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		if !c.fits(set, last) {
			continue
		}
		if grown, ok := c.grow(append(slices.Clone(set), last), rest); ok {
			return grown, true
		}
	}
	return nil, false
}

func (c *clique) fits(set []*entry, o *entry) bool {
	return !slices.ContainsFunc(set, func(m *entry) bool {
		return c.distinct && m.value == o.value || !near(m, o, c.x.rule.near)
	})
}
