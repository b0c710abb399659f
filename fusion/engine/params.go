package engine

import (
	"cmp"
	_ "embed"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/paulmach/orb"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/rules"
)

// Params say how hits are fused into pictures. params.yaml holds the defaults
// and says what each means; a value of zero means the default.
type Params struct {
	Join     float64 `json:"join" yaml:"join"`
	Possible float64 `json:"possible" yaml:"possible"`
	Reach    float64 `json:"reach" yaml:"reach"` // m

	SameEvidence  float64                       `json:"same_evidence" yaml:"same_evidence"`
	SameKind      float64                       `json:"same_kind" yaml:"same_kind"`
	SameMatter    float64                       `json:"same_matter" yaml:"same_matter"`
	OtherMatter   float64                       `json:"other_matter" yaml:"other_matter"`
	UnknownMatter float64                       `json:"unknown_matter" yaml:"unknown_matter"`
	SameEntity    map[fusion.EntityType]float64 `json:"same_entity" yaml:"same_entity"`
	ReadEntity    float64                       `json:"read_entity" yaml:"read_entity"`
	SameDevice    float64                       `json:"same_device" yaml:"same_device"`
	SameAddress   float64                       `json:"same_address" yaml:"same_address"`
	SameStreet    float64                       `json:"same_street" yaml:"same_street"`
	OtherStreet   float64                       `json:"other_street" yaml:"other_street"`
	SameThingFar  float64                       `json:"same_thing_far" yaml:"same_thing_far"`
	NamedPlace    float64                       `json:"named_place" yaml:"named_place"`
	SameRoad      float64                       `json:"same_road" yaml:"same_road"`
	SameWay       float64                       `json:"same_way" yaml:"same_way"`
	OtherWay      float64                       `json:"other_way" yaml:"other_way"`
	Repeats       float64                       `json:"repeats" yaml:"repeats"`
	Text          []Band                        `json:"text" yaml:"text"`         // likeness 0 to 1, ascending
	Distance      []Band                        `json:"distance" yaml:"distance"` // m, ascending
	Gap           []Band                        `json:"gap" yaml:"gap"`           // s between observations, ascending
	Vague         float64                       `json:"vague" yaml:"vague"`       // m
	VaguePoints   float64                       `json:"vague_points" yaml:"vague_points"`
	AssumedCE     float64                       `json:"assumed_ce" yaml:"assumed_ce"` // m

	BlindAfter   fusion.Duration `json:"blind_after" yaml:"blind_after"`
	RememberIDs  fusion.Duration `json:"remember_ids" yaml:"remember_ids"`
	CloseQuiet   fusion.Duration `json:"close_quiet" yaml:"close_quiet"`
	ReopenWithin fusion.Duration `json:"reopen_within" yaml:"reopen_within"`
	ArchiveAfter fusion.Duration `json:"archive_after" yaml:"archive_after"` // how long after its closing a picture can still be changed
	KeepEvidence int             `json:"keep_evidence" yaml:"keep_evidence"`
	Wait         fusion.Duration `json:"wait" yaml:"wait"`
	Track        int             `json:"track" yaml:"track"`

	// Unjudged is the probability that an event of a type gives when its source
	// was never judged, 0 to 1.
	Unjudged map[fusion.EventType]float64 `json:"unjudged,omitempty" yaml:"unjudged"`

	Kinds   map[string]KindParams `json:"kinds,omitempty" yaml:"kinds"`
	Matters map[string]Matter     `json:"matters,omitempty" yaml:"matters"`
	Towns   map[string]orb.Point  `json:"towns,omitempty" yaml:"towns"` // lon, lat in deg

	Lateness Lateness `json:"lateness,omitzero" yaml:"lateness"`
}

