// Package report writes what one shift leaves to the next: what is open, what
// changed and who decided what, which connectors are silent, and how often the
// rules were right. It comes after the desk, which gives the pictures.
//
// A report says what was known at its end and nothing later. Everything in it
// stands in the pictures already; it adds no judgement of its own. It leaves
// out what evidence says, except for the lines that the timelines have.
package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/desk"
)

// Input is what a report is made from.
type Input struct {
	Room       string
	From, To   time.Time // the shift, both ends belong to it
	Made       time.Time
	Pictures   []*fusion.Picture   // open at To, or changed between From and To, as they were at To
	Connectors []connectors.Status // as they were when the report was made
	Quality    []desk.RuleQuality
	Zone       *time.Location // in which times are written
}

// Shift is a report.
type Shift struct {
	Room       string
	From, To   time.Time
	Made       time.Time
	Handling   string // the strictest marking of what is in it, "" when nothing is marked
	Numbers    Numbers
	Open       []Incident // the gravest first, of one severity the oldest first
	Changed    []Incident // in the shift, with their lines of it
	Closed     []Incident
	Decisions  []Decision
	Handovers  []Decision
	Connectors []Connector // that do not deliver
	Quality    []Rule
}

// Numbers are what one looks at first.
type Numbers struct {
	Open, Critical, Unacknowledged int // at the end
	Opened, Closed, Merged         int // in the shift
	OldestUnacknowledged           time.Duration
}

// Incident is a picture as the report tells of it.
type Incident struct {
	*fusion.Picture
	Age      time.Duration // at the end of the shift
	Ended    time.Time     // zero while it is open
	Where    string
	Lines    []fusion.TimelineEntry // of the shift, without those of single pieces of evidence
	Evidence int                    // pieces that came in the shift
	Notes    []fusion.Note          // the newest few
}

// Decision is what somebody decided in the shift.
type Decision struct {
	fusion.Decision
	Incident fusion.PictureID
}

// newestNotes are the notes that the report repeats of an open incident.
const newestNotes = 5

// New makes the report.
func New(in Input) Shift {
	s := Shift{Room: in.Room, From: in.From.In(in.Zone), To: in.To.In(in.Zone), Made: in.Made.In(in.Zone)}
	handovers := map[string]bool{}
	for _, p := range in.Pictures {
		i := incident(p, in)
		s.count(i, in)
		s.Handling = stricter(s.Handling, p.Handling)
		if p.Open() {
			s.Open = append(s.Open, i)
		}
		if in.during(p.Closed) && !merged(p) {
			s.Closed = append(s.Closed, i)
		}
		if len(i.Lines)+i.Evidence > 0 {
			s.Changed = append(s.Changed, i)
		}
		for _, d := range p.Decisions {
			if !in.during(d.Time) {
				continue
			}
			d.Time = d.Time.In(in.Zone)
			s.Decisions = append(s.Decisions, Decision{d, p.ID})
			if d.What == fusion.VerbHandover && !handovers[d.Command] {
				handovers[d.Command] = true
				s.Handovers = append(s.Handovers, Decision{d, p.ID})
			}
		}
	}
	s.Connectors, s.Quality = silent(in), quality(in)
	s.sort()
	return s
}

// during reports whether t lies in the shift.
func (in Input) during(t time.Time) bool { return !t.Before(in.From) && !t.After(in.To) }

func merged(p *fusion.Picture) bool {
	return slices.ContainsFunc(p.Links, func(l fusion.Link) bool { return l.Kind == fusion.LinkMergedInto })
}

func incident(p *fusion.Picture, in Input) Incident {
	i := Incident{Picture: p, Age: in.To.Sub(p.Opened), Ended: p.Closed.In(in.Zone), Where: cmp.Or(p.Address, p.Area, "place not known")}
	if p.Address != "" && p.Area != "" {
		i.Where = p.Address + ", " + p.Area
	}
	for _, t := range p.Timeline {
		switch {
		case !in.during(t.Time):
		case t.What == "evidence" || t.What == "hit" || t.What == "update":
			i.Evidence++
		default:
			t.Time = t.Time.In(in.Zone)
			i.Lines = append(i.Lines, t)
		}
	}
	for _, n := range p.Notes[max(0, len(p.Notes)-newestNotes):] {
		n.Time = n.Time.In(in.Zone)
		i.Notes = append(i.Notes, n)
	}
	return i
}

func (s *Shift) count(i Incident, in Input) {
	n := &s.Numbers
	if in.during(i.Opened) {
		n.Opened++
	}
	switch {
	case !i.Picture.Open() && in.during(i.Picture.Closed) && merged(i.Picture):
		n.Merged++
	case !i.Picture.Open() && in.during(i.Picture.Closed):
		n.Closed++
	case i.Picture.Open():
		n.Open++
		if i.Severity == fusion.SeverityCritical {
			n.Critical++
		}
		if i.Status == fusion.PictureNew {
			n.Unacknowledged++
			n.OldestUnacknowledged = max(n.OldestUnacknowledged, i.Age)
		}
	}
}

func (s *Shift) sort() {
	rank := func(v fusion.Severity) int { return slices.Index(fusion.Severities, v) }
	grave := func(a, b Incident) int {
		return cmp.Or(cmp.Compare(rank(a.Severity), rank(b.Severity)), a.Opened.Compare(b.Opened), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(s.Open, grave)
	slices.SortFunc(s.Changed, grave)
	slices.SortFunc(s.Closed, func(a, b Incident) int { return cmp.Or(a.Ended.Compare(b.Ended), cmp.Compare(a.ID, b.ID)) })
	early := func(a, b Decision) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Incident, b.Incident)) }
	slices.SortFunc(s.Decisions, early)
	slices.SortFunc(s.Handovers, early)
}

// markings of the traffic light protocol, the strictest last.
var markings = []string{"", "clear", "green", "amber", "amber+strict", "red"}

func stricter(now string, h *fusion.Handling) string {
	if h == nil || slices.Index(markings, h.TLP) <= slices.Index(markings, now) {
		return now
	}
	return h.TLP
}
