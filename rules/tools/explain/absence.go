package explain

import (
	"fmt"
	"slices"

	"github.com/openiroom/iroom/fusion"
)

// absence says until when the event that must not come had to stay away.
func (r *run) absence(a *Account) {
	asked, _ := r.anatomy.Match["absence"].(map[string]any)
	after, no := fmt.Sprint(asked["after"]), fmt.Sprint(asked["no"])
	mine, waits := a.reading(after)
	span, err := fusion.ParseDuration(fmt.Sprint(asked["within"]))
	if !waits || err != nil {
		r.alone(a)
		return
	}
	end := a.Time.Add(asTime(span))
	a.Says = append(a.Says, fmt.Sprintf("is a %s; it is a hit when no %s comes until %s (%s after it)", after, no, clock(end, a.Time), words(asTime(span))))
	for _, o := range r.others(a, no) {
		theirs, _ := o.reading(no)
		if o.Time.Before(a.Time) || !slices.Equal(mine.Key, theirs.Key) {
			continue
		}
		if late := o.Time.Sub(end); late > 0 {
			a.Says = append(a.Says, fmt.Sprintf("%s %s %s too late, at %s", no, came(o), words(late), clock(o.Time, a.Time)))
		} else {
			a.Says = append(a.Says, fmt.Sprintf("%s %s in time, at %s", no, came(o), clock(o.Time, a.Time)))
		}
		return
	}
	a.Says = append(a.Says, "no "+no+" came in these events")
}
