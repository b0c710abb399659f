package engine

import (
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

// where compares places: of what is new, the farthest counts; without a place
// on the map, addresses and names.
func (x *scoring) where() {
	params := &x.step.bundle.Params
	at, placed := x.p.Place.Center()
	farthest := (*near)(nil)
	for _, n := range x.news {
		if n.repeats != "" && slices.ContainsFunc(x.p.Evidence, func(v fusion.Evidence) bool { return v.Event == n.repeats }) {
			x.add(params.Repeats, "repeats a post")
			return
		}
		if !placed || !n.placed {
			continue
		}
		if d := x.distance(n, at); farthest == nil || d.meters > farthest.meters {
			farthest = &d
		}
	}
	switch {
	case farthest != nil:
		given := points(x.kind.Distance, farthest.meters)
		because := fmt.Sprintf("%.0f m apart", farthest.raw)
		if farthest.doubt > params.Vague && given > params.VaguePoints {
			given, because = params.VaguePoints, because+fmt.Sprintf(", known to %.0f m", farthest.doubt)
		}
		if x.same {
			given = max(given, params.SameThingFar)
		}
		x.apart, x.far = math.Round(farthest.raw), given < littleByPlace
		x.add(given, because)
		if x.otherStreet() {
			x.add(params.OtherStreet, "another street")
		}
	case len(x.news) > 0 && !x.thing:
		x.named(x.news[0])
	}
}

// littleByPlace are fewer points than make like words count.
const littleByPlace = 10

// otherStreet reports whether all streets of what is new and of the picture
// differ.
func (x *scoring) otherStreet() bool {
	differs := false
	for _, n := range x.news {
		if n.street == "" {
			continue
		}
		for _, address := range x.addresses() {
			if fusion.Similar(streetOf(address), n.street) >= sameStreet {
				return false
			}
			differs = differs || streetOf(address) != ""
		}
	}
	return differs
}

// sameStreet is how much alike two ways to write one street are, 0 to 1.
const sameStreet = 0.6

// near is how far a place is from another, in m.
type near struct{ meters, raw, doubt float64 }

// distance is that from an event to the picture, less half of the doubt about
// both places. An event that covers the place is at 0 m.
func (x *scoring) distance(n *incomingEvent, at orb.Point) near {
	if covers(n.Geometry.Geometry, at) {
		return near{}
	}
	raw := fusion.Distance(at, n.at)
	doubt := math.Hypot(x.doubt(n.Event), value(x.p.CE))
	return near{max(0, raw-doubt/2), raw, doubt}
}

func (x *scoring) doubt(e *fusion.Event) float64 {
	if e.Location == nil || e.Location.CE == nil {
		return x.step.bundle.Params.AssumedCE
	}
	return *e.Location.CE
}

func value(f *float64) float64 {
	if f == nil {
		return 0
	}
	return *f
}

// named compares what only words say of the place.
func (x *scoring) named(n *incomingEvent) {
	params := &x.step.bundle.Params
	if n.street != "" {
		for _, address := range x.addresses() {
			if fusion.Similar(streetOf(address), n.street) < sameStreet {
				continue
			}
			if number(address) != "" && number(address) == number(n.Location.Address) {
				x.add(params.SameAddress, "same address")
			} else {
				x.add(params.SameStreet, "same street")
			}
			return
		}
	}
	if name := x.nameOf(n); name != "" {
		x.add(params.NamedPlace, "names "+name)
	}
}

// addresses are all that the picture is said to be at.
func (x *scoring) addresses() []string { return addressesOf(x.p) }

func addressesOf(p *fusion.Picture) (list []string) {
	if p.Address != "" {
		list = append(list, p.Address)
	}
	for _, v := range p.Evidence[:min(len(p.Evidence), manyEvidence)] {
		if v.Address != "" && !slices.Contains(list, v.Address) {
			list = append(list, v.Address)
		}
	}
	return list
}

// nameOf is a name in the text of an event that is one of this picture and of
// no other of its kind, "" for none.
func (x *scoring) nameOf(n *incomingEvent) string {
	mine := slices.Concat(namesIn(n.text), addressWords(n.Event))
	for _, name := range mine {
		if !speaksOf(x.p, name) {
			continue
		}
		alone := true
		for _, other := range x.step.open {
			if other != x.p && other.Kind == x.p.Kind && speaksOf(other, name) {
				alone = false
			}
		}
		if alone {
			return name
		}
	}
	return ""
}

func addressWords(e *fusion.Event) []string {
	if e.Location == nil {
		return nil
	}
	return slices.DeleteFunc(words(e.Location.Address), func(w string) bool { return len(w) < 4 })
}

// speaksOf reports whether an address or a text of the picture has the word.
func speaksOf(p *fusion.Picture, word string) bool {
	has := func(text string) bool { return slices.Contains(words(text), word) }
	if slices.ContainsFunc(addressesOf(p), has) {
		return true
	}
	return slices.ContainsFunc(p.Evidence[:min(len(p.Evidence), manyEvidence)], func(v fusion.Evidence) bool { return has(v.Text) })
}

// ways compares roads and directions of travel.
func (x *scoring) ways() {
	params := &x.step.bundle.Params
	if x.p.Kind != "collision" && x.p.Kind != "wrong-way" && x.p.Kind != "incident" {
		return
	}
	at, placed := x.p.Place.Center()
	road, same, other := false, false, false
	for _, n := range x.news {
		mine := headingOf(n.text, n.at, n.placed, x.step.bundle.Params.Towns)
		for _, v := range x.p.Evidence[:min(len(x.p.Evidence), manyEvidence)] {
			theirs := headingOf(v.Text, at, placed, x.step.bundle.Params.Towns)
			road = road || (mine.road != "" && mine.road == theirs.road)
			switch mine.compare(theirs) {
			case 1:
				same = true
			case -1:
				other = true
			}
		}
	}
	if road {
		x.add(params.SameRoad, "same road")
	}
	switch {
	case same:
		x.add(params.SameWay, "same direction")
	case other:
		x.add(params.OtherWay, "opposite direction")
	}
}
