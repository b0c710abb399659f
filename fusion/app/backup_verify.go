package app

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/openiroom/iroom/fusion"
)

// VerifyBackup reads a whole backup and checks every byte of it against the
// checksums of its manifest.
func VerifyBackup(r io.Reader, progress Progress) (*Manifest, error) {
	files, manifest, err := readBackup(r, progress)
	var m Manifest
	if err == nil {
		err = json.Unmarshal(manifest, &m, json.RejectUnknownMembers(true))
	}
	switch {
	case err != nil:
	case m.Format != backupFormat:
		err = fmt.Errorf("its format is %d; this program reads %d", m.Format, backupFormat)
	case !slices.Equal(files, m.Files):
		err = errors.New("its files are not what the manifest says")
	}
	if err != nil {
		return nil, fusion.Errorf(fusion.KindCorrupt, "verify the backup", "%w", err).WithHint("use another backup")
	}
	return &m, nil
}

// readBackup sums up the files of a backup and returns its manifest, checked.
func readBackup(r io.Reader, progress Progress) (files []BackupFile, manifest []byte, err error) {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil, nil, errors.New("it is cut off")
		}
		if err != nil {
			return nil, nil, err
		}
		progress(h.Name, 0)
		switch h.Name {
		case manifestFile:
			if manifest, err = io.ReadAll(t); err != nil {
				return nil, nil, err
			}
		case manifestSum:
			sum := sha256.Sum256(manifest)
			if got, err := io.ReadAll(t); err != nil || string(got) != hex.EncodeToString(sum[:]) {
				return nil, nil, errors.Join(err, errors.New("its manifest is damaged"))
			}
			return files, manifest, nil
		default:
			sum := sha256.New()
			n, err := io.CopyN(sum, t, h.Size)
			if err != nil {
				return nil, nil, err
			}
			files = append(files, BackupFile{h.Name, n, hex.EncodeToString(sum.Sum(nil))})
		}
	}
}
