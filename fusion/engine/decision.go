package engine

import (
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// Decision says where a live hit went, and what else was considered.
type Decision struct {
	Hit        fusion.Hit
	Picture    fusion.PictureID // "": a rule that only joins found nothing to join
	Opened     bool
	Candidates []Considered // best first
}

// Considered is a picture that a hit might have joined.
type Considered struct {
	Picture fusion.PictureID
	Kind    string
	Score   float64
	Bound   float64 // from here on it would have joined
	Why     []fusion.ScorePart
}

// BestScore is that of the best candidate, 0 without any.
func (d Decision) BestScore() float64 {
	if len(d.Candidates) == 0 {
		return 0
	}
	return d.Candidates[0].Score
}

// decided tells who listens; listening changes nothing.
func (s *step) decided(m *rules.Match, id fusion.PictureID, opened bool, all []candidate) {
	if s.Decided == nil {
		return
	}
	d := Decision{Hit: m.Hit, Picture: id, Opened: opened}
	for _, c := range all {
		d.Candidates = append(d.Candidates, Considered{
			Picture: c.p.ID, Kind: c.p.Kind, Score: c.score, Bound: c.join, Why: c.why,
		})
	}
	s.Decided(d)
}
