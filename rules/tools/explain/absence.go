package explain

import (
	"fmt"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// absence says until when the event that must not come had to stay away.
func (r *run) absence(a *Account) {
	asked, _ := r.anatomy.Match["absence"].(map[string]any)
	after, no := fmt.Sprint(asked["after"]), fmt.Sprint(asked["no"])
	span, err := fusion.ParseDuration(fmt.Sprint(asked["within"]))
	if _, waits := a.reading(after); !waits || err != nil {
		a.Says = append(a.Says, fmt.Sprintf("is a %s, which must not come for %v after a %s", no, asked["within"], after))
		return
	}
	r.staysAway(a, after, no, asTime(span))
}

// staysAway says until when an event must not come behind another, and whether
// it did.
func (r *run) staysAway(a *Account, after, no string, span time.Duration) {
	mine, _ := a.reading(after)
	end := a.Time.Add(span)
	a.Says = append(a.Says, fmt.Sprintf("is a %s; it is a hit when no %s comes until %s (%s after it)", after, no, clock(end, a.Time), words(span)))
	var aside []string
	for _, o := range r.others(a, no) {
		theirs, _ := o.reading(no)
		if o.Time.Before(a.Time) || !slices.Equal(mine.Key, theirs.Key) {
			continue
		}
		if far := r.apart(a.e, o.e); far != "" {
			aside = append(aside, fmt.Sprintf("%s at %s does not count: %s", no, clock(o.Time, a.Time), far))
			continue
		}
		if late := o.Time.Sub(end); late > 0 {
			a.Says = append(a.Says, fmt.Sprintf("%s %s %s too late, at %s", no, came(o), words(late), clock(o.Time, a.Time)))
		} else {
			a.Says = append(a.Says, fmt.Sprintf("%s %s in time, at %s", no, came(o), clock(o.Time, a.Time)))
		}
		return
	}
	a.Says = append(append(a.Says, aside...), "no "+no+" came in these events")
}
