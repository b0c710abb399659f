package frigate

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

const (
	unitKMH = "kmh"
	unitMPH = "mph"

	kmPerMile = 1.609344
)

// sighting is one version of an object.
type sighting struct {
	phase string   // new, update, end
	at    *float64 // s since 1970
	zones []string
}

// version tells the sightings of one object apart.
func (s sighting) version() string {
	return s.phase + "/" + strconv.FormatFloat(*s.at, 'f', 6, 64)
}

// object maps a tracked object, and the plate that was read on it.
func (m *mapper) object(o *object, s sighting) connectors.Mapping {
	e, refused := m.begin(o, s)
	if refused != nil {
		return *refused
	}
	label := m.label(o.Label)
	e.Type, e.Subject, e.Confidence = fusion.TypeCameraObject, o.ID, percent(or(o.TopScore, o.Score))
	e.Attrs["camera"], e.Attrs["label"], e.Attrs["count"], e.Attrs["phase"] = o.Camera, label, 1.0, s.phase
	if s.phase == "new" {
		e.MsgType = fusion.MsgAlert
	}
	if len(s.zones) > 0 {
		e.Attrs["zones"] = s.zones
	}
	if o.Stationary != nil {
		e.Attrs["stationary"] = *o.Stationary
	}
	if sub := subLabel(o.Label, label, o.SubLabel.Text); sub != "" {
		e.Attrs["sub_label"] = sub
	}
	if v, ok := m.speed(o, s.phase); ok {
		e.Attrs["speed_kmh"] = v
	}
	e.Entities = []fusion.Entity{{Type: entityType(o.Label, label), Role: "detected", Value: o.ID}}
	mapping := connectors.Mapping{Events: []*fusion.Event{e}}
	if p := m.passage(o.ID, o.Camera, o.Plate.Text, or(o.PlateScore, o.Plate.Score), e.Time); p != nil {
		if v, ok := e.Attrs["speed_kmh"]; ok {
			p.Attrs["speed_kmh"] = v
		}
		p.Media = e.Media
		mapping.Events = append(mapping.Events, p)
	}
	return mapping
}

// begin makes an event of what every sighting has, or says why there is none.
func (m *mapper) begin(o *object, s sighting) (*fusion.Event, *connectors.Mapping) {
	at, ok := instant(s.at)
	var no connectors.Mapping
	switch {
	case o.FalsePositive:
		no = skip("Frigate holds the object for a false positive")
	case o.ID == "":
		no = refuse("missing", "id", "the object has no id")
	case o.Label == "":
		no = refuse("missing", "label", "the object has no label")
	case !ok:
		no = refuse("missing", "frame_time", "the object has no time between 1970 and 2200")
	default:
		e := m.event(o.ID, s.version(), o.Camera, at)
		e.Media = m.media(o)
		return e, nil
	}
	return nil, &no
}

// event is an update about a thing of Frigate, with the place of its camera.
func (m *mapper) event(native, version, camera string, at time.Time) *fusion.Event {
	e := &fusion.Event{
		ID: fusion.NewEventID(m.source, native, version), Source: m.source, Time: at,
		MsgType: fusion.MsgUpdate, Attrs: map[string]any{},
	}
	if c, ok := m.cfg.Cameras[camera]; ok {
		e.Geometry = fusion.NewPoint(c.Lon, c.Lat)
		e.Location = &fusion.Location{CE: c.CE, Method: "camera-site", Address: c.Name, Area: c.Area}
	}
	return e
}

func (m *mapper) media(o *object) (list []fusion.Media) {
	if m.cfg.BaseURL == "" {
		return nil
	}
	base := strings.TrimSuffix(m.cfg.BaseURL, "/") + "/api/events/" + url.PathEscape(o.ID)
	if o.HasSnapshot {
		list = append(list, fusion.Media{Ref: base + "/snapshot.jpg", Mime: "image/jpeg"})
	}
	if o.HasClip {
		list = append(list, fusion.Media{Ref: base + "/clip.mp4", Mime: "video/mp4"})
	}
	return list
}

// speed is the estimated speed in km/h: that of the moment, or the average of
// an object that has gone. Frigate says 0 of a camera that does not estimate.
func (m *mapper) speed(o *object, phase string) (float64, bool) {
	v := o.CurrentSpeed
	if phase == "end" || v == nil {
		v = o.AverageSpeed
	}
	if v == nil || *v <= 0 {
		return 0, false
	}
	kmh := *v
	if m.cfg.Unit == unitMPH {
		kmh *= kmPerMile
	}
	return math.Round(kmh*10) / 10, true
}

// label is a label in the room's words.
func (m *mapper) label(own string) string {
	if l, ok := m.cfg.Labels[own]; ok {
		return l
	}
	return own
}

// persons are the labels of a human being; their sub-label is a name.
var persons = []string{"person", "face"}

// vehicles are the labels on which Frigate reads plates; their sub-label may be
// the name that its users gave to a plate.
var vehicles = []string{"car", "motorcycle", "bus", "truck", "school_bus", "garbage_truck", "license_plate"}

// marks are the delivery services that Frigate's own models recognise.
var marks = []string{
	"amazon", "an_post", "canada_post", "dhl", "dpd", "fedex", "gls", "nzpost",
	"postnl", "postnord", "purolator", "royal_mail", "ups", "usps",
}

// subLabel is a sub-label that cannot be the name of a person.
func subLabel(own, label, text string) string {
	either := func(list []string) bool { return slices.Contains(list, own) || slices.Contains(list, label) }
	if either(persons) || either(vehicles) && !slices.Contains(marks, text) {
		return ""
	}
	return text
}

// entityType never says vehicle: without its plate it is an object like others.
func entityType(own, label string) fusion.EntityType {
	if slices.Contains(persons, own) || slices.Contains(persons, label) {
		return fusion.EntityPerson
	}
	return fusion.EntityObject
}

func or(a, b *float64) *float64 {
	if a != nil {
		return a
	}
	return b
}

// place checks where a camera is.
func place(e *fusion.Event) error {
	e.ID, e.Source, e.Type, e.Time = "x", "x", fusion.TypeCameraObject, time.Unix(1, 0)
	return e.Validate()
}