// KindParams are what differs for pictures of a kind; zero means as for all.
type KindParams struct {
	Join     float64           `json:"join,omitzero" yaml:"join"`
	Possible float64           `json:"possible,omitzero" yaml:"possible"`
	Reach    float64           `json:"reach,omitzero" yaml:"reach"` // m
	Distance []Band            `json:"distance,omitempty" yaml:"distance"`
	Gap      []Band            `json:"gap,omitempty" yaml:"gap"`
	Moving   fusion.EntityType `json:"moving,omitzero" yaml:"moving"` // what the incident follows
}

// Band gives points up to a bound, inclusive.
type Band struct {
	UpTo   float64 `json:"up_to" yaml:"up_to"`
	Points float64 `json:"points" yaml:"points"`
}

//go:embed params.yaml
var defaultYAML []byte

var defaults = sync.OnceValue(func() (p Params) {
	if err := yaml.UnmarshalWithOptions(defaultYAML, &p, yaml.Strict()); err != nil {
		panic(fmt.Sprintf("params.yaml: %v", err)) // it is part of the program
	}
	return p
})

// DefaultParams are sound for a city: one fire reported by ten callers is one
// picture, two fires 400 m apart are two.
func DefaultParams() Params { return defaults() }

// orDefault puts what is set over the defaults; of kinds, matters and towns
// each by itself.
func (p Params) orDefault() Params {
	d := DefaultParams()
	p.Kinds, p.Matters, p.Towns = together(d.Kinds, p.Kinds), together(d.Matters, p.Matters), together(d.Towns, p.Towns)
	set, out := reflect.ValueOf(p), reflect.ValueOf(&d).Elem()
	for i := range set.NumField() {
		if f := set.Field(i); !empty(f) {
			out.Field(i).Set(f)
		}
	}
	return d
}

func empty(v reflect.Value) bool {
	if k := v.Kind(); k == reflect.Slice || k == reflect.Map {
		return v.Len() == 0
	}
	return v.IsZero()
}

func together[V any](defaults, set map[string]V) map[string]V {
	all := maps.Clone(defaults)
	maps.Copy(all, set)
	return all
}

// of are the parameters for pictures of a kind.
func (p *Params) of(kind string) KindParams {
	k := p.Kinds[kind]
	k.Join, k.Possible, k.Reach = cmp.Or(k.Join, p.Join), cmp.Or(k.Possible, p.Possible), cmp.Or(k.Reach, p.Reach)
	if len(k.Distance) == 0 {
		k.Distance = p.Distance
	}
	if len(k.Gap) == 0 {
		k.Gap = p.Gap
	}
	return k
}

// farthest is the widest reach of any kind, in m.
func (p *Params) farthest() float64 {
	reach := p.Reach
	for _, k := range p.Kinds {
		reach = max(reach, k.Reach)
	}
	return reach
}

// Lateness says how far behind the room's clock events may come and still
// count in the windows of rules that do not say it themselves.
type Lateness struct {
	All fusion.Duration `json:"all,omitzero" yaml:"all"` // 0 means 2 min
	// Sources is that of events whose source is the name, or begins with it
	// and a slash; the longest such name counts.
	Sources map[string]fusion.Duration `json:"sources,omitempty" yaml:"sources"`
}

const maxLateness = fusion.Duration(24 * time.Hour)

// options are those of matching, or what is wrong with the lateness.
func (l Lateness) options() (rules.Options, error) {
	o := rules.Options{Lateness: time.Duration(l.All), Sources: map[string]time.Duration{}}
	if l.All < 0 || l.All > maxLateness {
		return o, fmt.Errorf("lateness: all is %s; at most %s are waited for", l.All, maxLateness)
	}
	for _, name := range slices.Sorted(maps.Keys(l.Sources)) {
		d := l.Sources[name]
		if name == "" || d < 0 || d > maxLateness {
			return o, fmt.Errorf("lateness: the source %q has %s; name a source of events and a time up to %s", name, d, maxLateness)
		}
		o.Sources[name] = time.Duration(d)
	}
	return o, nil
}

func points(bands []Band, value float64) float64 {
	for _, b := range bands {
		if value <= b.UpTo {
			return b.Points
		}
	}
	return 0
}
