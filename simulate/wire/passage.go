package wire

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Vendor is the maker of a plate reader.
type Vendor string

// The makers whose forms are written.
const (
	OpenALPR        Vendor = "openalpr"
	PlateRecognizer Vendor = "platerecognizer"
	Axis            Vendor = "axis"
)

// Reading is another plate that the characters may be.
type Reading struct {
	Plate      string
	Confidence float64 // 0 to 100
}

// Passage is a vehicle that passed a plate reader.
type Passage struct {
	Vendor     Vendor
	Camera     string
	Lon, Lat   float64 // deg, of the camera
	Serial     int     // counts the camera's passages
	Plate      string  // upper case, no dashes
	Country    string  // ISO 3166-1 alpha-2, lower case
	Confidence float64 // 0 to 100
	Others     []Reading
	SpeedKMH   float64
	Make       string
	Color      string
	Observed   time.Duration
}

// Encode writes the passage in its vendor's form.
func (p Passage) Encode(clock Clock) ([]byte, error) {
	at := clock(p.Observed)
	switch p.Vendor {
	case OpenALPR:
		return encode(p.openALPR(at))
	case PlateRecognizer:
		return encode(p.plateRecognizer(at))
	case Axis:
		return encode(p.axis(at))
	}
	return nil, fmt.Errorf("the plate reader %s has the vendor %q, whose form is not known", p.Camera, p.Vendor)
}

type object = map[string]any

// openALPR is a group as the Rekor Scout agent posts it: one whole passage.
func (p Passage) openALPR(at time.Time) object {
	uuid := fmt.Sprintf("%s-%d-%d", strings.ToUpper(p.Camera), at.UnixMilli(), p.Serial)
	candidates := []object{{"plate": p.Plate, "confidence": p.Confidence, "matches_template": 1}}
	for _, r := range p.Others {
		candidates = append(candidates, object{"plate": r.Plate, "confidence": r.Confidence, "matches_template": 0})
	}
	return object{
		"data_type": "alpr_group", "version": 2, "agent_uid": "ROERMONDAGENT0001", "agent_type": "alprd",
		"camera_id": p.Camera, "epoch_start": at.UnixMilli(), "epoch_end": at.Add(400 * time.Millisecond).UnixMilli(),
		"gps_latitude": p.Lat, "gps_longitude": p.Lon,
		"best_uuid": uuid, "uuids": []string{uuid}, "best_plate_number": p.Plate, "best_confidence": p.Confidence,
		"best_region": "eu-" + p.Country, "country": "eu", "candidates": candidates,
		"best_plate": object{
			"plate": p.Plate, "confidence": p.Confidence, "region": "eu-" + p.Country,
			"processing_time_ms": 14.2, "candidates": candidates,
		},
		"vehicle": object{
			"make":  []object{{"name": strings.ToLower(p.Make), "confidence": 88.1}},
			"color": []object{{"name": p.Color, "confidence": 81.5}},
		},
		"is_preview": false, "is_parked": false,
	}
}

// plateRecognizer is a webhook of Plate Recognizer Stream.
func (p Passage) plateRecognizer(at time.Time) object {
	candidates := []object{{"plate": strings.ToLower(p.Plate), "score": share(p.Confidence)}}
	for _, r := range p.Others {
		candidates = append(candidates, object{"plate": strings.ToLower(r.Plate), "score": share(r.Confidence)})
	}
	file := fmt.Sprintf("%s_screenshots/%06d.jpg", p.Camera, p.Serial)
	stamp := at.Format("2006-01-02T15:04:05.000000-07:00")
	return object{
		"hook": object{"target": "http://room/in/anpr", "id": p.Camera, "event": "recognition", "filename": file},
		"data": object{
			"camera_id": p.Camera, "filename": file, "timestamp": stamp, "timestamp_local": stamp,
			"results": []object{{
				"plate": strings.ToLower(p.Plate), "score": share(p.Confidence), "dscore": 0.81, "candidates": candidates,
				"region": object{"code": p.Country, "score": 0.92}, "speed": p.SpeedKMH,
				"color":       []object{{"color": p.Color, "score": 0.74}},
				"model_make":  []object{{"make": p.Make, "model": "", "score": 0.61}},
				"orientation": []object{{"orientation": "Rear", "score": 0.9}},
				"box":         object{"xmin": 337, "ymin": 270, "xmax": 412, "ymax": 305},
				"vehicle":     object{"type": "Sedan", "score": 0.79, "box": object{"xmin": 155, "ymin": 71, "xmax": 590, "ymax": 373}},
			}},
		},
	}
}

// axis is a push event of the FF Group reader on an Axis camera, which writes
// numbers as texts.
func (p Passage) axis(at time.Time) object {
	return object{
		"packetCounter": strconv.Itoa(11_890_000 + p.Serial), "carID": strconv.Itoa(1_144_000 + p.Serial), "carState": "lost",
		"capture_timestamp": strconv.FormatInt(at.UnixMilli(), 10), "capture_ts": strconv.FormatInt(at.UnixNano(), 10),
		"plateText": p.Plate, "plateUnicode": p.Plate, "plateUTF8": p.Plate, "plateASCII": p.Plate,
		"plateCountry": alpha3[p.Country], "plateConfidence": strconv.FormatFloat(share(p.Confidence), 'f', -1, 64),
		"carMoveDirection": "out", "roiID": "1", "geotag": object{"lat": p.Lat, "lon": p.Lon}, "GEOtarget": "Camera",
		"imageType": "plate", "plateImageType": "jpg", "plateCoordinates": []int{1185, 532, 140, 28},
		"camera_info": object{"ProdShortName": "AXIS P1465-LE-3"}, "sensorProviderID": p.Camera,
	}
}

var alpha3 = map[string]string{"nl": "NLD", "de": "DEU", "be": "BEL"}

// share is a confidence between 0 and 1.
func share(percent float64) float64 { return math.Round(percent*10) / 1000 }
