// Package wire writes what real devices send: the payloads of plate readers,
// of Frigate, of CAP issuers, of AIS transponders and of dispatch systems, byte
// for byte in their own forms.
//
// It is the last pure step of the simulation: a payload says what a device
// saw and when, as offsets from the start of a run, and Encode writes it for a
// run whose clock is given. The same payload and clock always give the same
// bytes. The package sends nothing and knows nothing of the room's own events.
package wire

import (
	"time"

	"github.com/go-json-experiment/json"
)

// Clock turns an offset from the start of a run into the time of day.
type Clock func(time.Duration) time.Time

// Payload is one message of a device.
type Payload interface {
	// Encode writes the message as the device sends it.
	Encode(Clock) ([]byte, error)
}

// Raw is a payload that is sent as it stands, such as a broken one.
type Raw []byte

// Encode returns the bytes.
func (r Raw) Encode(Clock) ([]byte, error) { return r, nil }

func encode(v any) ([]byte, error) { return json.Marshal(v, json.Deterministic(true)) }

// seconds is a Unix time in s with its fraction, as Frigate writes times.
func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }
