package engine

import (
	"cmp"
	"container/heap"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// The things that a picture waits for.
const (
	timerAcknowledge = "acknowledge"
	timerQuiet       = "quiet"
)

// timer is a deadline of a picture.
type timer struct {
	deadline time.Time
	picture  fusion.PictureID
	what     string
}

func (t timer) compare(u timer) int {
	return cmp.Or(t.deadline.Compare(u.deadline), cmp.Compare(t.picture, u.picture), cmp.Compare(t.what, u.what))
}

// timers is a queue of deadlines by (deadline, picture, what). An entry whose
// picture no longer has that deadline is passed over when it comes up, so
// nothing needs to be removed and a start rebuilds the queue from the pictures.
type timers []timer

func (q timers) Len() int           { return len(q) }
func (q timers) Less(i, j int) bool { return q[i].compare(q[j]) < 0 }
func (q timers) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push is for package heap.
func (q *timers) Push(t any) { *q = append(*q, t.(timer)) }

// Pop is for package heap.
func (q *timers) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	*q = (*q)[:last]
	return t
}

func (q *timers) watch(p *fusion.Picture) {
	for _, t := range deadlines(p) {
		heap.Push(q, t)
	}
}

// deadlines are what a picture waits for now.
func deadlines(p *fusion.Picture) (list []timer) {
	if !p.Open() {
		return nil
	}
	if p.Status == fusion.PictureNew && !p.AcknowledgeBy.IsZero() {
		list = append(list, timer{p.AcknowledgeBy, p.ID, timerAcknowledge})
	}
	if p.CloseQuiet > 0 && p.Severity != fusion.SeverityCritical {
		list = append(list, timer{p.QuietFrom.Add(time.Duration(p.CloseQuiet)), p.ID, timerQuiet})
	}
	return list
}

// due takes the first deadline that has passed and still holds.
func (q *timers) due(now time.Time, open map[fusion.PictureID]*fusion.Picture) (timer, bool) {
	for len(*q) > 0 && !(*q)[0].deadline.After(now) {
		t := heap.Pop(q).(timer)
		if p := open[t.picture]; p != nil && slices.Contains(deadlines(p), t) {
			return t, true
		}
	}
	return timer{}, false
}

// fire does what a passed deadline asks for.
func (s *step) fire(t timer) error {
	c := s.touch(s.open[t.picture])
	switch t.what {
	case timerAcknowledge:
		s.overdue(c, t.deadline)
	case timerQuiet:
		quiet := c.p.CloseQuiet
		c.p.Status, c.p.Closed, c.p.Outcome = fusion.PictureClosed, t.deadline, "quiet"
		s.note(c, "closed", fmt.Sprintf("closed by itself: nothing new for %s", quiet))
	}
	return s.reindex(c)
}

// overdue raises a picture that nobody acknowledged in time.
func (s *step) overdue(c *touched, deadline time.Time) {
	p := c.p
	text := fmt.Sprintf("not acknowledged by %s", deadline.Format("15:04:05"))
	p.AcknowledgeBy = time.Time{}
	if p.EscalateTo != "" && rank(p.EscalateTo) < rank(p.Severity) {
		p.Severity = p.EscalateTo
		text += ", raised to " + string(p.Severity)
	}
	s.note(c, "overdue", text)
}

// wasBlind extends the deadlines that fell into a time without any message,
// and says so in every open picture.
func (s *step) wasBlind(from time.Time, gap time.Duration) error {
	text := fmt.Sprintf("the room was blind from %s to %s", from.Format("15:04:05"), s.now.Format("15:04:05"))
	for _, id := range slices.Sorted(maps.Keys(s.open)) {
		c := s.touch(s.open[id])
		p := c.p
		for _, t := range deadlines(p) {
			if t.deadline.After(s.now) {
				continue
			}
			switch t.what {
			case timerAcknowledge:
				p.AcknowledgeBy = p.AcknowledgeBy.Add(gap)
			case timerQuiet:
				p.QuietFrom = p.QuietFrom.Add(gap)
			}
		}
		p.Timeline = append(p.Timeline, fusion.TimelineEntry{Time: s.now, What: "blind", Text: text, Revision: p.Revision + 1})
		if err := s.reindex(c); err != nil {
			return err
		}
	}
	return nil
}
