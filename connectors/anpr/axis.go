package anpr

import (
	"time"

	"github.com/openiroom/iroom/fusion"
)

// axisPlates are the fields that hold the plate, in the order of preference:
// the same text in several encodings.
var axisPlates = []string{"plateUTF8", "plateUnicode", "plateText", "plateASCII"}

// readAxis reads the push events of the FF Group plate reader, which runs on
// Axis cameras (as AXIS License Plate Verifier) and others. It sends an event
// when it first sees a vehicle (carState new), perhaps updates, and one when
// it has lost it; all carry the same carID.
func readAxis(m *mapping, doc node, at string) {
	vehicle := doc.at("vehicle_info")
	p := passage{
		at: at, plate: axisPlate(doc), confidence: doc.at("plateConfidence"), scale: axisScale(doc),
		camera:  pick(doc.at("camera_info", "SerialNumber"), doc.at("cameraId"), doc.at("sensorProviderID")).text(),
		time:    []node{doc.at("capture_ts"), doc.at("capture_timestamp"), doc.at("datetime")},
		version: doc.at("carState").text(), content: doc,
		country: alpha2(doc.at("plateCountry").text()),
		lat:     doc.at("geotag", "lat"), lon: doc.at("geotag", "lon"),
		direction: node{known(doc.at("carMoveDirection").text())},
		attrs: map[string]string{
			"lane":   doc.at("roiID").text(),
			"region": doc.at("plateRegion").text(),
			"make":   known(vehicle.first("brand", "make").text()), "model": known(vehicle.at("model").text()),
			"color": known(vehicle.at("color").text()), "body": known(vehicle.at("type").text()),
		},
		media: axisImages(doc),
	}
	p.native, p.subject = axisIDs(m.mapper.zone, doc, p.camera, p.time)
	m.add(p)
}

func axisPlate(doc node) node {
	var fields []node
	for _, name := range axisPlates {
		fields = append(fields, doc.at(name))
	}
	return pick(fields...)
}

// axisScale tells shares from percentages: versions differ.
func axisScale(doc node) float64 {
	if score, ok := doc.at("plateConfidence").number(); ok && score > 1 {
		return 1
	}
	return 100
}

// axisIDs names the event and the passage. A camera counts its cars from 1
// again after a restart, so the time is part of the first and the day of the
// second.
func axisIDs(zone *time.Location, doc node, camera string, times []node) (native, subject string) {
	car := doc.at("carID").text()
	observed, text, err := moment(zone, times...)
	if car == "" || text == "" || err != nil {
		return "", ""
	}
	vehicle := camera + "/" + car
	return vehicle + "/" + text, vehicle + "/" + observed.Format(time.DateOnly)
}

// axisImages are paths on the camera. Pictures inside the event stay where
// they are.
func axisImages(doc node) []fusion.Media {
	var refs []string
	for _, uri := range doc.at("imagesURI").list() {
		refs = append(refs, uri.text())
	}
	if len(refs) == 0 {
		refs = append(refs, pick(doc.at("imagesURI"), doc.at("imageFile")).text())
	}
	return images(refs...)
}
