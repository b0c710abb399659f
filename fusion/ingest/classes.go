package ingest

import (
	"cmp"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// Class is a retention class: how long an event stays on the log.
type Class struct {
	Name fusion.Class
	Keep time.Duration // at least 1 s
}

// DefaultClasses are the classes of a room that configures none.
func DefaultClasses() []Class {
	const day = 24 * time.Hour
	return []Class{{"day", day}, {"week", 7 * day}, {"month", 30 * day}}
}

// classes are retention classes from the shortest to the longest.
type classes []Class

func newClasses(list []Class) (classes, error) {
	if len(list) == 0 {
		list = DefaultClasses()
	}
	sorted := slices.SortedFunc(slices.Values(list), func(a, b Class) int { return cmp.Compare(a.Keep, b.Keep) })
	for i, c := range sorted {
		if !fusion.IsToken(string(c.Name)) || c.Keep < time.Second || slices.ContainsFunc(sorted[:i], func(d Class) bool { return d.Name == c.Name }) {
			return nil, fusion.Errorf(fusion.KindInvalid, "configure the ingest", "retention class %q keeps events for %s", c.Name, c.Keep).
				WithHint("a class has a name of lower case, digits and dashes of its own and keeps events for 1s or more")
		}
	}
	return sorted, nil
}

// of is the class of an event: the longest that its handling allows, else the
// one of its domain. Never shorter than the shortest: that is what a replay
// needs.
func (c classes) of(e *fusion.Event) Class {
	if e.Handling != nil && !e.Handling.RetainUntil.IsZero() {
		return c.within(e.Handling.RetainUntil.Sub(e.RecordedTime))
	}
	if e.Type.Domain() == "sensor" {
		return c.named("week", len(c)/2)
	}
	return c.named("month", len(c)-1)
}

func (c classes) within(life time.Duration) Class {
	best := c[0]
	for _, class := range c {
		if class.Keep <= life {
			best = class
		}
	}
	return best
}

// named is the class of that name, or the i-th when there is none.
func (c classes) named(name fusion.Class, i int) Class {
	if found := slices.IndexFunc(c, func(class Class) bool { return class.Name == name }); found >= 0 {
		i = found
	}
	return c[i]
}
