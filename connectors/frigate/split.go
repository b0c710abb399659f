package frigate

import (
	"bytes"
	"fmt"
	"io"
	"iter"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/kit/mqtt"
)

// maxFile bounds a captured file, in bytes.
const maxFile = 64 << 20

// split cuts a capture: lines of `topic payload` as mosquitto_sub -v prints
// them, one whole JSON payload, or one payload a line.
func split(name string, r io.Reader) iter.Seq2[connectors.Message, error] {
	return func(yield func(connectors.Message, error) bool) {
		content, err := io.ReadAll(io.LimitReader(r, maxFile+1))
		if err == nil && len(content) > maxFile {
			err = fmt.Errorf("%s has more than %d bytes; cut it into smaller files", name, maxFile)
		}
		if err != nil {
			yield(connectors.Message{}, err)
			return
		}
		whole := bytes.TrimSpace(content)
		if first, _, _ := bytes.Cut(whole, []byte("\n")); isJSON(whole) && (valid(whole) || !valid(first)) {
			yield(connectors.Message{Payload: whole, Origin: name}, nil)
			return
		}
		splitLines(name, content, yield)
	}
}

func splitLines(name string, content []byte, yield func(connectors.Message, error) bool) {
	offset := 0
	for line := range bytes.Lines(content) {
		m := connectors.Message{Payload: bytes.TrimSpace(line), Origin: fmt.Sprintf("%s:%d", name, offset)}
		offset += len(line)
		if len(m.Payload) == 0 {
			continue
		}
		if topic, payload, ok := bytes.Cut(m.Payload, []byte(" ")); ok && !isJSON(m.Payload) {
			m.Payload, m.Meta = payload, map[string]string{mqtt.MetaTopic: string(topic)}
		}
		if !yield(m, nil) {
			return
		}
	}
}

func isJSON(b []byte) bool { return len(b) > 0 && (b[0] == '{' || b[0] == '[') }

func valid(b []byte) bool { return jsontext.Value(b).IsValid() }
