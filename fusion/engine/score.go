package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// incoming is a match with what its events say of themselves.
type incoming struct {
	*rules.Match
	events []incomingEvent
}

type incomingEvent struct {
	*fusion.Event
	matters []string
	text    string
	street  string
	repeats fusion.EventID
	at      orb.Point
	placed  bool
}

func (s *step) incoming(m *rules.Match) *incoming {
	in := &incoming{Match: m, events: make([]incomingEvent, len(m.Events))}
	for i, n := range m.Events {
		e := incomingEvent{Event: n.Event, text: textOf(n.Event), repeats: fusion.EventID(attr(n.Event, "repeats"))}
		e.at, e.placed = n.Event.Geometry.Center()
		if !moves(n.Event) {
			e.matters = s.bundle.matters.of(n.Event)
		}
		if l := n.Event.Location; l != nil {
			e.street = streetOf(l.Address)
		}
		in.events[i] = e
	}
	return in
}

func moves(e *fusion.Event) bool { return slices.Contains(moving, e.Type) }

// scoring is the work of one score.
type scoring struct {
	candidate
	step   *step
	kind   KindParams
	in     *incoming
	news   []*incomingEvent // what is not yet evidence of the picture
	shared bool
	thing  bool // the match names what the picture follows
	far    bool // the places speak little for it
	same   bool // both name one vehicle, vessel, aircraft or person
}

// score says how well a match fits a picture; false when their kinds do not
// go together.
func (s *step) score(p *fusion.Picture, in *incoming) (candidate, bool) {
	params := &s.bundle.Params
	x := &scoring{candidate: candidate{p: p}, step: s, kind: params.of(p.Kind), in: in}
	x.join, x.offer = x.kind.Join, x.kind.Possible
	for i := range in.events {
		if evidenceIndex(p, in.events[i].Event) >= 0 {
			x.shared = true
		} else {
			x.news = append(x.news, &in.events[i])
		}
	}
	if x.shared {
		x.add(params.SameEvidence, "shares evidence")
	}
	about := x.about()
	switch {
	case in.Open && p.Kind == in.Kind, slices.Contains(in.Join, p.Kind),
		in.Open && about >= related && s.isKnown(in.Kind) && s.isKnown(p.Kind):
		x.add(params.SameKind, "kinds go together")
	case !x.shared:
		return x.candidate, false
	}
	x.matter(about)
	x.entities()
	x.news = slices.DeleteFunc(x.news, func(n *incomingEvent) bool { return moves(n.Event) && (x.shared || x.thing) })
	x.where()
	x.ways()
	gap := x.gap()
	x.add(points(x.kind.Gap, gap), fmt.Sprintf("%.0f min apart", gap/60))
	x.likeness()
	x.score = math.Round(x.score*10) / 10
	return x.candidate, true
}

func (c *candidate) add(points float64, because string) {
	if points = math.Round(points*10) / 10; points != 0 {
		c.score += points
		c.why = append(c.why, fusion.ScorePart{Points: points, Because: because})
	}
}

// manyEvidence is how much evidence of a picture is looked at for words and
// matters: the first, which say what it is about.
const manyEvidence = 30

// about compares what is new with what the picture is about.
func (x *scoring) about() agreement {
	var mine []string
	for _, n := range x.news {
		mine = append(mine, n.matters...)
	}
	var theirs []string
	if m, ok := x.step.bundle.matters.byKind[x.p.Kind]; ok {
		theirs = append(theirs, m)
	}
	for _, v := range x.p.Evidence[:min(len(x.p.Evidence), manyEvidence)] {
		if len(v.Matters) > 0 {
			theirs = append(theirs, v.Matters[0])
		}
	}
	return x.step.bundle.matters.compare(mine, theirs)
}

func (x *scoring) matter(about agreement) {
	params := &x.step.bundle.Params
	silent := func(n *incomingEvent) bool {
		return len(n.matters) == 0 && !moves(n.Event) && n.Type != fusion.TypeUnitStatus
	}
	switch {
	case about == equal:
		x.add(params.SameMatter, "about the same")
	case about == different:
		x.add(params.OtherMatter, "about something else")
	case about == unsaid && slices.ContainsFunc(x.news, silent):
		x.add(params.UnknownMatter, "does not say what it is about")
	}
}

