package simulate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	firstIncident = 1200 * ms
	briskFor      = 30 * second // the first incidents follow each other fast
)

// startIncidents plays the scenarios in a drawn order, each once a round.
func (c *City) startIncidents(a *agenda) {
	r := c.random("incidents")
	deck, counts, played := []scenario{}, &numbers{}, 0
	gap := func(t time.Duration) time.Duration {
		if c.calmMost > c.calmLeast {
			return between(r, c.calmLeast, c.calmMost)
		}
		if t < briskFor {
			return between(r, 3*second, 5*second)
		}
		return between(r, 8*second, 16*second)
	}
	var begin func(time.Duration)
	begin = func(t time.Duration) {
		if len(deck) == 0 {
			deck = shuffled(r, scenarios)
		}
		s := deck[0]
		deck = deck[1:]
		turn := played / len(scenarios)
		played++
		label := fmt.Sprintf("%s-%04d", s.name, played)
		p := s.play(c, &stage{agenda: a, random: r, numbers: counts, label: label, start: t}, turn)
		a.report(Incident{Label: label, Scenario: s.name, Lon: p.at.Lon(), Lat: p.at.Lat(), Start: t})
		a.at(t+gap(t), begin)
	}
	a.at(firstIncident, begin)
}

func shuffled(r *rand.Rand, all []scenario) []scenario {
	deck := slices.Clone(all)
	r.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	return deck
}
