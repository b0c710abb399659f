package rules

import (
	"encoding/binary"
	"math"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
)

// words are texts that many events share, such as types and names of
// attributes, so that a packed event holds a number instead.
type words struct {
	list   []string
	number map[string]int
	names  []string // scratch of the packer
}

// maxWords bounds what is shared; other texts stand in the event itself.
const maxWords = 1 << 16

func newWords() *words { return &words{number: map[string]int{}} }

func (w *words) numberOf(s string) (int, bool) {
	n, ok := w.number[s]
	if !ok && len(w.list) < maxWords && len(s) <= 64 {
		n, ok = len(w.list), true
		w.list = append(w.list, s)
		w.number[s] = n
	}
	return n, ok
}

// packer writes an event in few bytes. A packed event is never stored: only
// the state that made it can read it.
type packer struct {
	words *words
	b     []byte
}

// pack writes what rules and pictures read of an event. Its time, its centre
// and its circular error are kept in the entry; links, media, unmapped fields
// and all of its provenance but the connector and the place on the log are
// left out.
func (w *words) pack(e *fusion.Event, scratch []byte) []byte {
	p := &packer{w, scratch[:0]}
	p.text(string(e.ID))
	p.text(e.Source)
	p.text(e.Subject)
	p.word(string(e.Type))
	p.moment(e.RecordedTime, e.Time)
	p.moment(e.ExpiryTime, e.Time)
	for _, s := range []string{string(e.Status), string(e.MsgType), e.Language, e.Severity, e.Urgency, e.Certainty, e.Reliability} {
		p.word(s)
	}
	p.texts(e.References)
	p.texts(e.Category)
	p.text(e.Headline)
	p.text(e.Description)
	p.place(e)
	p.optional(e.Confidence)
	p.uint(uint64(e.Credibility))
	p.entities(e.Entities)
	p.handling(e.Handling)
	p.connector(e.Provenance)
	p.attrs(e.Attrs)
	return p.b
}

func (p *packer) uint(n uint64) { p.b = binary.AppendUvarint(p.b, n) }

func (p *packer) flag(on bool) bool {
	if on {
		p.b = append(p.b, 1)
	} else {
		p.b = append(p.b, 0)
	}
	return on
}

func (p *packer) text(s string) {
	p.uint(uint64(len(s)))
	p.b = append(p.b, s...)
}

// word writes a shared text by its number, another one as it is.
func (p *packer) word(s string) {
	if n, ok := p.words.numberOf(s); ok {
		p.uint(uint64(n) + 1)
		return
	}
	p.uint(0)
	p.text(s)
}

func (p *packer) texts(list []string) {
	p.uint(uint64(len(list)))
	for _, s := range list {
		p.text(s)
	}
}

// moment writes a time by its distance from another.
func (p *packer) moment(t, from time.Time) {
	if p.flag(!t.IsZero()) {
		p.b = binary.AppendVarint(p.b, t.UnixNano()-from.UnixNano())
	}
}

// number writes whole numbers short.
func (p *packer) number(v float64) {
	if p.flag(v == math.Trunc(v) && math.Abs(v) < 1<<50 && !(v == 0 && math.Signbit(v))) {
		p.b = binary.AppendVarint(p.b, int64(v))
		return
	}
	p.b = binary.LittleEndian.AppendUint64(p.b, math.Float64bits(v))
}

func (p *packer) optional(v *float64) {
	if p.flag(v != nil) {
		p.number(*v)
	}
}

// json writes what is rare as JSON.
func (p *packer) json(v any) {
	b, err := json.Marshal(v, json.Deterministic(true))
	if err != nil {
		panic(failure{err})
	}
	p.text(string(b))
}

// How the geometry of a packed event is kept.
const (
	nowhere  = iota
	atCentre // a point
	asJSON
)

func (p *packer) place(e *fusion.Event) {
	point := isPoint(e.Geometry)
	switch {
	case e.Geometry == nil:
		p.uint(nowhere)
	case point:
		p.uint(atCentre)
	default:
		p.uint(asJSON)
		p.json(e.Geometry)
	}
	if l := e.Location; p.flag(l != nil) {
		p.flag(l.CE != nil)
		p.word(l.Method)
		p.text(l.Address)
		p.word(l.Area)
	}
	if t := e.Track; p.flag(t != nil) {
		p.optional(t.Course)
		p.optional(t.Speed)
	}
}

func isPoint(g *fusion.Geometry) bool {
	if g == nil {
		return false
	}
	_, ok := g.Geometry.(orb.Point)
	return ok
}

func (p *packer) entities(list []fusion.Entity) {
	p.uint(uint64(len(list)))
	for _, e := range list {
		p.word(string(e.Type))
		p.word(e.Role)
		p.text(e.Value)
		p.text(e.Raw)
		p.word(e.Country)
		p.uint(uint64(len(e.Candidates)))
		for _, c := range e.Candidates {
			p.text(c.Value)
			p.number(c.Confidence)
		}
	}
}

func (p *packer) handling(h *fusion.Handling) {
	if !p.flag(h != nil) {
		return
	}
	p.word(h.TLP)
	p.word(h.Basis)
	p.word(h.Purpose)
	p.texts(h.Caveats)
	p.moment(h.RetainUntil, time.Unix(0, 0))
}

func (p *packer) connector(v *fusion.Provenance) {
	if p.flag(v != nil) {
		p.word(v.Connector)
		p.uint(v.Log.Sequence)
		p.uint(uint64(v.Log.Index))
	}
}

// The kinds of a packed attribute.
const (
	attrText = iota
	attrNumber
	attrTrue
	attrFalse
	attrJSON
)

func (p *packer) attrs(m map[string]any) {
	p.uint(uint64(len(m)))
	names := p.words.names[:0]
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	p.words.names = names
	for _, name := range names {
		p.word(name)
		switch v := m[name].(type) {
		case string:
			p.uint(attrText)
			p.text(v)
		case float64:
			p.uint(attrNumber)
			p.number(v)
		case bool:
			if v {
				p.uint(attrTrue)
			} else {
				p.uint(attrFalse)
			}
		default:
			p.uint(attrJSON)
			p.json(v)
		}
	}
}
