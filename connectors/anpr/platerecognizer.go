package anpr

import (
	"fmt"
	"strings"
)

// readPlateRecognizer reads what Plate Recognizer Stream posts or writes as
// JSON lines, and what the Snapshot API answers.
func readPlateRecognizer(m *mapping, doc node, at string) {
	hook, data := doc.at("hook"), doc
	if inner := doc.at("data"); inner.isObject() {
		data, at = inner, join(at, "data")
	}
	if event := hook.at("event").text(); event != "" && event != "recognition" {
		m.skip(at, "a hook of kind %.32q holds no passage", event)
		return
	}
	results := data.at("results")
	switch {
	case !results.isList() && !results.isNull():
		m.reject("invalid", join(at, "results"), "the results are not a list")
		return
	case results.isNull() && !data.has("results"):
		m.reject("missing", join(at, "results"), "no results of Plate Recognizer")
		return
	case len(results.list()) == 0:
		m.skip(at, "no plate was found")
	}
	for i, result := range results.list() {
		p := plateRecognizerPlate(hook, data, result)
		p.at = fmt.Sprintf("%s[%d]", join(at, "results"), i)
		m.add(p)
	}
}

// plateRecognizerPlate reads one result. Its plate is a text, or an object
// with scored values when Stream follows vehicles; then it may also be null.
func plateRecognizerPlate(hook, data, result node) passage {
	vehicle := result.at("vehicle")
	p := passage{
		scale: 100, plate: result.at("plate"), confidence: result.at("score"),
		candidates: scored(result.at("candidates"), "plate", "score"),
		camera:     pick(data.at("camera_id"), hook.at("id")).text(),
		time:       []node{data.at("timestamp"), data.at("timestamp_local"), data.at("timestamp_camera")},
		direction:  result.at("direction"), speed: result.at("speed"),
		media: images(pick(data.at("filename"), hook.at("filename")).text()),
	}
	region := pick(result.at("region", "code"), result.at("region")).text()
	if plate := result.at("plate"); plate.isObject() {
		read := plate.at("props", "plate")
		best := read.best("score")
		p.plate, p.confidence = best.at("value"), best.at("score")
		p.candidates = scored(read, "value", "score")
		region = plate.at("props", "region").best("score").at("value").text()
	}
	country, _, _ := strings.Cut(region, "-")
	p.country = alpha2(country)
	made := firstList(vehicle.at("props", "make_model"), result.at("model_make"), result.at("make_model")).best("score")
	color := firstList(vehicle.at("props", "color"), result.at("color")).best("score")
	p.attrs = map[string]string{
		"region": region, "body": known(vehicle.at("type").text()),
		"make": known(made.at("make").text()), "model": known(made.at("model").text()),
		"color": known(pick(color.at("value"), color.at("color")).text()),
	}
	p.content = node{map[string]any{"camera": p.camera, "filename": data.at("filename").text(), "result": result.v}}
	return p
}
