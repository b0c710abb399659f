package score

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// Report is what a played truth came to.
type Report struct {
	Events   int     `json:"events"`
	Labelled int     `json:"labelled"` // of true incidents
	Assigned int     `json:"assigned"` // evidence of a picture
	Repeated int     `json:"repeated"` // came again with the same id and changed nothing
	Hours    float64 `json:"hours"`    // from the first to the last event, by the log's time

	All           BCubed           `json:"all"`
	AssignedOnly  BCubed           `json:"assigned_only"`
	LabelledOnly  BCubed           `json:"labelled_only"`
	Incidents     int              `json:"incidents"`
	Detected      int              `json:"detected"`
	DelayMedian   Delay            `json:"delay_median_s"`
	DelayP90      Delay            `json:"delay_p90_s"`
	Pictures      int              `json:"pictures"` // merged ones count as one
	False         int              `json:"false"`
	FalsePerHour  float64          `json:"false_per_hour"`
	UnknownEvents []fusion.EventID `json:"unknown_events,omitempty"` // of the truth, that never came

	Calibration      []Bin   `json:"calibration"`
	CalibrationError float64 `json:"calibration_error"`
	Rules            []Rule  `json:"rules"`

	Truth  []Incident `json:"truth"` // in the order of their first events
	Mixed  []Mixed    `json:"mixed,omitempty"`
	Missed []Miss     `json:"missed,omitempty"`
}

// Delay is in s.
type Delay float64

// Incident is what became of a true incident.
type Incident struct {
	Label    Label              `json:"incident"`
	Events   int                `json:"events"`
	First    time.Time          `json:"first"` // event time
	Detected bool               `json:"detected"`
	Delay    Delay              `json:"delay_s"`
	Pictures []fusion.PictureID `json:"pictures,omitempty"` // that have evidence of it
	Missed   int                `json:"missed"`             // events in no picture
}

// Split reports whether the evidence lies in several pictures.
func (i Incident) Split() bool { return len(i.Pictures) > 1 }

// Mixed is a picture with evidence of several incidents, or of one and of
// background.
type Mixed struct {
	Picture fusion.PictureID `json:"picture"`
	Kind    string           `json:"kind"`
	Title   string           `json:"title"`
	Parts   []Part           `json:"parts"` // most first
}

// Part is how much of a picture is of an incident, "" for background.
type Part struct {
	Label  Label            `json:"incident"`
	Events []fusion.EventID `json:"events"`
	Why    []string         `json:"why"` // why each of them is there
}

// Miss is an event of an incident that is in no picture.
type Miss struct {
	Event fusion.EventID   `json:"event"`
	Type  fusion.EventType `json:"type"`
	Label Label            `json:"incident"`
	Text  string           `json:"text"`
	Why   string           `json:"why"`
}

// cluster is a picture with the events that first became evidence of it.
type cluster struct {
	picture *fusion.Picture
	events  []*seen
	about   Label
}

func (p *player) report(truth Truth) *Report {
	r := &Report{Events: len(p.order), Repeated: p.repeated}
	clusters := p.clusters(truth)
	var items []item
	for _, s := range p.order {
		i := item{truth: string(truth[s.event.ID])}
		if s.picture != "" {
			i.predicted = string(p.goesOn(s.picture))
			r.Assigned++
		}
		if i.truth != "" {
			r.Labelled++
		}
		items = append(items, i)
	}
	r.All = bcubed(items, nil)
	r.LabelledOnly = bcubed(items, func(i item) bool { return i.truth != "" })
	assigned := slices.DeleteFunc(items, func(i item) bool { return i.predicted == "" })
	r.AssignedOnly = bcubed(assigned, nil)
	r.unknown(truth, p.seen)
	p.incidents(r, truth, clusters)
	r.pictures(clusters, truth)
	r.Hours = p.hours()
	if r.Hours > 0 {
		r.FalsePerHour = rounded(float64(r.False) / r.Hours)
	}
	r.calibrate(clusters)
	p.rules(r, truth, clusters)
	p.missed(r, truth)
	return r
}

func (r *Report) unknown(truth Truth, seen map[fusion.EventID]*seen) {
	for _, id := range slices.Sorted(maps.Keys(truth)) {
		if seen[id] == nil {
			r.UnknownEvents = append(r.UnknownEvents, id)
		}
	}
}

