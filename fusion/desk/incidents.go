package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/access"
	"github.com/openiroom/iroom/fusion/store"
)

// IncidentsRequest asks for a page of incidents.
type IncidentsRequest struct {
	Filter
	Sort   Sort      `json:"sort,omitzero"`   // "": newest
	AsOf   time.Time `json:"as_of,omitzero"`  // what the room had stored by then; zero: now
	Limit  int       `json:"limit,omitzero"`  // at most 200; 0: 50
	Cursor string    `json:"cursor,omitzero"` // of the page before
}

// IncidentsReply is one page. However much changes while somebody turns the
// pages, no incident comes twice, and none is left out that was there at the
// first page and still matches. Each is shown as it is now.
type IncidentsReply struct {
	Incidents []Summary `json:"incidents"`
	Total     int       `json:"total"`            // on all pages
	Next      string    `json:"next,omitzero"`    // cursor of the next page, "" at the end; of kind expired two minutes later
	Limits    string    `json:"limits,omitzero"`  // of the user: there may be more that it may not see
	Partial   string    `json:"partial,omitzero"` // why some of the past may be missing
}

// Summary is a picture in one line.
type Summary struct {
	ID            fusion.PictureID     `json:"id"`
	Revision      uint64               `json:"revision"`
	Kind          string               `json:"kind"`
	Title         string               `json:"title"`
	Status        fusion.PictureStatus `json:"status"`
	Severity      fusion.Severity      `json:"severity"`
	Confidence    float64              `json:"confidence"`
	Area          string               `json:"area,omitzero"`
	Address       string               `json:"address,omitzero"`
	Lon           *float64             `json:"lon,omitzero"` // deg, WGS 84
	Lat           *float64             `json:"lat,omitzero"` // deg, WGS 84
	CE            *float64             `json:"ce,omitzero"`  // circular error, m
	Evidence      int                  `json:"evidence"`
	Sources       []string             `json:"sources"`
	Assignee      string               `json:"assignee,omitzero"`
	Labels        []string             `json:"labels,omitempty"`
	Outcome       string               `json:"outcome,omitzero"`
	Opened        time.Time            `json:"opened"`
	Changed       time.Time            `json:"changed"`
	FirstObserved time.Time            `json:"first_observed"`
	LastObserved  time.Time            `json:"last_observed"`
	AcknowledgeBy time.Time            `json:"acknowledge_by,omitzero"`
	Closed        time.Time            `json:"closed,omitzero"`
	TLP           string               `json:"tlp,omitzero"`
	Withheld      []string             `json:"withheld,omitempty"` // fields that are left out since their handling is above the user's tlp
}

// briefly is what a summary of an incident leaves out that is above the user.
var briefly = []string{"title", "address", "lon", "lat", "ce", "sources", "assignee", "labels"}

// summarise makes a line of a row for a user.
func summarise(r *store.Row, u access.User) Summary {
	b := r.Brief
	s := Summary{
		ID: b.ID, Revision: b.Revision, Kind: b.Kind, Status: b.Status, Severity: b.Severity, Confidence: b.Confidence, Area: b.Area,
		Evidence: b.Evidence, Outcome: b.Outcome, Opened: b.Opened, Changed: b.Changed, FirstObserved: b.FirstObserved,
		LastObserved: b.LastObserved, AcknowledgeBy: b.AcknowledgeBy, Closed: b.Closed,
	}
	if b.Handling != nil {
		s.TLP = b.Handling.TLP
	}
	if !u.Cleared(b.Handling) {
		s.Sources, s.Withheld = []string{}, briefly
		return s
	}
	s.Title, s.Address, s.CE, s.Sources, s.Assignee, s.Labels = b.Title, b.Address, b.CE, b.Sources, b.Assignee, b.Labels
	if r.Lon == r.Lon {
		s.Lon, s.Lat = &r.Lon, &r.Lat
	}
	return s
}

// summaries makes lines of rows, and counts those of which parts are withheld.
func summaries(rows []*store.Row, u access.User) (list []Summary, withheld int) {
	list = make([]Summary, len(rows))
	for i, r := range rows {
		list[i] = summarise(r, u)
		if list[i].Withheld != nil {
			withheld++
		}
	}
	return list, withheld
}

func (d *Desk) incidents(ctx context.Context, c *call, r IncidentsRequest) (reply IncidentsReply, err error) {
	p, name, asked, err := d.turn(ctx, c, &r)
	if err != nil {
		return reply, err
	}
	rows, total, next := p.page()
	if next != nil {
		if reply.Next, err = (cursor{name, asked, *next}).encode(); err != nil {
			return reply, err
		}
	}
	var withheld int
	reply.Incidents, withheld = summaries(rows, c.user)
	reply.Total, reply.Limits = total, limits(c.user)
	reply.Partial = d.past.partial(r.AsOf)
	c.hands(len(rows), withheld)
	return reply, nil
}

