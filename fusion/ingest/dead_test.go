package ingest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/ingest"
)

func letter(connector, code string, payload []byte) ingest.DeadLetter {
	return ingest.DeadLetter{
		Connector: connector, Version: "anpr/1", Payload: payload, Origin: "topic/a", Received: noon,
		Meta:      map[string]string{"topic": "a", "note": "line\nbreak and ü"},
		Rejection: &fusion.Rejection{Code: code, Stage: "map", Field: "plate", Err: errors.New("is missing\nsecond line")},
	}
}

func TestDeadLetterKeepsAll(t *testing.T) {
	b := startBus(t)
	in := newIngest(t, b, ingest.Options{})
	payload := []byte{0, 1, 0xff, '\n'}
	for range 3 {
		if err := in.Dead(limited(t), letter("anpr", "missing", payload)); err != nil {
			t.Fatal(err)
		}
	}
	list, err := ingest.ListDead(limited(t), b.JS(), ingest.DeadFilter{}, 0, 0)
	if err != nil || len(list) != 1 {
		t.Fatalf("three times the same are %d (%v)", len(list), err)
	}
	l, err := ingest.GetDead(limited(t), b.JS(), list[0].Seq)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(l.Payload, payload) || l.Cut() || l.Connector != "anpr" || l.Code != "missing" || l.Stage != "map" ||
		l.Field != "plate" || l.Reason != "is missing | second line" || l.Version != "anpr/1" || l.Origin != "topic/a" ||
		!l.Received.Equal(noon) || l.Meta["note"] != "line\nbreak and ü" {
		t.Errorf("stored %+v", l)
	}
	if err := ingest.MarkReplayed(limited(t), b.JS(), l.Seq); err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.GetDead(limited(t), b.JS(), l.Seq); fusion.KindOf(err) != fusion.KindNotFound {
		t.Errorf("after the replay: %v", err)
	}
}

func TestListDeadFilters(t *testing.T) {
	b := startBus(t)
	in := newIngest(t, b, ingest.Options{})
	for i, l := range []ingest.DeadLetter{letter("a", "missing", nil), letter("b", "missing", nil), letter("a", "syntax", nil), letter("a", "missing", []byte("2"))} {
		if err := in.Dead(limited(t), l); err != nil {
			t.Fatal(i, err)
		}
	}
	for _, c := range []struct {
		filter ingest.DeadFilter
		after  uint64
		limit  int
		want   []uint64
	}{
		{ingest.DeadFilter{}, 0, 0, []uint64{1, 2, 3, 4}},
		{ingest.DeadFilter{Connector: "a"}, 0, 0, []uint64{1, 3, 4}},
		{ingest.DeadFilter{Code: "missing"}, 1, 0, []uint64{2, 4}},
		{ingest.DeadFilter{Connector: "a", Code: "missing"}, 0, 1, []uint64{1}},
		{ingest.DeadFilter{Connector: "none"}, 0, 0, nil},
	} {
		list, err := ingest.ListDead(limited(t), b.JS(), c.filter, c.after, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []uint64
		for _, l := range list {
			got = append(got, l.Seq)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v after %d: %v, want %v", c.filter, c.after, got, c.want)
		}
	}
}

func TestHugePayloadIsCut(t *testing.T) {
	b := startBus(t)
	in := newIngest(t, b, ingest.Options{})
	payload := bytes.Repeat([]byte("0123456789abcdef"), 600<<10)
	if err := in.Dead(limited(t), letter("anpr", "too-large", payload)); err != nil {
		t.Fatal(err)
	}
	l, err := ingest.GetDead(limited(t), b.JS(), 1)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(payload)
	if !l.Cut() || l.Size != len(payload) || l.SHA256 != hex.EncodeToString(sum[:]) || !bytes.HasPrefix(payload, l.Payload) {
		t.Errorf("cut to %d of %d, digest %s", len(l.Payload), l.Size, l.SHA256)
	}
}

func TestTooLargeEventIsDeadAndOthersLive(t *testing.T) {
	b := startBus(t)
	in := newIngest(t, b, ingest.Options{})
	large := event(1)
	large.Attrs["text"] = strings.Repeat("x", fusion.MaxEventBytes)
	item := ingest.Item{Connector: "anpr", Raw: []byte("the original"), Events: []*fusion.Event{large, event(2)}}
	if err := submit(t, in, item); err != nil {
		t.Fatal(err)
	}
	if got := readLog(t, b); len(got.ids) != 1 || got.ids[0] != event(2).ID {
		t.Errorf("on the log: %v", got.ids)
	}
	list, err := ingest.ListDead(limited(t), b.JS(), ingest.DeadFilter{Connector: "anpr", Code: "too-large"}, 0, 0)
	if err != nil || len(list) != 1 || string(list[0].Payload) != "the original" {
		t.Errorf("dead: %+v (%v)", list, err)
	}
	if s := in.Stats(); s.Dead != 1 || s.Events != 1 {
		t.Errorf("stats %+v", s)
	}
}
