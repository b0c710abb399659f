package connectors

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime/debug"

	"github.com/openiroom/iroom/fusion"
)

// MapSafely maps a message; a panic of the mapper becomes a rejection, and
// every event is finished and validated. What is not valid is rejected.
func MapSafely(mapper Mapper, kind *Kind, instance string, m Message) (result Mapping) {
	defer func() {
		if p := recover(); p != nil {
			result = Mapping{Rejects: []*fusion.Rejection{{
				Code: "panic", Stage: "map", Err: fmt.Errorf("%v\n%s", p, debug.Stack()),
			}}}
		}
	}()
	mapped := mapper.Map(m)
	result = Mapping{Skips: mapped.Skips, Rejects: mapped.Rejects}
	sum := sha256.Sum256(m.Payload)
	raw := fusion.Raw{SHA256: hex.EncodeToString(sum[:]), Size: len(m.Payload)}
	for _, e := range mapped.Events {
		Finish(e, kind, instance, m, raw)
		if err := e.Validate(); err != nil {
			result.Rejects = append(result.Rejects, &fusion.Rejection{Code: "invalid", Stage: "validate", Err: err})
			continue
		}
		result.Events = append(result.Events, e)
	}
	if len(result.Events)+len(result.Skips)+len(result.Rejects) == 0 {
		result.Rejects = []*fusion.Rejection{fusion.Reject("unsupported", "", "nothing in it was understood")}
	}
	return result
}

// Finish sets what every event has: when it was received, what made it from
// what, and the defaults of status and message type. A time in the future is
// clamped to the time of receipt and the claim kept in the provenance.
func Finish(e *fusion.Event, kind *Kind, instance string, m Message, raw fusion.Raw) {
	if e.RecordedTime.IsZero() {
		e.RecordedTime = m.Received
	}
	if e.Status == "" {
		e.Status = fusion.StatusActual
	}
	if e.MsgType == "" {
		e.MsgType = fusion.MsgAlert
	}
	if e.Provenance == nil {
		e.Provenance = &fusion.Provenance{}
	}
	p := e.Provenance
	p.Connector, p.Version, p.Raw = instance, kind.Name+"/"+kind.Version, &raw
	if !e.RecordedTime.IsZero() && e.Time.After(e.RecordedTime) {
		p.ClampedFrom, e.Time = e.Time, e.RecordedTime
	}
}
