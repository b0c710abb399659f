package sigma

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/openiroom/iroom/fusion"
)

// document is one YAML document of a Sigma file; what does not bear on what
// the rule finds is not read.
type document struct {
	Title       string             `yaml:"title"`
	ID          string             `yaml:"id"`
	Name        string             `yaml:"name"`
	Description string             `yaml:"description"`
	Author      string             `yaml:"author"`
	Level       string             `yaml:"level"`
	Action      string             `yaml:"action"`
	Detection   yaml.MapSlice      `yaml:"detection"`
	Filter      yaml.MapSlice      `yaml:"filter"`
	Correlation *correlationSource `yaml:"correlation"`

	file  string
	token string // id of the rule that it becomes
}

// correlationSource is a correlation as Sigma writes it, with the windows
// that some engines add.
type correlationSource struct {
	Type      string                       `yaml:"type"`
	Rules     texts                        `yaml:"rules"`
	GroupBy   texts                        `yaml:"group-by"`
	Timespan  string                       `yaml:"timespan"`
	Condition any                          `yaml:"condition"`
	Aliases   map[string]map[string]string `yaml:"aliases"`
	Generate  bool                         `yaml:"generate"`
	Window    string                       `yaml:"window"`
	Gap       string                       `yaml:"gap"`
}

// texts is a list of texts, or a lone one.
type texts []string

// UnmarshalYAML implements yaml.InterfaceUnmarshaler.
func (t *texts) UnmarshalYAML(unmarshal func(any) error) error {
	var one string
	if err := unmarshal(&one); err == nil {
		*t = texts{one}
		return nil
	}
	var many []string
	if err := unmarshal(&many); err != nil {
		return err
	}
	*t = many
	return nil
}

// parseFile reads the documents of a file.
func parseFile(name string, text []byte) ([]*document, error) {
	d := yaml.NewDecoder(bytes.NewReader(text), yaml.UseOrderedMap())
	var docs []*document
	for {
		doc := &document{file: name}
		switch err := d.Decode(doc); {
		case errors.Is(err, io.EOF):
			return docs, nil
		case err != nil:
			return docs, fmt.Errorf("%s is not a Sigma file: %w", name, err)
		}
		if doc.Title == "" && doc.Detection == nil && doc.Correlation == nil && doc.Action == "" {
			continue
		}
		doc.token = fusion.Token(cmp.Or(doc.Name, doc.Title, doc.ID))
		docs = append(docs, doc)
	}
}

// library finds detections by the names under which others refer to them.
type library []*document

func (l library) find(ref string) *document {
	i := slices.IndexFunc(l, func(d *document) bool { return d.Name == ref || d.ID == ref || d.Title == ref })
	if i < 0 {
		return nil
	}
	return l[i]
}
