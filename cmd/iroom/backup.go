package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/app"
	"github.com/openiroom/iroom/fusion/config"
)

type backupCmd struct {
	Make   backupMakeCmd   `cmd:"" default:"withargs" help:"Copy a room into a file."`
	Verify backupVerifyCmd `cmd:"" help:"Check every byte of a backup."`
}

type backupMakeCmd struct {
	File   string `arg:"" help:"File to write, which must not be there. It has everything that the room has but its secrets; keep it as safe."`
	Config string `default:"room.yaml" help:"Configuration of the room." env:"IROOM_CONFIG"`
}

// Run writes the backup under another name first, so that a file of that name
// is whole.
func (c *backupMakeCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if _, err := os.Stat(c.File); !errors.Is(err, fs.ErrNotExist) {
		return fusion.Errorf(fusion.KindInvalid, "backup", "%s is there already", c.File).WithHint("name a new file")
	}
	nc := runningRoom(cfg)
	if nc != nil {
		defer nc.Close()
	}
	unfinished := c.File + ".partial"
	m, err := writeBackup(unfinished, func(w io.Writer) (*app.Manifest, error) {
		return app.Backup(ctx, cfg, c.Config, nc, log, w, progressOf(log, "backup"))
	})
	if err == nil {
		err = os.Rename(unfinished, c.File)
	}
	if err != nil {
		return errors.Join(err, os.Remove(unfinished))
	}
	for _, name := range m.Outside {
		fmt.Fprintf(std.out, "not in the backup, since it is not below the configuration's folder: %s\n", name)
	}
	return tellBackup(std, c.File, m)
}

// runningRoom connects to the room of this configuration, nil when none runs.
func runningRoom(cfg *config.Config) *nats.Conn {
	nc, err := connect{Dir: cfg.Path(cfg.Dir), Timeout: 10 * time.Second}.dial()
	if err != nil {
		return nil
	}
	return nc
}

func writeBackup(name string, write func(io.Writer) (*app.Manifest, error)) (*app.Manifest, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fusion.Errorf(fusion.KindInvalid, "backup", "%w", err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	m, err := write(w)
	return m, errors.Join(err, w.Flush(), f.Sync(), f.Close())
}

func tellBackup(std streams, file string, m *app.Manifest) error {
	var size int64
	for _, f := range m.Files {
		size += f.Size
	}
	_, err := fmt.Fprintf(std.out, "%s: room %s of %s, %d streams, checkpoint at message %d, %d files, %.1f MB, every checksum right\n",
		file, m.Room, m.Made.Format(time.RFC3339), len(m.Streams), m.Checkpoint, len(m.Files), float64(size)/1e6)
	return err
}

// progressOf says now and then what is being done.
func progressOf(log *slog.Logger, doing string) app.Progress {
	said := time.Now()
	return func(what string, done int64) {
		if time.Since(said) > 2*time.Second {
			said = time.Now()
			log.Info("working on it", "doing", doing, "at", what, "mb", done>>20)
		}
	}
}

type backupVerifyCmd struct {
	File string `arg:"" help:"Backup to check."`
}

// Run checks a backup.
func (c *backupVerifyCmd) Run(std streams, log *slog.Logger) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fusion.Errorf(fusion.KindInvalid, "verify the backup", "%w", err)
	}
	defer f.Close()
	m, err := app.VerifyBackup(bufio.NewReaderSize(f, 1<<20), progressOf(log, "verifying"))
	if err != nil {
		return err
	}
	return tellBackup(std, c.File, m)
}

type restoreCmd struct {
	File string `arg:"" help:"Backup."`
	Dir  string `arg:"" help:"Folder to make, which must not be there."`
}

// Run makes a room of a backup.
func (c *restoreCmd) Run(ctx context.Context, std streams, log *slog.Logger) error {
	m, err := app.Restore(ctx, c.File, filepath.Clean(c.Dir), log, progressOf(log, "restoring"))
	if err != nil {
		return err
	}
	for _, name := range m.Outside {
		fmt.Fprintf(std.out, "not in the backup, so it must be there before the room starts: %s\n", name)
	}
	file := filepath.Join(c.Dir, m.Config)
	_, err = fmt.Fprintf(std.out, "the room %s of %s is in %s; put its secrets in place, then\n"+
		"  iroom replay --verify --config %s\n  iroom serve --config %s\n", m.Room, m.Made.Format(time.RFC3339), c.Dir, file, file)
	return err
}
