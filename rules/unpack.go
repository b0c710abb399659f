package rules

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
)

// unpacker reads what a packer wrote. The texts share the bytes.
type unpacker struct {
	words *words
	s     string
}

// identity reads the beginning of a packed event.
func identity(packed string) (id fusion.EventID, source, subject string) {
	u := &unpacker{s: packed}
	return fusion.EventID(u.text()), u.text(), u.text()
}

// unpack makes the event again, with what the entry keeps of it.
func (w *words) unpack(x *entry) *fusion.Event {
	u := &unpacker{w, x.packed}
	e := &fusion.Event{ID: fusion.EventID(u.text()), Source: u.text(), Subject: u.text(), Type: fusion.EventType(u.word()), Time: x.time()}
	e.RecordedTime, e.ExpiryTime = u.moment(e.Time), u.moment(e.Time)
	e.Status, e.MsgType, e.Language = fusion.Status(u.word()), fusion.MsgType(u.word()), u.word()
	e.Severity, e.Urgency, e.Certainty, e.Reliability = u.word(), u.word(), u.word(), u.word()
	e.References, e.Category = u.texts(), u.texts()
	e.Headline, e.Description = u.text(), u.text()
	u.place(e, x)
	e.Confidence = u.optional()
	e.Credibility = int(u.uint())
	e.Entities = u.entities()
	if u.flag() {
		e.Handling = &fusion.Handling{
			TLP: u.word(), Basis: u.word(), Purpose: u.word(), Caveats: u.texts(), RetainUntil: u.moment(time.Unix(0, 0)),
		}
	}
	if u.flag() {
		e.Provenance = &fusion.Provenance{Connector: u.word(), Log: fusion.LogPlace{Sequence: u.uint(), Index: int(u.uint())}}
	}
	e.Attrs = u.attrs()
	return e
}

func (u *unpacker) take(n int) string {
	s := u.s[:n]
	u.s = u.s[n:]
	return s
}

func (u *unpacker) uint() (v uint64) {
	for shift := 0; ; shift += 7 {
		b := u.take(1)[0]
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
}

func (u *unpacker) int() int64 {
	v := u.uint()
	return int64(v>>1) ^ -int64(v&1)
}

func (u *unpacker) flag() bool { return u.take(1)[0] == 1 }

func (u *unpacker) text() string { return u.take(int(u.uint())) }

func (u *unpacker) word() string {
	if n := u.uint(); n > 0 {
		return u.words.list[n-1]
	}
	return u.text()
}

func (u *unpacker) texts() []string {
	n := u.uint()
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = u.text()
	}
	return list
}

func (u *unpacker) moment(from time.Time) time.Time {
	if !u.flag() {
		return time.Time{}
	}
	return time.Unix(0, from.UnixNano()+u.int()).UTC()
}

func (u *unpacker) number() float64 {
	if u.flag() {
		return float64(u.int())
	}
	return math.Float64frombits(binary.LittleEndian.Uint64([]byte(u.take(8))))
}

func (u *unpacker) optional() *float64 {
	if !u.flag() {
		return nil
	}
	return new(u.number())
}

func (u *unpacker) json(into any) {
	if err := json.Unmarshal([]byte(u.text()), into); err != nil {
		panic(failure{err})
	}
}

func (u *unpacker) place(e *fusion.Event, x *entry) {
	switch u.uint() {
	case atCentre:
		e.Geometry = fusion.NewPoint(x.center[0], x.center[1])
	case asJSON:
		e.Geometry = new(fusion.Geometry)
		u.json(e.Geometry)
	}
	if u.flag() {
		e.Location = &fusion.Location{}
		if u.flag() {
			e.Location.CE = new(x.ce)
		}
		e.Location.Method, e.Location.Address, e.Location.Area = u.word(), u.text(), u.word()
	}
	if u.flag() {
		e.Track = &fusion.Track{Course: u.optional(), Speed: u.optional()}
	}
}

func (u *unpacker) entities() []fusion.Entity {
	n := u.uint()
	if n == 0 {
		return nil
	}
	list := make([]fusion.Entity, n)
	for i := range list {
		e := &list[i]
		e.Type, e.Role, e.Value, e.Raw, e.Country = fusion.EntityType(u.word()), u.word(), u.text(), u.text(), u.word()
		if c := u.uint(); c > 0 {
			e.Candidates = make([]fusion.Candidate, c)
			for j := range e.Candidates {
				e.Candidates[j] = fusion.Candidate{Value: u.text(), Confidence: u.number()}
			}
		}
	}
	return list
}

func (u *unpacker) attrs() map[string]any {
	n := u.uint()
	if n == 0 {
		return nil
	}
	m := make(map[string]any, n)
	for range n {
		name := u.word()
		switch u.uint() {
		case attrText:
			m[name] = u.text()
		case attrNumber:
			m[name] = u.number()
		case attrTrue:
			m[name] = true
		case attrFalse:
			m[name] = false
		default:
			var v any
			u.json(&v)
			m[name] = v
		}
	}
	return m
}
