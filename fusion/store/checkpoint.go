package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
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
	Store      *Snapshot
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
	Store      int64     `json:"store"` // bytes
}

const (
	checkpointFormat = 2
	checkpointPrefix = "checkpoint-"
	checkpointSuffix = ".iroom"
	unfinishedSuffix = ".tmp"
	keepCheckpoints  = 3
)

// Encode returns the checkpoint as it stands in its file; equal checkpoints
// give equal bytes.
func (c *Checkpoint) Encode() ([]byte, error) {
	var b bytes.Buffer
	err := c.encode(&b)
	return b.Bytes(), err
}

func (c *Checkpoint) encode(w io.Writer) error {
	h, err := fusion.Encode(header{
		Format: checkpointFormat, Seq: c.Seq, LogCreated: c.LogCreated, Bundle: c.Bundle, Engine: c.Engine,
		State: len(c.State), Store: c.Store.size(),
	})
	if err != nil {
		return fmt.Errorf("encode a checkpoint: %w", err)
	}
	sum := sha256.New()
	both := io.MultiWriter(w, sum)
	for _, part := range [...][]byte{h, {'\n'}, c.State} {
		if _, err := both.Write(part); err != nil {
			return err
		}
	}
	if err := c.Store.writeTo(both); err != nil {
		return err
	}
	_, err = w.Write(sum.Sum(nil))
	return err
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
	if h.State < 0 || h.Store < 0 || int64(h.State)+h.Store != int64(len(sections)) {
		return nil, errors.New("the sections do not have the sizes that the header gives")
	}
	stored, err := readSnapshot(sections[h.State:])
	if err != nil {
		return nil, err
	}
	return &Checkpoint{
		Seq: h.Seq, LogCreated: h.LogCreated, Bundle: h.Bundle, Engine: h.Engine,
		State: bytes.Clone(sections[:h.State]), Store: stored,
	}, nil
}

// Write stores a checkpoint in a folder of this machine, see [Checkpoint.WriteOn].
func (c *Checkpoint) Write(dir string) error { return c.WriteOn(OS{}, dir) }

// WriteOn stores a checkpoint in the folder so that a crash at any moment
// leaves either it or the ones before, and drops all but the newest three.
func (c *Checkpoint) WriteOn(disk Disk, dir string) error {
	name := filepath.Join(dir, fmt.Sprintf("%s%020d%s", checkpointPrefix, c.Seq, checkpointSuffix))
	if err := writeDurably(disk, name, c.encode); err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "write checkpoint", "%w", err).
			WithHint("the log keeps everything; free space in %s and the next checkpoint will be written", dir)
	}
	return prune(disk, dir)
}

// syncEvery is how many bytes are written between two syncs. A file of a
// gigabyte that is synced once keeps every other write of the disk waiting.
const syncEvery = 16 << 20

// gentle is a file that is synced now and then while it is written.
type gentle struct {
	File
	pending int
}

func (g *gentle) Write(b []byte) (int, error) {
	n, err := g.File.Write(b)
	if g.pending += n; err == nil && g.pending >= syncEvery {
		g.pending = 0
		err = g.Sync()
	}
	return n, err
}

func writeDurably(disk Disk, name string, write func(io.Writer) error) error {
	tmp := name + unfinishedSuffix
	f, err := disk.Create(tmp)
	if err != nil {
		return err
	}
	err = write(&gentle{File: f})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, disk.Remove(tmp))
	}
	if err := disk.Rename(tmp, name); err != nil {
		return err
	}
	return disk.SyncDir(filepath.Dir(name))
}

// prune drops all but the newest checkpoints, and what a crash left of one
// that was being written.
func prune(disk Disk, dir string) error {
	names, err := checkpointFiles(disk, dir, checkpointSuffix)
	unfinished, badDir := checkpointFiles(disk, dir, checkpointSuffix+unfinishedSuffix)
	err = errors.Join(err, badDir)
	for _, name := range slices.Concat(names[min(keepCheckpoints, len(names)):], unfinished) {
		err = errors.Join(err, disk.Remove(name))
	}
	return err
}

// checkpointFiles lists the checkpoint files with a suffix, newest first.
func checkpointFiles(disk Disk, dir, suffix string) (names []string, err error) {
	all, err := disk.List(dir)
	for _, name := range all {
		if strings.HasPrefix(name, checkpointPrefix) && strings.HasSuffix(name, suffix) {
			names = append(names, filepath.Join(dir, name))
		}
	}
	slices.Sort(names)
	slices.Reverse(names)
	return names, err
}

// Newest returns the newest whole checkpoint in a folder of this machine, see
// [NewestOn].
func Newest(dir string) (c *Checkpoint, damaged []error, err error) { return NewestOn(OS{}, dir) }

// NewestOn returns the newest checkpoint of the folder that is whole, nil when
// there is none, and what was wrong with those that are newer.
func NewestOn(disk Disk, dir string) (c *Checkpoint, damaged []error, err error) {
	names, err := checkpointFiles(disk, dir, checkpointSuffix)
	if err != nil {
		return nil, nil, fusion.Errorf(fusion.KindUnavailable, "read checkpoints", "%w", err)
	}
	for _, name := range names {
		b, err := disk.Read(name)
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
