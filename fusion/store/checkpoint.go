package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
)

// Checkpoint is the whole state of the room at one place on the log.
type Checkpoint struct {
	Seq        uint64    // the last message that the state contains
	LogCreated time.Time // of the stream: a recreated log is another log
	Bundle     string    // hash of the active configuration, "" before the first
	Engine     string    // version of the engine that wrote it
	State      []byte    // the engine's own state, encoded
	Store      []byte    // the store, as Save writes it
}

// header is the first line of a checkpoint file. After it come the two
// sections and the SHA-256 of all that stands before.
type header struct {
	Format     int       `json:"format"`
	Seq        uint64    `json:"seq"`
	LogCreated time.Time `json:"log_created"`
	Bundle     string    `json:"bundle"`
	Engine     string    `json:"engine"`
	State      int       `json:"state"` // bytes
	Store      int       `json:"store"` // bytes
}

const (
	checkpointFormat = 1
	checkpointPrefix = "checkpoint-"
	checkpointSuffix = ".iroom"
	keepCheckpoints  = 3
)

// Encode writes the checkpoint as it stands in its file; equal checkpoints
// give equal bytes.
func (c *Checkpoint) Encode() ([]byte, error) {
	h, err := fusion.Encode(header{
		Format: checkpointFormat, Seq: c.Seq, LogCreated: c.LogCreated, Bundle: c.Bundle, Engine: c.Engine,
		State: len(c.State), Store: len(c.Store),
	})
	if err != nil {
		return nil, fmt.Errorf("encode a checkpoint: %w", err)
	}
	b := slices.Concat(h, []byte{'\n'}, c.State, c.Store)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...), nil
}

// DecodeCheckpoint reads what Encode wrote. Any damage is an error.
func DecodeCheckpoint(b []byte) (*Checkpoint, error) {
	if len(b) < sha256.Size {
		return nil, errors.New("the file is cut off")
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if want := sha256.Sum256(body); !bytes.Equal(sum, want[:]) {
		return nil, errors.New("the checksum is wrong: the file is cut off or damaged")
	}
	line, sections, _ := bytes.Cut(body, []byte{'\n'})
	var h header
	if err := json.Unmarshal(line, &h); err != nil {
		return nil, fmt.Errorf("the header is not readable: %w", err)
	}
	if h.Format != checkpointFormat {
		return nil, fmt.Errorf("the format is %d; this program reads %d", h.Format, checkpointFormat)
	}
	if h.State < 0 || h.Store < 0 || h.State+h.Store != len(sections) {
		return nil, errors.New("the sections do not have the sizes that the header gives")
	}
	return &Checkpoint{
		Seq: h.Seq, LogCreated: h.LogCreated, Bundle: h.Bundle, Engine: h.Engine,
		State: sections[:h.State], Store: sections[h.State:],
	}, nil
}

// Write stores a checkpoint in the folder so that a crash at any moment
// leaves either it or the ones before, and drops all but the newest three.
func (c *Checkpoint) Write(dir string) error {
	b, err := c.Encode()
	if err != nil {
		return err
	}
	name := filepath.Join(dir, fmt.Sprintf("%s%020d%s", checkpointPrefix, c.Seq, checkpointSuffix))
	if err := writeDurably(name, b); err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "write checkpoint", "%w", err).
			WithHint("the log keeps everything; free space in %s and the next checkpoint will be written", dir)
	}
	return prune(dir)
}

func writeDurably(name string, b []byte) (err error) {
	tmp := name + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func prune(dir string) error {
	names, err := checkpointFiles(dir)
	if err != nil {
		return err
	}
	for _, name := range names[min(keepCheckpoints, len(names)):] {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// checkpointFiles lists the checkpoint files, newest first.
func checkpointFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), checkpointPrefix) && strings.HasSuffix(e.Name(), checkpointSuffix) {
			names = append(names, filepath.Join(dir, e.Name()))
		}
	}
	slices.Sort(names)
	slices.Reverse(names)
	return names, err
}

// Newest returns the newest checkpoint of the folder that is whole, nil when
// there is none, and what was wrong with those that are newer.
func Newest(dir string) (c *Checkpoint, damaged []error, err error) {
	names, err := checkpointFiles(dir)
	if err != nil {
		return nil, nil, fusion.Errorf(fusion.KindUnavailable, "read checkpoints", "%w", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err == nil {
			c, err = DecodeCheckpoint(b)
		}
		if err == nil {
			return c, damaged, nil
		}
		damaged = append(damaged, fusion.Errorf(fusion.KindCorrupt, "checkpoint "+name, "%w", err))
	}
	return nil, damaged, nil
}
