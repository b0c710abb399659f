package frigate

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/kit/mqtt"
	"github.com/openiroom/iroom/fusion"
)

// update maps what Frigate found out about an object afterwards.
func (m *mapper) update(msg connectors.Message, u update) connectors.Mapping {
	at, ok := when(u.Timestamp, u.ID, msg.Received)
	switch {
	case u.Type == "face":
		return skip("a recognised face names a person; names are not taken over")
	case u.ID == "":
		return refuse("missing", "id", "the update does not say which object it is about")
	case !ok:
		return refuse("missing", "timestamp", "the update has no time between 1970 and 2200")
	}
	switch u.Type {
	case "description":
		return m.description(u, at)
	case "lpr":
		return m.plate(u, at)
	case "classification":
		return m.classification(u, at)
	}
	return refuse("unsupported", "type", "an update of type %q is not known", u.Type)
}

func (m *mapper) description(u update, at time.Time) connectors.Mapping {
	if strings.TrimSpace(u.Description) == "" {
		return skip("the description is empty")
	}
	e := m.later(u.ID, "description", u.Description, u.Camera, at)
	describe(e, u.Description)
	return connectors.Mapping{Events: []*fusion.Event{e}}
}

// describe adds a text that may describe a person.
func describe(e *fusion.Event, text string) {
	e.Attrs["text"], e.Handling = text, personal()
}

// personal is the handling of what can be traced to a person.
func personal() *fusion.Handling { return &fusion.Handling{TLP: "amber"} }

func (m *mapper) plate(u update, at time.Time) connectors.Mapping {
	if e := m.passage(u.ID, u.Camera, u.Plate, u.Score, at); e != nil {
		return connectors.Mapping{Events: []*fusion.Event{e}}
	}
	return refuse("missing", "plate", "the update has no plate")
}

// passage is the plate that was read on an object: one event for each reading,
// however often Frigate repeats it; nil without a plate.
func (m *mapper) passage(object, camera, raw string, score *float64, at time.Time) *fusion.Event {
	plate := fusion.CanonicalPlate(raw)
	if plate == "" {
		return nil
	}
	e := m.event(object+"/plate", plate, camera, at)
	e.Type, e.Subject, e.MsgType = fusion.TypeANPR, object+"/plate", fusion.MsgAlert
	e.Confidence, e.Handling = percent(score), personal()
	e.Entities = []fusion.Entity{{Type: fusion.EntityVehicle, Role: "passing", Value: plate, Raw: raw}}
	if camera != "" {
		e.Attrs["camera"] = camera
	}
	return e
}

// classification takes the result of a model of which the configuration says
// that it never names a person.
func (m *mapper) classification(u update, at time.Time) connectors.Mapping {
	result := u.SubLabel.Text
	if result == "" {
		result = u.Attribute
	}
	switch {
	case !slices.Contains(m.cfg.Classifiers, u.Model):
		return skip("the results of the classification model %q may name persons; add it to classifiers if they never do", u.Model)
	case result == "":
		return skip("the classification has no result")
	}
	e := m.later(u.ID, "classification/"+u.Model, result, u.Camera, at)
	e.Attrs["sub_label"], e.Confidence = result, percent(u.Score)
	return connectors.Mapping{Events: []*fusion.Event{e}}
}

// trigger maps a trigger that an object set off.
func (m *mapper) trigger(msg connectors.Message, u update) connectors.Mapping {
	at, ok := when(u.Timestamp, u.EventID, msg.Received)
	if !ok {
		return refuse("missing", "event_id", "the trigger has no time, and neither has the id of its object")
	}
	e := m.later(u.EventID, "trigger/"+u.Type, u.Name, u.Camera, at)
	e.Attrs["trigger"], e.Confidence = u.Name, percent(u.Score)
	return connectors.Mapping{Events: []*fusion.Event{e}}
}

// later is something said about an object beside its own versions, so that it
// does not take the place of what the camera saw; what and content tell it from
// the others.
func (m *mapper) later(object, what, content, camera string, at time.Time) *fusion.Event {
	e := m.event(object, what+"/"+fusion.PayloadID([]byte(content), ""), camera, at)
	e.Type, e.Subject = fusion.TypeCameraObject, object+"/"+what
	e.Attrs["phase"] = "update"
	if camera != "" {
		e.Attrs["camera"] = camera
	}
	return e
}

// when is the time that an update has, else that of its receipt, else that at
// which its object was first seen.
func when(stamp *float64, object string, received time.Time) (time.Time, bool) {
	if stamp != nil {
		return instant(stamp)
	}
	if !received.IsZero() {
		return received.UTC().Truncate(time.Millisecond), true
	}
	return born(object)
}

// heard maps a sound in the list of events.
func (m *mapper) heard(o *object, s sighting) connectors.Mapping {
	e, refused := m.begin(o, s)
	if refused != nil {
		return *refused
	}
	e.Type, e.Subject, e.Confidence = fusion.TypeAudio, o.ID, percent(or(o.TopScore, o.Score))
	e.Attrs["label"], e.Attrs["device"] = m.label(o.Label), o.Camera
	return connectors.Mapping{Events: []*fusion.Event{e}}
}

// sound maps <prefix>/<camera>/audio/<type>, which is ON while a sound of the
// type is heard. The payload has no time, so the event has that of its receipt.
func (m *mapper) sound(msg connectors.Message, camera, sound string) connectors.Mapping {
	payload := string(msg.Payload)
	switch {
	case slices.Contains([]string{"dBFS", "rms", "state", "set", "all", "transcription"}, sound):
		return skip("topic audio/%q tells a level, a state or a text; sounds come on topics of their own", sound)
	case payload == "OFF":
		return skip("the end of a sound changes nothing")
	case payload != "ON":
		return refuse("unsupported", "", "a sound is ON or OFF")
	case msg.Meta[mqtt.MetaRetained] == "true":
		return skip("a retained message repeats a sound of the past")
	case msg.Received.IsZero():
		return refuse("missing", "time", "the sound has no time of receipt")
	}
	at := msg.Received.UTC().Truncate(time.Millisecond)
	version := fusion.PayloadID([]byte(msg.Origin), strconv.FormatInt(msg.Received.UnixNano(), 10))
	e := m.event(camera+"/audio/"+sound, version, camera, at)
	e.Type, e.MsgType = fusion.TypeAudio, fusion.MsgAlert
	e.Attrs["label"], e.Attrs["device"] = m.label(sound), camera
	return connectors.Mapping{Events: []*fusion.Event{e}}
}
