// Package dispatch brings calls and incidents of dispatch systems into the
// room, in two formats: EIDO, the Emergency Incident Data Object of
// NENA-STA-021.1b (JSON), received over HTTP alone, in an array or in a
// message of NENA-STA-024; and the rows of a CSV export that grows, by a
// mapping of its columns.
//
// It is the first step of the data's way: a request or a row becomes one
// message, and the mapper, a pure function, makes police.dispatch.call and
// police.dispatch.incident events of it. What cannot be read is rejected with
// the field or column that is wrong; nothing is guessed.
//
// It takes no protected characteristics of persons over, fetches nothing that
// an EIDO only refers to, and never writes to a dispatch system.
package dispatch

import (
	"bufio"
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"time"
	_ "time/tzdata" // exports have local times, and a machine may have no zones

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/connectors/kit/tailfile"
	"github.com/openiroom/iroom/connectors/kit/webhook"
)

//go:embed sample.yaml
var sample string

// Kind is the connector for dispatch systems.
var Kind = &connectors.Kind{
	Name:    "dispatch",
	Version: "1",
	Summary: "Calls and incidents of dispatch systems: NENA EIDO over HTTP, or a CSV export that grows",
	Sample:  sample,
	New:     newConnector,
	Split:   split,
}

// Format is how a dispatch system writes.
type Format string

// The formats. Auto recognises each message by its content.
const (
	FormatAuto Format = "auto"
	FormatEIDO Format = "eido"
	FormatCSV  Format = "csv"
)

// Config is the configuration of one instance, see sample.yaml.
type Config struct {
	// Format of the messages; "" means auto.
	Format Format `yaml:"format"`
	// webhook.Config is used unless a file is given.
	webhook.Config `yaml:",inline"`
	// Tail names the file to follow; one with a file makes the source a file.
	Tail tailfile.Config `yaml:",inline"`
	// PhoneRegion (ISO 3166-1 alpha-2) is that of numbers without country
	// code; "" takes only numbers with one.
	PhoneRegion string `yaml:"phone_region"`
	// Reliability (A to F) and Credibility (1 to 6) of what the system says;
	// "" and 0 mean F and 6, not judged.
	Reliability string `yaml:"reliability"`
	Credibility int    `yaml:"credibility"`
	// Handling of the events; blank parts are amber, wpg-8, daily-police-task.
	Handling Handling `yaml:"handling"`
	// Natures are asked before the built-in table.
	Natures []Nature `yaml:"natures"`
	// CSV maps the columns of an export.
	CSV CSVConfig `yaml:"csv"`
}

// Handling says who may see the events, and why.
type Handling struct {
	TLP     string `yaml:"tlp"`
	Basis   string `yaml:"basis"`
	Purpose string `yaml:"purpose"`
}

func newConnector(h connectors.Host, decode func(any) error) (*connectors.Connector, error) {
	var cfg Config
	if err := decode(&cfg); err != nil {
		return nil, err
	}
	cfg.setDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	table, err := newNatures(cfg.Natures)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(cfg.CSV.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("csv.time_zone is %q; write it like Europe/Amsterdam: %w", cfg.CSV.TimeZone, err)
	}
	source, err := newSource(h, cfg)
	if err != nil {
		return nil, err
	}
	return &connectors.Connector{Source: source, Mapper: &mapper{
		cfg: cfg, source: "dispatch/" + cmp.Or(h.Name, "dispatch"), natures: table, zone: zone,
	}}, nil
}

func newSource(h connectors.Host, cfg Config) (connectors.Source, error) {
	if cfg.Tail.File != "" {
		if h.Path != nil {
			cfg.Tail.File = h.Path(cfg.Tail.File)
		}
		return tailfile.New(h, cfg.Tail)
	}
	return webhook.New(h, cfg.Config)
}

func (c *Config) setDefaults() {
	c.Format = cmp.Or(c.Format, FormatAuto)
	c.Reliability, c.Credibility = cmp.Or(c.Reliability, "F"), cmp.Or(c.Credibility, 6)
	c.Handling.TLP = cmp.Or(c.Handling.TLP, "amber")
	c.Handling.Basis = cmp.Or(c.Handling.Basis, "wpg-8")
	c.Handling.Purpose = cmp.Or(c.Handling.Purpose, "daily-police-task")
	c.Tail.Comma = cmp.Or(c.Tail.Comma, ",")
	c.CSV.setDefaults()
}

func (c *Config) check() error {
	var problems []error
	bad := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	switch c.Format {
	case FormatAuto, FormatEIDO, FormatCSV:
	default:
		bad("format is %q; it is auto, eido or csv", c.Format)
	}
	if c.Format == FormatEIDO && c.Tail.File != "" {
		bad("file is for csv; eido comes over HTTP")
	}
	if len(c.Reliability) != 1 || c.Reliability < "A" || c.Reliability > "F" {
		bad("reliability is %q; it is a letter from A to F", c.Reliability)
	}
	if c.Credibility < 1 || c.Credibility > 6 {
		bad("credibility is %d; it lies between 1 and 6", c.Credibility)
	}
	if _, err := tailfile.Comma(c.Tail.Comma); err != nil {
		problems = append(problems, err)
	}
	if c.Format == FormatCSV || c.Tail.File != "" || c.CSV.Columns.ID != "" {
		problems = append(problems, c.CSV.check())
	}
	return errors.Join(problems...)
}

// split cuts a CSV file into records with their header; anything else is one
// message. A name that ends in .csv or .json decides, else the content.
func split(name string, r io.Reader) iter.Seq2[connectors.Message, error] {
	return func(yield func(connectors.Message, error) bool) {
		buffered := bufio.NewReaderSize(r, 64<<10)
		start, err := buffered.Peek(64 << 10)
		if err != nil && !errors.Is(err, io.EOF) {
			yield(connectors.Message{}, fmt.Errorf("reading %s: %w", name, err))
			return
		}
		extension := strings.ToLower(filepath.Ext(name))
		if extension == ".csv" || extension != ".json" && recognise(start) == FormatCSV {
			tailfile.Split(name, buffered, separator(start))(yield)
			return
		}
		all, err := io.ReadAll(buffered)
		if err != nil {
			err = fmt.Errorf("reading %s: %w", name, err)
		}
		yield(connectors.Message{Payload: all, Origin: name}, err)
	}
}

// separator is the one of comma, semicolon and tab that the first line has
// most of.
func separator(start []byte) byte {
	line, _, _ := bytes.Cut(start, []byte("\n"))
	best, most := byte(','), 0
	for _, c := range []byte(",;\t") {
		if n := bytes.Count(line, []byte{c}); n > most {
			best, most = c, n
		}
	}
	return best
}
