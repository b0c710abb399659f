package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// chain is a sequence in which every event has a place of its own, and what
// must not come between.
type chain struct {
	links []link
	after []alternative // what must not come after the last event
	wait  time.Duration // for so long
}

// link is one event of a chain.
type link struct {
	any    []alternative
	absent []alternative // what must not come between the event before and this one
}

// anything is the condition that every record meets.
const anything = "true"

// maxNames is how many events a rule may name.
const maxNames = 16

// rule writes the chain as a rule that finds every combination; where is a
// condition over the links s1, s2, ….
func (c chain) rule(id string, within time.Duration, where string, extra ...string) (ruleText, error) {
	if where != "" {
		extra = append(slices.Clone(extra), "where: "+quote(where))
	}
	if len(c.links) == 1 && len(c.after) == 0 {
		return ruleText{id: id, events: []ruleEvent{c.event(0)}, match: beside("event: s1", extra...)}, nil
	}
	r := ruleText{id: id}
	var items []string
	forbid := func(what []alternative, i int, extra string) {
		if len(what) > 0 {
			name := fmt.Sprintf("n%d", i)
			r.events = append(r.events, ruleEvent{name, reduce(what)})
			items = append(items, "{not: "+name+extra+"}")
		}
	}
	for i, l := range c.links {
		if i > 0 {
			forbid(l.absent, i, "")
		}
		r.events = append(r.events, c.event(i))
		items = append(items, linkName(i))
	}
	forbid(c.after, len(c.links), ", within: "+duration(c.wait))
	if len(r.events) > maxNames {
		return r, differs("it takes more than %d events, which is what a rule may name", maxNames)
	}
	r.match = beside("sequence: ["+strings.Join(items, ", ")+"]", append([]string{"within: " + duration(within), "pick: each"}, extra...)...)
	return r, nil
}

func (c chain) event(i int) ruleEvent { return ruleEvent{linkName(i), c.links[i].any} }

// linkName is the name of a link in the rule.
func linkName(i int) string { return fmt.Sprintf("s%d", i+1) }

func beside(kind string, parts ...string) string {
	return strings.Join(append([]string{kind}, parts...), ", ")
}

// reduce drops what the condition on any record covers, and repetitions.
func reduce(list []alternative) []alternative {
	all := alternative{when: anything}
	var out []alternative
	for _, a := range list {
		covered := a.typ == "" && a != all && slices.Contains(list, all)
		if !covered && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// duration writes a time for a rule.
func duration(d time.Duration) string { return d.String() }
