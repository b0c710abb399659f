package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// fence says where the thing was and is, and what the rule waits for.
func (r *run) fence(a *Account) {
	asked, _ := r.anatomy.Match["fence"].(map[string]any)
	mine, ok := r.position(a)
	if !ok {
		return
	}
	before := last(r.track(a, mine.thing, asked["of"], -1))
	a.Says = append(a.Says, fmt.Sprintf("%s is %s%s", mine.thing, r.side(a, asked), r.was(a, before)))
	if a.Fired {
		return
	}
	switch asked["when"] {
	case "enter", "inside":
		r.notEntered(a, asked, mine, before)
	case "exit", "outside":
		if mine.in {
			a.Says = append(a.Says, "it is a hit when the next position is outside")
		} else if before == nil {
			a.Says = append(a.Says, "it was not seen inside before, so it did not leave")
		} else if !before.in() {
			a.Says = append(a.Says, "it was outside already, so it did not leave now")
		}
	case "cross":
		a.Says = append(a.Says, "it is a hit when it was outside on both sides of the area and its way led through")
	case "dwell":
		r.dwells(a, asked, mine, before)
	}
}

func (r *run) notEntered(a *Account, asked map[string]any, mine standing, before *Account) {
	switch {
	case !mine.in:
		a.Says = append(a.Says, "it is a hit when a later position is inside")
	case before == nil && asked["first"] == nil:
		a.Says = append(a.Says, "it was not seen outside before, so it did not go in (first: enter counts that too)")
	case before != nil && before.in():
		a.Says = append(a.Says, "it was inside already, so it did not go in now")
	}
}

// dwells says until when the thing had to stay, and when it left.
func (r *run) dwells(a *Account, asked map[string]any, mine standing, before *Account) {
	span, err := fusion.ParseDuration(fmt.Sprint(asked["for"]))
	switch {
	case err != nil || !mine.in:
		return
	case before != nil && before.in():
		a.Says = append(a.Says, "it goes on with a stay that began before")
		return
	}
	end := a.Time.Add(asTime(span))
	a.Says = append(a.Says, fmt.Sprintf("its stay begins here; it is a hit when every position until %s (%s after it) is inside", clock(end, a.Time), words(asTime(span))))
	for _, o := range r.track(a, mine.thing, asked["of"], 1) {
		if !o.Time.After(end) && !o.in() {
			a.Says = append(a.Says, fmt.Sprintf("it left at %s, %s too early", clock(o.Time, a.Time), words(end.Sub(o.Time))))
			return
		}
	}
}

// standing is a thing at its place.
type standing struct {
	thing string
	in    bool
}

// position is where the thing of the event is; false: there is none, which
// was said.
func (r *run) position(a *Account) (standing, bool) {
	x := a.readings()[0]
	switch {
	case x.Thing == "":
		a.Says = append(a.Says, fmt.Sprintf("is a %s that names no thing that moves: no vehicle, vessel, aircraft, unit, object or phone, and no subject", x.Name))
		return standing{}, false
	case x.In == nil:
		return standing{thing: x.Thing}, true
	}
	return standing{x.Thing, *x.In}, true
}

func (a *Account) in() bool {
	x := a.readings()
	return len(x) > 0 && x[0].In != nil && *x[0].In
}

// track are the positions of the thing before the event, or behind it, by time.
func (r *run) track(a *Account, thing string, names any, direction int) (list []*Account) {
	for _, name := range listOf(names) {
		for _, o := range r.others(a, name) {
			if x, _ := o.reading(name); x.Thing == thing && o.Time.Compare(a.Time) == direction && o.counts.Late == 0 && !slices.Contains(list, o) {
				list = append(list, o)
			}
		}
	}
	slices.SortStableFunc(list, func(x, y *Account) int { return x.Time.Compare(y.Time) })
	return list
}

func last(list []*Account) *Account {
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1]
}

func (r *run) was(a, before *Account) string {
	if before == nil {
		return "; it was not seen before in these events"
	}
	return fmt.Sprintf("; at %s it was %s", clock(before.Time, a.Time), inside(before.in()))
}

func inside(in bool) string {
	if in {
		return "inside"
	}
	return "outside"
}

// side is where the event lies of the area or circle.
func (r *run) side(a *Account, asked map[string]any) string {
	if area := asked["area"]; area != nil {
		return fmt.Sprintf("%s the area %v", inside(a.in()), area)
	}
	at, _ := asked["near"].([]any)
	if len(at) != 2 {
		return inside(a.in())
	}
	d, _ := fusion.DistanceBetween(a.e.Geometry, fusion.NewPoint(numberOf(at[0]), numberOf(at[1])))
	return fmt.Sprintf("%s the circle: %s from its centre, and its radius is %s", inside(a.in()), metres(d), metres(numberOf(asked["radius"])))
}