// turn prepares a page: of which tables, and from where on. name is that of
// the table that the first page was made of.
func (d *Desk) turn(ctx context.Context, c *call, r *IncidentsRequest) (p pages, name string, asked uint64, err error) {
	if r.Sort == "" {
		r.Sort = SortNewest
	}
	if !slices.Contains(sorts, r.Sort) {
		return p, "", 0, fusion.Errorf(fusion.KindInvalid, "", "there is no order %q; it is one of %v", r.Sort, sorts)
	}
	if p.matcher, err = r.matcher(c.user); err != nil {
		return p, "", 0, err
	}
	p.sort, p.limit = r.Sort, pageSize(r.Limit)
	from, question := r.Cursor, *r
	question.Cursor, question.Limit = "", 0
	if asked, err = fingerprint(question); err != nil {
		return p, "", 0, err
	}
	if from == "" {
		name, err = d.begin(ctx, &p, r.AsOf)
		return p, name, asked, err
	}
	var at cursor
	if err := decodeCursor(from, &at); err != nil {
		return p, "", 0, err
	}
	if at.Asked != asked {
		return p, "", 0, fusion.Errorf(fusion.KindInvalid, "read the cursor", "it belongs to another question").WithHint("ask for the first page")
	}
	p.after = &at.After
	return p, at.Table, asked, d.resume(ctx, &p, at.Table, r.AsOf)
}

func pageSize(limit int) int {
	if limit <= 0 {
		return defaultPage
	}
	return min(limit, maxPage)
}

// begin chooses the table of a first page.
func (d *Desk) begin(ctx context.Context, p *pages, asOf time.Time) (name string, err error) {
	if asOf.IsZero() {
		p.now = d.room.Store().Table()
		p.base = p.now
		return d.shelf.keep(p.now, time.Now()), nil
	}
	p.base, err = d.past.table(ctx, asOf)
	p.now = p.base
	return "", err
}

// resume finds the table of a later page again.
func (d *Desk) resume(ctx context.Context, p *pages, name string, asOf time.Time) (err error) {
	if !asOf.IsZero() {
		_, err := d.begin(ctx, p, asOf)
		return err
	}
	p.now = d.room.Store().Table()
	p.base = d.shelf.get(name, time.Now())
	switch {
	case p.base != nil:
		return nil
	case p.sort.lasting():
		p.base = p.now
		return nil
	}
	return expired("the list is not kept any more")
}

func expired(why string) error {
	return fusion.Errorf(fusion.KindExpired, "read the cursor", "%s", why).WithHint("begin again with the first page")
}

// limits says what a user does not see, "" for one that sees all.
func limits(u access.User) string {
	if u.Unlimited() {
		return ""
	}
	all := func(list []string) any {
		if len(list) == 0 {
			return "all"
		}
		return list
	}
	text := fmt.Sprintf("user %s sees areas: %v; kinds: %v", u.Name, all(u.Areas), all(u.Kinds))
	if u.TLP != "" {
		text += "; in full up to tlp " + u.TLP
	}
	return text
}

// IncidentRequest asks for one picture. The id of one that was merged gets the
// one in which it goes on, but not of the past.
type IncidentRequest struct {
	ID   fusion.PictureID `json:"id"`
	AsOf time.Time        `json:"as_of,omitzero"` // what the room had stored by then; zero: now
}

// IncidentReply is a picture, and which of its fields are withheld.
type IncidentReply struct {
	*fusion.Picture
	Withheld []string `json:"withheld,omitempty"` // fields that are left out since their handling is above the user's tlp
}

func (d *Desk) incident(ctx context.Context, c *call, r IncidentRequest) (reply IncidentReply, err error) {
	c.entry.Incident = r.ID
	p, err := d.at(ctx, r.ID, r.AsOf)
	if err != nil {
		return reply, err
	}
	return show(c, p)
}

// show hands a picture over, as far as the user may see it.
func show(c *call, p *fusion.Picture) (IncidentReply, error) {
	if !c.user.MaySee(p.Area, p.Kind) {
		return IncidentReply{}, access.Hidden(c.user, p.ID)
	}
	reply := IncidentReply{Picture: p}
	if !c.user.Cleared(p.Handling) {
		reply.Picture, reply.Withheld = c.user.Withhold(p)
	}
	c.hands(1, min(1, len(reply.Withheld)))
	return reply, nil
}

// current is the newest revision, of one that was archived too.
func (d *Desk) current(ctx context.Context, asked fusion.PictureID) (p *fusion.Picture, err error) {
	id := asked
	err = d.room.Store().View(func(tx *store.Tx) error {
		if id, err = tx.Resolve(asked); err != nil {
			return err
		}
		p, err = tx.Picture(id)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return d.past.picture(ctx, id, time.Time{})
	}
	return p, err
}

func noIncident(id fusion.PictureID) error {
	return fusion.Errorf(fusion.KindNotFound, "", "there is no incident %q", id).WithHint("iroom incident ls lists them")
}
