package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// step is one of a sequence.
type step struct {
	name string
	low  int  // how many it takes at least
	not  bool // it must not occur
	span time.Duration
}

// steps are those of the sequence in their order.
func (r *run) steps() (list []step) {
	items, _ := r.anatomy.Match["sequence"].([]any)
	for _, item := range items {
		asked, ok := item.(map[string]any)
		switch {
		case !ok:
			list = append(list, step{name: fmt.Sprint(item), low: 1})
		case asked["not"] != nil:
			span, _ := fusion.ParseDuration(fmt.Sprint(asked["within"]))
			list = append(list, step{name: fmt.Sprint(asked["not"]), not: true, span: asTime(span)})
		default:
			low := 1
			if times, has := asked["times"]; has {
				low, _ = strconv.Atoi(strings.TrimSpace(strings.Split(fmt.Sprint(times), "..")[0]))
			}
			list = append(list, step{name: fmt.Sprint(asked["event"]), low: low})
		}
	}
	return list
}

// sequence says for each step that the event can be what it waited for.
func (r *run) sequence(a *Account) {
	steps := r.steps()
	last := len(steps) - 1
	for last > 0 && steps[last].not {
		last--
	}
	for _, name := range a.names() {
		at := slices.IndexFunc(steps, func(s step) bool { return s.name == name })
		switch {
		case at < 0:
		case steps[at].not:
			a.Says = append(a.Says, "is a "+name+", which must not come where the sequence says so")
		case at < last:
			r.waits(a, steps, at)
		default:
			if !a.Fired {
				r.incomplete(a, steps, last)
			}
			r.tail(a, steps)
		}
	}
}

// tail says what must not come behind the last event, and until when.
func (r *run) tail(a *Account, steps []step) {
	if no := steps[len(steps)-1]; no.not {
		r.staysAway(a, a.names()[0], no.name, no.span)
	}
}

// waits says until when the rest of the sequence may come behind a step, and
// what came.
func (r *run) waits(a *Account, steps []step, at int) {
	from, next, no := steps[at].name, at+1, ""
	for steps[next].not {
		no = fmt.Sprintf(", with no %s before it", steps[next].name)
		next++
	}
	to := steps[next].name
	end := a.Time.Add(r.anatomy.Rule.Within)
	line := fmt.Sprintf("is a %s; %s may come until %s (%s after it)%s", from, to, clock(end, a.Time), words(r.anatomy.Rule.Within), no)
	if in := r.inputOf(a); in != "" {
		a.Says = append(a.Says, line, in)
		return
	}
	for _, o := range r.others(a, to) {
		if o.Time.Before(a.Time) {
			continue
		}
		if reason := r.unfit(a, o, from, to, a); reason != "" {
			a.Says = append(a.Says, line, reason)
			return
		}
		a.Says = append(a.Says, line, fmt.Sprintf("%s %s at %s; see there", to, came(o), clock(o.Time, a.Time)))
		return
	}
	a.Says = append(a.Says, line, "no "+to+" came in these events")
}

// incomplete says what was missing before the last event of a sequence: it
// takes the latest partners that fit, and stops at the step that none fits.
func (r *run) incomplete(a *Account, steps []step, last int) {
	by := map[string]*fusion.Event{steps[last].name: a.e}
	following, count := a, 1
	var barred []step
	for at := last - 1; at >= 0; at-- {
		if steps[at].not {
			barred = append(barred, steps[at])
			continue
		}
		partner, reason := r.partner(a, following, steps[at].name, steps[last].name)
		switch n := r.howMany(a, steps[at], steps[last].name); {
		case partner == nil && steps[at].low == 0:
			continue
		case partner == nil:
			a.Says = append(a.Says, reason)
			return
		case n < steps[at].low:
			a.Says = append(a.Says, fmt.Sprintf("is a %s; %d of at least %d of %s came before it", steps[last].name, n, steps[at].low, steps[at].name))
			return
		}
		for _, no := range barred {
			if between := r.between(partner, following, no.name); between != nil {
				a.Says = append(a.Says, fmt.Sprintf("is a %s, but a %s %s at %s, between the %s at %s and it", steps[last].name, no.name, came(between),
					clock(between.Time, a.Time), steps[at].name, clock(partner.Time, a.Time)))
				return
			}
		}
		by[steps[at].name], following, barred = partner.e, partner, nil
		count++
	}
	if r.together(a, by, count) && !steps[len(steps)-1].not {
		a.Says = append(a.Says, r.unused(a, following))
	}
}

// unused says why a whole match is no hit.
func (r *run) unused(a, first *Account) string {
	if r.anatomy.Match["contiguity"] == "strict" {
		for i := range r.out.Accounts {
			o := &r.out.Accounts[i]
			if len(o.names()) > 0 && o.Time.After(first.Time) && o.Time.Before(a.Time) {
				return fmt.Sprintf("is a %s, but other events of the rule came between, as at %s, and contiguity: strict allows none", a.names()[0], clock(o.Time, a.Time))
			}
		}
	}
	return "the events that it would complete a match with were used already, or came after the window was gone"
}

// howMany is how many events fit a step before the last one.
func (r *run) howMany(a *Account, s step, last string) (n int) {
	for _, o := range r.others(a, s.name) {
		if r.unfit(o, a, s.name, last, a) == "" {
			n++
		}
	}
	return n
}

// between is an event that must not occur between two others; nil when none
// did.
func (r *run) between(from, to *Account, name string) *Account {
	mine := from.readings()[0]
	for _, o := range r.others(from, name) {
		theirs, _ := o.reading(name)
		if !o.Time.Before(from.Time) && !o.Time.After(to.Time) && o.Event != to.Event && slices.Equal(mine.Key, theirs.Key) &&
			r.apart(from.e, o.e) == "" && r.apart(to.e, o.e) == "" {
			return o
		}
	}
	return nil
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
