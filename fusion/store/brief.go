package store

import (
	"math"
	"slices"
	"strings"
	"time"
	"unique"

	"github.com/openiroom/iroom/fusion"
)

// Brief is a picture in short, as lists and maps show it. It is never changed.
type Brief struct {
	ID            fusion.PictureID
	Revision      uint64
	At            fusion.Place // on the log, of this revision
	Kind          string
	Title         string
	Status        fusion.PictureStatus
	Severity      fusion.Severity
	Confidence    float64
	Area          string
	Address       string
	CE            *float64 // m; nil: unknown
	Evidence      int
	Sources       []string
	Assignee      string
	Labels        []string
	Outcome       string
	Opened        time.Time
	Changed       time.Time
	FirstObserved time.Time
	LastObserved  time.Time
	AcknowledgeBy time.Time
	Closed        time.Time
	Acknowledged  time.Time // when somebody said so, zero: nobody did
	Resolved      time.Time // when somebody resolved or closed it last
	Acted         bool      // somebody decided something about it
	Handling      *fusion.Handling
	Entities      []Named
	Links         []fusion.PictureID // of every kind but those that were rejected
	Rules         []Version

	text string // lower case, of what a search for text reads
}

// Named is an entity by what it is.
type Named struct {
	Type  fusion.EntityType `json:"type"`
	Value string            `json:"value"` // canonical
}

// Version is a rule in one of its versions.
type Version struct{ Rule, Version string }

// Row is a brief with what filters and orders compare, close together: a
// query looks at every row.
type Row struct {
	*Brief
	ID fusion.PictureID // the brief's; to follow the pointer is what costs most

	AreaKey, KindKey, AssigneeKey unique.Handle[string]

	Opened, Changed, First, Last int64   // ns since 1970
	Lon, Lat                     float64 // deg, WGS 84; NaN: no place
	Severity                     int8    // 0 the gravest
	Status                       fusion.PictureStatus
}

// RowOf is the row of a picture.
func RowOf(p *fusion.Picture) Row {
	b := BriefOf(p)
	lon, lat := math.NaN(), math.NaN()
	if at, ok := p.Place.Center(); ok {
		lon, lat = at.Lon(), at.Lat()
	}
	return Row{
		Brief: b, ID: b.ID, AreaKey: unique.Make(b.Area), KindKey: unique.Make(b.Kind), AssigneeKey: unique.Make(b.Assignee),
		Opened: b.Opened.UnixNano(), Changed: b.Changed.UnixNano(), First: b.FirstObserved.UnixNano(), Last: b.LastObserved.UnixNano(),
		Lon: lon, Lat: lat, Severity: int8(slices.Index(fusion.Severities, p.Severity)), Status: p.Status,
	}
}

// BriefOf makes a picture short.
func BriefOf(p *fusion.Picture) *Brief {
	b := &Brief{
		ID: p.ID, Revision: p.Revision, Kind: p.Kind, Title: p.Title, Status: p.Status, Severity: p.Severity, Confidence: p.Confidence,
		Area: p.Area, Address: p.Address, CE: p.CE, Evidence: p.EvidenceCount, Sources: slices.Clone(p.Sources), Assignee: p.Assignee,
		Labels: slices.Clone(p.Labels), Outcome: p.Outcome, Opened: p.Opened, Changed: p.Changed, FirstObserved: p.FirstObserved,
		LastObserved: p.LastObserved, AcknowledgeBy: p.AcknowledgeBy, Closed: p.Closed, Handling: p.Handling,
	}
	if at, err := fusion.ParsePlace(p.At); err == nil {
		b.At = at
	}
	for _, e := range p.Entities {
		b.Entities = append(b.Entities, Named{e.Type, e.Value})
	}
	for _, l := range p.Links {
		if l.Kind != fusion.LinkRejected {
			b.Links = append(b.Links, l.Picture)
		}
	}
	for _, h := range p.Hits {
		if v := (Version{h.Rule, h.Version}); !slices.Contains(b.Rules, v) {
			b.Rules = append(b.Rules, v)
		}
	}
	b.act(p.Decisions)
	b.text = strings.ToLower(strings.Join([]string{string(p.ID), p.Title, p.Address, p.Assignee}, "\n"))
	return b
}

// act takes what people did from their decisions.
func (b *Brief) act(decisions []fusion.Decision) {
	b.Acted = len(decisions) > 0
	for _, d := range decisions {
		switch d.What {
		case fusion.VerbAcknowledge:
			b.Acknowledged = earliest(b.Acknowledged, d.Time)
		case fusion.VerbResolve, fusion.VerbClose:
			b.Resolved = d.Time
		}
	}
}

// earliest is the first of two times; zero is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// Says reports whether id, title, address or assignee have a text, which is in
// lower case.
func (b *Brief) Says(text string) bool { return strings.Contains(b.text, text) }
