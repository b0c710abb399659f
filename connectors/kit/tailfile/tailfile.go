// Package tailfile is the source of connectors that read a CSV file which
// another program keeps appending to, as exports of dispatch and records
// systems are. It stands at the edge of the data's way: each record becomes
// one message that also holds the header, so that a mapper knows the columns
// without remembering anything.
//
// A record ends with a line end outside quotes; what is still being written
// is left alone. The place is saved behind acknowledged records only, not
// after each: after a crash some acknowledged records come again with the
// same content and place, and none is left out. A file that was replaced or
// truncated is read from its beginning; the rest of a predecessor that was
// renamed within its folder is read before that, after a restart too.
//
// It polls: no notification of a file system is needed, so network shares
// work. It does not find a predecessor that left the folder, was compressed
// or truncated while the room was down, or that was itself replaced before the
// records of the one before it were acknowledged, and it does not see a change in the middle of a file that keeps its
// beginning.
package tailfile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

// Config says which file is read and how.
type Config struct {
	// File is the path of the file. Its first record names the columns.
	File string `yaml:"file"`
	// Poll is how often the file is looked at; 0 means 1 s.
	Poll fusion.Duration `yaml:"poll"`
	// Comma separates fields; "" means a comma.
	Comma string `yaml:"comma"`
	// MaxRecord bounds a record, bytes; 0 means 256 KiB. A longer one is cut
	// at its first line end.
	MaxRecord int `yaml:"max_record"`
}

const (
	defaultPoll      = fusion.Duration(time.Second)
	defaultMaxRecord = 256 << 10
	// saveEvery is the number of acknowledged records after which the place
	// is saved, when no poll comes in between.
	saveEvery = 1000
)

// Ticks makes a channel that ticks every d, and what stops it.
type Ticks func(d time.Duration) (ticks <-chan time.Time, stop func())

// Option changes a source.
type Option func(*Source)

// WithTicks makes the source look at the file when ticks says so.
func WithTicks(t Ticks) Option { return func(s *Source) { s.ticks = t } }

func realTicks(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTicker(d)
	return t.C, t.Stop
}

// Source reads a growing file. It implements [connectors.Source].
type Source struct {
	host  connectors.Host
	cfg   Config
	ticks Ticks
	open  *session
}

// New checks the configuration. The file need not exist yet.
func New(h connectors.Host, cfg Config, options ...Option) (*Source, error) {
	cfg.Poll = cmp.Or(cfg.Poll, defaultPoll)
	cfg.Comma = cmp.Or(cfg.Comma, ",")
	cfg.MaxRecord = cmp.Or(cfg.MaxRecord, defaultMaxRecord)
	switch {
	case cfg.File == "":
		return nil, errors.New("file is missing; write the path of the file to read")
	case cfg.Poll < 0:
		return nil, fmt.Errorf("poll is %s; it is a positive time such as 1s", cfg.Poll)
	case cfg.MaxRecord < 0:
		return nil, fmt.Errorf("max_record is %d; it is a number of bytes", cfg.MaxRecord)
	}
	if _, err := Comma(cfg.Comma); err != nil {
		return nil, err
	}
	s := &Source{host: h, cfg: cfg, ticks: realTicks}
	for _, option := range options {
		option(s)
	}
	return s, nil
}

// Comma is the separator that a configuration names.
func Comma(s string) (byte, error) {
	if len(s) != 1 || s[0] == '"' || s[0] == '\n' || s[0] == '\r' {
		return 0, fmt.Errorf(`comma is %q; it is one character such as "," or ";" or "\t"`, s)
	}
	return s[0], nil
}

// Open opens the file at the saved place, or at its beginning when it is not
// the file of which the place was saved.
func (s *Source) Open(ctx context.Context) error {
	if s.host.Checkpoint == nil {
		return errors.New("the room keeps no checkpoints, so the place in the file would be lost")
	}
	state, err := s.host.Checkpoint.Load(ctx)
	if err != nil {
		return fmt.Errorf("loading the place in %s: %w", s.cfg.File, err)
	}
	opened, err := openSession(s.host, s.cfg, state)
	if err != nil {
		return err
	}
	opened.tick, opened.stop = s.ticks(time.Duration(s.cfg.Poll))
	s.open = opened
	return nil
}

// Read returns the next complete record.
func (s *Source) Read(ctx context.Context) (connectors.Message, connectors.Ack, error) {
	if s.open == nil {
		return connectors.Message{}, nil, errors.New("the file is not open")
	}
	return s.open.read(ctx)
}

// Close saves the place and closes the file.
func (s *Source) Close(ctx context.Context) error {
	if s.open == nil {
		return nil
	}
	opened := s.open
	s.open = nil
	opened.stop()
	return errors.Join(opened.progress.save(ctx, 1), opened.file.close())
}
