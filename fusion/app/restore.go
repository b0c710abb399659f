package app

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/store"
)

// restoredDir is where a restored room keeps what it keeps, below its folder.
const restoredDir = "data"

// Restore makes a room of a backup in a new folder: its configuration, and
// below it in data what it keeps. The folder is there when all of it is, and
// not before. The messages of the log have their sequences and times, so the
// room goes on where the backup was made.
func Restore(ctx context.Context, file, dir string, log *slog.Logger, progress Progress) (*Manifest, error) {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return nil, fusion.Errorf(fusion.KindInvalid, "restore", "%s is there already", dir).WithHint("name a new folder")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "restore", "%w", err)
	}
	defer f.Close()
	m, err := VerifyBackup(f, progress)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	unfinished := dir + ".partial"
	if err := os.RemoveAll(unfinished); err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "restore", "%s, which a restore left that did not end, cannot be removed: %w", unfinished, err)
	}
	r := &restore{tar: tar.NewReader(f), manifest: m, dir: unfinished, log: log, progress: progress}
	if err := r.run(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(unfinished))
	}
	return m, errors.Join(os.Rename(unfinished, dir), store.OS{}.SyncDir(filepath.Dir(dir)))
}

type restore struct {
	tar      *tar.Reader
	at       *tar.Header // the file that comes next; nil: the backup ends
	manifest *Manifest
	dir      string
	root     *os.Root // dir
	log      *slog.Logger
	progress Progress
	bus      *bus.Bus
	saved    *store.Checkpoint
}

func (r *restore) run(ctx context.Context) error {
	if err := errors.Join(os.MkdirAll(r.dir, 0o700), r.next()); err != nil {
		return err
	}
	root, err := os.OpenRoot(r.dir)
	if err != nil {
		return err
	}
	r.root = root
	defer root.Close()
	if err := r.files(); err != nil {
		return err
	}
	cfg, err := r.config()
	if err != nil {
		return err
	}
	if err := r.streams(ctx, cfg); err != nil {
		return err
	}
	return r.syncAll()
}

// streams fills a bus. A sync for each message would take hours; all files are
// synced together before the folder gets its name.
func (r *restore) streams(ctx context.Context, cfg *config.Config) (err error) {
	opt := stoppedBus(cfg)
	opt.NoSyncAlways = true
	if r.bus, err = bus.Start(ctx, opt, r.log); err != nil {
		return err
	}
	defer r.bus.Close()
	for r.at != nil && strings.HasPrefix(r.at.Name, streamFolder) {
		if err := r.stream(ctx); err != nil {
			return err
		}
	}
	return r.checkpoint(ctx, filepath.Join(cfg.Path(cfg.Dir), "state"))
}

// syncAll makes durable all that is in the folder.
func (r *restore) syncAll() error {
	return fs.WalkDir(r.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
			return err
		}
		f, err := r.root.Open(name)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}

// next goes to the next file.
func (r *restore) next() (err error) {
	if r.at, err = r.tar.Next(); errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// files takes the files that come before the streams.
func (r *restore) files() error {
	for r.at != nil && !strings.HasPrefix(r.at.Name, streamFolder) {
		content, err := io.ReadAll(r.tar)
		if err != nil {
			return err
		}
		if r.at.Name == checkpointFile {
			r.saved, err = store.DecodeCheckpoint(content)
		} else if name, ok := strings.CutPrefix(r.at.Name, configFolder); ok {
			err = r.write(name, content)
		}
		if err = errors.Join(err, r.next()); err != nil {
			return err
		}
	}
	return nil
}

func (r *restore) write(name string, content []byte) error {
	if err := r.root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	return r.root.WriteFile(name, content, 0o600)
}

var dirLine = regexp.MustCompile(`(?m)^dir:.*$`)

// config makes the room keep what it keeps below its own folder, so that it
// never touches the room of which it is a copy.
func (r *restore) config() (*config.Config, error) {
	text, err := r.root.ReadFile(r.manifest.Config)
	if err != nil {
		return nil, err
	}
	line := []byte("dir: " + restoredDir)
	if dirLine.Match(text) {
		text = dirLine.ReplaceAll(text, line)
	} else {
		text = slices.Concat(line, []byte{'\n'}, text)
	}
	if err := r.root.WriteFile(r.manifest.Config, text, 0o600); err != nil {
		return nil, err
	}
	cfg, err := config.Load(filepath.Join(r.dir, r.manifest.Config))
	if err == nil && cfg.Dir != restoredDir {
		err = fusion.Errorf(fusion.KindInvalid, "restore", "the configuration in the backup names its dir in a way that cannot be changed")
	}
	if err != nil {
		return nil, err
	}
	return cfg, os.MkdirAll(filepath.Join(cfg.Path(cfg.Dir), "state"), 0o700)
}

// stream makes the stream of which the header comes next.
func (r *restore) stream(ctx context.Context) error {
	name := path.Base(path.Dir(r.at.Name))
	content, err := io.ReadAll(r.tar)
	var h bus.StreamHeader
	if err == nil {
		err = json.Unmarshal(content, &h)
	}
	if err = errors.Join(err, r.next()); err != nil {
		return err
	}
	var done int64
	part := make([]byte, bus.RestorePart)
	return bus.RestoreStream(ctx, r.bus.Conn(), name, h, func() ([]byte, error) {
		n, err := r.part(streamFolder+name+"/", part)
		done += int64(n)
		r.progress(name, done)
		return part[:n], err
	})
}

// part reads from the files of a stream, one after the other; 0: they end.
func (r *restore) part(folder string, into []byte) (int, error) {
	for r.at != nil && strings.HasPrefix(r.at.Name, folder) {
		n, err := io.ReadFull(r.tar, into)
		if n > 0 {
			return n, nil
		}
		if !errors.Is(err, io.EOF) {
			return 0, err
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// checkpoint gives the checkpoint the log that was made again, and checks that
// they fit.
func (r *restore) checkpoint(ctx context.Context, dir string) error {
	roomLog, err := bus.OpenLog(ctx, r.bus.JS())
	if err != nil {
		return err
	}
	state, err := roomLog.State(ctx)
	if err != nil {
		return err
	}
	cursors, err := outputCursors(ctx, r.bus)
	if err != nil {
		return err
	}
	for _, at := range cursors {
		if err := checkCursor("of outputs", at, state); err != nil {
			return err
		}
	}
	if r.saved == nil {
		return nil
	}
	r.saved.LogCreated = state.Created
	return errors.Join(belongs(r.saved, state), r.saved.Write(dir))
}
