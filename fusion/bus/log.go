package bus

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
)

const (
	// heartbeat of a server that has nothing new; two that are missing begin a
	// new session.
	heartbeat = time.Second
	// answerWithin bounds a question to a server that may just have died.
	answerWithin = 2 * time.Second

	readAhead    = 16 << 20 // bytes; well below the client's own limit of 64 MiB
	firstPause   = 50 * time.Millisecond
	longestPause = 5 * time.Second
)

// ErrRecreated says that the log is another one than when it was opened.
var ErrRecreated = errors.New("the log was made anew since it was opened")

// Log reads and writes the log of the room.
type Log struct {
	js      jetstream.JetStream
	created time.Time
}

// LogState is what the log holds now. A reader compares it with where it was:
// a log that was made anew or cut has another creation time or first sequence.
type LogState struct {
	Created     time.Time
	First, Last uint64
}

// Message is one message of the log.
type Message struct {
	Seq     uint64
	Gap     uint64 // sequences that are missing right before this one
	Subject string
	Time    time.Time // when it was stored, UTC
	Header  nats.Header
	Data    []byte
}

// OpenLog opens the log that [Migrate] made.
func OpenLog(ctx context.Context, js jetstream.JetStream) (*Log, error) {
	l := &Log{js: js}
	state, err := l.State(ctx)
	l.created = state.Created
	return l, err
}

// State asks what the log holds now.
func (l *Log) State(ctx context.Context) (LogState, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	s, err := l.js.Stream(ctx, fusion.StreamRoom)
	if err != nil {
		return LogState{}, fusion.Errorf(fusion.KindUnavailable, "read the log", "its state is unknown: %w", err)
	}
	info := s.CachedInfo()
	return LogState{Created: info.Created.UTC(), First: info.State.FirstSeq, Last: info.State.LastSeq}, nil
}

// Read calls fn for every message from sequence from on, in order and each
// once, until ctx is done (then it returns nil) or fn fails. While the bus is
// away it waits. [ErrRecreated]: the sequences mean something else now.
func (l *Log) Read(ctx context.Context, from uint64, fn func(Message) error) error {
	r := reader{log: l, at: Position{Next: max(from, 1)}, fn: fn}
	pause := firstPause
	for ctx.Err() == nil {
		before := r.at.Next
		if failed, ok := errors.AsType[stopError](r.session(ctx)); ok {
			return failed.error
		}
		if r.at.Next > before {
			pause = firstPause
		}
		wait(ctx, pause)
		pause = min(2*pause, longestPause)
	}
	return nil
}

// Find returns the messages of one subject from sequence from on.
func (l *Log) Find(ctx context.Context, subject string, from uint64) (list []Message, err error) {
	s, err := l.js.Stream(ctx, fusion.StreamRoom)
	for err == nil {
		var m *jetstream.RawStreamMsg
		if m, err = s.GetMsg(ctx, max(from, 1), jetstream.WithGetMsgSubject(subject)); err == nil {
			list = append(list, Message{Seq: m.Sequence, Subject: m.Subject, Time: m.Time.UTC(), Header: m.Header, Data: m.Data})
			from = m.Sequence + 1
		}
	}
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return list, nil
	}
	return nil, fusion.Errorf(fusion.KindUnavailable, "read the log", "%w", err)
}

// Get returns one message; an error of kind not-found when the log does not
// hold it, or not any more.
func (l *Log) Get(ctx context.Context, seq uint64) (Message, error) {
	s, err := l.js.Stream(ctx, fusion.StreamRoom)
	if err != nil {
		return Message{}, fusion.Errorf(fusion.KindUnavailable, "read the log", "%w", err)
	}
	m, err := s.GetMsg(ctx, seq)
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return Message{}, fusion.Errorf(fusion.KindNotFound, "read the log", "it does not hold message %d", seq)
	case err != nil:
		return Message{}, fusion.Errorf(fusion.KindUnavailable, "read the log", "%w", err)
	}
	return Message{Seq: m.Sequence, Subject: m.Subject, Time: m.Time.UTC(), Header: m.Header, Data: m.Data}, nil
}

// stopError ends reading; every other error is tried again.
type stopError struct{ error }

type reader struct {
	log *Log
	at  Position
	fn  func(Message) error
}

// session reads through one consumer until something fails. The consumer is
// of this session only: the next one asks first whether the log is the same,
// which the client's own ordered consumer does not.
func (r *reader) session(ctx context.Context) error {
	if err := r.same(ctx); err != nil {
		return err
	}
	consumer, err := r.consumer(ctx)
	if err != nil {
		return err
	}
	messages, err := consumer.Messages(jetstream.PullMaxBytes(readAhead), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return err
	}
	defer messages.Stop()
	r.at.Begin()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return err
		}
		if err := r.take(m); err != nil {
			return err
		}
	}
}

func (r *reader) consumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	return r.log.js.CreateConsumer(ctx, fusion.StreamRoom, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: r.at.Next, AckPolicy: jetstream.AckNonePolicy,
		MaxDeliver: 1, MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute,
	})
}

func (r *reader) same(ctx context.Context) error {
	state, err := r.log.State(ctx)
	if err == nil && !state.Created.Equal(r.log.created) {
		return stopError{fusion.Errorf(fusion.KindCorrupt, "read the log", "%w", ErrRecreated).
			WithHint("start the room from a checkpoint of this log, or from its beginning")}
	}
	return err
}

// take passes a message on. One that was lost on the way shows in the number
// of deliveries and ends the session; a hole in the log does not.
func (r *reader) take(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	seq := meta.Sequence.Stream
	gap, err := r.at.Take(meta.Sequence.Consumer, seq)
	if err != nil {
		return err
	}
	err = r.fn(Message{
		Seq: seq, Gap: gap, Subject: m.Subject(), Time: meta.Timestamp.UTC(), Header: m.Headers(), Data: m.Data(),
	})
	if err != nil {
		return stopError{err}
	}
	return nil
}

// Publish writes a message and returns its sequence once it is on disk. ttl is
// its life, at least 1 s; 0 means for ever. With expectLast it is written only
// if that is the last sequence, else the error is [ErrFenced]. After an error
// of kind unavailable, which comes after 5 s at the latest, the message may be
// on the log all the same.
func (l *Log) Publish(ctx context.Context, subject string, data []byte, ttl time.Duration, expectLast *uint64) (uint64, error) {
	var opts []jetstream.PublishOpt
	if ttl > 0 {
		opts = append(opts, jetstream.WithMsgTTL(ttl))
	}
	if expectLast != nil {
		opts = append(opts, jetstream.WithExpectLastSequence(*expectLast))
	}
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	ack, err := l.js.Publish(ctx, subject, data, opts...)
	switch {
	case err == nil && ack.Stream != fusion.StreamRoom:
		return 0, fusion.Errorf(fusion.KindInvalid, "write to the log", "%s is not a subject of the log", subject)
	case wrongLast(err):
		return 0, fusion.Errorf(fusion.KindConflict, "write to the log", "%w: %w", ErrFenced, err)
	case err != nil:
		return 0, fusion.Errorf(fusion.KindUnavailable, "write to the log", "%s was not acknowledged: %w", subject, err)
	}
	return ack.Sequence, nil
}

func wrongLast(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// wait sleeps unless ctx ends before.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
