package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
	"github.com/openiroom/iroom/fusion/desk"
)

// Revisions reads the stored revisions of a bus for its desk.
type Revisions struct {
	js jetstream.JetStream

	mu      sync.Mutex
	changed chan struct{}
}

const (
	answerWithin  = 5 * time.Second // to wait for the next message of an answer
	batchMessages = 1000
	batchBytes    = 8 << 20
)

// NewRevisions reads the pictures of a bus on which the streams are made.
// It listens to what is stored until the connection ends.
func NewRevisions(js jetstream.JetStream) (*Revisions, error) {
	r := &Revisions{js: js, changed: make(chan struct{})}
	_, err := js.Conn().Subscribe(fusion.PictureSubject("*"), func(*nats.Msg) {
		r.mu.Lock()
		defer r.mu.Unlock()
		close(r.changed)
		r.changed = make(chan struct{})
	})
	if err != nil {
		return nil, unreadable(err)
	}
	return r, nil
}

// Changes is closed when a revision is stored.
func (r *Revisions) Changes() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// Stored tells what the stream holds.
func (r *Revisions) Stored(ctx context.Context) (desk.RevisionsState, error) {
	s, err := r.js.Stream(ctx, fusion.StreamPictures)
	if err != nil {
		return desk.RevisionsState{}, unreadable(err)
	}
	info := s.CachedInfo()
	state := desk.RevisionsState{Created: info.Created.UTC(), First: info.State.FirstSeq, Last: info.State.LastSeq}
	if info.State.Msgs > 0 {
		state.Since = info.State.FirstTime.UTC()
	} else {
		state.First = state.Last + 1
	}
	return state, nil
}

// StoredIDs lists the pictures that have a revision.
func (r *Revisions) StoredIDs(ctx context.Context) ([]fusion.PictureID, error) {
	prefix := fusion.PictureSubject("")
	s, err := r.js.Stream(ctx, fusion.StreamPictures)
	if err != nil {
		return nil, unreadable(err)
	}
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(prefix+"*"))
	if err != nil {
		return nil, unreadable(err)
	}
	ids := make([]fusion.PictureID, 0, len(info.State.Subjects))
	for subject := range info.State.Subjects {
		ids = append(ids, fusion.PictureID(strings.TrimPrefix(subject, prefix)))
	}
	return ids, nil
}

// directGet asks for stored messages; see ADR-31 of the NATS architecture.
type directGet struct {
	Seq       uint64     `json:"seq,omitzero"`
	Next      string     `json:"next_by_subj,omitzero"`
	Batch     int        `json:"batch,omitzero"`
	MaxBytes  int        `json:"max_bytes,omitzero"`
	MultiLast []string   `json:"multi_last,omitempty"`
	UpToSeq   uint64     `json:"up_to_seq,omitzero"`
	UpToTime  *time.Time `json:"up_to_time,omitzero"`
}

// LastRevisions hands over the newest revision of each picture up to a bound.
// An answer may be cut by its size; the rest is asked for again.
func (r *Revisions) LastRevisions(ctx context.Context, ids []fusion.PictureID, upTo desk.UpTo, do func(desk.Revision) error) error {
	get := directGet{UpToSeq: upTo.Seq, MaxBytes: batchBytes}
	if !upTo.Time.IsZero() {
		get.UpToTime = new(upTo.Time.UTC().Add(1)) // the server's bound is not included
	}
	for _, id := range ids {
		get.MultiLast = append(get.MultiLast, fusion.PictureSubject(id))
	}
	for {
		list, pending, err := r.get(ctx, get)
		if err != nil {
			return err
		}
		for _, revision := range list {
			if err := do(revision); err != nil {
				return err
			}
		}
		if pending == 0 || len(list) == 0 {
			return nil
		}
		get.Seq = list[len(list)-1].Seq + 1
	}
}

// RevisionsFrom returns revisions from a sequence on.
func (r *Revisions) RevisionsFrom(ctx context.Context, seq uint64, id fusion.PictureID, limit int) ([]desk.Revision, error) {
	of := fusion.PictureSubject("*")
	if id != "" {
		of = fusion.PictureSubject(id)
	}
	list, _, err := r.get(ctx, directGet{Seq: max(seq, 1), Next: of, Batch: min(limit, batchMessages), MaxBytes: batchBytes})
	return list, err
}

// get collects the messages of one answer, and how many more there are.
func (r *Revisions) get(ctx context.Context, ask directGet) (list []desk.Revision, pending uint64, err error) {
	body, err := fusion.Encode(ask)
	if err != nil {
		return nil, 0, fmt.Errorf("encode the question: %w", err)
	}
	nc := r.js.Conn()
	inbox := nc.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, 0, unreadable(err)
	}
	defer func() {
		if gone := sub.Unsubscribe(); gone != nil && err == nil {
			err = unreadable(gone)
		}
	}()
	if err := nc.PublishRequest("$JS.API.DIRECT.GET."+fusion.StreamPictures, inbox, body); err != nil {
		return nil, 0, unreadable(err)
	}
	for {
		m, err := r.next(ctx, sub)
		if err != nil {
			return nil, 0, unreadable(err)
		}
		switch status := m.Header.Get("Status"); status {
		case "":
			revision, err := revisionOf(m)
			if err != nil {
				return nil, 0, err
			}
			list = append(list, revision)
		case "204", "404":
			pending, err = strconv.ParseUint("0"+m.Header.Get("Nats-Num-Pending"), 10, 64)
			return list, pending, err
		default:
			return nil, 0, unreadable(errors.New(status + " " + m.Header.Get("Description")))
		}
	}
}

func (r *Revisions) next(ctx context.Context, sub *nats.Subscription) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return sub.NextMsgWithContext(ctx)
}

func revisionOf(m *nats.Msg) (v desk.Revision, err error) {
	v.Data = m.Data
	if v.Seq, err = strconv.ParseUint(m.Header.Get("Nats-Sequence"), 10, 64); err == nil {
		v.Stored, err = time.Parse(time.RFC3339Nano, m.Header.Get("Nats-Time-Stamp"))
	}
	if err == nil {
		v.Place, err = fusion.ParsePlace(m.Header.Get(bus.HeaderPlace))
	}
	if err != nil {
		return v, fusion.Errorf(fusion.KindCorrupt, "read the pictures", "%w", err)
	}
	return v, nil
}

func unreadable(err error) error {
	return fusion.Errorf(fusion.KindUnavailable, "read the pictures", "%w", err).WithHint("ask again")
}
