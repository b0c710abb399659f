package bus

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// errLocked says that another process has the folder.
var errLocked = errors.New("locked by another process")

// dirLock keeps a second process out of a folder.
type dirLock struct{ file *os.File }

func lockDir(dir string) (*dirLock, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errLocked
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &dirLock{f}, nil
}

// release gives the folder back; the system does it when the file is closed.
func (l *dirLock) release() { l.file.Close() } //nolint:errcheck // nothing was written to it

func freeBytes(dir string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * s.Bsize, nil
}

func (b *Bus) ballastFile() string { return filepath.Join(b.opt.Dir, "ballast") }

// layBallast takes space that can be freed when there is no other. The bytes
// are written, since a file with a hole takes none.
func (b *Bus) layBallast() error {
	if info, err := os.Stat(b.ballastFile()); err == nil && info.Size() == b.opt.Ballast {
		return nil
	}
	free, err := freeBytes(b.opt.Dir)
	if err != nil {
		return err
	}
	if free < 4*b.opt.Ballast {
		return errors.New("there is too little free space")
	}
	return os.WriteFile(b.ballastFile(), make([]byte, b.opt.Ballast), 0o600)
}

func (b *Bus) freeBallast() error {
	if err := os.Remove(b.ballastFile()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// restoreBallast lays the ballast again once there is space for it.
func (b *Bus) restoreBallast() {
	if free, err := freeBytes(b.opt.Dir); err != nil || free < 4*b.opt.Ballast {
		return
	}
	if err := b.layBallast(); err != nil {
		b.log.Warn("no ballast could be laid for a full disk", "problem", err)
	}
}
