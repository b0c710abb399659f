// Package ais brings the AIS (ITU-R M.1371) broadcasts of vessels and of
// search-and-rescue aircraft into the room: a TCP client for lines of NMEA
// 0183 `!AIVDM` and `!AIVDO` sentences, as receivers and aggregators serve
// them.
//
// It is the first step of the data's way: the source joins the sentences of
// one broadcast into one message, and the mapper, a pure function, makes its
// events. Each line becomes part of an event, is named as skipped, or is
// rejected with its reason.
//
// AIS is a live stream that cannot be asked to repeat: what is sent while the
// connector is away, or read and not yet durable when the room stops, is lost.
// The connector keeps no track of vessels and does not judge whether a
// position is plausible.
package ais

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

//go:embed sample.yaml
var sample string

// Kind is the connector kind `ais`.
var Kind = &connectors.Kind{
	Name:    "ais",
	Version: "1",
	Summary: "vessels and search-and-rescue aircraft from AIS receivers (NMEA 0183 over TCP)",
	Sample:  sample,
	New:     newConnector,
	Split:   split,
}

const (
	transportTCP = "tcp"
	transportTLS = "tls"

	defaultIdle           = 5 * time.Minute
	defaultUnacknowledged = 256
)

// config is what a user writes, see sample.yaml.
type config struct {
	Address        string          `yaml:"address"`
	Transport      string          `yaml:"transport"`
	Send           string          `yaml:"send"`
	Idle           fusion.Duration `yaml:"idle"`
	Unacknowledged int             `yaml:"unacknowledged"`
	Source         string          `yaml:"source"`
	Reliability    string          `yaml:"reliability"`
	Credibility    int             `yaml:"credibility"`
}

func newConnector(h connectors.Host, decode func(any) error) (*connectors.Connector, error) {
	var c config
	if err := decode(&c); err != nil {
		return nil, err
	}
	c.Transport = cmp.Or(c.Transport, transportTCP)
	c.Idle = cmp.Or(c.Idle, fusion.Duration(defaultIdle))
	c.Unacknowledged = cmp.Or(c.Unacknowledged, defaultUnacknowledged)
	c.Source = cmp.Or(c.Source, "ais/"+cmp.Or(h.Name, "ais"))
	c.Reliability = cmp.Or(c.Reliability, "F")
	c.Credibility = cmp.Or(c.Credibility, 6)
	if err := c.check(); err != nil {
		return nil, err
	}
	return &connectors.Connector{
		Source: &source{config: c},
		Mapper: &mapper{source: c.Source, reliability: c.Reliability, credibility: c.Credibility, codec: newCodec()},
	}, nil
}

func (c *config) check() error {
	var problems []error
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if host, port, err := net.SplitHostPort(c.Address); err != nil || host == "" || port == "" {
		bad("address is %q; write it like receiver.example:10110", c.Address)
	}
	if c.Transport != transportTCP && c.Transport != transportTLS {
		bad("transport is %q; it is %s or %s", c.Transport, transportTCP, transportTLS)
	}
	if c.Idle < fusion.Duration(time.Second) {
		bad("idle is %s; it is at least 1s", c.Idle)
	}
	if c.Unacknowledged < 1 {
		bad("unacknowledged is %d; it is at least 1", c.Unacknowledged)
	}
	if len(c.Reliability) != 1 || c.Reliability < "A" || c.Reliability > "F" {
		bad("reliability is %q; it is a letter from A to F", c.Reliability)
	}
	if c.Credibility < 1 || c.Credibility > 6 {
		bad("credibility is %d; it lies between 1 and 6", c.Credibility)
	}
	return errors.Join(problems...)
}

// split reads a file of lines as the source reads a connection. Received is
// the time of reading.
func split(name string, r io.Reader) iter.Seq2[connectors.Message, error] {
	return func(yield func(connectors.Message, error) bool) {
		lines, groups := newLineReader(r), newAssembler()
		emit := func(messages []connectors.Message) bool {
			for _, m := range messages {
				if !yield(m, nil) {
					return false
				}
			}
			return true
		}
		for {
			line, err := lines.next()
			switch {
			case errors.Is(err, io.EOF):
				emit(groups.flush())
				return
			case err != nil:
				yield(connectors.Message{}, fmt.Errorf("%s, after line %d: %w", name, lines.count, err))
				return
			}
			origin := fmt.Sprintf("%s:%d", name, lines.count)
			if !emit(groups.add(connectors.Message{Payload: line, Origin: origin, Received: time.Now().UTC()})) {
				return
			}
		}
	}
}
