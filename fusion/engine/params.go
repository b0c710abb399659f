package engine

import (
	"cmp"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// Params say how hits are fused into pictures. The zero value means the
// defaults.
type Params struct {
	Join     float64 `json:"join" yaml:"join"`         // a score from here on joins a picture
	Possible float64 `json:"possible" yaml:"possible"` // from here on it is offered as a possible link
	Reach    float64 `json:"reach" yaml:"reach"`       // m; pictures farther away are no candidates by place

	SameEvidence float64                       `json:"same_evidence" yaml:"same_evidence"`
	SameKind     float64                       `json:"same_kind" yaml:"same_kind"`
	SameEntity   map[fusion.EntityType]float64 `json:"same_entity" yaml:"same_entity"`
	Distance     []Band                        `json:"distance" yaml:"distance"` // m, ascending
	Gap          []Band                        `json:"gap" yaml:"gap"`           // s between observations, ascending

	BlindAfter   fusion.Duration `json:"blind_after" yaml:"blind_after"`     // a longer silence of the log means the room was blind
	RememberIDs  fusion.Duration `json:"remember_ids" yaml:"remember_ids"`   // duplicates are known for at least this long
	CloseQuiet   fusion.Duration `json:"close_quiet" yaml:"close_quiet"`     // when the rule does not say
	ReopenWithin fusion.Duration `json:"reopen_within" yaml:"reopen_within"` // what matches a resolved picture so soon reopens it
	KeepEvidence int             `json:"keep_evidence" yaml:"keep_evidence"` // items a picture shows in full
}

// Band gives points up to a bound, inclusive.
type Band struct {
	UpTo   float64 `json:"up_to" yaml:"up_to"`
	Points float64 `json:"points" yaml:"points"`
}

const reopenWithin = fusion.Duration(30 * time.Minute)

// DefaultParams are sound for a city: one fire reported by ten callers is one
// picture, two fires 400 m apart are two.
func DefaultParams() Params {
	return Params{
		Join: 80, Possible: 45, Reach: 3000,
		SameEvidence: 100, SameKind: 25,
		SameEntity: map[fusion.EntityType]float64{
			fusion.EntityVehicle: 60, fusion.EntityVessel: 60, fusion.EntityAircraft: 60, fusion.EntityPhone: 50,
			fusion.EntityPerson: 50, fusion.EntityAddress: 50, fusion.EntityUnit: 20, fusion.EntityAccount: 20, fusion.EntityObject: 40,
		},
		Distance:   []Band{{150, 45}, {300, 25}, {600, 5}, {1500, 0}, {1e9, -40}},
		Gap:        []Band{{600, 20}, {1800, 10}, {7200, 0}, {1e12, -30}},
		BlindAfter: fusion.Duration(30 * time.Second), RememberIDs: fusion.Duration(10 * time.Minute),
		CloseQuiet: fusion.Duration(4 * time.Hour), KeepEvidence: 200, ReopenWithin: reopenWithin,
	}
}

func (p Params) orDefault() Params {
	if p.Join == 0 {
		return DefaultParams()
	}
	p.ReopenWithin = cmp.Or(p.ReopenWithin, reopenWithin)
	return p
}

func points(bands []Band, value float64) float64 {
	for _, b := range bands {
		if value <= b.UpTo {
			return b.Points
		}
	}
	return 0
}
