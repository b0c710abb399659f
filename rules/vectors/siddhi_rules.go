package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// siddhiWindow is longer than any case.
const siddhiWindow = 24 * time.Hour

// siddhiStart is the condition on the record of the app's start.
const siddhiStart = `attrs.fields["@stream"] == "@start"`

// siddhiRules are the rules of a pattern.
type siddhiRules struct {
	texts []ruleText
	names map[string]map[string]string // by rule whose hits are matches: what a link stands for, as e2[1]
	waits map[*siddhiWait]string       // the rule of each wait
}

// errImpossible says that a path cannot match, as a filter looks at an event
// that the path does not have.
var errImpossible = errors.New("a filter looks at an event that is not there")

// rules writes the paths as rules.
func (s *siddhiPlan) rules() (*siddhiRules, error) {
	out := &siddhiRules{names: map[string]map[string]string{}, waits: map[*siddhiWait]string{}}
	for i, p := range s.paths {
		if len(p.pending) > 0 && !p.endsRepeating() {
			return out, differs("something that must never come at the end")
		}
		if len(p.links) == 0 {
			continue
		}
		id := fmt.Sprintf("path-%d", i+1)
		names, err := s.chain(id, p.links, out)
		switch {
		case errors.Is(err, errImpossible):
			continue
		case err != nil:
			return out, err
		}
		out.names[id] = names
	}
	if len(out.texts) == 0 {
		return out, differs("a pattern that nothing can fill")
	}
	return out, nil
}

// endsRepeating reports whether what is forbidden at the end is only a
// further repetition, which nothing comes behind to forbid.
func (p siddhiPath) endsRepeating() bool {
	return len(p.links) > 0 && slices.Contains(p.pending, p.links[len(p.links)-1].own())
}

// endsWaiting reports whether a wait completes the path.
func (p siddhiPath) endsWaiting() bool {
	return len(p.links) > 0 && p.links[len(p.links)-1].wait != nil
}

// chain writes the rule of some links, and before it those of the waits that
// it speaks of.
func (s *siddhiPlan) chain(id string, links []siddhiLink, out *siddhiRules) (map[string]string, error) {
	c := chain{}
	if !s.every {
		c.links = append(c.links, link{any: records(siddhiStart)})
	}
	named, at, copies := map[string]string{}, map[string]string{}, map[string]int{}
	var where []string
	for _, l := range links {
		absent, err := s.alternatives(l.absent, out)
		if err != nil {
			return nil, err
		}
		taken, err := s.alternatives([]forbidden{l.own()}, out)
		if err != nil {
			return nil, err
		}
		name := linkName(len(c.links))
		if l.wait != nil && l.wait.rearm == "" {
			where = append(where, s.over(l.wait, name))
		}
		c.links = append(c.links, link{taken, absent})
		for _, n := range l.names {
			label := fmt.Sprintf("%s[%d]", n, copies[n])
			named[name] += label + " "
			at[label] = name
			copies[n]++
		}
		for _, f := range l.filters {
			text, err := f.between(name, at)
			if err != nil {
				return nil, err
			}
			where = append(where, text)
		}
	}
	if first := linkName(len(c.links) - len(links)); s.app.within > 0 && len(links) > 1 {
		where = append(where, fmt.Sprintf("%s.time - %s.time <= duration(%q)", linkName(len(c.links)-1), first, s.app.within))
	}
	extra := s.beside()
	if len(c.links) > 1 {
		extra = append(extra, "lateness: 1ms")
	}
	t, err := c.rule(id, siddhiWindow, strings.Join(where, " && "), extra...)
	out.texts = append(out.texts, t)
	return named, err
}

// over says that the wait is the one that began with the link before it.
func (s *siddhiPlan) over(w *siddhiWait, name string) string {
	before := len(w.after) - 1
	if !s.every {
		before++
	}
	return fmt.Sprintf("%s.time - %s.time == duration(%q)", name, linkName(before), w.span)
}

// alternatives writes what is forbidden, and the rules of its waits.
func (s *siddhiPlan) alternatives(what []forbidden, out *siddhiRules) ([]alternative, error) {
	var list []alternative
	for _, f := range what {
		if f.wait == nil {
			list = append(list, alternative{when: f.when})
			continue
		}
		if out.waits[f.wait] == "" {
			if err := s.wait(f.wait, out); err != nil {
				return nil, err
			}
		}
		list = append(list, alternative{typ: "rule." + out.waits[f.wait]})
	}
	return list, nil
}

// wait writes the rule of a wait: an absence behind the rule of the links
// before it, or behind the start and whatever starts it anew.
func (s *siddhiPlan) wait(w *siddhiWait, out *siddhiRules) error {
	id := fmt.Sprintf("wait-%d", len(out.waits)+1)
	out.waits[w] = id
	begin := link{any: records(siddhiStart)}
	if w.rearm != "" {
		begin.any = append(begin.any, alternative{when: w.rearm})
	}
	if len(w.after) > 0 {
		if _, err := s.chain(id+"-begins", w.after, out); err != nil {
			return err
		}
		begin.any = []alternative{{typ: "rule." + id + "-begins"}}
	}
	c := chain{links: []link{begin}, after: records(w.absent...), wait: w.span}
	t, err := c.rule(id, siddhiWindow, "", s.beside()...)
	out.texts = append(out.texts, t)
	return err
}

// beside is what stands beside every match of the app.
func (s *siddhiPlan) beside() []string {
	if len(s.app.partition) > 0 {
		return []string{"by: " + quote(column("@partition"))}
	}
	return nil
}

// between writes a filter that looks at other events over the links: own is
// the link that it stands at, at the link of each event before.
func (f siddhiFilter) between(own string, at map[string]string) (string, error) {
	var b strings.Builder
	text := slices.ContainsFunc(f.where, func(r siddhiRef) bool { return slices.Contains(siddhiTexts, r.column) })
	for i, part := range f.parts {
		b.WriteString(" " + strings.ReplaceAll(part, "attrs.fields", own+".attrs.fields") + " ")
		if i == len(f.where) {
			break
		}
		r := f.where[i]
		index, err := strconv.Atoi("0" + r.index)
		if err != nil {
			return "", differs("a filter looks at %s[%s]", r.event, r.index)
		}
		name := at[fmt.Sprintf("%s[%d]", r.event, index)]
		if name == "" {
			return "", errImpossible
		}
		read := name + "." + column(r.column)
		if !text {
			read = "number(" + read + ")"
		}
		b.WriteString(read)
	}
	return "(" + strings.TrimSpace(b.String()) + ")", nil
}
