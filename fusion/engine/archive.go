package engine

import (
	"errors"
	"fmt"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/store"
)

const archiveAtOnce = 100 // pictures in one step, so that none takes long

// archive takes the pictures out of the state that were closed long ago by the
// room's clock. All their revisions are in the stream of pictures.
func (s *step) archive() error {
	ids, err := s.tx.ClosedBefore(s.st.clock.Add(-asTime(s.bundle.Params.ArchiveAfter)), archiveAtOnce)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, changing := s.touched[id]; changing {
			continue
		}
		if err := s.tx.Archive(id); err != nil {
			return fmt.Errorf("archive incident %s: %w", id, err)
		}
	}
	return nil
}

// lookup finds a picture, open or closed. It may be changed only after touch.
func (s *step) lookup(id fusion.PictureID) (*fusion.Picture, error) {
	if t, ok := s.touched[id]; ok {
		return t.p, nil
	}
	if p, ok := s.open[id]; ok {
		return p, nil
	}
	p, err := s.tx.Picture(id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, s.absent(id)
	}
	return p, err
}

// absent says why there is no such picture to be changed.
func (s *step) absent(id fusion.PictureID) error {
	into, err := s.tx.Resolve(id)
	switch {
	case err != nil:
		return err
	case into != id:
		return refuse(fusion.KindConflict, "incident %s was merged and goes on as %s", id, into)
	case s.tx.Archived(id):
		return refuse(fusion.KindConflict, "incident %s is archived: it can be read, and nothing about it changes any more", id)
	}
	return refuse(fusion.KindNotFound, "there is no incident %q", id)
}
