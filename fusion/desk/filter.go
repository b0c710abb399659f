package desk

import (
	"math"
	"slices"
	"strings"
	"time"
	"unique"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/access"
	"github.com/openiroom/iroom/fusion/store"
)

// Filter says which incidents are meant. What is left out does not matter; of
// a list one must hold, of labels all.
type Filter struct {
	Areas      []string               `json:"areas,omitempty"` // "none": in no area
	Kinds      []string               `json:"kinds,omitempty"`
	Statuses   []fusion.PictureStatus `json:"statuses,omitempty"`
	Severities []fusion.Severity      `json:"severities,omitempty"`
	Labels     []string               `json:"labels,omitempty"`
	Assignees  []string               `json:"assignees,omitempty"` // "none": nobody has it
	Text       string                 `json:"text,omitzero"`       // in id, title, address or assignee; upper or lower case
	Box        []float64              `json:"box,omitempty"`       // west, south, east, north; deg, WGS 84
	Observed   Span                   `json:"observed,omitzero"`   // something of it was observed in there
	Opened     Span                   `json:"opened,omitzero"`
	Changed    Span                   `json:"changed,omitzero"` // its newest revision
	Closed     bool                   `json:"closed,omitzero"`  // closed ones too, as long as the room holds them; those of long ago are found with as_of
}

// Span is a time from and to, both included; a zero end is open.
type Span struct {
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

const (
	maxFilter = 100 // values in a list of a filter
	maxText   = 200 // bytes
)

// check says what is wrong with the filter, an error of kind invalid.
func (f *Filter) check() error {
	bad := func(format string, args ...any) error {
		return fusion.Errorf(fusion.KindInvalid, "read the filter", format, args...)
	}
	for name, n := range map[string]int{
		"areas": len(f.Areas), "kinds": len(f.Kinds), "statuses": len(f.Statuses),
		"severities": len(f.Severities), "labels": len(f.Labels), "assignees": len(f.Assignees),
	} {
		if n > maxFilter {
			return bad("%s has %d values; at most %d", name, n, maxFilter)
		}
	}
	for _, s := range f.Severities {
		if !slices.Contains(fusion.Severities, s) {
			return bad("there is no severity %q; it is critical, high, medium or low", s)
		}
	}
	for _, s := range f.Statuses {
		if !slices.Contains(fusion.PictureStatuses, s) {
			return bad("there is no status %q; it is new, acknowledged, active, monitoring, resolved or closed", s)
		}
	}
	if len(f.Text) > maxText {
		return bad("text has %d bytes; at most %d", len(f.Text), maxText)
	}
	for name, s := range map[string]Span{"observed": f.Observed, "opened": f.Opened, "changed": f.Changed} {
		if !s.From.IsZero() && !s.To.IsZero() && s.To.Before(s.From) {
			return bad("%s ends before it begins", name)
		}
	}
	return f.checkBox(bad)
}

func (f *Filter) checkBox(bad func(string, ...any) error) error {
	b := f.Box
	switch {
	case len(b) == 0:
		return nil
	case len(b) != 4:
		return bad("box has %d numbers; it is west, south, east, north", len(b))
	case !(b[0] >= -180 && b[0] <= 180 && b[2] >= -180 && b[2] <= 180 && b[1] >= -90 && b[3] <= 90 && b[1] <= b[3]):
		return bad("box is %v; it is west, south, east, north in degrees, south not above north", b)
	}
	return nil
}

// matcher is a filter made ready, together with what its user may see.
type matcher struct {
	Filter
	user                   access.User
	areas, kinds           []unique.Handle[string]
	assignees              []unique.Handle[string]
	severities             []int8
	observed, opened, span bounds
	revealing              bool // it asks about what a withheld incident does not show
}

// bounds are a span in ns since 1970.
type bounds struct{ from, to int64 }

func boundsOf(s Span) bounds {
	b := bounds{math.MinInt64, math.MaxInt64}
	if !s.From.IsZero() {
		b.from = s.From.UnixNano()
	}
	if !s.To.IsZero() {
		b.to = s.To.UnixNano()
	}
	return b
}

func (b bounds) has(first, last int64) bool { return first <= b.to && last >= b.from }

func (f *Filter) matcher(user access.User) (*matcher, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	m := &matcher{
		Filter: *f, user: user, areas: handles(f.Areas), kinds: handles(f.Kinds), assignees: handles(f.Assignees),
		observed: boundsOf(f.Observed), opened: boundsOf(f.Opened), span: boundsOf(f.Changed),
		revealing: f.Text != "" || len(f.Box) > 0 || len(f.Labels) > 0 || len(f.Assignees) > 0 || f.Observed != Span{},
	}
	m.Text = strings.ToLower(f.Text)
	m.Closed = f.Closed || slices.Contains(f.Statuses, fusion.PictureClosed)
	for _, s := range f.Severities {
		m.severities = append(m.severities, int8(slices.Index(fusion.Severities, s)))
	}
	return m, nil
}

func handles(values []string) []unique.Handle[string] {
	list := make([]unique.Handle[string], len(values))
	for i, v := range values {
		if v == "none" {
			v = ""
		}
		list[i] = unique.Make(v)
	}
	return list
}

// matches reports whether a picture is meant and the user's to see. What tells
// most pictures apart at the least cost comes first.
func (m *matcher) matches(r *store.Row) bool {
	return (m.Closed || r.Status != fusion.PictureClosed) &&
		any1(m.areas, r.AreaKey) && any1(m.kinds, r.KindKey) && any1(m.severities, r.Severity) && any1(m.Statuses, r.Status) &&
		m.opened.has(r.Opened, r.Opened) && m.span.has(r.Changed, r.Changed) && m.observed.has(r.First, r.Last) &&
		m.within(r) && any1(m.assignees, r.AssigneeKey) && m.mine(r) && m.labelled(r.Brief) &&
		(m.Text == "" || r.Says(m.Text))
}

func (m *matcher) mine(r *store.Row) bool {
	return m.user.Unlimited() || m.user.MaySee(r.Area, r.Kind) && (!m.revealing || m.user.Cleared(r.Handling))
}

func (m *matcher) within(r *store.Row) bool {
	if len(m.Box) == 0 {
		return true
	}
	west, south, east, north := m.Box[0], m.Box[1], m.Box[2], m.Box[3]
	if !(r.Lat >= south && r.Lat <= north) {
		return false
	}
	if west > east { // across the antimeridian
		return r.Lon >= west || r.Lon <= east
	}
	return r.Lon >= west && r.Lon <= east
}

func (m *matcher) labelled(b *store.Brief) bool {
	for _, l := range m.Labels {
		if !slices.Contains(b.Labels, l) {
			return false
		}
	}
	return true
}

// any1 reports whether a list has the value; an empty list has all.
func any1[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }
