package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

// steps are the names of a sequence in their order, nil when it has more than
// plain names.
func (r *run) steps() []string {
	items, ok := r.anatomy.Match["sequence"].([]any)
	if !ok {
		return nil
	}
	var names []string
	for _, item := range items {
		name, ok := item.(string)
		if !ok {
			return nil
		}
		names = append(names, name)
	}
	return names
}

// sequence says for each step that the event can be what it waited for.
func (r *run) sequence(a *Account) {
	steps := r.steps()
	if steps == nil {
		r.alone(a)
		return
	}
	last := len(steps) - 1
	for _, name := range a.names() {
		at := slices.Index(steps, name)
		if at == last {
			if !a.Fired {
				r.incomplete(a, steps)
			}
			continue
		}
		r.waits(a, steps, at)
	}
}

// waits says until when the rest of the sequence may come behind a step, and
// what came.
func (r *run) waits(a *Account, steps []string, at int) {
	next := steps[at+1]
	end := a.Time.Add(r.anatomy.Rule.Within)
	line := fmt.Sprintf("is a %s; %s may come until %s (%s after it)", steps[at], next, clock(end, a.Time), words(r.anatomy.Rule.Within))
	if in := r.inputOf(a); in != "" {
		a.Says = append(a.Says, line, in)
		return
	}
	for _, o := range r.others(a, next) {
		if o.Time.Before(a.Time) {
			continue
		}
		if reason := r.unfit(a, o, steps[at], next, a); reason != "" {
			a.Says = append(a.Says, line, reason)
			return
		}
		a.Says = append(a.Says, line, fmt.Sprintf("%s %s at %s; see there", next, came(o), clock(o.Time, a.Time)))
		return
	}
	a.Says = append(a.Says, line, "no "+next+" came in these events")
}

// incomplete says what was missing before the last event of a sequence: it
// takes the latest partners that fit, and stops at the step that none fits.
func (r *run) incomplete(a *Account, steps []string) {
	last := len(steps) - 1
	by := map[string]*fusion.Event{steps[last]: a.e}
	following := a
	for at := last - 1; at >= 0; at-- {
		partner, reason := r.partner(a, following, steps[at], steps[last])
		if partner == nil {
			a.Says = append(a.Says, reason)
			return
		}
		by[steps[at]] = partner.e
		following = partner
	}
	if r.together(a, by, len(steps)) {
		a.Says = append(a.Says, "the events that it would complete a match with were used already, or came after the window was gone")
	}
}

// partner finds the latest event for a step that fits before the following
// one, or says what keeps the one that is nearest to fitting away.
func (r *run) partner(anchor, following *Account, name, last string) (*Account, string) {
	others := r.others(following, name)
	if len(others) == 0 {
		return nil, fmt.Sprintf("is a %s; no %s came before it in these events", last, name)
	}
	reason, grade := "", -1
	for _, o := range slices.Backward(others) {
		why := r.unfit(o, anchor, name, last, following)
		if why == "" {
			return o, ""
		}
		if g := grades(why); g > grade {
			reason, grade = why, g
		}
	}
	return nil, reason
}

// grades orders reasons: the further a pair came before it failed, the more
// its reason says.
func grades(reason string) int {
	for i, word := range []string{"must be equal", "before", "too late", "apart"} {
		if strings.Contains(reason, word) {
			return i
		}
	}
	return 0
}

// unfit says why the later event cannot follow the earlier one in a sequence,
// "" when it can. following is the event of the step after the earlier one.
func (r *run) unfit(earlier, later *Account, from, to string, following *Account) string {
	x, _ := earlier.reading(from)
	y, _ := later.reading(to)
	if !slices.Equal(x.Key, y.Key) {
		return fmt.Sprintf("%s at %s has another %s (%s, here %s); they must be equal", from, clock(earlier.Time, later.Time),
			r.keyNames(x.Key, y.Key...), strings.Join(x.Key, ", "), strings.Join(y.Key, ", "))
	}
	if following != earlier && earlier.Time.After(following.Time) || earlier.Time.After(later.Time) {
		return fmt.Sprintf("%s came at %s, %s after this; it has to come before", from, clock(earlier.Time, later.Time), words(earlier.Time.Sub(later.Time)))
	}
	within := r.anatomy.Rule.Within
	if late := later.Time.Sub(earlier.Time) - within; late > 0 {
		end := earlier.Time.Add(within)
		return fmt.Sprintf("%s %s %s too late: it had to come by %s (%s after the %s at %s) and came at %s",
			to, came(later), words(late), clock(end, earlier.Time), words(within), from, clock(earlier.Time, earlier.Time), clock(later.Time, earlier.Time))
	}
	if far := r.apart(earlier.e, later.e); far != "" {
		return fmt.Sprintf("%s and %s are too far apart: %s", from, to, far)
	}
	return ""
}
