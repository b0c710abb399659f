package bus

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// leastStore is the least that a room can work with, in bytes.
const leastStore = 32 << 20

// decideStore decides how large the store may become. A room keeps the size
// that it chose when it first started, so that a disk that has filled since
// does not keep it from starting; the configuration overrides that. The server
// is never given less than before, because it would not open its streams.
func (b *Bus) decideStore() error {
	before, err := b.storeBefore()
	if err != nil {
		return invalid("%w", err)
	}
	free, err := freeBytes(b.opt.Dir)
	if err != nil {
		return invalid("cannot ask for the free space of %s: %w", b.opt.Dir, err)
	}
	b.opt.MaxStore = cmp.Or(b.opt.MaxStore, before, min(defaultMaxStore, free/4*3))
	if b.opt.MaxStore < leastStore || before == 0 && free < leastStore {
		return unavailable("the folder %s has %d MB of free space and the store may take %d MB", b.opt.Dir, free>>20, b.opt.MaxStore>>20).
			WithHint("a room needs at least %d MB: free some, name a folder elsewhere, or set a larger max_store", leastStore>>20)
	}
	if before == 0 && b.opt.MaxStore > free {
		b.log.Warn("the store may become larger than the free space of its folder", "folder", b.opt.Dir, "store_mb", b.opt.MaxStore>>20, "free_mb", free>>20)
	}
	b.serverStore = max(b.opt.MaxStore, before)
	if b.serverStore == before {
		return nil
	}
	if err := os.WriteFile(b.storeFile(), fmt.Append(nil, b.serverStore), 0o600); err != nil {
		return unavailable("cannot write into %s: %w", b.opt.Dir, err).WithHint("free space there")
	}
	return nil
}

func (b *Bus) storeFile() string { return filepath.Join(b.opt.Dir, "max-store") }

// storeBefore is the size that earlier starts decided, 0 when there was none.
func (b *Bus) storeBefore() (int64, error) {
	text, err := os.ReadFile(b.storeFile())
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	size, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s does not hold a number of bytes; remove it", b.storeFile())
	}
	return size, nil
}
