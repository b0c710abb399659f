package engine

import (
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// waiting is a hit of a rule that only joins, which came before the picture
// that it belongs to.
type waiting struct {
	Since  time.Time       `json:"since"` // by the room's clock
	Hit    fusion.Hit      `json:"hit"`
	Join   []string        `json:"join"`
	Names  []string        `json:"names"`
	Events []*fusion.Event `json:"events"` // as many as names
}

// maxWaiting bounds what waits; the oldest goes.
const maxWaiting = 100

// wait keeps a match that found nothing to join.
func (s *step) wait(m *rules.Match) {
	w := waiting{Since: s.st.clock, Hit: m.Hit, Join: m.Join}
	for _, n := range m.Events {
		if moves(n.Event) {
			return
		}
		w.Names, w.Events = append(w.Names, n.Name), append(w.Events, n.Event)
	}
	s.st.waiting = append(s.st.waiting[max(0, len(s.st.waiting)-maxWaiting+1):], w)
}

// callWaiting brings into a picture what waited for it.
func (s *step) callWaiting(c *touched) error {
	oldest := s.st.clock.Add(-asTime(s.bundle.Params.Wait))
	var stay []waiting
	for _, w := range s.st.waiting {
		if w.Since.Before(oldest) {
			continue
		}
		m := w.match()
		if fits, ok := s.score(c.p, s.incoming(m)); ok && fits.score >= fits.join {
			if err := s.join(c, m, fits.why); err != nil {
				return err
			}
			continue
		}
		stay = append(stay, w)
	}
	s.st.waiting = stay
	return nil
}

func (w waiting) match() *rules.Match {
	m := &rules.Match{Hit: w.Hit, Join: slices.Clone(w.Join)}
	for i, e := range w.Events {
		m.Events = append(m.Events, rules.Named{Name: w.Names[i], Event: e})
	}
	return m
}
