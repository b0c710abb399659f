package dispatch

import (
	_ "embed"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// natureUnknown is the nature of what no table knows. The source's own words
// stay in the attribute `code`.
const natureUnknown = "public.other"

//go:embed natures.yaml
var defaultNatures []byte

var naturePattern = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)+$`)

// Nature says which words of a dispatch system mean a nature. Case, blanks
// and leading dashes do not matter.
type Nature struct {
	Nature   string   `yaml:"nature"` // dotted code, e.g. fire.building
	Exact    []string `yaml:"exact"`
	Prefix   []string `yaml:"prefix"`
	Contains []string `yaml:"contains"`
}

// natures looks up natures: layer by layer, in each the exact texts first and
// then the patterns in their order.
type natures []layer

type layer struct {
	exact    map[string]string
	patterns []pattern
}

type pattern struct {
	nature, text string
	anywhere     bool
}

// newNatures makes the table of a configuration's own natures before the
// built-in ones.
func newNatures(own []Nature) (natures, error) {
	var builtIn []Nature
	if err := yaml.UnmarshalWithOptions(defaultNatures, &builtIn, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("natures.yaml: %w", err)
	}
	first, err := newLayer(own)
	if err != nil {
		return nil, err
	}
	second, err := newLayer(builtIn)
	if err != nil {
		return nil, fmt.Errorf("natures.yaml: %w", err)
	}
	return natures{first, second}, nil
}

func newLayer(list []Nature) (layer, error) {
	l := layer{exact: map[string]string{}}
	for i, n := range list {
		if !naturePattern.MatchString(n.Nature) {
			return l, fmt.Errorf("natures[%d].nature is %q; write a dotted code such as fire.building", i, n.Nature)
		}
		for _, text := range n.Exact {
			if earlier, known := l.exact[plain(text)]; known {
				return l, fmt.Errorf("natures[%d]: %q is exact for %s already", i, text, earlier)
			}
			l.exact[plain(text)] = n.Nature
		}
		for _, text := range n.Prefix {
			l.patterns = append(l.patterns, pattern{nature: n.Nature, text: plain(text)})
		}
		for _, text := range n.Contains {
			l.patterns = append(l.patterns, pattern{nature: n.Nature, text: plain(text), anywhere: true})
		}
	}
	for _, p := range l.patterns {
		if p.text == "" {
			return l, fmt.Errorf("natures: a pattern of %s is empty", p.nature)
		}
	}
	return l, nil
}

// of returns the nature of the first text that the table knows.
func (n natures) of(texts ...string) string {
	for _, text := range texts {
		text = plain(text)
		if text == "" {
			continue
		}
		for _, l := range n {
			if nature, ok := l.of(text); ok {
				return nature
			}
		}
	}
	return natureUnknown
}

func (l layer) of(text string) (string, bool) {
	if nature, ok := l.exact[text]; ok {
		return nature, true
	}
	for _, p := range l.patterns {
		if strings.HasPrefix(text, p.text) || p.anywhere && strings.Contains(text, p.text) {
			return p.nature, true
		}
	}
	return "", false
}

// plain is a text as it is compared.
func plain(s string) string {
	return strings.Join(strings.Fields(strings.ToUpper(strings.TrimLeft(strings.TrimSpace(s), "-"))), " ")
}
