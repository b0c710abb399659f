package notify

import (
	"slices"
	"time"
)

// Reason is why a receiver is told of an incident.
type Reason string

// The reasons.
const (
	ReasonNews   Reason = "news"
	ReasonRepeat Reason = "repeat" // nobody acknowledged
	ReasonNone   Reason = ""
)

// reason says whether a receiver must be told of a ticket now, leaving aside
// silences and hours.
//
// The end goes to all who heard of the incident, on duty or not; everything
// else to those who are concerned now. Who comes on duty hears of what waits
// for an acknowledgement, and of other incidents when something is new.
func (t *ticket) reason(r *route, receiver string, now time.Time) Reason {
	told, was := t.Told[receiver]
	if t.Over && len(t.Told) > 0 {
		return news(was && told.Seq < t.News)
	}
	why := ReasonNone
	switch {
	case !was:
		why = news(t.waits() || t.News > t.lastTold().Seq)
	case told.Seq < t.News:
		why = ReasonNews
	case t.waits() && r.Repeat > 0 && !now.Before(told.At.Add(time.Duration(r.Repeat))):
		why = ReasonRepeat
	}
	if why == ReasonNone || !slices.Contains(r.audience(t.stages(r, now), now), receiver) {
		return ReasonNone
	}
	return why
}

func news(is bool) Reason {
	if is {
		return ReasonNews
	}
	return ReasonNone
}
