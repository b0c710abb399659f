package tailfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"

	"github.com/openiroom/iroom/connectors"
)

// reading is one open file and how far it was read.
type reading struct {
	log    *slog.Logger
	cfg    Config
	file   *os.File
	info   fs.FileInfo
	inode  string
	table  *table
	cutter *cutter
	start  []byte // the first bytes of the file, as they were read
	chunk  []byte
}

// beginAgain is for a file that was truncated or written anew.
func (r *reading) beginAgain() {
	r.log.Warn("the file was written anew; reading it from its beginning")
	r.rewind()
}

// open opens the file at path, at its beginning.
func open(log *slog.Logger, cfg Config, path string) (*reading, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", path, reason(err))
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open %s: %w", path, reason(err)), file.Close())
	}
	r := &reading{log: log, cfg: cfg, file: file, info: info, inode: inode(info), chunk: make([]byte, chunkBytes)}
	r.rewind()
	return r, nil
}

// reason is a path error without the path, which our messages say already.
func reason(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

func (r *reading) close() error { return r.file.Close() }

func (r *reading) rewind() {
	r.table = &table{name: r.cfg.File}
	r.start = nil
	r.seek(0)
}

func (r *reading) seek(offset int64) {
	r.cutter = newCutter(r.cfg.Comma[0], r.cfg.MaxRecord, offset)
}

// here is the place behind the last message.
func (r *reading) here() place {
	return place{File: r.table.id, Inode: r.inode, Offset: r.cutter.base}
}

// goTo goes to a saved place, or stays at the beginning and returns false
// when the place is not in this file.
func (r *reading) goTo(saved place) (bool, error) {
	for r.table.head == 0 {
		if _, ok, err := r.next(); err != nil {
			return false, err
		} else if !ok {
			break
		}
	}
	same := r.table.head > 0 && r.table.id == saved.File && r.inode == saved.Inode &&
		saved.Offset >= r.table.head && saved.Offset <= r.info.Size()
	if !same {
		r.rewind()
		return false, nil
	}
	r.seek(saved.Offset)
	return true, nil
}

// next returns false when the file holds no further complete record.
func (r *reading) next() (connectors.Message, bool, error) {
	for {
		if rec, ok := r.cutter.next(); ok {
			if m, ok := r.table.take(rec); ok {
				return m, true, nil
			}
			continue
		}
		n, err := r.file.ReadAt(r.chunk, r.cutter.end())
		if err != nil && !errors.Is(err, io.EOF) {
			return connectors.Message{}, false, fmt.Errorf("reading %s: %w", r.cfg.File, reason(err))
		}
		if n == 0 {
			return connectors.Message{}, false, nil
		}
		if again, err := r.rewritten(r.cutter.end()); err != nil {
			return connectors.Message{}, false, err
		} else if again {
			r.beginAgain()
			continue
		}
		r.remember(r.chunk[:n])
		r.cutter.feed(r.chunk[:n])
	}
}

// remember keeps the first bytes of the file, to see later that they are
// still the same.
func (r *reading) remember(b []byte) {
	const enough = 1024
	if r.cutter.end() == int64(len(r.start)) && len(r.start) < enough {
		r.start = append(r.start, b[:min(len(b), enough-len(r.start))]...)
	}
}

// rewritten reports whether the file was truncated or written anew since it
// was read; size is its size now.
func (r *reading) rewritten(size int64) (bool, error) {
	start := make([]byte, len(r.start))
	n, err := r.file.ReadAt(start, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, fmt.Errorf("reading %s: %w", r.cfg.File, reason(err))
	}
	return size < r.cutter.end() || !bytes.Equal(start[:n], r.start), nil
}
