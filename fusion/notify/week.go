package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Span is a part of each day of the week that it names, by the clock on the
// wall of its zone: from From until before To. One whose end is not after its
// beginning goes on into the next day. In the night in which the clock is put
// forward it is an hour shorter, in the other an hour longer.
type Span struct {
	Days []string `yaml:"days"` // mon to sun; none means every day
	From string   `yaml:"from"` // 15:04
	To   string   `yaml:"to"`
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// span is a compiled Span.
type span struct {
	days     [7]bool
	from, to int // minutes since midnight
}

// contains reports whether a time of the span's own zone lies in it.
func (s span) contains(local time.Time) bool {
	minute := local.Hour()*60 + local.Minute()
	today := s.days[local.Weekday()]
	if s.from < s.to {
		return today && s.from <= minute && minute < s.to
	}
	yesterday := s.days[(local.Weekday()+6)%7]
	return (today && minute >= s.from) || (yesterday && minute < s.to)
}

// week is a set of spans in one zone.
type week struct {
	zone  *time.Location
	spans []span
}

func (w *week) contains(t time.Time) bool {
	local := t.In(w.zone)
	return slices.ContainsFunc(w.spans, func(s span) bool { return s.contains(local) })
}

// rota is a week of shifts.
type rota struct {
	week
	who [][]string // by span
}

// onDuty are the receivers on duty at a time, each once.
func (r *rota) onDuty(t time.Time) (who []string) {
	local := t.In(r.zone)
	for i, s := range r.spans {
		if !s.contains(local) {
			continue
		}
		for _, name := range r.who[i] {
			if !slices.Contains(who, name) {
				who = append(who, name)
			}
		}
	}
	return who
}

func (c *checker) span(at string, s Span) (out span) {
	for _, d := range s.Days {
		i := slices.Index(weekdays, strings.ToLower(d))
		if i < 0 {
			c.bad("%s.days has %q; a day is one of %s", at, d, strings.Join(weekdays, ", "))
			continue
		}
		out.days[i] = true
	}
	if len(s.Days) == 0 {
		out.days = [7]bool{true, true, true, true, true, true, true}
	}
	out.from, out.to = c.minute(at+".from", s.From), c.minute(at+".to", s.To)
	return out
}

func (c *checker) minute(at, s string) int {
	if s == "24:00" {
		return 0
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		c.bad("%s is %q; write a time of day like 07:30", at, s)
		return 0
	}
	return t.Hour()*60 + t.Minute()
}

func (c *checker) hours(at string, h Hours) *week {
	c.name(at, "hours ", h.Name)
	w := &week{zone: c.zone(at+".zone", h.Zone)}
	if len(h.Spans) == 0 {
		c.bad("%s.spans is missing", at)
	}
	for i, s := range h.Spans {
		w.spans = append(w.spans, c.span(fmt.Sprintf("%s.spans[%d]", at, i), s))
	}
	return w
}

func (c *checker) rota(at string, r Rota, p *Plan) *rota {
	c.name(at, "who ", r.Name)
	out := &rota{week: week{zone: c.zone(at+".zone", r.Zone)}}
	if len(r.Shifts) == 0 {
		c.bad("%s.shifts is missing", at)
	}
	for i, s := range r.Shifts {
		at := fmt.Sprintf("%s.shifts[%d]", at, i)
		out.spans = append(out.spans, c.span(at, s.Span))
		out.who = append(out.who, s.Who)
		if len(s.Who) == 0 {
			c.bad("%s.who is missing", at)
		}
		for _, name := range s.Who {
			if p.receivers[name] == nil {
				c.bad("%s.who has %q; no receiver has that name", at, name)
			}
		}
	}
	return out
}