// hours is how long the log was.
func (p *player) hours() float64 {
	if len(p.order) == 0 {
		return 0
	}
	first, last := recorded(p.order[0]), recorded(p.order[len(p.order)-1])
	return rounded(last.Sub(first).Hours())
}

// clusters are the pictures in the order of their ids, each with what it is
// about.
func (p *player) clusters(truth Truth) []*cluster {
	byID := map[fusion.PictureID]*cluster{}
	for _, s := range p.order {
		if s.picture == "" {
			continue
		}
		id := p.goesOn(s.picture)
		if byID[id] == nil {
			byID[id] = &cluster{picture: p.pictures[id]}
		}
		byID[id].events = append(byID[id].events, s)
	}
	var list []*cluster
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		c := byID[id]
		c.about = c.mainly(truth)
		list = append(list, c)
	}
	return list
}

// mainly is the label of most of the labelled events, of equals the first.
func (c *cluster) mainly(truth Truth) (label Label) {
	counts := map[Label]int{}
	for _, s := range c.events {
		counts[truth[s.event.ID]]++
	}
	delete(counts, "")
	for _, s := range c.events {
		if l := truth[s.event.ID]; counts[l] > counts[label] {
			label = l
		}
	}
	return label
}

func (p *player) incidents(r *Report, truth Truth, clusters []*cluster) {
	index := map[Label]*Incident{}
	var order []*Incident
	for _, s := range p.order {
		label := truth[s.event.ID]
		if label == "" {
			continue
		}
		i := index[label]
		if i == nil {
			i = &Incident{Label: label, First: s.event.Time}
			index[label] = i
			order = append(order, i)
		}
		i.add(s, p)
	}
	var delays []Delay
	for _, i := range order {
		for _, c := range clusters {
			if c.about == i.Label && (!i.Detected || delay(i, c) < i.Delay) {
				i.Detected, i.Delay = true, delay(i, c)
			}
		}
		if i.Detected {
			r.Detected++
			delays = append(delays, i.Delay)
		}
		r.Truth = append(r.Truth, *i)
	}
	r.Incidents = len(order)
	slices.Sort(delays)
	r.DelayMedian, r.DelayP90 = quantile(delays, 50), quantile(delays, 90)
}

func (i *Incident) add(s *seen, p *player) {
	i.Events++
	if s.event.Time.Before(i.First) {
		i.First = s.event.Time
	}
	if s.picture == "" {
		i.Missed++
	} else if id := p.goesOn(s.picture); !slices.Contains(i.Pictures, id) {
		i.Pictures = append(i.Pictures, id)
	}
}

func delay(i *Incident, c *cluster) Delay {
	return Delay(max(0, c.picture.Opened.Sub(i.First)).Seconds())
}

// quantile is the smallest value that so many percent do not exceed.
func quantile(sorted []Delay, percent int) Delay {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}

// pictures says which pictures are false and which mix incidents.
func (r *Report) pictures(clusters []*cluster, truth Truth) {
	r.Pictures = len(clusters)
	for _, c := range clusters {
		if c.about == "" {
			r.False++
			continue
		}
		if parts := c.parts(truth); len(parts) > 1 {
			r.Mixed = append(r.Mixed, Mixed{c.picture.ID, c.picture.Kind, c.picture.Title, parts})
		}
	}
}

// why is why an event is evidence, as the picture says.
func (c *cluster) why(id fusion.EventID) string {
	for _, v := range c.picture.Evidence {
		if v.Event == id {
			return fmt.Sprintf("%s %q as %s%s", v.Type, v.Text, v.Role, parts(v.Why))
		}
	}
	return "replaced by a later version"
}

func (c *cluster) parts(truth Truth) (list []Part) {
	for _, s := range c.events {
		label := truth[s.event.ID]
		i := slices.IndexFunc(list, func(p Part) bool { return p.Label == label })
		if i < 0 {
			i = len(list)
			list = append(list, Part{Label: label})
		}
		list[i].Events = append(list[i].Events, s.event.ID)
		list[i].Why = append(list[i].Why, c.why(s.event.ID))
	}
	slices.SortStableFunc(list, func(a, b Part) int { return cmp.Compare(len(b.Events), len(a.Events)) })
	return list
}
