package wire

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Call is an emergency call as a call taker's system reports it: an EIDO
// (NENA-STA-021.1) about no incident yet, or about the incident that was made
// for it.
type Call struct {
	ID       string
	Incident string // "" while there is none
	Code     string // of the registry EIDO-IncidentType-Common
	Type     string // in the dispatch system's own words
	Priority int    // 1 is the most urgent, to 5
	Text     string // what the caller says
	Phone    string // E.164
	Address  string
	Lon, Lat float64 // deg
	CE       float64 // circular error, m
	Plate    string  // of a vehicle that the caller names, "" none; needs an incident
	Test     bool    // of the line
	Received time.Duration
}

// Encode writes the EIDO.
func (c Call) Encode(clock Clock) ([]byte, error) {
	at := clock(c.Received)
	d := newEIDO(c.Incident, "call/"+c.ID, at)
	incident := d.incident(c.Code, c.Type, c.Priority, "Active")
	kind := "emergency"
	if c.Test {
		kind = "test"
	}
	call := d.component("call", object{
		"$id": uid("callid", c.ID), "callStateRegistryText": "callAnswered", "standardPrimaryCallType": kind,
		"direction": "incoming", "callStartTimestamp": stamp(at), "priorityIdentifier": callPriorities[c.Priority-1],
	})
	d.body["callComponent"] = []object{call}
	d.note(c.Text, incident, call)
	d.locate(circle{c.Address, "Caller", c.Lon, c.Lat, c.CE}, incident, call)
	if c.Phone != "" {
		d.refer("callbackComponent", "callBackReference", d.component("callback", object{"callBackInformationUri": []string{"tel:" + c.Phone}}), call)
	}
	if c.Plate != "" {
		d.vehicle(incident, c.Plate)
	}
	return encode(d.body)
}

var callPriorities = []string{"highest", "high", "normal", "low", "lowest"}

// Report is an incident as a dispatch system reports it: an EIDO without a
// call.
type Report struct {
	Incident string
	Code     string // of the registry EIDO-IncidentType-Common
	Type     string // in the dispatch system's own words
	Priority int    // 1 is the most urgent, to 5
	Text     string
	State    string // of the registry, e.g. Active, Dispatched, Closed
	Units    []string
	Address  string
	Lon, Lat float64 // deg
	CE       float64 // circular error, m
	Changed  time.Duration
}

// Encode writes the EIDO.
func (r Report) Encode(clock Clock) ([]byte, error) {
	d := newEIDO(r.Incident, r.State, clock(r.Changed))
	incident := d.incident(r.Code, r.Type, r.Priority, r.State)
	d.note(r.Text, incident)
	d.locate(circle{r.Address, "CurrentIncident", r.Lon, r.Lat, r.CE}, incident)
	var units []object
	for i, name := range r.Units {
		units = append(units, d.component(fmt.Sprintf("unit-%d", i+1), object{
			"emergencyResourceName": name, "emergencyResourceTypeCommonRegistryText": "Law Enforcement Patrol Unit",
			"primaryUnitStatusRegistryText": "Committed", "secondaryUnitStatusRegistryText": []string{"Responding"},
			"resourceAttributeRegistryText": []string{"Unknown"},
		}))
	}
	if len(units) > 0 {
		d.body["emergencyResourceComponent"] = units
	}
	return encode(d.body)
}

// eido is a document under construction. Its components refer to each other
// by $ref.
type eido struct {
	name string // makes the ids of its components its own
	at   time.Time
	body object
}

var eidoSpace = uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://meldkamer.example/eido"))

