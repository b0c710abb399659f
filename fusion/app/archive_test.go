package app

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func TestArchiveIsNotLostInSilence(t *testing.T) {
	at := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		bytes, limit, first uint64
		says                string
	}{
		{0, 1000, 0, ""},
		{899, 1000, 1, ""},
		{900, 1000, 1, "90 % full"},
		{990, 1000, 41, "lost its oldest 40 revisions of incidents; it goes back to 2026-11-24T03:00:00Z"},
		{990, 0, 1, ""}, // without a limit
	} {
		s := archiveStateOf(&jetstream.StreamInfo{
			Config: jetstream.StreamConfig{MaxBytes: int64(c.limit)}, State: jetstream.StreamState{Bytes: c.bytes, FirstSeq: c.first, FirstTime: at},
		})
		if got := s.alarm(); (c.says == "") != (got == "") || !strings.Contains(got, c.says) {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
