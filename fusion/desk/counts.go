package desk

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// CountsRequest asks how many incidents there are.
type CountsRequest struct {
	Filter
	AsOf time.Time `json:"as_of,omitzero"` // what the room had stored by then; zero: now
}

// CountsReply counts the incidents of the filter. Numbers alone are not in
// the audit.
type CountsReply struct {
	Total          int                          `json:"total"`
	Areas          map[string]int               `json:"areas"` // "none": in no area
	Kinds          map[string]int               `json:"kinds"`
	Severities     map[fusion.Severity]int      `json:"severities"`
	Statuses       map[fusion.PictureStatus]int `json:"statuses"`
	Hours          []HourCount                  `json:"hours"` // by when they were opened, the newest 336 hours that have any, the oldest first
	Unacknowledged int                          `json:"unacknowledged"`
	OldestWaiting  time.Time                    `json:"oldest_waiting,omitzero"` // when the oldest unacknowledged one was opened
	Limits         string                       `json:"limits,omitzero"`
	Partial        string                       `json:"partial,omitzero"` // why some of the past may be missing
}

// HourCount is how many incidents were opened in an hour of UTC.
type HourCount struct {
	Hour  time.Time `json:"hour"`
	Count int       `json:"count"`
}

// maxHours are two weeks.
const maxHours = 14 * 24

func (d *Desk) counts(ctx context.Context, c *call, r CountsRequest) (reply CountsReply, err error) {
	m, err := r.matcher(c.user)
	if err != nil {
		return reply, err
	}
	table, err := d.tableOf(ctx, r.AsOf)
	if err != nil {
		return reply, err
	}
	reply = CountsReply{
		Areas: map[string]int{}, Kinds: map[string]int{}, Severities: map[fusion.Severity]int{}, Statuses: map[fusion.PictureStatus]int{},
		Limits: limits(c.user), Partial: d.past.partial(r.AsOf),
	}
	hours := map[int64]int{}
	for _, row := range table.Rows() {
		if !m.matches(row) {
			continue
		}
		reply.Total++
		reply.Areas[cmp.Or(row.Area, "none")]++
		reply.Kinds[row.Kind]++
		reply.Severities[row.Brief.Severity]++
		reply.Statuses[row.Status]++
		hours[row.Brief.Opened.Unix()/3600]++
		if row.Status != fusion.PictureNew {
			continue
		}
		reply.Unacknowledged++
		if at := row.Brief.Opened; reply.OldestWaiting.IsZero() || at.Before(reply.OldestWaiting) {
			reply.OldestWaiting = at
		}
	}
	reply.Hours = newestHours(hours)
	return reply, nil
}

func newestHours(counts map[int64]int) []HourCount {
	list := make([]HourCount, 0, len(counts))
	for hour, n := range counts {
		list = append(list, HourCount{time.Unix(hour*3600, 0).UTC(), n})
	}
	slices.SortFunc(list, func(a, b HourCount) int { return a.Hour.Compare(b.Hour) })
	return list[max(0, len(list)-maxHours):]
}

// MapRequest asks for incidents as points.
type MapRequest struct {
	Filter
	AsOf  time.Time `json:"as_of,omitzero"` // what the room had stored by then; zero: now
	Limit int       `json:"limit,omitzero"` // at most and by default 2000
}

// MapReply is the gravest incidents of the filter that have a place.
type MapReply struct {
	Points  []Point `json:"points"` // the gravest first
	Total   int     `json:"total"`  // that have a place
	Limits  string  `json:"limits,omitzero"`
	Partial string  `json:"partial,omitzero"` // why some of the past may be missing
}

// Point is an incident on a map.
type Point struct {
	ID         fusion.PictureID     `json:"id"`
	Kind       string               `json:"kind"`
	Title      string               `json:"title"`
	Severity   fusion.Severity      `json:"severity"`
	Status     fusion.PictureStatus `json:"status"`
	Confidence float64              `json:"confidence"`
	Lon        float64              `json:"lon"`         // deg, WGS 84
	Lat        float64              `json:"lat"`         // deg, WGS 84
	CE         *float64             `json:"ce,omitzero"` // circular error, m; absent: unknown
}

const maxPoints = 2000

func (d *Desk) pointsOf(ctx context.Context, c *call, r MapRequest) (reply MapReply, err error) {
	m, err := r.matcher(c.user)
	if err != nil {
		return reply, err
	}
	m.revealing = true // a place is what a withheld incident does not show
	table, err := d.tableOf(ctx, r.AsOf)
	if err != nil {
		return reply, err
	}
	if r.Limit <= 0 || r.Limit > maxPoints {
		r.Limit = maxPoints
	}
	keep := first{sort: SortSeverity, n: r.Limit}
	for _, row := range SortSeverity.scan(table) {
		if row.Lat == row.Lat && m.matches(row) {
			reply.Total++
			keep.add(SortSeverity.rank(row), row)
		}
	}
	keep.cut()
	reply.Points = make([]Point, len(keep.list))
	for i, k := range keep.list {
		b := k.row.Brief
		reply.Points[i] = Point{b.ID, b.Kind, fusion.Line(b.Title), b.Severity, b.Status, b.Confidence, k.row.Lon, k.row.Lat, b.CE}
	}
	reply.Limits, reply.Partial = limits(c.user), d.past.partial(r.AsOf)
	c.hands(len(reply.Points), 0)
	return reply, nil
}
