package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/openiroom/iroom/connectors"
)

// Connector is one that does not deliver.
type Connector struct {
	Name, State string
	Since       time.Time
	Last        string // when its last event came
	Problem     string
}

// Rule is how often a rule was right, over all that was judged so far.
type Rule struct {
	Name, Version               string
	Confirmed, Unfounded, Other int
	Precision                   string // with its 95 % interval
	Acknowledged                string // median time until somebody acknowledged
	Unseen                      string // share of the closed ones about which nobody decided anything
}

// silentFor is how long a running connector may have no event before the
// report names it.
const silentFor = time.Hour

func silent(in Input) (list []Connector) {
	for _, c := range in.Connectors {
		if delivers(c, in.Made) {
			continue
		}
		last := "never"
		if !c.LastEvent.IsZero() {
			last = c.LastEvent.In(in.Zone).Format(stamp)
		}
		list = append(list, Connector{c.Name, string(c.State), c.Since.In(in.Zone), last, c.Problem})
	}
	slices.SortFunc(list, func(a, b Connector) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func delivers(c connectors.Status, now time.Time) bool {
	return c.State == connectors.StateComplete || c.State == connectors.StateConnected && now.Sub(c.LastEvent) < silentFor
}

func quality(in Input) (list []Rule) {
	for _, q := range in.Quality {
		r := Rule{q.Rule, q.Version[:min(8, len(q.Version))], q.Confirmed, q.Unfounded, q.Other, "not judged", "-", "-"}
		if q.Precision != nil {
			r.Precision = fmt.Sprintf("%.0f %% (%.0f to %.0f %%)", 100**q.Precision, 100**q.Low, 100**q.High)
		}
		if q.Acknowledged > 0 {
			r.Acknowledged = time.Duration(q.Acknowledged).Round(time.Second).String()
		}
		if q.Closed > 0 {
			r.Unseen = fmt.Sprintf("%d of %d", q.Unseen, q.Closed)
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b Rule) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version)) })
	return list
}
