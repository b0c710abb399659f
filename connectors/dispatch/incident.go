package dispatch

import (
	"cmp"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

// eidoReader makes events of one EIDO.
type eidoReader struct {
	*mapping
	doc      *eido
	tracking string // "" when the EIDO is not about an incident
}

// readIncident makes the event of the incident, if the EIDO says anything
// about it.
func (r *eidoReader) readIncident() {
	d := r.doc
	if r.tracking == "" || len(d.Incidents)+len(d.Merges)+len(d.Links) == 0 {
		return
	}
	at, err := stamp(d.Updated)
	if err != nil {
		r.reject("invalid", "lastUpdateTimeStamp", "lastUpdateTimeStamp is not a time with its offset: %w", err)
		return
	}
	e := r.event(fusion.TypeIncident, r.tracking, r.tracking, d.Issuer+"@"+d.Updated, at)
	e.Attrs["incident"] = r.tracking
	part := r.incident()
	r.describe(e, part)
	setText(e.Attrs, "state", strings.ToLower(cmp.Or(part.CommonStatus.first(), part.InternalWord.first())))
	setText(e.Attrs, "beat", part.Beat.first())
	if len(part.Dispositions) > 0 {
		setText(e.Attrs, "disposition", cmp.Or(part.Dispositions[0].Text.first(), part.Dispositions[0].Code.first()))
	}
	if part.Priority != nil {
		e.Attrs["priority"] = urgency(*part.Priority)
		e.Unmapped["incidentCommonPriorityNumber"] = *part.Priority
	}
	if id := part.LocalID.first(); id != "" {
		e.Unmapped["internalIncidentId"] = short(id)
	}
	setDescription(e, r.notes(part.Notes, len(d.Incidents) > 0))
	r.locate(e, part.Locations, "CurrentIncident", "Incident", "Initial", "Caller")
	r.relate(e)
	r.addThings(e)
	r.add(e)
}

func (r *eidoReader) incident() *incidentPart {
	if len(r.doc.Incidents) == 0 {
		return &incidentPart{}
	}
	return &r.doc.Incidents[0]
}

// describe sets the nature and the code that it comes from.
func (r *eidoReader) describe(e *fusion.Event, part *incidentPart) {
	code := cmp.Or(part.CommonType.first(), part.InternalCode.first())
	e.Attrs["nature"] = r.natures.of(part.InternalCode.first(), part.InternalText.first(), part.CommonType.first())
	setText(e.Attrs, "code", code)
	e.Headline = short(cmp.Or(part.InternalText.first(), code))
	if strings.HasPrefix(strings.ToUpper(code), "NCRTEST") {
		e.Status = fusion.StatusTest
	}
}

// urgency makes a priority of ours, 1 the most urgent to 5, of the common
// priority of an EIDO, 10 the most urgent to 0.
func urgency(common float64) float64 {
	switch {
	case common >= 9:
		return 1
	case common >= 7:
		return 2
	case common >= 4:
		return 3
	case common >= 2:
		return 4
	}
	return 5
}

// notes joins the notes that are referred to; all says to take every note of
// the EIDO when none is.
func (r *eidoReader) notes(refs list[reference], all bool) string {
	var texts []string
	for _, n := range r.doc.Notes {
		if slices.Contains(refs, reference{n.ID}) || all && len(refs) == 0 {
			texts = append(texts, n.Text...)
		}
	}
	return strings.Join(texts, "\n")
}

// relate refers to the incidents that this one was merged with, split from or
// linked to. What the relation is stays in the unmapped part.
func (r *eidoReader) relate(e *fusion.Event) {
	var relations []any
	for _, related := range slices.Concat(r.doc.Merges, r.doc.Links) {
		if related.Incident == "" || len(e.References) == fusion.MaxListItems {
			continue
		}
		e.References = append(e.References, related.Incident)
		relations = append(relations, map[string]any{
			"incident": related.Incident, "relation": strings.ToLower(cmp.Or(related.Merge, related.Link)),
		})
	}
	if len(relations) > 0 {
		e.MsgType = fusion.MsgUpdate
		e.Unmapped["relations"] = relations
	}
}

// addThings adds the units, vehicles and persons of the EIDO.
func (r *eidoReader) addThings(e *fusion.Event) {
	for _, unit := range r.doc.Resources {
		r.addNamed(e, fusion.EntityUnit, "assigned", cmp.Or(unit.Name.first(), unit.ID), "")
	}
	for _, v := range r.doc.Vehicles {
		if v.Vehicle == nil {
			continue
		}
		for _, plate := range v.Vehicle.Plates {
			raw := plate.ID.first()
			r.addNamed(e, fusion.EntityVehicle, fusion.Token(cmp.Or(v.Roles.first(), "involved")), fusion.CanonicalPlate(raw), raw)
		}
	}
	for _, p := range r.doc.Persons {
		if p.Person == nil {
			continue
		}
		for _, id := range slices.Concat(p.Person.State, p.Person.License, p.Person.Other) {
			r.addNamed(e, fusion.EntityPerson, fusion.Token(cmp.Or(p.Roles.first(), "involved")), id.ID.first(), "")
		}
	}
}

func (r *eidoReader) addNamed(e *fusion.Event, t fusion.EntityType, role, value, raw string) {
	if len(value) > maxEntityBytes || len(e.Entities) == fusion.MaxEntities {
		r.skip("a " + string(t) + " too many or too long for an event")
		return
	}
	addEntity(e, fusion.Entity{Type: t, Role: role, Value: value, Raw: raw})
}
