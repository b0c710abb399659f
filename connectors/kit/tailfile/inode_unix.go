//go:build unix

package tailfile

import (
	"fmt"
	"io/fs"
	"syscall"
)

// inode names the file in its file system, "" where that is not known.
func inode(info fs.FileInfo) string {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("%d:%d", s.Dev, s.Ino)
	}
	return ""
}
