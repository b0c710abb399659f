package rules

import "slices"

// Form is what stands behind a name in a rule file.
type Form string

// The forms of what stands in a match.
const (
	FormEvent     Form = "event"     // the name of an event
	FormEvents    Form = "events"    // several of them
	FormSteps     Form = "steps"     // of a sequence: names of events, or mappings of [StepKeys] or [NotKeys]
	FormSpan      Form = "span"      // a time longer than nothing
	FormWait      Form = "wait"      // a time that may be nothing
	FormNumber    Form = "number"    // any number
	FormWhole     Form = "whole"     // a whole number of at least 1
	FormDistance  Form = "distance"  // m, more than 0
	FormPlace     Form = "place"     // [lon, lat] in deg
	FormToken     Form = "token"     // lower-case letters, digits and dashes
	FormCondition Form = "condition" // an expression that is true or false
	FormValue     Form = "value"     // an expression over each event
	FormJoin      Form = "join"      // one or several of FormValue, or a mapping of names to what they are in each event
	FormRange     Form = "range"     // how often: 3, 2..5, 2.. or 0..1
	FormChoice    Form = "choice"    // one of the values of its key
	FormKeys      Form = "keys"      // a mapping of the keys of its kind
)

// Key is a name in a mapping of a rule file. The parser and the JSON Schema
// read the same tables of them.
type Key struct {
	Name   string
	Form   Form
	Needed bool
	Values []string // of a choice
}

// Grammar is how a kind of match is written.
type Grammar struct {
	Kind   string
	Own    Form  // of what stands behind the name of the kind
	Inner  []Key // of FormKeys
	Beside []Key
}

// Grammars lists the kinds of match.
func Grammars() []Grammar {
	var list []Grammar
	for _, k := range kinds() {
		list = append(list, Grammar{k.name, k.own, slices.Clone(k.inner), slices.Clone(k.keys)})
	}
	return list
}

// StepKeys are the names in a step of a sequence that an event fills, NotKeys
// those in one that must not occur.
var (
	StepKeys = []Key{need("event", FormEvent), {Name: "times", Form: FormRange}}
	NotKeys  = []Key{need("not", FormEvent), {Name: "within", Form: FormSpan}}
)

// common are the keys that mean the same beside every kind.
var common = map[string]Key{
	"by": {Form: FormJoin}, "near": {Form: FormDistance}, "where": {Form: FormCondition}, "lateness": {Form: FormWait},
	"reset": {Form: FormEvent}, "quiet": {Form: FormSpan}, "within": {Form: FormSpan}, "gap": {Form: FormSpan},
	"pick":       {Form: FormChoice, Values: []string{string(pickLatest), string(pickFirst), string(pickEach)}},
	"window":     {Form: FormChoice, Values: []string{sliding, tumbling, session}},
	"contiguity": {Form: FormChoice, Values: []string{"relaxed", "strict"}},
	"atleast":    {Form: FormWhole}, "atmost": {Form: FormWhole}, "exactly": {Form: FormWhole},
}

func beside(names ...string) []Key {
	keys := make([]Key, len(names))
	for i, name := range names {
		keys[i] = common[name]
		keys[i].Name = name
	}
	return keys
}

func need(name string, f Form) Key { return Key{Name: name, Form: f, Needed: true} }

func choice(name string, values ...string) Key {
	return Key{Name: name, Form: FormChoice, Values: values}
}

func namesOf(keys ...Key) []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Name
	}
	return names
}

// keyed reports the keys that a mapping needs and that are missing.
func (p *ruleParser) keyed(m entries, what string, keys []Key) {
	for _, k := range keys {
		if k.Needed {
			p.need(m, what, k.Name)
		}
	}
}

// chosen reads the choice of that name among the keys.
func (p *ruleParser) chosen(m entries, keys []Key, name string) string {
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name })
	return p.choice(m.get(name), name, keys[i].Values...)
}
