// Package connectors is where the outside world enters the room.
//
// A connector is two things kept apart: a [Source], which does the I/O and
// hands over one message at a time with an acknowledgement, and a [Mapper],
// a pure function from a message to events. The [Runner] drives them: it maps
// each message, hands the events to the ingest and acknowledges the source
// only when they are durable. Each connector lives in a folder of its own
// below this one, with its README, a sample configuration and test data that
// others published.
//
// A panic, an error or an unreachable source in one connector touches no
// other. Nothing is dropped silently: each part of a message becomes an
// event, is named as skipped, or is rejected and goes to the dead-letter
// stream with its reason.
package connectors

import (
	"context"
	"crypto/tls"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// Message is one thing that a source handed over.
type Message struct {
	Payload  []byte
	Origin   string            // where it came from: topic, URL, file:offset, address
	Meta     map[string]string // what the protocol says beside the payload, e.g. "topic", "content-type"
	Received time.Time
}

// Receipt tells a source what became of a message.
type Receipt struct {
	Events  int                 // durable on the log
	Skips   []string            // parts that are rightly no event
	Rejects []*fusion.Rejection // parts that are in the dead-letter stream
	Err     error               // not nil: nothing is durable, the source must keep or redeliver the message
}

// Ack is called exactly once for each message, in the order of Read.
type Ack func(Receipt)

// Source does the I/O of one connector. Open and Read are called by one
// goroutine, Ack from others.
type Source interface {
	// Open connects. The runner calls it again, after a pause, when it or Read
	// failed. It must not wait for data.
	Open(ctx context.Context) error
	// Read blocks for the next message. io.EOF ends a source that is complete.
	// Any other error makes the runner close the source and open it again;
	// messages that were not acknowledged must then come again.
	Read(ctx context.Context) (Message, Ack, error)
	// Close gives everything back. It is called after each successful Open.
	Close(ctx context.Context) error
}

// Mapping is what became of one message.
type Mapping struct {
	Events  []*fusion.Event
	Skips   []string            // why a part is rightly no event
	Rejects []*fusion.Rejection // why a part could not be understood
}

// Mapper turns a message into events. It is pure: no clock, no I/O, no state;
// the same message always gives the same mapping. It need not set
// RecordedTime, Provenance or the defaults of Status and MsgType; the runner
// does, see [Finish].
type Mapper interface {
	Map(m Message) Mapping
}

// MapperFunc is a function as a Mapper.
type MapperFunc func(Message) Mapping

// Map calls the function.
func (f MapperFunc) Map(m Message) Mapping { return f(m) }

// Checkpoint keeps where a source is, durably, between runs.
type Checkpoint interface {
	// Load returns what was last saved, nil when there is nothing.
	Load(ctx context.Context) ([]byte, error)
	Save(ctx context.Context, state []byte) error
}

// Host is what the room offers to a connector.
type Host struct {
	Name       string // of this instance, unique in the room
	Log        *slog.Logger
	Checkpoint Checkpoint
	// Handle serves requests to the room's HTTP listener at pattern, as
	// http.ServeMux reads it; the returned function stops that.
	Handle func(pattern string, h http.Handler) (stop func(), err error)
	// Path resolves a file of the configuration: relative ones start at its
	// folder. nil leaves them as they are.
	Path func(file string) string
	// Secret resolves a reference to a secret: "env:NAME" or "file:PATH".
	Secret func(ref string) (string, error)
	// HTTP sends requests to the hosts that the room's configuration allows.
	HTTP *http.Client
	// MQTT is the address of the room's own MQTT listener (host:port) and the
	// account of its connectors; "" when it does not listen.
	MQTTAddr, MQTTUser, MQTTPassword string
	MQTTTLS                          *tls.Config // nil: it speaks plain MQTT
}

// Kind is a connector that the room knows, before it is configured.
type Kind struct {
	Name    string // as the configuration says it, e.g. "anpr"
	Version string
	Summary string // one line
	Sample  string // a complete example of its configuration, YAML
	// New checks the configuration and makes the connector, without I/O.
	// decode fills a struct with yaml tags from the configuration, strictly:
	// an unknown key is an error with its line. A zero Host is enough for
	// mapping without reading.
	New func(h Host, decode func(any) error) (*Connector, error)
	// Split cuts a file of the connector's kind into messages, as a source
	// would have handed them over: a whole document, a line, a line of
	// `topic payload`. A file that cannot be cut gives one message that the
	// mapper rejects.
	Split func(name string, r io.Reader) iter.Seq2[Message, error]
}

// Connector is a configured connector.
type Connector struct {
	Source Source
	Mapper Mapper
}
