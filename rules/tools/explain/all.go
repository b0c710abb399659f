package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

// all says which of the events are there and which are missing, and until when
// they may come.
func (r *run) all(a *Account) {
	if a.Fired {
		return
	}
	if in := r.inputOf(a); in != "" {
		a.Says = append(a.Says, in)
		return
	}
	name, within := a.names()[0], r.anatomy.Rule.Within
	by := map[string]*fusion.Event{name: a.e}
	var missing, reasons []string
	for _, other := range listOf(r.anatomy.Match["all"]) {
		if other == name {
			continue
		}
		partner, reason := r.companion(a, name, other)
		if partner == nil {
			missing, reasons = append(missing, other), append(reasons, reason)
			continue
		}
		by[other] = partner.e
	}
	total := len(by) + len(missing)
	if len(missing) == 0 {
		if r.together(a, by, total) {
			a.Says = append(a.Says, fmt.Sprintf("is a %s; all %d are there, but were used already, or came after the window was gone", name, total))
		}
		return
	}
	a.Says = append(a.Says, fmt.Sprintf("is a %s; with it there are %d of %d within %s; %s may come until %s", name, len(by), total,
		words(within), strings.Join(missing, " and "), clock(a.Time.Add(within), a.Time)))
	a.Says = append(a.Says, reasons...)
}

// companion is the event of the other name that is nearest in time and fits,
// or what keeps the nearest from fitting.
func (r *run) companion(a *Account, name, other string) (*Account, string) {
	list := r.others(a, other)
	slices.SortStableFunc(list, func(x, y *Account) int {
		return int(a.Time.Sub(x.Time).Abs() - a.Time.Sub(y.Time).Abs())
	})
	reason := "no " + other + " came in these events"
	for i, o := range list {
		why := r.foreign(a, o, name, other)
		if d := a.Time.Sub(o.Time).Abs(); why == "" && d > r.anatomy.Rule.Within {
			why = fmt.Sprintf("%s %s at %s, %s away; the rule allows %s", other, came(o), clock(o.Time, a.Time), words(d), words(r.anatomy.Rule.Within))
		}
		if why == "" {
			return o, ""
		}
		if i == 0 {
			reason = why
		}
	}
	return nil, reason
}

// foreign says why two events do not belong together, order and time aside:
// another key, or too far apart; "" when they do.
func (r *run) foreign(a, o *Account, name, other string) string {
	mine, _ := a.reading(name)
	theirs, _ := o.reading(other)
	if !slices.Equal(mine.Key, theirs.Key) {
		return fmt.Sprintf("%s at %s has another %s (%s, here %s)", other, clock(o.Time, a.Time), r.keyNames(theirs.Key, mine.Key...),
			strings.Join(theirs.Key, ", "), strings.Join(mine.Key, ", "))
	}
	if far := r.apart(a.e, o.e); far != "" {
		return fmt.Sprintf("%s at %s does not count: %s", other, clock(o.Time, a.Time), far)
	}
	return ""
}

// silence says until when the next event had to come.
func (r *run) silence(a *Account) {
	asked, _ := r.anatomy.Match["silence"].(map[string]any)
	name := a.names()[0]
	span, err := fusion.ParseDuration(fmt.Sprint(asked["for"]))
	if err != nil {
		return
	}
	end := a.Time.Add(asTime(span))
	key := ""
	if by := listOf(r.anatomy.Match["by"]); len(by) > 0 {
		key = " with the same " + strings.Join(by, " and ")
	}
	a.Says = append(a.Says, fmt.Sprintf("is a %s; it is a hit when no other%s comes until %s (%s after it)", name, key, clock(end, a.Time), words(asTime(span))))
	for _, o := range r.sameKey(a, name) {
		switch late := o.Time.Sub(end); {
		case o.Time.Before(a.Time):
			continue
		case late > 0:
			a.Says = append(a.Says, fmt.Sprintf("the next came %s too late, at %s", words(late), clock(o.Time, a.Time)))
		default:
			a.Says = append(a.Says, fmt.Sprintf("the next came in time, at %s", clock(o.Time, a.Time)))
		}
		return
	}
	a.Says = append(a.Says, "no other came in these events")
}
