package notify

import (
	"fmt"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// route is a compiled Route.
type route struct {
	*Route
	when  *condition // nil: every alert
	quiet []*week
	plan  *Plan

	mayTell map[string]bool // receivers that some stage has at some time
}

// matches reports whether the route is for an alert. A condition that fails on
// it matches: rather one message too many.
func (r *route) matches(a *fusion.Alert) bool {
	if r.when == nil {
		return true
	}
	ok, err := r.when.eval(a)
	return ok || err != nil
}

// isQuiet reports whether messages of the route wait at a time.
func (r *route) isQuiet(t time.Time) bool {
	return slices.ContainsFunc(r.quiet, func(w *week) bool { return w.contains(t) })
}

// audience are the receivers of the first stages at a time: stage 0 is Who.
func (r *route) audience(stages int, t time.Time) []string {
	names := r.plan.resolve(nil, r.Who, t)
	for _, s := range r.Escalate[:min(stages, len(r.Escalate))] {
		names = r.plan.resolve(names, s.Who, t)
	}
	return names
}

// due is how many stages are reached at a time when first is when the first
// message went out.
func (r *route) due(first, t time.Time) (stages int) {
	if first.IsZero() {
		return 0
	}
	for _, s := range r.Escalate {
		if t.Before(first.Add(time.Duration(s.After))) {
			break
		}
		stages++
	}
	return stages
}

// resolve adds receivers, and those whom rotas have on duty, each once.
func (p *Plan) resolve(to, names []string, t time.Time) []string {
	for _, name := range names {
		who := []string{name}
		if r := p.rotas[name]; r != nil {
			who = r.onDuty(t)
		}
		for _, w := range who {
			if !slices.Contains(to, w) {
				to = append(to, w)
			}
		}
	}
	return to
}

func (p *Plan) route(name string) *route {
	for _, r := range p.routes {
		if r.Name == name {
			return r
		}
	}
	return nil
}

func (c *checker) route(at string, r *Route, p *Plan) *route {
	c.name(at, "route ", r.Name)
	out := &route{Route: r, plan: p, mayTell: map[string]bool{}}
	if r.When != "" {
		var err error
		if out.when, err = newCondition(r.When); err != nil {
			c.bad("%s.when: %w", at, err)
		}
	}
	c.who(at, r.Who, out)
	for i, s := range r.Escalate {
		at := fmt.Sprintf("%s.escalate[%d]", at, i)
		if s.After <= 0 || i > 0 && s.After < r.Escalate[i-1].After {
			c.bad("%s.after is %s; it is a span of time, and not shorter than that of the stage before", at, s.After)
		}
		c.who(at, s.Who, out)
	}
	for _, g := range r.Group {
		if !slices.Contains(groupFields, g) {
			c.bad("%s.group has %q; it is one of %q", at, g, groupFields)
		}
	}
	for _, q := range r.Quiet {
		if p.hours[q] == nil {
			c.bad("%s.quiet has %q; no hours have that name", at, q)
			continue
		}
		out.quiet = append(out.quiet, p.hours[q])
	}
	if r.Wait < 0 || r.Interval < 0 || r.Repeat < 0 {
		c.bad("%s has a negative wait, interval or repeat", at)
	}
	return out
}

// who checks names of receivers and rotas, and notes whom they may mean.
func (c *checker) who(at string, names []string, r *route) {
	if len(names) == 0 {
		c.bad("%s.who is missing", at)
	}
	for _, n := range names {
		rota := r.plan.rotas[n]
		if r.plan.receivers[n] == nil && rota == nil {
			c.bad("%s.who has %q; no receiver and no rota has that name", at, n)
		}
		r.mayTell[n] = true
		if rota == nil {
			continue
		}
		for _, shift := range rota.who {
			for _, w := range shift {
				r.mayTell[w] = true
			}
		}
	}
}
