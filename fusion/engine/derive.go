package engine

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

const (
	smallest = 10   // m, no place is better known than this
	spread   = 1500 // m, evidence farther from the first place is about something that moved on
)

// derive computes what follows from the evidence: confidence, place, span of
// time, sources, area.
func derive(p *fusion.Picture, b *Bundle) {
	p.Confidence = confidence(p.Evidence)
	deriveTimes(p)
	derivePlace(p, b.Params.AssumedCE)
	p.Area = b.areaOf(p.Place)
	p.Sources = p.Sources[:0]
	for _, v := range p.Evidence {
		if i, found := slices.BinarySearch(p.Sources, v.Source); !found {
			p.Sources = slices.Insert(p.Sources, i, v.Source)
		}
	}
}

func deriveTimes(p *fusion.Picture) {
	for _, v := range p.Evidence {
		if p.FirstObserved.IsZero() || v.Time.Before(p.FirstObserved) {
			p.FirstObserved = v.Time
		}
		if v.Time.After(p.LastObserved) {
			p.LastObserved = v.Time
		}
	}
}

// moving are the types whose place is where something passed by, not where
// the incident is.
var moving = []fusion.EventType{
	fusion.TypeANPR, fusion.TypeVesselPosition, fusion.TypeAircraftPosition, fusion.TypeUnitPosition,
}

// derivePlace takes the place from points that stay where they are; else from
// those of moving things, else from the middle of an area.
func derivePlace(p *fusion.Picture, assumed float64) {
	if p.PlacedBy != "" {
		return
	}
	isMoving := func(v fusion.Evidence) bool { return slices.Contains(moving, v.Type) }
	isFixed := func(v fusion.Evidence) bool { return !isMoving(v) }
	if meanPlace(p, assumed, isFixed) || meanPlace(p, assumed, isMoving) || p.Place != nil {
		return
	}
	for _, v := range p.Evidence {
		if at, ok := v.Place.Center(); ok {
			p.Place = fusion.NewPoint(quantise(at[0]), quantise(at[1]))
			return
		}
	}
}

// meanPlace sets the place to the mean of the points near the first one,
// weighted by how well each is known; false when there is none.
func meanPlace(p *fusion.Picture, assumed float64, counts func(fusion.Evidence) bool) bool {
	var first, sum orb.Point
	var total float64
	for _, v := range p.Evidence {
		at, ok := pointOf(v)
		if !ok || v.Struck || !counts(v) {
			continue
		}
		if total == 0 {
			first = at
		} else if fusion.Distance(first, at) > spread {
			continue
		}
		ce := max(smallest, ceOf(v, assumed))
		w := 1 / (ce * ce)
		sum[0] += w * (at[0] - first[0])
		sum[1] += w * (at[1] - first[1])
		total += w
	}
	if total == 0 {
		return false
	}
	p.Place = fusion.NewPoint(quantise(first[0]+sum[0]/total), quantise(first[1]+sum[1]/total))
	p.CE = new(math.Round(1 / math.Sqrt(total)))
	return true
}

func pointOf(v fusion.Evidence) (orb.Point, bool) { return pointIn(v.Place) }

// ceOf is how well the place of evidence is known, in m.
func ceOf(v fusion.Evidence, assumed float64) float64 {
	if v.CE == nil {
		return assumed
	}
	return *v.CE
}

// quantise rounds degrees to about a centimetre, so that two processors agree.
func quantise(deg float64) float64 { return math.Round(deg*1e7) / 1e7 }

// The Admiralty scale as probabilities that the information holds. F and 6
// mean that it cannot be judged and say nothing by themselves.
var (
	byReliability = map[string]float64{"A": 0.95, "B": 0.8, "C": 0.6, "D": 0.35, "E": 0.1}
	byCredibility = map[int]float64{1: 0.95, 2: 0.8, 3: 0.6, 4: 0.3, 5: 0.1}
)

const unjudged = 0.3 // neither source nor information can be judged

// weight is the probability that an event gives for what it reports. What
// nobody has judged weighs what its type does, as far as given.
func weight(e *fusion.Event, byType map[fusion.EventType]float64) float64 {
	r, byR := byReliability[e.Reliability]
	c, byC := byCredibility[e.Credibility]
	p := unjudged
	if typical, ok := byType[e.Type]; ok && e.Reliability == "" && e.Credibility == 0 {
		p = typical
	}
	switch {
	case byR && byC:
		p = math.Sqrt(r * c)
	case byR:
		p = r
	case byC:
		p = c
	}
	if e.Confidence != nil {
		p *= *e.Confidence / 100
	}
	return math.Round(p*1000) / 1000
}

// sourceGroup names what makes evidence dependent: repeats of one post, the
// posts of one account, the calls of one phone, the frames of one camera. A call
// without a number is a caller of its own.
func sourceGroup(e *fusion.Event) string {
	if original, ok := e.Attrs["repeats"].(string); ok && original != "" {
		return "post/" + original
	}
	if e.Type == fusion.TypeSocial {
		return "post/" + string(e.ID)
	}
	for _, name := range []string{"camera", "device", "site"} {
		if v, ok := e.Attrs[name].(string); ok && v != "" {
			return e.Source + "/" + v
		}
	}
	if phone := e.Entity(fusion.EntityPhone); phone != nil {
		return e.Source + "/" + phone.Value
	}
	if e.Type == fusion.TypeCall {
		return e.Source + "/" + string(e.ID)
	}
	return e.Source
}

// confidence is 1 - product over independent groups of (1 - p), in percent,
// where the best of a group counts. It never claims certainty.
func confidence(evidence []fusion.Evidence) float64 {
	best := map[string]float64{}
	for _, v := range evidence {
		if !v.Struck {
			best[v.Group] = max(best[v.Group], v.Weight)
		}
	}
	values := make([]float64, 0, len(best))
	for _, p := range best {
		values = append(values, p)
	}
	slices.Sort(values)
	doubt := 1.0
	for _, p := range values {
		doubt *= 1 - p
	}
	return min(99, math.Round((1-doubt)*100))
}

var (
	tlpOrder   = []string{"", "clear", "green", "amber", "amber+strict", "red"}
	basisOrder = []string{"", "public", "wpg-8", "wpg-13", "wpg-9", "wpg-10"}
)

// strictest combines the handling of two inputs.
func strictest(a, b *fusion.Handling) *fusion.Handling {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	h := *a
	if slices.Index(tlpOrder, b.TLP) > slices.Index(tlpOrder, h.TLP) {
		h.TLP = b.TLP
	}
	if slices.Index(basisOrder, b.Basis) > slices.Index(basisOrder, h.Basis) {
		h.Basis, h.Purpose = b.Basis, b.Purpose
	}
	if !b.RetainUntil.IsZero() && (h.RetainUntil.IsZero() || b.RetainUntil.Before(h.RetainUntil)) {
		h.RetainUntil = b.RetainUntil
	}
	for _, c := range b.Caveats {
		if !slices.Contains(h.Caveats, c) {
			h.Caveats = append(slices.Clip(h.Caveats), c)
		}
	}
	return &h
}
