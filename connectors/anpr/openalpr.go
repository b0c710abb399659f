package anpr

import (
	"fmt"
	"strings"
)

// readOpenALPR reads what the OpenALPR (Rekor Scout) agent posts and what the
// cloud API answers. An agent sends alpr_group for a whole passage or
// alpr_results for a frame, and heartbeats between them.
func readOpenALPR(m *mapping, doc node, at string) {
	if inner := doc.at("group"); inner.isObject() { // an alert about a group
		doc, at = inner, join(at, "group")
	}
	if inner := doc.at("plate"); inner.isObject() { // the first version of the cloud API
		doc, at = inner, join(at, "plate")
	}
	switch kind := doc.at("data_type").text(); {
	case kind == "alpr_group" || kind == "" && doc.has("best_plate", "best_plate_number"):
		m.openALPRGroup(doc, at)
	case kind == "alpr_results" || kind == "" && doc.has("results"):
		m.openALPRResults(doc, at)
	case kind == "":
		m.reject("unsupported", at, "neither a group nor results of OpenALPR")
	default:
		m.skip(at, "a message of kind %.32q holds no passage", kind)
	}
}

// openALPRGroup reads one passage: all frames in which a plate was seen.
func (m *mapping) openALPRGroup(doc node, at string) {
	best := doc.at("best_plate")
	p := openALPRPlate(doc, pick(doc.at("best_region"), best.at("region")))
	p.at = at
	p.plate = pick(doc.at("best_plate_number"), best.at("plate"), node{best.text()})
	if best.isNull() && !doc.has("best_plate_number") {
		p.plate = node{}
	}
	p.confidence = pick(doc.at("best_confidence"), best.at("confidence"))
	p.candidates = scored(firstList(doc.at("candidates"), best.at("candidates")), "plate", "confidence")
	p.time = []node{doc.at("epoch_start"), doc.at("best_uuid_epoch_ms"), doc.at("epoch_end")}
	p.native = doc.at("best_uuid").text()
	if all := doc.at("uuids").list(); len(all) > 0 {
		p.subject = all[0].text()
	}
	if doc.at("is_preview").isTrue() {
		p.version = "preview"
	}
	p.content = doc
	p.openALPRVehicle(doc.at("vehicle"))
	m.add(p)
}

// openALPRResults reads the plates of one picture.
func (m *mapping) openALPRResults(doc node, at string) {
	results := doc.at("results")
	if !results.isList() && !results.isNull() {
		m.reject("invalid", join(at, "results"), "the results are not a list")
		return
	}
	if len(results.list()) == 0 {
		m.skip(at, "no plate was found")
	}
	for i, result := range results.list() {
		p := openALPRPlate(doc, result.at("region"))
		p.at = fmt.Sprintf("%s[%d]", join(at, "results"), i)
		p.plate, p.confidence = result.at("plate"), result.at("confidence")
		p.candidates = scored(result.at("candidates"), "plate", "confidence")
		p.time = []node{doc.at("epoch_time")}
		if uuid := doc.at("uuid").text(); uuid != "" {
			p.native = fmt.Sprintf("%s/%d", uuid, i)
		}
		p.content = result
		p.openALPRVehicle(result.at("vehicle"))
		m.add(p)
	}
}

// openALPRPlate sets what groups and results have in common.
func openALPRPlate(doc, region node) passage {
	p := passage{
		scale: 1, camera: doc.at("camera_id").text(), direction: doc.at("travel_direction"),
		lat: doc.at("gps_latitude"), lon: doc.at("gps_longitude"),
		country: openALPRCountry(region.text(), doc.at("country").text()),
		attrs:   map[string]string{"region": region.text()},
	}
	if uuid := pick(doc.at("best_uuid"), doc.at("uuid")).text(); uuid != "" {
		p.media = images("/img/" + uuid + ".jpg") // of the agent's own web server
	}
	return p
}

// openALPRCountry reads a region such as "us-mo" or "eu-nl"; older agents
// write "mo" or "nl" and the country, or "eu", beside it.
func openALPRCountry(region, country string) string {
	if first, rest, ok := strings.Cut(region, "-"); ok {
		if first == "eu" {
			return alpha2(rest)
		}
		return alpha2(first)
	}
	if country == "eu" {
		return alpha2(region)
	}
	return alpha2(country)
}

// openALPRVehicle sets what the agent says of the vehicle: lists of names with
// a confidence.
func (p *passage) openALPRVehicle(v node) {
	name := func(field string) string { return known(v.at(field).best("confidence").at("name").text()) }
	vehicleMake := name("make")
	p.attrs["make"], p.attrs["color"], p.attrs["body"] = vehicleMake, name("color"), name("body_type")
	if model := name("make_model"); vehicleMake != "" {
		p.attrs["model"], _ = strings.CutPrefix(model, vehicleMake+"_")
	} else {
		p.attrs["make"], p.attrs["model"], _ = strings.Cut(model, "_")
	}
}

// known leaves out the words for not knowing.
func known(name string) string {
	switch strings.ToLower(name) {
	case "unknown", "generic", "missing", "undefined", "none", "n/a":
		return ""
	}
	return name
}

// scored reads a list of other readings.
func scored(list node, plate, score string) []candidate {
	var all []candidate
	for _, item := range list.list() {
		all = append(all, candidate{plate: pick(item.at(plate), node{textOf(item)}), score: item.at(score)})
	}
	return all
}

// textOf is a bare text in a list of objects, as some versions write.
func textOf(item node) any {
	if item.isObject() {
		return nil
	}
	return item.text()
}

func firstList(nodes ...node) node {
	for _, n := range nodes {
		if len(n.list()) > 0 {
			return n
		}
	}
	return node{}
}
