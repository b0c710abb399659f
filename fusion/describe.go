package fusion

import (
	"fmt"
	"strings"
)

// maxLine bounds a line that a person reads at a glance, in runes.
const maxLine = 160

// Describe says in one line what an event reports.
func Describe(e *Event) string {
	text := describe(e)
	if e.MsgType == MsgCancel {
		text = "withdrawn: " + text
	}
	return Line(text)
}

func describe(e *Event) string {
	switch e.Type {
	case TypeANPR:
		return describePlate(e)
	case TypeCameraObject:
		return strings.TrimSpace(fmt.Sprintf("%s on camera %s%s", first(e.attr("label"), "movement"), e.attr("camera"), percent(e)))
	case TypeAudio:
		return fmt.Sprintf("sound of %s at %s%s", first(e.attr("label"), "something"), first(e.attr("device"), e.Source), percent(e))
	case TypeAlarm:
		return fmt.Sprintf("%s alarm %s at %s", e.attr("alarm"), e.attr("state"), first(e.address(), e.attr("device"), e.Source))
	case TypeVesselPosition, TypeAircraftPosition, TypeUnitPosition:
		return describeTrack(e)
	case TypeWarning:
		return first(e.Headline, e.attr("event"), "warning")
	case TypeCall:
		return "call: " + first(e.attr("text"), e.Description, e.Headline, e.attr("nature"), "no text")
	case TypeIncident:
		return "dispatch: " + first(e.Headline, e.attr("text"), e.Description, e.attr("nature"), "no text")
	case TypeConnectorState:
		return fmt.Sprintf("connector %s is %s", e.attr("connector"), e.attr("state"))
	}
	return first(e.Headline, e.attr("text"), e.Description, string(e.Type))
}

func describePlate(e *Event) string {
	plate := "vehicle"
	if v := e.Entity(EntityVehicle); v != nil {
		plate = v.Value
	}
	text := plate + " passed"
	if c := e.attr("camera"); c != "" {
		text += " camera " + c
	}
	return text + percent(e)
}

func describeTrack(e *Event) string {
	name := "something"
	if len(e.Entities) > 0 {
		name = string(e.Entities[0].Type) + " " + e.Entities[0].Value
	}
	if n := e.attr("name"); n != "" {
		name += " (" + n + ")"
	}
	if t := e.Track; t != nil && t.Speed != nil {
		return fmt.Sprintf("%s at %.1f m/s", name, *t.Speed)
	}
	return name
}

func (e *Event) attr(name string) string {
	s, _ := e.Attrs[name].(string)
	return s
}

func (e *Event) address() string {
	if e.Location == nil {
		return ""
	}
	return e.Location.Address
}

func percent(e *Event) string {
	if e.Confidence == nil {
		return ""
	}
	return fmt.Sprintf(" (%.0f %%)", *e.Confidence)
}

func first(texts ...string) string {
	for _, t := range texts {
		if strings.TrimSpace(t) != "" {
			return t
		}
	}
	return ""
}

func clip(s string, runes int) string {
	r := []rune(s)
	if len(r) <= runes {
		return s
	}
	return string(r[:runes-1]) + "…"
}
