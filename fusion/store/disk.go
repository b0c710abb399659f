package store

import (
	"errors"
	"io"
	"os"
)

// Disk is the file system on which checkpoints are kept. Names are paths.
type Disk interface {
	// Create opens a file to be written from its start.
	Create(name string) (File, error)
	// Rename puts a file in the place of another, as a whole.
	Rename(from, to string) error
	Remove(name string) error
	// SyncDir makes durable what was created, renamed and removed in a folder.
	SyncDir(dir string) error
	// List gives the names of the files in a folder, without the folder's own;
	// none when there is no such folder.
	List(dir string) ([]string, error)
	Read(name string) ([]byte, error)
}

// File is a file that is written. What is not synced may be lost, or be there
// in part, after a crash.
type File interface {
	io.WriteCloser
	Sync() error
}

// OS is the disk of this machine.
type OS struct{}

// Create makes a file that only this user may read.
func (OS) Create(name string) (File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
}

// Rename is that of package os.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove is that of package os.
func (OS) Remove(name string) error { return os.Remove(name) }

// SyncDir syncs the folder itself.
func (OS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// List reads the folder.
func (OS) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

// Read is ReadFile of package os.
func (OS) Read(name string) ([]byte, error) { return os.ReadFile(name) }
