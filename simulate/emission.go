package simulate

import (
	"time"

	"github.com/openiroom/iroom/simulate/wire"
)

// Device is one of the simulated ways into the room.
type Device string

// The devices.
const (
	ANPR     Device = "anpr"     // plate readers that post over HTTP
	Frigate  Device = "frigate"  // cameras that publish over MQTT
	CAP      Device = "cap"      // an issuer of warnings with an Atom index
	AIS      Device = "ais"      // a receiver of ships' positions, over TCP
	Dispatch Device = "dispatch" // calls and incidents in EIDO, over HTTP
	CSV      Device = "csv"      // a file that a dispatch system appends to
)

// Devices lists all devices.
var Devices = []Device{ANPR, Frigate, CAP, AIS, Dispatch, CSV}

// Emission is one message of a device.
type Emission struct {
	At        time.Duration // when it is sent, since the start of the run
	Device    Device
	Truth     string // label of the incident that it belongs to; "" background
	Malformed bool   // broken on purpose: the room should put it aside
	Payload   wire.Payload
}

// Incident is the truth about a simulated incident.
type Incident struct {
	Label    string // scenario and number, e.g. dwelling-fire-0003
	Scenario string
	Lon, Lat float64 // deg
	Start    time.Duration
	Emits    map[Device]int // parts by device
	Last     time.Duration  // when its last part is sent
}
