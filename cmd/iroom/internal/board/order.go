package board

import (
	"cmp"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

// order lists the open incidents as the board shows them: by area, the
// gravest first, then the newest.
func (m *Model) order() []fusion.Picture {
	all := make([]fusion.Picture, 0, len(m.pictures))
	for _, p := range m.pictures {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b fusion.Picture) int {
		return cmp.Or(
			strings.Compare(areaOf(a), areaOf(b)),
			cmp.Compare(rank(a.Severity), rank(b.Severity)),
			b.Opened.Compare(a.Opened),
			strings.Compare(string(a.ID), string(b.ID)),
		)
	})
	return all
}

// rank is 0 for the gravest; what is not known comes last.
func rank(s fusion.Severity) int {
	if i := slices.Index(fusion.Severities, s); i >= 0 {
		return i
	}
	return len(fusion.Severities)
}

func areaOf(p fusion.Picture) string {
	if p.Area == "" {
		return "no area"
	}
	return clean(p.Area)
}

// connectorsOf names the connectors that gave evidence.
func connectorsOf(p fusion.Picture) []string {
	var names []string
	for _, e := range p.Evidence {
		if name := clean(e.Connector); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
