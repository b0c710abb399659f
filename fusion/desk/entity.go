package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

// EntityRequest asks for what is known around an entity.
type EntityRequest struct {
	Type   fusion.EntityType `json:"type,omitzero"`   // "": of any type
	Value  string            `json:"value"`           // as people write it: AB-123-C, 06 12345678
	Region string            `json:"region,omitzero"` // of a phone number without country code, ISO 3166-1 alpha-2; "": NL
	Depth  int               `json:"depth,omitzero"`  // 1: the incidents that name it; 2: also those that name what these do; 0: 1
	Closed bool              `json:"closed,omitzero"` // closed ones too
	AsOf   time.Time         `json:"as_of,omitzero"`  // what the room had stored by then; zero: now
}

// EntityReply is the graph around an entity.
type EntityReply struct {
	Entities  []EntityNode `json:"entities"`     // what was asked for first
	Incidents []EntityHit  `json:"incidents"`    // the nearest first, of those the newest
	Cut       bool         `json:"cut,omitzero"` // there is more than fits: 200 incidents, 500 entities
	Limits    string       `json:"limits,omitzero"`
	Partial   string       `json:"partial,omitzero"` // why some of the past may be missing
}

// EntityNode is an entity and how far it is from what was asked for.
type EntityNode struct {
	store.Named
	Depth     int `json:"depth"`     // 0: what was asked for
	Incidents int `json:"incidents"` // of the reply that name it
}

// EntityHit is an incident that names some of the entities.
type EntityHit struct {
	Summary
	Depth int           `json:"depth"` // 1: it names what was asked for
	Names []store.Named `json:"names"` // entities of the reply
}

const (
	maxDepth     = 2
	maxIncidents = 200
	maxEntities  = 500
)

// readings are what a value may mean, in canonical form: as it stands, as a
// number plate and as a phone number.
func readings(r EntityRequest) []string {
	text := strings.TrimSpace(r.Value)
	list := []string{text}
	if r.Type == "" || r.Type != fusion.EntityPhone {
		list = append(list, fusion.CanonicalPlate(text))
	}
	if r.Type == "" || r.Type == fusion.EntityPhone {
		if phone, ok := fusion.CanonicalPhone(text, cmp.Or(r.Region, "NL")); ok {
			list = append(list, phone)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (d *Desk) entity(ctx context.Context, c *call, r EntityRequest) (reply EntityReply, err error) {
	if strings.TrimSpace(r.Value) == "" || len(r.Value) > maxText {
		return reply, fusion.Errorf(fusion.KindInvalid, "", "value has %d bytes; it is an entity in at most %d", len(r.Value), maxText)
	}
	if r.Depth < 0 || r.Depth > maxDepth {
		return reply, fusion.Errorf(fusion.KindInvalid, "", "depth is %d; it is 1 or 2", r.Depth)
	}
	c.entry.Entity = string(r.Type) + " " + r.Value
	table, err := d.tableOf(ctx, r.AsOf)
	if err != nil {
		return reply, err
	}
	g := newGraph(table, c, r)
	for depth := 1; depth <= max(1, r.Depth); depth++ {
		g.grow(depth)
	}
	reply = g.reply()
	reply.Limits, reply.Partial = limits(c.user), d.past.partial(r.AsOf)
	withheld := 0
	for _, hit := range reply.Incidents {
		withheld += min(1, len(hit.Withheld))
	}
	c.hands(len(reply.Incidents), withheld)
	return reply, nil
}

// tableOf is the table of a time; zero: of now.
func (d *Desk) tableOf(ctx context.Context, asOf time.Time) (*store.Table, error) {
	if asOf.IsZero() {
		return d.room.Store().Table(), nil
	}
	return d.past.table(ctx, asOf)
}

// graph grows around an entity, one ring of incidents after another. What a
// user may not read in full does not lead on and is not found.
type graph struct {
	table    *store.Table
	call     *call
	asked    EntityRequest
	values   []string
	entities map[store.Named]int // depth
	rows     map[fusion.PictureID]ring
	cut      bool
}

type ring struct {
	depth int
	row   *store.Row
}

func newGraph(t *store.Table, c *call, r EntityRequest) *graph {
	return &graph{table: t, call: c, asked: r, values: readings(r), entities: map[store.Named]int{}, rows: map[fusion.PictureID]ring{}}
}

// grow adds the incidents that name an entity of the last ring, and what they
// name besides.
func (g *graph) grow(depth int) {
	var found []*store.Row
	for _, row := range g.table.Rows() {
		if g.visible(row) && g.names(row, depth) {
			found = append(found, row)
		}
	}
	slices.SortFunc(found, func(a, b *store.Row) int { return cmp.Or(cmp.Compare(b.Opened, a.Opened), cmp.Compare(b.ID, a.ID)) })
	for _, row := range found {
		if _, known := g.rows[row.ID]; known {
			continue
		}
		if len(g.rows) == maxIncidents {
			g.cut = true
			return
		}
		g.rows[row.ID] = ring{depth, row}
		g.add(row, depth)
	}
}

func (g *graph) visible(r *store.Row) bool {
	u := g.call.user
	return (g.asked.Closed || r.Status != fusion.PictureClosed) && (u.Unlimited() || u.MaySee(r.Area, r.Kind) && u.Cleared(r.Handling))
}

func (g *graph) names(r *store.Row, depth int) bool {
	return slices.ContainsFunc(r.Entities, func(e store.Named) bool {
		if depth == 1 {
			return g.asks(e)
		}
		at, known := g.entities[e]
		return known && at == depth-1
	})
}

// asks reports whether an entity is the one that was asked for.
func (g *graph) asks(e store.Named) bool {
	return (g.asked.Type == "" || e.Type == g.asked.Type) && slices.Contains(g.values, e.Value)
}

func (g *graph) add(r *store.Row, depth int) {
	for _, e := range r.Entities {
		if _, known := g.entities[e]; known {
			continue
		}
		at := depth
		if g.asks(e) {
			at = 0
		}
		if len(g.entities) == maxEntities {
			g.cut = true
			return
		}
		g.entities[e] = at
	}
}

func (g *graph) reply() EntityReply {
	reply := EntityReply{Entities: []EntityNode{}, Incidents: []EntityHit{}, Cut: g.cut}
	counts := map[store.Named]int{}
	for _, r := range g.rows {
		hit := EntityHit{Summary: summarise(r.row, g.call.user), Depth: r.depth}
		for _, e := range r.row.Entities {
			if _, in := g.entities[e]; in && !slices.Contains(hit.Names, e) {
				hit.Names = append(hit.Names, e)
				counts[e]++
			}
		}
		reply.Incidents = append(reply.Incidents, hit)
	}
	for e, depth := range g.entities {
		reply.Entities = append(reply.Entities, EntityNode{e, depth, counts[e]})
	}
	slices.SortFunc(reply.Incidents, func(a, b EntityHit) int {
		return cmp.Or(cmp.Compare(a.Depth, b.Depth), b.Opened.Compare(a.Opened), cmp.Compare(b.ID, a.ID))
	})
	slices.SortFunc(reply.Entities, func(a, b EntityNode) int {
		return cmp.Or(cmp.Compare(a.Depth, b.Depth), cmp.Compare(b.Incidents, a.Incidents), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Value, b.Value))
	})
	return reply
}