// things are the types of entities that say which one it is.
var things = []fusion.EntityType{fusion.EntityVehicle, fusion.EntityVessel, fusion.EntityAircraft, fusion.EntityPerson}

// entities counts each type of entity that both have once, and that both
// follow different things.
func (x *scoring) entities() {
	params := &x.step.bundle.Params
	counted := map[fusion.EntityType]bool{}
	for _, n := range x.in.events {
		for _, e := range n.Entities {
			share, doubt := sharesEntity(x.p, e)
			if !share || counted[e.Type] {
				continue
			}
			counted[e.Type] = true
			if e.Type == x.kind.Moving || moves(n.Event) {
				x.thing = true
			}
			if doubt {
				x.add(params.ReadEntity*params.SameEntity[e.Type], "maybe the same "+string(e.Type))
			} else {
				x.same = x.same || slices.Contains(things, e.Type)
				x.add(params.SameEntity[e.Type], "same "+string(e.Type))
			}
		}
	}
	if t := x.kind.Moving; t != "" && !counted[t] && x.names(t) && slices.ContainsFunc(x.p.Entities, func(e fusion.Entity) bool { return e.Type == t }) {
		x.add(-100, "another "+string(t))
	}
}

func (x *scoring) names(t fusion.EntityType) bool {
	return slices.ContainsFunc(x.in.events, func(n incomingEvent) bool { return n.Entity(t) != nil })
}

// sharesEntity reports whether the picture has the entity, and whether only as
// one of them may be read.
func sharesEntity(p *fusion.Picture, e fusion.Entity) (share, doubt bool) {
	if hasEntity(p, e) {
		return true, false
	}
	return slices.ContainsFunc(p.Entities, func(x fusion.Entity) bool {
		return x.Type == e.Type && (slices.Contains(readings(e), x.Value) || slices.Contains(readings(x), e.Value) ||
			e.Type == fusion.EntityVehicle && confusable(x.Value, e.Value))
	}), true
}

// lookAlike are the characters that readers of plates take for each other.
var lookAlike = []string{"0ODQ", "1I", "2Z", "5S", "6G", "8B", "VY"}

// confusable reports whether two plates differ in one character that may be
// taken for the other.
func confusable(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	at := -1
	for i := range len(a) {
		if a[i] != b[i] {
			if at >= 0 {
				return false
			}
			at = i
		}
	}
	return at >= 0 && slices.ContainsFunc(lookAlike, func(set string) bool {
		return strings.IndexByte(set, a[at]) >= 0 && strings.IndexByte(set, b[at]) >= 0
	})
}

func hasEntity(p *fusion.Picture, e fusion.Entity) bool {
	return slices.ContainsFunc(p.Entities, func(x fusion.Entity) bool { return x.Type == e.Type && x.Value == e.Value })
}

// likeness counts how much the words are alike, where the place does not
// speak against it and it can make a difference.
func (x *scoring) likeness() {
	most := x.step.bundle.Params.Text[len(x.step.bundle.Params.Text)-1].Points
	if x.far || x.score+most < x.offer {
		return
	}
	best := 0.0
	for _, n := range x.news {
		if n.text == "" {
			continue
		}
		for _, v := range x.p.Evidence[:min(len(x.p.Evidence), manyEvidence)] {
			_, text, tagged := strings.Cut(v.Text, ": ")
			if !tagged {
				text = v.Text
			}
			best = max(best, fusion.Similar(n.text, text))
		}
	}
	best = math.Round(best*100) / 100
	x.add(points(x.step.bundle.Params.Text, best), fmt.Sprintf("words %.0f %% alike", best*100))
}

// gap is the time in s between what is new and the observations of the
// picture, 0 when they overlap.
func (x *scoring) gap() float64 {
	from, to := x.in.events[0].Time, x.in.events[0].Time
	for _, n := range x.in.events[1:] {
		if n.Time.Before(from) {
			from = n.Time
		}
		if n.Time.After(to) {
			to = n.Time
		}
	}
	return max(0, from.Sub(x.p.LastObserved).Seconds(), x.p.FirstObserved.Sub(to).Seconds())
}
