package connectors

import (
	"bytes"

	"github.com/goccy/go-yaml"
)

// DecodeYAML returns a decode function for [Kind.New] over a YAML document.
// An unknown key is an error with its line and column.
func DecodeYAML(document []byte) func(any) error {
	return func(into any) error {
		if len(bytes.TrimSpace(document)) == 0 {
			return nil
		}
		return yaml.NewDecoder(bytes.NewReader(document), yaml.Strict()).Decode(into)
	}
}
