package explain

import (
	"fmt"
	"slices"

	"github.com/openiroom/iroom/fusion"
)

// count says how many events the window of a count or a distinct held, and
// until when the rest had to come.
func (r *run) count(a *Account) {
	if a.Fired {
		return
	}
	name := a.names()[0]
	if r.anatomy.Match["atleast"] == nil || r.anatomy.Match["atmost"] != nil || r.anatomy.Match["window"] != nil {
		r.inPeriod(a, name)
		return
	}
	need := r.atLeast()
	around, first := r.window(a, name)
	n, what := len(around), "events"
	if r.anatomy.Rule.Kind == "distinct" {
		n, what = differentValues(around, name), "different values of "+fmt.Sprint(r.anatomy.Match["of"])
	}
	within := r.anatomy.Rule.Within
	if in := r.inputOf(a); in != "" {
		a.Says = append(a.Says, in)
		return
	}
	if n < need {
		a.Says = append(a.Says, fmt.Sprintf("is a %s; with it there are %d of %d %s within %s; the rest had to come by %s (%s after the first at %s)",
			name, n, need, what, words(within), clock(first.Time.Add(within), a.Time), words(within), clock(first.Time, a.Time)))
		a.Says = append(a.Says, r.leftOut(a, name)...)
		return
	}
	if r.together(a, map[string]*fusion.Event{name: a.e}, n) {
		a.Says = append(a.Says, fmt.Sprintf("is a %s; %d of %d %s came within %s, but some were used up by an earlier hit or came after the window was gone",
			name, n, need, what, words(within)))
	}
}

// inPeriod says how many events the period holds that the event is in, and how
// many it has to hold.
func (r *run) inPeriod(a *Account, name string) {
	if in := r.inputOf(a); in != "" {
		a.Says = append(a.Says, in)
		return
	}
	list, where := r.values(a, name)
	what := many(len(list)+1, "event")
	if r.anatomy.Rule.Kind == "distinct" {
		what = many(differentValues(append(list, a), name), "different value") + fmt.Sprintf(" of %v", r.anatomy.Match["of"])
	}
	a.Says = append(a.Says, fmt.Sprintf("is a %s; the rule counts %s %s, and there have to be %s", name, what, where, r.asked()))
}

func (r *run) atLeast() int {
	switch n := r.anatomy.Match["atleast"].(type) {
	case uint64:
		return int(n)
	case int64:
		return int(n)
	}
	return 1
}

// maxLeftOut is how many events are named that do not count beside another.
const maxLeftOut = 3

// leftOut names events in the rule's time that do not count beside this one.
func (r *run) leftOut(a *Account, name string) (says []string) {
	for _, o := range r.others(a, name) {
		gap := a.Time.Sub(o.Time)
		if gap < 0 || gap > r.anatomy.Rule.Within || len(says) == maxLeftOut {
			continue
		}
		if why := r.foreign(a, o, name, name); why != "" {
			says = append(says, why)
		}
	}
	return says
}

// window is what came in the rule's time up to the event, with the same key
// and near it, the event among them; first is the earliest.
func (r *run) window(a *Account, name string) (list []*Account, first *Account) {
	mine, _ := a.reading(name)
	list, first = []*Account{a}, a
	for _, o := range r.others(a, name) {
		theirs, _ := o.reading(name)
		gap := a.Time.Sub(o.Time)
		if gap < 0 || gap > r.anatomy.Rule.Within || !slices.Equal(mine.Key, theirs.Key) || r.apart(a.e, o.e) != "" {
			continue
		}
		list = append(list, o)
		if o.Time.Before(first.Time) {
			first = o
		}
	}
	return list, first
}

func differentValues(list []*Account, name string) int {
	values := map[string]bool{}
	for _, a := range list {
		if x, ok := a.reading(name); ok && x.Value != "" {
			values[x.Value] = true
		}
	}
	return len(values)
}
