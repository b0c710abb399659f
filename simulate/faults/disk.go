package faults

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/openiroom/iroom/fusion/store"
)

const checkpointEnding = ".iroom"

var errFull = errors.New("no space left on device")

// disk keeps what was synced. What was not may be lost, whole or in part, when
// the machine fails.
type disk struct {
	world   *World
	names   map[string]*inode // as programs see them
	durable map[string]*inode // as they are after a failure
	pending []func(map[string]*inode)
	full    bool
	rotten  map[string]bool // files that the world damaged although they were synced

	promised uint64 // place of the newest checkpoint that was written without an error
}

type inode struct{ data, durable []byte }

func newDisk(w *World) *disk {
	return &disk{world: w, names: map[string]*inode{}, durable: map[string]*inode{}, rotten: map[string]bool{}}
}

// change is a change of the folder, durable with its next sync.
func (d *disk) change(do func(map[string]*inode)) {
	do(d.names)
	d.pending = append(d.pending, do)
}

// mayDie: the life that runs now may end at any use of its disk.
func (d *disk) mayDie() {
	if lives := d.world.lives; len(lives) > 0 {
		lives[len(lives)-1].mayDie(80)
	}
}

// Create implements [store.Disk].
func (d *disk) Create(name string) (store.File, error) {
	d.mayDie()
	if d.full {
		return nil, &fs.PathError{Op: "create", Path: name, Err: errFull}
	}
	node := &inode{}
	d.change(func(names map[string]*inode) { names[name] = node })
	delete(d.rotten, name)
	return &file{d, name, node}, nil
}

// Rename implements [store.Disk].
func (d *disk) Rename(from, to string) error {
	d.mayDie()
	node, ok := d.names[from]
	if !ok {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	d.change(func(names map[string]*inode) {
		delete(names, from)
		names[to] = node
	})
	delete(d.rotten, to)
	if strings.HasSuffix(to, checkpointEnding) {
		d.world.checkCheckpoint(node.data)
	}
	return nil
}

// Remove implements [store.Disk].
func (d *disk) Remove(name string) error {
	d.mayDie()
	if _, ok := d.names[name]; !ok {
		return &fs.PathError{Op: "remove", Path: name, Err: fs.ErrNotExist}
	}
	d.change(func(names map[string]*inode) { delete(names, name) })
	return nil
}

// SyncDir implements [store.Disk].
func (d *disk) SyncDir(string) error {
	d.mayDie()
	d.durable, d.pending = maps.Clone(d.names), nil
	return nil
}

// List implements [store.Disk].
func (d *disk) List(dir string) (list []string, err error) {
	for _, name := range d.list() {
		if filepath.Dir(name) == dir {
			list = append(list, filepath.Base(name))
		}
	}
	return list, nil
}

// Read implements [store.Disk].
func (d *disk) Read(name string) ([]byte, error) {
	node, ok := d.names[name]
	if !ok {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	return bytes.Clone(node.data), nil
}

// file is one that is written.
type file struct {
	disk *disk
	name string
	node *inode
}

func (f *file) Write(b []byte) (int, error) {
	f.disk.mayDie()
	if f.disk.full {
		n := f.disk.world.rand.IntN(len(b) + 1)
		f.node.data = append(f.node.data, b[:n]...)
		return n, &fs.PathError{Op: "write", Path: f.name, Err: errFull}
	}
	f.node.data = append(f.node.data, b...)
	return len(b), nil
}

func (f *file) Sync() error {
	f.disk.mayDie()
	f.node.durable = bytes.Clone(f.node.data)
	return nil
}

func (f *file) Close() error { return nil }

// fail is a failure of the machine: changes of the folder that were not
// synced happened up to some point, and data that was not synced may be there
// in part.
func (d *disk) fail() {
	for _, do := range d.pending[:d.world.rand.IntN(len(d.pending)+1)] {
		do(d.durable)
	}
	d.names, d.pending = maps.Clone(d.durable), nil
	for _, name := range d.list() {
		node := d.names[name]
		if !bytes.Equal(node.data, node.durable) {
			node.data = d.torn(node)
		}
		node.durable = bytes.Clone(node.data)
	}
}

func (d *disk) torn(n *inode) []byte {
	kept := len(n.durable) + d.world.rand.IntN(max(1, len(n.data)-len(n.durable)+1))
	torn := bytes.Clone(n.data[:min(kept, len(n.data))])
	if d.world.rand.IntN(3) == 0 {
		torn = append(torn, make([]byte, len(n.data)-len(torn))...)
	}
	return torn
}

// rot flips a bit of a checkpoint, or cuts it off.
func (d *disk) rot() {
	names := d.checkpoints()
	if len(names) == 0 {
		return
	}
	r := d.world.rand
	name := names[r.IntN(len(names))]
	node := d.names[name]
	if len(node.data) == 0 {
		return
	}
	damaged := bytes.Clone(node.data)
	if r.IntN(2) == 0 {
		damaged[r.IntN(len(damaged))] ^= 1 << r.IntN(8)
	} else {
		damaged = damaged[:r.IntN(len(damaged))]
	}
	d.rotten[name] = true
	d.promised = min(d.promised, d.newestSeq())
	node.data, node.durable = damaged, damaged
	d.world.note("%s is damaged", filepath.Base(name))
}

// checkpoints are the files that a start reads, oldest first.
func (d *disk) checkpoints() (list []string) {
	for _, name := range d.list() {
		if strings.HasSuffix(name, checkpointEnding) {
			list = append(list, name)
		}
	}
	return list
}

func (d *disk) list() []string { return slices.Sorted(maps.Keys(d.names)) }

// newestSeq is the place of the newest checkpoint, 0 when there is none.
func (d *disk) newestSeq() (seq uint64) {
	for _, name := range d.checkpoints() {
		if d.rotten[name] {
			continue
		}
		if _, err := fmt.Sscanf(filepath.Base(name), "checkpoint-%d.iroom", &seq); err != nil {
			d.world.fail("the file %s: %v", name, err)
		}
	}
	return seq
}
