package anpr

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"
	"golang.org/x/text/language"

	"github.com/openiroom/iroom/fusion"
)

// passage is one reading of one plate, before it becomes an event.
type passage struct {
	at         string // path in the document, for rejections
	plate      node
	scale      float64 // what makes a score a percentage
	confidence node
	candidates []candidate
	camera     string
	time       []node // in the order of preference
	native     string // the vendor's own id of it; "" when there is none
	version    string // of it
	subject    string // "" means native
	content    node   // what is hashed when there is no native id
	country    string
	lat, lon   node
	direction  node
	speed      node // km/h
	attrs      map[string]string
	media      []fusion.Media
}

type candidate struct{ plate, score node }

// add turns a passage into an event. A plate that is not there is a skip; an
// empty one is a rejection.
func (m *mapping) add(p passage) {
	if p.plate.isNull() {
		m.skip(p.at, "a vehicle without a plate")
		return
	}
	value := fusion.CanonicalPlate(p.plate.text())
	if value == "" {
		m.reject("missing", join(p.at, "plate"), "the plate has no letters or digits")
		return
	}
	observed, deviceTime, err := moment(m.mapper.zone, p.time...)
	if err != nil {
		m.reject("invalid", join(p.at, "time"), "the time of the passage %w", err)
		return
	}
	if deviceTime == "" {
		observed = m.received
	}
	id := cmp.Or(p.native, fusion.PayloadID(p.content.canonical(), deviceTime))
	e := &fusion.Event{
		ID: fusion.NewEventID(m.mapper.source, id, p.version), Source: m.mapper.source,
		Type: fusion.TypeANPR, Subject: cmp.Or(p.subject, id), Time: observed,
		Attrs: map[string]any{}, Media: append(p.media, m.pictures...),
	}
	if m.seen[e.ID] {
		m.skip(p.at, "it repeats a passage of the same message")
		return
	}
	m.seen[e.ID] = true
	p.describe(e, value)
	p.locate(e, m.mapper.sites)
	m.result.Events = append(m.result.Events, e)
}

// describe sets what the camera read and saw.
func (p *passage) describe(e *fusion.Event, plate string) {
	e.Confidence = keep(e, "confidence", p.confidence, percent(p.confidence, p.scale))
	e.Entities = []fusion.Entity{{
		Type: fusion.EntityVehicle, Value: plate, Raw: p.plate.text(),
		Candidates: others(plate, p.candidates, p.scale), Country: p.country,
	}}
	for name, text := range p.attrs {
		setText(e, name, text)
	}
	setText(e, "camera", p.camera)
	if _, isAngle := p.direction.number(); !isAngle || keep(e, "direction", p.direction, p.angle()) != nil {
		setText(e, "direction", p.direction.text())
	}
	if kmh := keep(e, "speed", p.speed, within(p.speed, 0, 500)); kmh != nil {
		e.Attrs["speed_kmh"] = *kmh
		e.Track = &fusion.Track{Speed: new(math.Round(*kmh/3.6*100) / 100)}
	}
}

// angle is the direction in deg, when it was given so.
func (p *passage) angle() *float64 { return within(p.direction, 0, 360) }

func setText(e *fusion.Event, attr, text string) {
	if text != "" {
		e.Attrs[attr] = text
	}
}

// keep puts a value that was given but cannot be used with the unmapped ones.
func keep(e *fusion.Event, name string, given node, used *float64) *float64 {
	if used == nil && given.text() != "" {
		if e.Unmapped == nil {
			e.Unmapped = map[string]any{}
		}
		e.Unmapped[name] = given.text()
	}
	return used
}

// others are the candidates as plates, best first, without the plate itself.
// One without a score counts as 0.
func others(plate string, all []candidate, scale float64) []fusion.Candidate {
	best := map[string]float64{}
	for _, c := range all {
		value := fusion.CanonicalPlate(c.plate.text())
		if value == "" || value == plate {
			continue
		}
		score := 0.0
		if p := percent(c.score, scale); p != nil {
			score = *p
		}
		best[value] = max(best[value], score)
	}
	list := make([]fusion.Candidate, 0, len(best))
	for value, score := range best {
		list = append(list, fusion.Candidate{Value: value, Confidence: score})
	}
	slices.SortFunc(list, func(a, b fusion.Candidate) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), strings.Compare(a.Value, b.Value))
	})
	return list[:min(len(list), fusion.MaxListItems)]
}

// locate sets where the passage was: at the configured site of the camera,
// else where the payload says. Directions in deg are angles in the picture, so
// they make a course only at a site that says where its camera looks.
func (p *passage) locate(e *fusion.Event, sites map[string]Site) {
	site, known := sites[p.camera]
	if known {
		e.Geometry = &fusion.Geometry{Geometry: orb.Point{site.Lon, site.Lat}}
		e.Location = &fusion.Location{CE: site.CE, Method: "camera-site", Area: site.Area, Address: site.Name}
	} else if lon, lat := within(p.lon, -180, 180), within(p.lat, -90, 90); lon != nil && lat != nil && !unset(*lon, *lat) {
		e.Geometry = &fusion.Geometry{Geometry: orb.Point{*lon, *lat}}
		e.Location = &fusion.Location{Method: "gps"}
	}
	angle := p.angle()
	if angle == nil || site.Course == nil {
		return
	}
	if e.Track == nil {
		e.Track = &fusion.Track{}
	}
	e.Track.Course = new(math.Mod(*angle+*site.Course, 360))
}

// unset reports the coordinates that devices send when nobody gave them any.
func unset(lon, lat float64) bool { return lon == lat && (lon == 0 || lon == -1) }

// percent makes a score 0 to 100, with four decimals; nil when it is not one.
func percent(n node, scale float64) *float64 {
	score, ok := n.number()
	score = math.Round(score*scale*1e4) / 1e4
	if !ok || score < 0 || score > 100 {
		return nil
	}
	return &score
}

func within(n node, low, high float64) *float64 {
	v, ok := n.number()
	if !ok || v < low || v > high {
		return nil
	}
	return &v
}

// alpha2 returns the ISO 3166-1 alpha-2 code of a country that is given as
// alpha-2 or alpha-3 code, "" when it is none.
func alpha2(code string) string {
	if len(code) != 2 && len(code) != 3 {
		return ""
	}
	region, err := language.ParseRegion(code)
	if err != nil || !region.IsCountry() {
		return ""
	}
	if s := region.Canonicalize().String(); len(s) == 2 {
		return s
	}
	return ""
}

// images makes media of references at the source.
func images(refs ...string) []fusion.Media {
	var list []fusion.Media
	for _, ref := range refs {
		if ref != "" && len(ref) <= 512 && !strings.HasPrefix(ref, "data:") {
			list = append(list, fusion.Media{Ref: ref, Mime: mimeOf(ref)})
		}
	}
	return list
}
