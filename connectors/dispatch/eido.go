package dispatch

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// eido is what is read of an Emergency Incident Data Object (NENA-STA-021.1b).
// Members that are not here are not read.
type eido struct {
	component
	Version   string                 `json:"eidoVersion"`
	Issuer    string                 `json:"issuingElementIdentification"`
	Incidents list[incidentPart]     `json:"incidentComponent"`
	Calls     list[callPart]         `json:"callComponent"`
	Callbacks list[callbackPart]     `json:"callbackComponent"`
	Notes     list[notesPart]        `json:"notesComponent"`
	Locations list[locationPart]     `json:"locationComponent"`
	Persons   list[personPart]       `json:"personComponent"`
	Vehicles  list[vehiclePart]      `json:"vehicleComponent"`
	Resources list[resourcePart]     `json:"emergencyResourceComponent"`
	Merges    list[relatedIncidents] `json:"mergeComponent"`
	Links     list[relatedIncidents] `json:"linkComponent"`
}

// component is what all parts of an EIDO have.
type component struct {
	ID      string `json:"$id"`
	Updated string `json:"lastUpdateTimeStamp"`
}

type reference struct {
	Ref string `json:"$ref"`
}

type incidentPart struct {
	component
	InternalCode words           `json:"incidentTypeInternalCode"`
	InternalText words           `json:"incidentTypeInternalText"`
	CommonType   words           `json:"incidentTypeCommonRegistryText"`
	InternalWord words           `json:"incidentStatusInternalText"`
	CommonStatus words           `json:"incidentStatusCommonRegistryText"`
	LocalID      words           `json:"internalIncidentId"`
	Priority     *float64        `json:"incidentCommonPriorityNumber"`
	Beat         words           `json:"beatOrDispatchGroupText"`
	Locations    list[reference] `json:"locationReference"`
	Notes        list[reference] `json:"notesReference"`
	Dispositions list[struct {
		Code words `json:"dispositionCommonRegistryCode"`
		Text words `json:"dispositionDescriptionText"`
	}] `json:"dispositionComponent"`
}

type callPart struct {
	component
	Start     string          `json:"callStartTimestamp"`
	Direction string          `json:"direction"`
	Primary   words           `json:"standardPrimaryCallType"`
	Secondary words           `json:"standardSecondaryCallType"`
	Priority  string          `json:"priorityIdentifier"`
	State     words           `json:"callStateRegistryText"`
	Callback  list[reference] `json:"callBackReference"`
	Locations list[reference] `json:"locationReference"`
	Notes     list[reference] `json:"notesReference"`
}

type callbackPart struct {
	component
	URIs    words `json:"callBackInformationUri"`
	Updated *struct {
		URI words `json:"updatedCbnIdentifierUri"`
	} `json:"updatedCbn"`
}

type notesPart struct {
	component
	Text words `json:"notesActionComments"`
}

type locationPart struct {
	component
	Type        words `json:"locationTypeDescriptionRegistryText"`
	Value       words `json:"locationByValue"`
	Description words `json:"locationDescriptionText"`
}

// identification is nc:IdentificationType of NIEM.
type identification struct {
	ID words `json:"identificationId"`
}

// personPart holds the identifiers that an agency gave, and nothing else of a
// person: no name, no characteristics, no nationality.
type personPart struct {
	component
	Roles  words `json:"personIncidentRoleRegistryText"`
	Person *struct {
		State   list[identification] `json:"stateIdentification"`
		License list[identification] `json:"licenseIdentification"`
		Other   list[identification] `json:"otherIdentification"`
	} `json:"ncPersonComponent"`
}

type vehiclePart struct {
	component
	Roles   words `json:"vehicleRelationshipType"`
	Vehicle *struct {
		Plates list[identification] `json:"registrationPlateIdentification"`
	} `json:"ncVehicleComponent"`
}

type resourcePart struct {
	component
	Name words `json:"emergencyResourceName"`
}

type relatedIncidents struct {
	Incident string `json:"incidentTrackingIdentifier"`
	Merge    string `json:"incidentMergeDirectionCode"`
	Link     string `json:"linkDirectionCode"`
}

// readEIDO makes the events of one EIDO.
func (mp *mapping) readEIDO(document jsontext.Value) {
	var d eido
	if err := json.Unmarshal(document, &d); err != nil {
		mp.reject("invalid", "", "it is not an EIDO: %w", err)
		return
	}
	switch {
	case d.ID == "":
		mp.reject("missing", "$id", "the EIDO has no $id, which is the incident's tracking identifier")
		return
	case !strings.HasPrefix(d.Version, "1."):
		mp.reject("unsupported", "eidoVersion", "eidoVersion is %q; versions 1.x are understood", d.Version)
		return
	}
	r := &eidoReader{mapping: mp, doc: &d, tracking: trackingID(d.ID)}
	before := len(mp.out.Events) + len(mp.out.Skips) + len(mp.out.Rejects)
	r.readIncident()
	for i := range d.Calls {
		r.readCall(&d.Calls[i])
	}
	if len(mp.out.Events)+len(mp.out.Skips)+len(mp.out.Rejects) == before {
		mp.skip("an EIDO without incident and call")
	}
}

// trackingID is the incident's identifier, "" in an EIDO that is not about an
// incident: its unique part is 0 (NENA-STA-021, 2.4).
func trackingID(id string) string {
	const prefix = "urn:emergency:uid:incidentid:0:"
	if len(id) >= len(prefix) && strings.EqualFold(id[:len(prefix)], prefix) {
		return ""
	}
	return id
}