// meet says how far the others are from the thing and how old their positions.
func (r *run) meet(a *Account) {
	asked, _ := r.anatomy.Match["meet"].(map[string]any)
	mine, ok := r.position(a)
	if !ok || a.Fired {
		return
	}
	reach, fresh := numberOf(asked["within"]), freshness(asked)
	says := []string{fmt.Sprintf("%s is here as %s", mine.thing, strings.Join(a.names(), " and "))}
	for _, name := range listOf(asked["of"]) {
		if slices.Contains(a.names(), name) {
			continue
		}
		for thing, o := range r.newest(a, name) {
			d, _ := fusion.DistanceBetween(a.e.Geometry, o.e.Geometry)
			ce := a.e.CE() + o.e.CE()
			switch old := a.Time.Sub(o.Time); {
			case old > fresh:
				says = append(says, fmt.Sprintf("the last position of %s is %s old; the rule allows %s", thing, words(old), words(fresh)))
			case d > reach+ce:
				says = append(says, fmt.Sprintf("%s is %s away, the rule allows %s%s", thing, metres(d), metres(reach), unsure(ce)))
			default:
				says = append(says, fmt.Sprintf("%s is %s away; they were together already, or where or the score refused it", thing, metres(d)))
			}
		}
	}
	if len(says) == 1 {
		says = append(says, "nothing that it could meet was seen before in these events")
	}
	a.Says = append(a.Says, says...)
}

func freshness(asked map[string]any) time.Duration {
	if d, err := fusion.ParseDuration(fmt.Sprint(asked["fresh"])); err == nil {
		return asTime(d)
	}
	return 2 * time.Minute
}

// newest yields the last position before the event of each thing of a name.
func (r *run) newest(a *Account, name string) func(yield func(string, *Account) bool) {
	return func(yield func(string, *Account) bool) {
		at := map[string]*Account{}
		var things []string
		for _, o := range r.sameKeyAs(a, name) {
			x, _ := o.reading(name)
			if o.Time.After(a.Time) || x.Thing == "" || x.Thing == a.readings()[0].Thing {
				continue
			}
			if at[x.Thing] == nil {
				things = append(things, x.Thing)
			}
			at[x.Thing] = o
		}
		for _, thing := range things {
			if !yield(thing, at[thing]) {
				return
			}
		}
	}
}

// sameKeyAs are the events of another name with the join keys of this one.
func (r *run) sameKeyAs(a *Account, name string) []*Account {
	mine := a.readings()[0]
	return slices.DeleteFunc(r.others(a, name), func(o *Account) bool {
		theirs, _ := o.reading(name)
		return !slices.Equal(mine.Key, theirs.Key)
	})
}

// empty says whether the thing left, and who stayed inside.
func (r *run) empty(a *Account) {
	asked, _ := r.anatomy.Match["empty"].(map[string]any)
	mine, ok := r.position(a)
	if !ok {
		return
	}
	before := last(r.track(a, mine.thing, asked["of"], -1))
	a.Says = append(a.Says, fmt.Sprintf("%s is %s%s", mine.thing, r.side(a, asked), r.was(a, before)))
	switch {
	case a.Fired:
	case mine.in:
		a.Says = append(a.Says, "so the area is not empty")
	case before == nil || !before.in():
		a.Says = append(a.Says, "it did not leave with this position, so nothing is judged")
	default:
		a.Says = append(a.Says, r.left(a, asked))
	}
}

// left says who was inside when a thing had left, and until when nobody might
// come.
func (r *run) left(a *Account, asked map[string]any) string {
	span, _ := fusion.ParseDuration(fmt.Sprint(asked["for"]))
	end := a.Time.Add(asTime(span))
	name := a.names()[0]
	for thing, o := range r.newest(a, name) {
		if o.in() {
			return fmt.Sprintf("it left, but %s was inside, since %s at the latest", thing, clock(o.Time, a.Time))
		}
	}
	for _, o := range r.sameKeyAs(a, name) {
		if x, _ := o.reading(name); o.in() && !o.Time.Before(a.Time) && !o.Time.After(end) {
			return fmt.Sprintf("it left, but %s came in at %s; nothing may be inside until %s", x.Thing, clock(o.Time, a.Time), clock(end, a.Time))
		}
	}
	return fmt.Sprintf("it left; it is a hit when nothing is inside until %s", clock(end, a.Time))
}
