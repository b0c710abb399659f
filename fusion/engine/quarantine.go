package engine

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// Quarantine is the message that takes a rule out of use. A rule that keeps
// the engine from going on is taken out from a place before the message: a
// start reads these messages first, see [Engine.Foresee], so that every replay
// takes the rule out at the same place.
type Quarantine struct {
	Rule string `json:"rule"`
	From uint64 `json:"from,omitzero"` // sequence from which on, for a room that does not run; 0: from the message itself
}

// DecodeQuarantine reads the message.
func DecodeQuarantine(data []byte) (q Quarantine, err error) {
	if err := json.Unmarshal(data, &q, json.RejectUnknownMembers(true)); err != nil {
		return q, fmt.Errorf("not a quarantine: %w", err)
	}
	if q.Rule == "" {
		return q, &fusion.FieldError{Field: "rule", Problem: "is missing"}
	}
	return q, nil
}

// Foresee tells the engine of the quarantines of the log that it has not
// applied yet. It must be told before its next step.
func (e *Engine) Foresee(list []Quarantine) { e.quarantines = list }

// foreseen applies what begins to hold with this message.
func (s *step) foreseen() {
	for _, q := range s.quarantines {
		if q.From > s.applied && q.From <= s.msg.Seq {
			s.st.windows.Quarantine(q.Rule)
		}
	}
}

// Watch tells w of every rule at work from the next step on; nil ends that.
// Who finds a rule too slow writes a [Quarantine] to the log.
func (e *Engine) Watch(w rules.Watch) { e.st.windows.Watch(w) }

func (s *step) quarantine() error {
	q, err := DecodeQuarantine(s.msg.Data)
	if err != nil {
		s.refuse(0, s.msg.Data, fusion.Reject("syntax", "rule", "%w", err))
		return nil
	}
	if q.From == 0 {
		s.st.windows.Quarantine(q.Rule)
	}
	return nil
}
