package engine

import (
	"slices"

	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

// follow adds to the track of a picture where the thing that it follows was:
// one that the picture names before anything else of its type, so that others
// who pass by are not taken for it.
func (s *step) follow(p *fusion.Picture, e *fusion.Event) {
	kind := s.bundle.Params.Kinds[p.Kind].Moving
	if kind == "" && slices.Contains(moving, e.Type) {
		kind = fusion.EntityVehicle
	}
	if _, isPoint := pointIn(e.Geometry); !isPoint || kind == "" || !followed(p, e, kind) {
		return
	}
	at, _ := slices.BinarySearchFunc(p.Track, e, func(t fusion.TrackPoint, e *fusion.Event) int {
		if t.Time.After(e.Time) {
			return 1
		}
		return -1
	})
	if slices.ContainsFunc(p.Track, func(t fusion.TrackPoint) bool { return t.Event == e.ID }) {
		return
	}
	p.Track = slices.Insert(slices.Clip(p.Track), at, fusion.TrackPoint{Time: e.Time, Place: e.Geometry, Event: e.ID})
	p.Track = p.Track[max(0, len(p.Track)-s.bundle.Params.Track):]
}

// followed reports whether the event names the first thing of the type that
// the picture names, exactly or as one of its readings.
func followed(p *fusion.Picture, e *fusion.Event, t fusion.EntityType) bool {
	first := slices.IndexFunc(p.Entities, func(x fusion.Entity) bool { return x.Type == t })
	mine := e.Entity(t)
	return first >= 0 && mine != nil && slices.Contains(readings(*mine), p.Entities[first].Value)
}

// byTime sorts the points of two tracks into one.
func byTime(track []fusion.TrackPoint) []fusion.TrackPoint {
	slices.SortStableFunc(track, func(a, b fusion.TrackPoint) int { return a.Time.Compare(b.Time) })
	return track
}

func pointIn(g *fusion.Geometry) (orb.Point, bool) {
	if g == nil {
		return orb.Point{}, false
	}
	at, ok := g.Geometry.(orb.Point)
	return at, ok
}
