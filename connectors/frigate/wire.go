package frigate

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The payloads of Frigate, as its documentation of MQTT and of its HTTP
// interface describes them (versions 0.13 to 0.17).

// change is a payload of <prefix>/events and of <prefix>/reviews.
type change struct {
	Type   string  `json:"type"` // new, update, end
	Before *object `json:"before"`
	After  *object `json:"after"`
}

// object is a tracked object, as a change or the list of events tells it.
type object struct {
	ID            string   `json:"id"`
	Camera        string   `json:"camera"`
	Label         string   `json:"label"`
	SubLabel      scored   `json:"sub_label"`
	FrameTime     *float64 `json:"frame_time"` // s since 1970, as the other times
	StartTime     *float64 `json:"start_time"`
	EndTime       *float64 `json:"end_time"`
	FalsePositive bool     `json:"false_positive"`
	TopScore      *float64 `json:"top_score"` // 0 to 1, as the other scores
	Score         *float64 `json:"score"`
	CurrentZones  []string `json:"current_zones"`
	EnteredZones  []string `json:"entered_zones"`
	Zones         []string `json:"zones"` // in the list: those that it entered
	Stationary    *bool    `json:"stationary"`
	HasSnapshot   bool     `json:"has_snapshot"`
	HasClip       bool     `json:"has_clip"`
	Severity      string   `json:"severity"` // of a review only
	Data          *details `json:"data"`     // in the list, and of a review

	CurrentSpeed *float64 `json:"current_estimated_speed"`
	AverageSpeed *float64 `json:"average_estimated_speed"`
	Plate        scored   `json:"recognized_license_plate"`
	PlateScore   *float64 `json:"recognized_license_plate_score"`
}

// details are what the list of events keeps apart.
type details struct {
	Type         string   `json:"type"` // object, audio or manual
	TopScore     *float64 `json:"top_score"`
	Score        *float64 `json:"score"`
	AverageSpeed *float64 `json:"average_estimated_speed"`
	Description  string   `json:"description"`
	Plate        scored   `json:"recognized_license_plate"`
	PlateScore   *float64 `json:"recognized_license_plate_score"`
}

// update is a payload of <prefix>/tracked_object_update and of
// <prefix>/triggers.
type update struct {
	Type        string   `json:"type"`
	ID          string   `json:"id"`
	EventID     string   `json:"event_id"` // of a trigger
	Name        string   `json:"name"`     // of a trigger, a face or a known plate
	Camera      string   `json:"camera"`
	Timestamp   *float64 `json:"timestamp"`
	Description string   `json:"description"`
	Plate       string   `json:"plate"`
	Model       string   `json:"model"`
	SubLabel    scored   `json:"sub_label"`
	Attribute   string   `json:"attribute"`
	Score       *float64 `json:"score"`
}

// scored is a text, a list of a text and its score, or null.
type scored struct {
	Text  string
	Score *float64
}

func (s *scored) UnmarshalJSON(b []byte) error {
	*s = scored{}
	if jsontext.Value(b).Kind() != '[' {
		return json.Unmarshal(b, &s.Text)
	}
	var list []jsontext.Value
	if err := json.Unmarshal(b, &list); err != nil || len(list) == 0 {
		return err
	}
	if err := json.Unmarshal(list[0], &s.Text); err != nil || len(list) == 1 {
		return err
	}
	return json.Unmarshal(list[1], &s.Score)
}

// latest is the last second that an instant may have: 31 December 2199.
const latest = 7258118399

// instant is a Unix time in s, to the millisecond.
func instant(s *float64) (time.Time, bool) {
	if s == nil || !(*s > 0 && *s < latest) {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(math.Round(*s * 1000))).UTC(), true
}

// born is when an object was first seen, which begins its id.
func born(id string) (time.Time, bool) {
	text, _, _ := strings.Cut(id, "-")
	s, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return time.Time{}, false
	}
	return instant(&s)
}

// percent is a score of 0 to 1 as a confidence of 0 to 100, to a tenth.
func percent(score *float64) *float64 {
	if score == nil {
		return nil
	}
	return new(math.Round(*score*1000) / 10)
}
