package tailfile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/connectors"
)

// session reads between one Open and its Close. One goroutine uses it, but
// for the acknowledgements of progress.
type session struct {
	log      *slog.Logger
	cfg      Config
	tick     <-chan time.Time
	stop     func()
	progress *progress
	file     *reading
	replaced bool // another file, or none, is now at the path
}

// openSession opens the file and goes to the saved place.
func openSession(h connectors.Host, cfg Config, state []byte) (*session, error) {
	s := &session{log: h.Log.With("connector", h.Name), cfg: cfg, progress: newProgress(h.Checkpoint)}
	var err error
	if s.file, err = open(s.log, cfg, cfg.File); err != nil {
		return nil, err
	}
	if err := s.resume(state); err != nil {
		return nil, errors.Join(err, s.file.close())
	}
	return s, nil
}

func (s *session) resume(state []byte) error {
	if state == nil {
		return nil
	}
	var saved place
	if err := json.Unmarshal(state, &saved); err != nil {
		return fmt.Errorf("the saved place in %s cannot be read: %w", s.cfg.File, err)
	}
	if same, err := s.file.goTo(saved); same || err != nil {
		return err
	}
	old, err := predecessor(s.log, s.cfg, saved)
	if err != nil {
		return err
	}
	if old == nil {
		s.log.Warn("the file is not the one that was read before; reading it from its beginning")
		return nil
	}
	s.log.Info("the file was replaced; reading the rest of the former one first")
	successor := s.file
	s.file = old
	return successor.close()
}

// predecessor finds the file of a saved place under another name in the
// folder and goes there; nil when there is none.
func predecessor(log *slog.Logger, cfg Config, saved place) (*reading, error) {
	folder := filepath.Dir(cfg.File)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("looking for the file that was at %s before: %w", cfg.File, reason(err))
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || saved.Inode == "" || inode(info) != saved.Inode || !info.Mode().IsRegular() {
			continue // gone meanwhile, or another one
		}
		r, err := open(log, cfg, filepath.Join(folder, entry.Name()))
		if err != nil {
			return nil, err
		}
		if same, err := r.goTo(saved); err == nil && same {
			return r, nil
		} else if err = errors.Join(err, r.close()); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (s *session) read(ctx context.Context) (connectors.Message, connectors.Ack, error) {
	for {
		if err := errors.Join(s.progress.failure(), s.progress.save(ctx, saveEvery)); err != nil {
			return connectors.Message{}, nil, err
		}
		m, ok, err := s.file.next()
		if err != nil {
			return connectors.Message{}, nil, err
		}
		if ok {
			m.Received = time.Now().UTC()
			return m, s.progress.ack(s.file.here()), nil
		}
		if err := s.wait(ctx); err != nil {
			return connectors.Message{}, nil, err
		}
	}
}

// wait saves the place and looks at the file when the next tick comes.
func (s *session) wait(ctx context.Context) error {
	if err := s.progress.save(ctx, 1); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.progress.failing:
		return s.progress.failure()
	case <-s.tick:
		return s.look()
	}
}

// look finds out whether the file is still the one at the path. When it is
// not, one more look passes before it is left: its writer may not be done.
func (s *session) look() error {
	now, err := os.Stat(s.cfg.File)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("cannot open %s: %w", s.cfg.File, reason(err))
	case err == nil && os.SameFile(s.file.info, now):
		s.replaced = false
		return s.lookInside(now.Size())
	case !s.replaced:
		s.replaced = true
		return nil
	case !s.file.cutter.finished && s.file.cutter.finish():
		return nil
	}
	return s.turnOver()
}

// lookInside begins again when the file was truncated or written anew.
func (s *session) lookInside(size int64) error {
	rewritten, err := s.file.rewritten(size)
	if rewritten {
		s.file.beginAgain()
	}
	return err
}

// turnOver leaves the file, whose records are all read, for the one that is
// now at the path.
func (s *session) turnOver() error {
	next, err := open(s.log, s.cfg, s.cfg.File)
	if err != nil {
		return err
	}
	s.log.Info("the file was replaced")
	old := s.file
	s.file, s.replaced = next, false
	return old.close()
}
