package app

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
)

const (
	archiveNearlyFull = 90 // percent
	watchArchiveEvery = time.Minute
)

// archiveState is how the stream is doing that holds every revision of every
// picture, and with them the pictures that have left the engine's state.
type archiveState struct {
	percent int       // of its limit; 0 when it has none
	gone    uint64    // revisions that fell out of it
	since   time.Time // of its oldest revision
}

func archiveStateOf(info *jetstream.StreamInfo) archiveState {
	s := archiveState{since: info.State.FirstTime}
	if info.Config.MaxBytes > 0 {
		s.percent = int(info.State.Bytes / max(1, uint64(info.Config.MaxBytes)/100))
	}
	if info.State.FirstSeq > 0 {
		s.gone = info.State.FirstSeq - 1
	}
	return s
}

// alarm says what of the archive is lost, or soon will be; "" while it is well.
func (s archiveState) alarm() string {
	switch {
	case s.gone > 0:
		return fmt.Sprintf("the archive has lost its oldest %d revisions of incidents; it goes back to %s: give the bus a larger max_store, and make backups",
			s.gone, s.since.UTC().Format(time.RFC3339))
	case s.percent >= archiveNearlyFull:
		return fmt.Sprintf("the archive of incidents is %d %% full; then its oldest revisions are lost: make a backup and give the bus a larger max_store", s.percent)
	}
	return ""
}

func (r *Room) archiveState(ctx context.Context) (archiveState, error) {
	stream, err := r.bus.JS().Stream(ctx, fusion.StreamPictures)
	if err != nil {
		return archiveState{}, fusion.Errorf(fusion.KindUnavailable, "look at stream "+fusion.StreamPictures, "%w", err)
	}
	return archiveStateOf(stream.CachedInfo()), nil
}

// watchArchive says in the log whatever falls out of the archive.
func (r *Room) watchArchive(ctx context.Context) {
	ticker := time.NewTicker(watchArchiveEvery)
	defer ticker.Stop()
	var known archiveState
	for {
		now, err := r.archiveState(ctx)
		if alarm := now.alarm(); err == nil && alarm != "" && now.gone >= known.gone && now != known {
			r.log.ErrorContext(ctx, "ALARM: the archive of incidents is full, or nearly", "problem", alarm, "lost", now.gone-known.gone, "percent", now.percent)
		}
		if err == nil {
			known = now
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
