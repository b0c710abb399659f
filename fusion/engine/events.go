package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// events applies a message of events. One that cannot be read does not keep
// the others out.
func (s *step) events() error {
	trusted := strings.HasPrefix(s.msg.Subject, fusion.EventSubject(fusion.PublisherRoom, ""))
	batch, err := fusion.DecodeBatch(s.msg.Data)
	if err != nil {
		return s.eventByEvent()
	}
	for i, e := range batch {
		if !trusted {
			if err := e.Validate(); err != nil {
				s.refuseEvent(i, e, err)
				continue
			}
		}
		if err := s.event(i, e); err != nil {
			return err
		}
	}
	return nil
}

// eventByEvent reads a batch of which some event is malformed.
func (s *step) eventByEvent() error {
	var parts []jsontext.Value
	if err := json.Unmarshal(s.msg.Data, &parts); err != nil {
		s.refuse(0, s.msg.Data, fusion.Reject("syntax", "", "not a CloudEvents JSON batch: %w", err))
		return nil
	}
	for i, part := range parts {
		e := new(fusion.Event)
		err := json.Unmarshal(part, e)
		if err == nil {
			err = e.Validate()
		}
		if err != nil {
			s.refuse(i, part, fusion.Reject("invalid", "", "%w", err))
			continue
		}
		if err := s.event(i, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *step) refuseEvent(i int, e *fusion.Event, cause error) {
	data, err := fusion.Encode(e)
	if err != nil {
		data = s.msg.Data
	}
	s.refuse(i, data, fusion.Reject("invalid", "", "%w", cause))
}

// event applies one event: what it does to pictures that have an earlier
// version of it, then the rules.
func (s *step) event(index int, e *fusion.Event) error {
	s.st.counts.Events++
	if !s.st.recent.add(e.ID, s.st.clock, time.Duration(s.bundle.Params.RememberIDs)) {
		s.st.counts.Duplicates++
		return nil
	}
	if e.Time.After(s.now) {
		e.Time = s.now
	}
	s.setPlace(e, index)
	s.setArea(e)
	if err := s.replaceEvidence(e); err != nil {
		return err
	}
	place := fusion.Place{Seq: s.msg.Seq, Index: index}
	matches := s.bundle.Rules.Step(s.st.windows, rules.Input{Event: e, Place: place, Clock: s.st.clock}, world{s})
	return s.fuseAll(matches)
}

// fuseAll fuses what matched at one moment.
func (s *step) fuseAll(matches []rules.Match) error {
	slices.SortStableFunc(matches, byEvidence)
	for i := range matches {
		if err := s.match(&matches[i]); err != nil {
			return err
		}
	}
	return nil
}

// byEvidence puts the matches of rules that only join first when they rest on
// several events, since those say what belongs together; then those that may
// open a picture, a single event before several, so that an event goes where it
// fits best by itself; last what only joins, so that it finds what these opened.
func byEvidence(a, b rules.Match) int {
	return cmp.Or(cmp.Compare(turn(a), turn(b)), cmp.Compare(len(b.Events), len(a.Events)))
}

func turn(m rules.Match) int {
	switch {
	case !m.Open && len(m.Events) > 1:
		return 0
	case m.Open && len(m.Events) == 1:
		return 1
	case m.Open:
		return 2
	}
	return 3
}

func (s *step) setPlace(e *fusion.Event, index int) {
	if e.Provenance == nil {
		e.Provenance = new(fusion.Provenance)
	}
	e.Provenance.Log = fusion.LogPlace{Sequence: s.msg.Seq, Index: index}
}

func (s *step) setArea(e *fusion.Event) {
	if e.Geometry == nil || (e.Location != nil && e.Location.Area != "") {
		return
	}
	id := s.bundle.areaOf(e.Geometry)
	if id == "" {
		return
	}
	if e.Location == nil {
		e.Location = &fusion.Location{}
	}
	e.Location.Area = id
}

// match records a hit and, if it is live, fuses it into a picture.
func (s *step) match(m *rules.Match) error {
	s.st.counts.Hits++
	hit := m.Hit
	if hit.Mode == string(rules.ModeLive) {
		id, err := s.fuse(m)
		if err != nil {
			return fmt.Errorf("fuse a hit of rule %s: %w", hit.Rule, err)
		}
		hit.Picture = id
	}
	s.hits = append(s.hits, hit)
	return nil
}

// world is what rules ask beyond the event.
type world struct{ s *step }

func (w world) Listed(list, value string) (entry string, ok bool) {
	if list == ListInvolved {
		return w.s.involved(value)
	}
	return listed(w.s.tx, list, value, w.s.st.clock)
}

func (w world) Inside(area string, g *fusion.Geometry) bool { return w.s.bundle.inside(area, g) }

func (w world) Crosses(area string, from, to orb.Point) bool {
	return w.s.bundle.crosses(area, from, to)
}

// Expected knows nothing yet: no baseline is learned.
func (w world) Expected(string, fusion.EventType, time.Time, time.Duration) (float64, bool) {
	return 0, false
}
