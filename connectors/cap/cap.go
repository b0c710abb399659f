// Package cap brings public warnings into the room: documents of the Common
// Alerting Protocol (CAP 1.1 and 1.2, OASIS), alone or embedded in an Atom or
// RSS index, and the documents that an index links to.
//
// Its source polls addresses over HTTP; its mapper makes one event of each
// alert. It guarantees that no document can make the room read a file or ask
// an address (document types are refused, links go through the room's guarded
// client), that a flaw in a detail, such as a torn polygon, costs only that
// detail and is named in the event, and that a document whose events were not
// stored is fetched again.
//
// It does not verify signatures, fetch resources, or turn area codes into
// geometry.
package cap

import (
	_ "embed"
	"fmt"
	"io"
	"iter"
	"net/url"
	"slices"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

//go:embed sample.yaml
var sample string

// Kind is the connector kind for CAP.
var Kind = &connectors.Kind{
	Name: "cap", Version: "1", Summary: "public warnings in CAP, alone or by Atom and RSS indexes, over HTTP",
	Sample: sample, New: newConnector, Split: split,
}

// maxDocument bounds one document, in bytes.
const maxDocument = 32 << 20

// config is the configuration, see sample.yaml.
type config struct {
	URLs        []string        `yaml:"urls"`
	Interval    fusion.Duration `yaml:"interval"`
	Languages   []string        `yaml:"languages"`
	Source      string          `yaml:"source"`
	Reliability string          `yaml:"reliability"`
	Credibility int             `yaml:"credibility"`
}

func newConnector(h connectors.Host, decode func(any) error) (*connectors.Connector, error) {
	c := config{
		Interval: fusion.Duration(time.Minute), Source: h.Name, Reliability: "A", Credibility: 2,
	}
	if err := decode(&c); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	m := &mapper{source: c.Source, languages: c.Languages, reliability: c.Reliability, credibility: c.Credibility}
	return &connectors.Connector{Source: newSource(h, c), Mapper: m}, nil
}

func (c *config) check() error {
	bad := func(format string, args ...any) error {
		return fusion.Errorf(fusion.KindInvalid, "cap configuration", format, args...)
	}
	if len(c.URLs) == 0 {
		return bad("urls is empty; name at least one address of an index or a CAP document")
	}
	for i, u := range c.URLs {
		parsed, err := url.Parse(u)
		if err != nil || parsed.Host == "" || (parsed.Scheme != "http" && parsed.Scheme != "https") {
			return bad("urls[%d] is %q; write a whole http or https address", i, u)
		}
		if slices.Contains(c.URLs[:i], u) {
			return bad("urls[%d] is %q, which stands there twice", i, u)
		}
	}
	switch {
	case time.Duration(c.Interval) < time.Second:
		return bad("interval is %s; it is at least 1s", c.Interval)
	case c.Source == "":
		return bad("source is empty; it names the issuer in the ids of events, e.g. cap/meteoalarm")
	case !slices.Contains([]string{"A", "B", "C", "D", "E", "F"}, c.Reliability):
		return bad("reliability is %q; it is a letter from A to F", c.Reliability)
	case c.Credibility < 1 || c.Credibility > 6:
		return bad("credibility is %d; it lies between 1 and 6", c.Credibility)
	}
	return nil
}

// split hands a file over as the source hands over a document: whole.
func split(name string, r io.Reader) iter.Seq2[connectors.Message, error] {
	return func(yield func(connectors.Message, error) bool) {
		b, err := readDocument(r)
		if err != nil {
			yield(connectors.Message{}, fmt.Errorf("%s: %w", name, err))
			return
		}
		yield(connectors.Message{Payload: b, Origin: name}, nil)
	}
}

func readDocument(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err == nil && len(b) > maxDocument {
		err = fusion.Errorf(fusion.KindLimit, "", "the document is longer than %d bytes", maxDocument)
	}
	return b, err
}
