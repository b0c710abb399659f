package app

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/config"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// A backup is a tar file: the configuration and the files that it names, the
// newest checkpoint, every stream as a header and parts, and at its end the
// manifest with the SHA-256 of all of them, and that of the manifest.
const (
	backupFormat   = 1
	manifestFile   = "manifest.json"
	manifestSum    = "manifest.sha256"
	configFolder   = "config/"
	checkpointFile = "checkpoint"
	streamFolder   = "streams/"
	headerFile     = "/header.json"
	partName       = "/%08d"
	backupPart     = 8 << 20 // bytes of a stream in one file of the backup
)

// Manifest says what a backup holds.
type Manifest struct {
	Format     int          `json:"format"`
	Room       string       `json:"room"`
	Engine     string       `json:"engine"` // its version
	Made       time.Time    `json:"made"`
	Config     string       `json:"config"`     // name of the configuration file
	Checkpoint uint64       `json:"checkpoint"` // message of the log at which it stands; 0: there is none
	Outside    []string     `json:"outside"`    // files of the configuration that are not below its folder: not in the backup
	Streams    []string     `json:"streams"`
	Files      []BackupFile `json:"files"`
}

// BackupFile is a file of a backup.
type BackupFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Progress is told what is being done, and how many bytes of it are done.
type Progress func(what string, done int64)

// Backup writes a backup of a room to w. nc is a connection to the bus of a
// room that runs; without one the room must be stopped.
//
// What makes the backup one whole is the order: the
// checkpoint is older than the outputs, these than the log, and the log than
// what its messages name. A start from it replays what lies between and passes
// over the outputs that are there.
func Backup(ctx context.Context, cfg *config.Config, file string, nc *nats.Conn, log *slog.Logger, w io.Writer, progress Progress) (*Manifest, error) {
	if nc == nil {
		stopped, err := openStopped(ctx, cfg, log)
		if err != nil {
			return nil, err
		}
		defer stopped.Close()
		nc = stopped.Conn()
	}
	b := &backup{tar: tar.NewWriter(w), progress: progress, manifest: Manifest{
		Format: backupFormat, Room: cfg.Room, Engine: engine.Version, Made: time.Now().UTC(), Config: filepath.Base(file),
	}}
	if err := b.configuration(cfg, file); err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, err
	}
	if err := b.checkpoint(ctx, js, filepath.Join(cfg.Path(cfg.Dir), "state")); err != nil {
		return nil, err
	}
	if err := b.streams(ctx, js); err != nil {
		return nil, err
	}
	return &b.manifest, b.end()
}

type backup struct {
	tar      *tar.Writer
	manifest Manifest
	progress Progress
}

func (b *backup) add(name string, content []byte) error {
	sum := sha256.Sum256(content)
	b.manifest.Files = append(b.manifest.Files, BackupFile{name, int64(len(content)), hex.EncodeToString(sum[:])})
	return b.write(name, content)
}

func (b *backup) write(name string, content []byte) error {
	err := b.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(content)), ModTime: b.manifest.Made.Truncate(time.Second)})
	if err == nil {
		_, err = b.tar.Write(content)
	}
	if err != nil {
		return fusion.Errorf(fusion.KindUnavailable, "write the backup", "%w", err)
	}
	return nil
}

func (b *backup) end() error {
	manifest, err := fusion.Encode(b.manifest)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(manifest)
	err = errors.Join(b.write(manifestFile, manifest), b.write(manifestSum, []byte(hex.EncodeToString(sum[:]))))
	return errors.Join(err, b.tar.Close())
}

// configuration adds the configuration and the files that it names, except
// for secrets.
func (b *backup) configuration(cfg *config.Config, file string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return fusion.Errorf(fusion.KindInvalid, "read the configuration", "%w", err)
	}
	if err := b.add(configFolder+filepath.Base(file), content); err != nil {
		return err
	}
	names := []string{cfg.Rules, cfg.Areas}
	for _, list := range cfg.Lists {
		names = append(names, list)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if name == "" {
			continue
		}
		if !filepath.IsLocal(name) {
			b.manifest.Outside = append(b.manifest.Outside, name)
			continue
		}
		if err := b.folder(cfg.Path("."), name); err != nil {
			return fusion.Errorf(fusion.KindInvalid, "read what the configuration names", "%w", err)
		}
	}
	return nil
}

// folder adds a file, or all files below a folder.
func (b *backup) folder(base, name string) error {
	return fs.WalkDir(os.DirFS(base), filepath.ToSlash(filepath.Clean(name)), func(at string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(base, at))
		if err != nil {
			return err
		}
		return b.add(path.Join(configFolder, at), content)
	})
}

// checkpoint adds the newest checkpoint that is whole, which must be one of
// this log.
func (b *backup) checkpoint(ctx context.Context, js jetstream.JetStream, dir string) error {
	b.progress(checkpointFile, 0)
	c, _, err := store.Newest(dir)
	if err != nil || c == nil {
		return err
	}
	roomLog, err := bus.OpenLog(ctx, js)
	if err != nil {
		return err
	}
	state, err := roomLog.State(ctx)
	if err != nil {
		return err
	}
	if err := belongs(c, state); err != nil {
		return err
	}
	content, err := c.Encode()
	if err != nil {
		return err
	}
	b.manifest.Checkpoint = c.Seq
	b.progress(checkpointFile, int64(len(content)))
	return b.add(checkpointFile, content)
}

// belongs says why a checkpoint is not one of the log.
func belongs(c *store.Checkpoint, state bus.LogState) error {
	if !c.LogCreated.Equal(state.Created) || state.Last < c.Seq {
		return fusion.Errorf(fusion.KindCorrupt, "look at the checkpoint", "the one at message %d is not one of the log, which was made at %s and ends at message %d",
			c.Seq, state.Created.Format(time.RFC3339), state.Last)
	}
	return nil
}
