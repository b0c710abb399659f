package wire

import (
	"fmt"
	"time"
)

// Phase is where a tracked object is in its life.
type Phase string

// The phases, as Frigate calls them.
const (
	PhaseNew    Phase = "new"
	PhaseUpdate Phase = "update"
	PhaseEnd    Phase = "end"
)

// Object is what Frigate says of an object that it tracks on a camera, on the
// topic frigate/events.
type Object struct {
	Camera   string
	Suffix   string // six letters that make the id unique
	Label    string // person, car, smoke, fire, crowd, …
	Phase    Phase
	Zone     string
	Score    float64 // 0 to 1
	SpeedKMH float64
	Start    time.Duration
	Observed time.Duration
}

// FrigateTopic is where Frigate publishes tracked objects.
const FrigateTopic = "frigate/events"

// Encode writes the message: the object before and after the change.
func (o Object) Encode(clock Clock) ([]byte, error) {
	before := o
	before.Score *= 0.93
	before.Observed = max(o.Start, o.Observed-400*time.Millisecond)
	before.Phase = PhaseUpdate
	return encode(object{"type": string(o.Phase), "before": before.state(clock), "after": o.state(clock)})
}

func (o Object) state(clock Clock) object {
	start, frame := clock(o.Start), clock(o.Observed)
	zones := []string{}
	if o.Zone != "" {
		zones = append(zones, o.Zone)
	}
	var end any
	if o.Phase == PhaseEnd {
		end = seconds(frame)
	}
	box := []int{424, 500, 536, 712}
	return object{
		"id": fmt.Sprintf("%.6f-%s", seconds(start), o.Suffix), "camera": o.Camera, "label": o.Label, "sub_label": nil,
		"frame_time": seconds(frame), "start_time": seconds(start), "end_time": end,
		"score": o.Score, "top_score": o.Score, "false_positive": false,
		"snapshot": object{"frame_time": seconds(frame), "box": box, "area": 23744, "region": []int{264, 450, 667, 853}, "score": o.Score, "attributes": []any{}},
		"box":      box, "area": 23744, "ratio": 0.53, "region": []int{264, 450, 667, 853},
		"current_zones": zones, "entered_zones": zones, "thumbnail": nil,
		"has_snapshot": true, "has_clip": o.Phase == PhaseEnd, "active": o.Phase != PhaseEnd, "stationary": false,
		"motionless_count": 0, "position_changes": 2, "attributes": object{}, "current_attributes": []any{},
		"current_estimated_speed": o.SpeedKMH, "average_estimated_speed": o.SpeedKMH, "velocity_angle": 180,
		"recognized_license_plate": nil, "recognized_license_plate_score": nil,
	}
}
