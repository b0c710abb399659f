package engine

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion"
)

// Matter is something that events can be about, such as fire, and how one sees
// that they are.
type Matter struct {
	Natures []string           `json:"natures,omitempty" yaml:"natures"` // a nature, or the beginning of some up to a dot
	Labels  []string           `json:"labels,omitempty" yaml:"labels"`   // of cameras and microphones
	Alarms  []string           `json:"alarms,omitempty" yaml:"alarms"`
	Types   []fusion.EventType `json:"types,omitempty" yaml:"types"`
	Kinds   []string           `json:"kinds,omitempty" yaml:"kinds"` // of pictures
	With    []string           `json:"with,omitempty" yaml:"with"`   // matters that it may belong to
	Words   string             `json:"words,omitzero" yaml:"words"`  // a regular expression
	Weak    bool               `json:"weak,omitzero" yaml:"weak"`    // beside its natures, words count too
}

// matters is the table, made for look-ups.
type matters struct {
	byNature map[string]string
	byLabel  map[string][]string
	byAlarm  map[string][]string
	byType   map[fusion.EventType]string
	byKind   map[string]string
	with     map[[2]string]bool
	weak     map[string]bool
	words    []matterWords // by name
}

type matterWords struct {
	name string
	re   *regexp.Regexp
}

// unspecific natures say nothing; the words have to.
var unspecific = []string{"", "public.other", "public.check", "public.assist", "public.open-line", "other"}

func compileMatters(table map[string]Matter) (*matters, error) {
	m := &matters{
		byNature: map[string]string{}, byLabel: map[string][]string{}, byAlarm: map[string][]string{},
		byType: map[fusion.EventType]string{}, byKind: map[string]string{}, with: map[[2]string]bool{}, weak: map[string]bool{},
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		t := table[name]
		m.weak[name] = t.Weak
		for _, n := range t.Natures {
			m.byNature[n] = name
		}
		for _, l := range t.Labels {
			m.byLabel[l] = append(m.byLabel[l], name)
		}
		for _, a := range t.Alarms {
			m.byAlarm[a] = append(m.byAlarm[a], name)
		}
		for _, typ := range t.Types {
			m.byType[typ] = name
		}
		for _, k := range t.Kinds {
			m.byKind[k] = name
		}
		for _, other := range t.With {
			m.with[[2]string{name, other}], m.with[[2]string{other, name}] = true, true
		}
		if t.Words == "" {
			continue
		}
		re, err := regexp.Compile(t.Words)
		if err != nil {
			return nil, fmt.Errorf("the words of the matter %s: %w", name, err)
		}
		m.words = append(m.words, matterWords{name, re})
	}
	return m, nil
}

// of names what an event is about, what is surest first; nil: it does not say.
func (m *matters) of(e *fusion.Event) []string {
	if nature := attr(e, "nature"); !slices.Contains(unspecific, nature) && e.Type.Domain() == "police" {
		name := m.ofNature(nature)
		if m.weak[name] {
			return append(m.ofText(textOf(e)), name)
		}
		return []string{name}
	}
	if name, ok := m.byType[e.Type]; ok {
		return []string{name}
	}
	if found := cmp.Or(nonNil(m.byLabel[attr(e, "label")]), nonNil(m.byAlarm[attr(e, "alarm")])); found != nil {
		return *found
	}
	return m.ofText(textOf(e))
}

func nonNil(list []string) *[]string {
	if list == nil {
		return nil
	}
	return &list
}

// ofNature is the matter of the longest beginning of a nature that is known,
// else the nature itself.
func (m *matters) ofNature(nature string) string {
	for part := nature; ; {
		if name, ok := m.byNature[part]; ok {
			return name
		}
		i := strings.LastIndexByte(part, '.')
		if i < 0 {
			return nature
		}
		part = part[:i]
	}
}

func (m *matters) ofText(text string) (list []string) {
	if text == "" {
		return nil
	}
	for _, w := range m.words {
		if w.re.MatchString(text) {
			list = append(list, w.name)
		}
	}
	return list
}

// agreement says how two lists of matters go together.
type agreement int

const (
	unsaid    agreement = iota // one of them says nothing
	different                  // nothing in common
	related                    // a matter of one goes with a matter of the other
	equal                      // a matter in common
)

func (m *matters) compare(a, b []string) agreement {
	if len(a) == 0 || len(b) == 0 {
		return unsaid
	}
	best := different
	for _, x := range a {
		for _, y := range b {
			switch {
			case x == y:
				return equal
			case m.with[[2]string{x, y}]:
				best = related
			}
		}
	}
	return best
}

func attr(e *fusion.Event, name string) string {
	s, _ := e.Attrs[name].(string)
	return s
}

// textOf is what a person wrote in the event.
func textOf(e *fusion.Event) string {
	parts := []string{e.Headline, attr(e, "text"), e.Description, attr(e, "event"), attr(e, "nature")}
	if e.Type.Domain() == "police" {
		parts = parts[:3]
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}