// newEIDO begins a document. Its id is that of the incident; the unique part 0
// stands for none (NENA-STA-021, 2.4).
func newEIDO(incident, name string, at time.Time) *eido {
	d := &eido{name: incident + "/" + name, at: at}
	if incident == "" {
		incident = "0"
	}
	d.body = d.component("eido", object{
		"$id": uid("incidentid", incident), "eidoVersion": "1.0", "issuingElementIdentification": "meldkamer.example",
	})
	d.body["agencyComponent"] = []object{d.component("agency", object{
		"agencyRoleDescriptionRegistryText": []string{"Dispatching"}, "agencyType": []string{"urn:emergency:service:responder.police"},
		"incidentOwningAgencyIndicator": true,
	})}
	return d
}

func uid(what, id string) string {
	return "urn:emergency:uid:" + what + ":" + id + ":meldkamer.example"
}

// component completes a component with the elements that each has.
func (d *eido) component(what string, fields object) object {
	if _, named := fields["$id"]; !named {
		fields["$id"] = "urn:uuid:" + uuid.NewSHA1(eidoSpace, []byte(d.name+"/"+what)).String()
	}
	fields["lastUpdateTimeStamp"] = stamp(d.at)
	return fields
}

// refer puts a component into the document and lets others refer to it.
func (d *eido) refer(list, field string, component object, from ...object) {
	d.body[list] = []object{component}
	for _, f := range from {
		f[field] = []object{{"$ref": component["$id"]}}
	}
}

// incident describes the incident. Its common priority runs from 10, the most
// urgent, to 0.
func (d *eido) incident(code, kind string, priority int, state string) object {
	incident := d.component("incident", object{
		"incidentTypeCommonRegistryText": code, "incidentTypeInternalText": kind,
		"incidentStatusCommonRegistryText": []string{state}, "incidentCommonPriorityNumber": 12 - 2*priority,
	})
	d.body["incidentComponent"] = incident
	return incident
}

// circle is the place of a call or an incident.
type circle struct {
	address, kind string
	lon, lat      float64
	radius        float64 // m
}

// locate adds a location: PIDF-LO with the circle in which it is (RFC 5491;
// latitude before longitude), and the civic address (RFC 5139).
func (d *eido) locate(c circle, from ...object) {
	street, town, _ := strings.Cut(c.address, ", ")
	d.refer("locationComponent", "locationReference", d.component("location", object{
		"locationTypeDescriptionRegistryText": c.kind, "locationDescriptionText": c.address,
		"locationByValue": fmt.Sprintf(pidf, c.lat, c.lon, c.radius, escaped(town), escaped(street)),
	}), from...)
}

func escaped(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(text)) //nolint:errcheck // a Builder never fails
	return b.String()
}

const pidf = `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:meldkamer@roermond.example">` +
	`<tuple id="t1"><status><geopriv xmlns="urn:ietf:params:xml:ns:pidf:geopriv10"><location-info>` +
	`<gs:Circle xmlns:gs="http://www.opengis.net/pidflo/1.0" srsName="urn:ogc:def:crs:EPSG::4326">` +
	`<gml:pos xmlns:gml="http://www.opengis.net/gml">%.6f %.6f</gml:pos>` +
	`<gs:radius uom="urn:ogc:def:uom:EPSG::9001">%.0f</gs:radius></gs:Circle>` +
	`<ca:civicAddress xmlns:ca="urn:ietf:params:xml:ns:pidf:geopriv10:civicAddr"><ca:country>NL</ca:country>` +
	`<ca:A3>%s</ca:A3><ca:RD>%s</ca:RD></ca:civicAddress></location-info><usage-rules/><method>Cell</method></geopriv></status></tuple></presence>`

func (d *eido) note(text string, from ...object) {
	d.refer("notesComponent", "notesReference", d.component("note", object{"notesActionComments": text}), from...)
}

func (d *eido) vehicle(incident object, plate string) {
	d.refer("vehicleComponent", "vehicleReference", d.component("vehicle", object{
		"vehicleRelationshipType": []string{"Suspect"}, "vehicleRelationshipTimeStamp": stamp(d.at),
		"ncVehicleComponent": object{"registrationPlateIdentification": []object{{"identificationId": plate}}},
	}), incident)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000-07:00") }
