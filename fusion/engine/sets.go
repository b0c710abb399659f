package engine

import (
	"slices"

	"github.com/openiroom/iroom/fusion"
)

// What makes two parts of pictures the same.
func sameEvidence(a, b fusion.Evidence) bool {
	return a.Event == b.Event || (a.Subject != "" && a.Subject == b.Subject && a.Source == b.Source && a.Type == b.Type)
}

func sameHit(a, b fusion.Hit) bool          { return a.ID == b.ID }
func sameEntity(a, b fusion.Entity) bool    { return a.Type == b.Type && a.Value == b.Value }
func samePoint(a, b fusion.TrackPoint) bool { return a.Event == b.Event }
func sameNote(a, b fusion.Note) bool        { return a.ID == b.ID }
func sameLink(a, b fusion.Link) bool        { return a.Kind == b.Kind && a.Picture == b.Picture }
func same[T comparable](a, b T) bool        { return a == b }

func contains[T any](list []T, x T, same func(a, b T) bool) bool {
	return slices.ContainsFunc(list, func(y T) bool { return same(x, y) })
}

// union is a, and what only b has.
func union[T any](a, b []T, same func(a, b T) bool) []T {
	all := slices.Clone(a)
	for _, x := range b {
		if !contains(all, x, same) {
			all = append(all, x)
		}
	}
	return all
}

// divide is what take says true of, and the rest, in new slices.
func divide[T any](list []T, take func(T) bool) (taken, rest []T) {
	for _, x := range list {
		if take(x) {
			taken = append(taken, x)
		} else {
			rest = append(rest, x)
		}
	}
	return taken, rest
}

// kept is what is left of now when what another brought is taken out, except
// what was there before.
func kept[T any](now, before, brought []T, same func(a, b T) bool) []T {
	list, _ := divide(now, func(x T) bool { return contains(before, x, same) || !contains(brought, x, same) })
	return list
}

// apart is kept, together with what was there before and was pushed out.
func apart[T any](now, before, brought []T, same func(a, b T) bool) []T {
	list := slices.DeleteFunc(slices.Clone(before), func(x T) bool { return contains(now, x, same) })
	return append(list, kept(now, before, brought, same)...)
}

// newest is the list with the versions that another list has of its items.
func newest(list, versions []fusion.Evidence) []fusion.Evidence {
	list = slices.Clone(list)
	for i, v := range list {
		if j := slices.IndexFunc(versions, func(w fusion.Evidence) bool { return sameEvidence(v, w) }); j >= 0 {
			list[i] = versions[j]
		}
	}
	return list
}

// entitiesOf are the entities that the evidence names.
func entitiesOf(evidence []fusion.Evidence) (list []fusion.Entity) {
	for _, v := range evidence {
		for _, e := range v.Entities {
			if len(list) < maxEntities && !named(list, e) {
				list = append(list, e)
			}
		}
	}
	return list
}

func named(list []fusion.Entity, e fusion.Entity) bool { return contains(list, e, sameEntity) }
