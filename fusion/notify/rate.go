package notify

import (
	"slices"
	"time"
)

// inbox is what the notifier keeps of one receiver.
type inbox struct {
	Sent []time.Time `json:"sent,omitempty"` // wall clock of the messages that count for the rate
	Out  *Message    `json:"out,omitzero"`   // on its way
}

// free is how many messages a receiver may get now.
func (i *inbox) free(r Rate, wall time.Time) int {
	from := wall.Add(-time.Duration(r.Per))
	i.Sent = slices.DeleteFunc(i.Sent, func(t time.Time) bool { return !t.After(from) })
	return r.Messages - len(i.Sent)
}

// choose takes what goes into the next message: the gravest group alone, or,
// when the last free message must do for several, all of them as a summary.
func choose(ready []*group, free int) (groups []*group, summary bool) {
	switch {
	case len(ready) == 0 || free <= 0:
		return nil, false
	case free == 1 && len(ready) > 1:
		return ready, true
	}
	return ready[:1], false
}
