package explain

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// measure says what the values of the window came to, and with what they are
// compared.
func (r *run) measure(a *Account) {
	name := a.names()[0]
	mine, _ := a.reading(name)
	value, err := strconv.ParseFloat(mine.Value, 64)
	if err != nil {
		a.Says = append(a.Says, fmt.Sprintf("is a %s without a number for %v, which the rule measures", name, r.anatomy.Match["of"]))
		return
	}
	list, what := r.values(a, name)
	got := r.taken(append(numbers(list, name), value))
	a.Says = append(a.Says, fmt.Sprintf("is a %s with %v %s; the %s of %s %s is %s, and has to be %s", name, r.anatomy.Match["of"], figure(value),
		r.takes(), many(len(list)+1, "value"), what, figure(got), r.bound()))
	if a.Fired {
		return
	}
	switch {
	case !r.passes(got):
	case r.anatomy.Match["window"] == nil && slices.ContainsFunc(list, func(o *Account) bool { return o.Fired || r.inputOf(o) != "" }) && r.anatomy.Match["then"] != "keep":
		a.Says = append(a.Says, "it held before already, and one hit is enough until it has not held for once")
	case r.anatomy.Rule.Waits() && r.anatomy.Match["window"] == nil:
		until := a.Time.Add(r.room.Bundle.Rules.Lateness(r.anatomy.Rule, a.e.Source))
		a.Says = append(a.Says, fmt.Sprintf("it is decided at %s, when what is late has come", clock(until, a.Time)))
	}
}

// values are the other events of the window or period of one, and when that
// is.
func (r *run) values(a *Account, name string) (list []*Account, what string) {
	within := r.anatomy.Rule.Within
	what = "in the " + words(within) + " up to it"
	from, to := a.Time.Add(-within), a.Time
	window := r.anatomy.Match["window"]
	if window == nil && r.anatomy.Rule.Kind != "measure" {
		window, what = "from the first", fmt.Sprintf("within %s", words(within))
		from, to = a.Time.Add(-within), a.Time.Add(within)
	}
	switch window {
	case "tumbling":
		from = a.Time.Truncate(within)
		to = from.Add(within - 1)
		what = fmt.Sprintf("from %s until before %s", clock(from, a.Time), clock(from.Add(within), a.Time))
	case "session":
		from, to = r.session(a, name)
		what = fmt.Sprintf("in the session from %s to %s", clock(from, a.Time), clock(to, a.Time))
	}
	for _, o := range r.sameKey(a, name) {
		if !o.Time.Before(from) && !o.Time.After(to) {
			list = append(list, o)
		}
	}
	return list, what
}

// session is the first and the last event around one without a longer gap.
func (r *run) session(a *Account, name string) (from, to time.Time) {
	gap, _ := time.ParseDuration(fmt.Sprint(r.anatomy.Match["gap"]))
	list := r.sameKey(a, name)
	from, to = a.Time, a.Time
	for _, o := range slices.Backward(list) {
		if !o.Time.After(from) && from.Sub(o.Time) <= gap {
			from = o.Time
		}
	}
	for _, o := range list {
		if !o.Time.Before(to) && o.Time.Sub(to) <= gap {
			to = o.Time
		}
	}
	return from, to
}

// sameKey are the other events of that name with the same join keys, by time.
func (r *run) sameKey(a *Account, name string) []*Account {
	mine, _ := a.reading(name)
	return slices.DeleteFunc(r.others(a, name), func(o *Account) bool {
		theirs, _ := o.reading(name)
		return !slices.Equal(mine.Key, theirs.Key) || o.counts.Late > 0
	})
}

func numbers(list []*Account, name string) (values []float64) {
	for _, o := range list {
		x, _ := o.reading(name)
		if v, err := strconv.ParseFloat(x.Value, 64); err == nil {
			values = append(values, v)
		}
	}
	return values
}

// taken is what the rule takes of values.
func (r *run) taken(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	slices.Sort(values)
	switch r.anatomy.Match["take"] {
	case "avg":
		return sum / float64(len(values))
	case "min":
		return values[0]
	case "max":
		return values[len(values)-1]
	case "percentile":
		return values[max(0, int(math.Ceil(numberOf(r.anatomy.Match["percentile"])*float64(len(values))/100))-1)]
	}
	return sum
}

func (r *run) takes() string {
	take := fmt.Sprint(r.anatomy.Match["take"])
	if take == "percentile" {
		return fmt.Sprintf("%v%% percentile", r.anatomy.Match["percentile"])
	}
	return strings.Replace(take, "avg", "average", 1)
}

// bounds are the comparisons of a measure in words.
var bounds = []struct {
	key, words string
	holds      func(v, bound float64) bool
}{
	{"above", "above", func(v, b float64) bool { return v > b }},
	{"atleast", "at least", func(v, b float64) bool { return v >= b }},
	{"below", "below", func(v, b float64) bool { return v < b }},
	{"atmost", "at most", func(v, b float64) bool { return v <= b }},
}

func (r *run) bound() string {
	for _, b := range bounds {
		if v, ok := r.anatomy.Match[b.key]; ok {
			return b.words + " " + figure(numberOf(v))
		}
	}
	return ""
}

func (r *run) passes(v float64) bool {
	for _, b := range bounds {
		if limit, ok := r.anatomy.Match[b.key]; ok {
			return b.holds(math.Round(v*1e6)/1e6, numberOf(limit))
		}
	}
	return false
}

// figure is a number as people write it.
func figure(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

// numberOf is a number of the rule as it is written; 0 when it is none.
func numberOf(v any) float64 {
	switch v := v.(type) {
	case uint64:
		return float64(v)
	case int64:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

// surge says how many came, which is all that these events can tell.
func (r *run) surge(a *Account) {
	if a.Fired {
		return
	}
	name := a.names()[0]
	within := r.anatomy.Rule.Within
	n := 1
	for _, o := range r.sameKey(a, name) {
		if d := a.Time.Sub(o.Time); d >= 0 && d <= within {
			n++
		}
	}
	a.Says = append(a.Says, fmt.Sprintf("is a %s; with it %d came in %s, and there have to be %v, and %v times what is usual there at that time",
		name, n, words(within), r.anatomy.Match["atleast"], r.anatomy.Match["times"]))
}
