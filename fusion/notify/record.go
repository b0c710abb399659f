package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
)

const (
	// StreamNotify is the stream of the messages on topics.
	StreamNotify = "NOTIFY"
	// Bucket is the key-value bucket of what the notifier knows.
	Bucket = "notify"

	// share of the store's bytes for each of the two, 1 in this many.
	share        = 100
	defaultBytes = 100 << 20

	keepMarkers = time.Minute // of what was removed
)

// record is the bucket.
type record struct {
	kv jetstream.KeyValue
}

// openRecord makes the bucket and the stream of topics where they are missing;
// maxStore is the size of the whole store in bytes, 0: unknown.
func openRecord(ctx context.Context, js jetstream.JetStream, maxStore int64) (*record, error) {
	size := int64(defaultBytes)
	if maxStore > 0 {
		size = max(maxStore/share, 1<<20)
	}
	_, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: StreamNotify, Description: "messages to people, by topic", Subjects: []string{TopicSubject(">")},
		Storage: jetstream.FileStorage, MaxBytes: size, Duplicates: 10 * time.Minute, Replicas: 1,
	})
	if err != nil {
		return nil, fusion.Errorf(fusion.KindUnavailable, "prepare the notifier", "stream %s: %w", StreamNotify, err)
	}
	kv, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: Bucket, Description: "who was told of what", MaxBytes: size, Replicas: 1,
		LimitMarkerTTL: keepMarkers,
	})
	if err != nil {
		return nil, fusion.Errorf(fusion.KindUnavailable, "prepare the notifier", "bucket %s: %w", Bucket, err)
	}
	return &record{kv}, nil
}

// load fills a core. What belongs to a route that is no more is forgotten.
func (r *record) load(ctx context.Context, c *core, log *slog.Logger) error {
	lister, err := r.kv.ListKeys(ctx)
	if err != nil {
		return recordError(err)
	}
	keys := slices.Sorted(func(yield func(string) bool) {
		for k := range lister.Keys() {
			if !yield(k) {
				return
			}
		}
	})
	for _, key := range keys {
		entry, err := r.kv.Get(ctx, key)
		if err != nil {
			return recordError(err)
		}
		if err := c.restore(key, entry.Value()); err != nil {
			return fusion.Errorf(fusion.KindCorrupt, "read the bucket "+Bucket, "%s: %w", key, err).
				WithHint("remove that key; somebody may be told again")
		}
	}
	c.recorded = c.cursor.Seq
	if n := c.forgetRoutes(); n > 0 {
		log.Warn("incidents of routes that are no longer configured are forgotten", "tickets", n)
	}
	c.retell()
	return nil
}

// restore takes one entry of the bucket.
func (c *core) restore(key string, data []byte) error {
	switch {
	case key == cursorKey:
		return json.Unmarshal(data, &c.cursor)
	case strings.HasPrefix(key, ticketPrefix):
		t := &ticket{Told: map[string]telling{}}
		if err := json.Unmarshal(data, t); err != nil {
			return err
		}
		c.addTicket(t)
		return nil
	case strings.HasPrefix(key, inboxPrefix):
		box := &inbox{}
		c.inboxes[strings.TrimPrefix(key, inboxPrefix)] = box
		return json.Unmarshal(data, box)
	case strings.HasPrefix(key, silencePrefix):
		var s Silence
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		when, err := newCondition(s.When)
		c.silences[s.ID] = &silence{s, when}
		return err
	}
	return errors.New("it is none of the notifier's")
}

func (c *core) forgetRoutes() (n int) {
	for _, t := range c.tickets {
		if c.plan.route(t.Route) == nil {
			c.removeTicket(t)
			n++
		}
	}
	return n
}

// retell notes what messages on their way say, since the program may have died
// after it recorded the message and before it recorded the tickets.
func (c *core) retell() {
	for _, box := range c.inboxes {
		if box.Out != nil {
			c.tell(box.Out)
		}
	}
}

// encode is the value of a key, nil when it is to be deleted.
func (c *core) encode(key string) ([]byte, error) {
	name := func(prefix string) string { return strings.TrimPrefix(key, prefix) }
	switch {
	case key == cursorKey:
		return fusion.Encode(c.cursor)
	case strings.HasPrefix(key, ticketPrefix):
		if t := c.tickets[name(ticketPrefix)]; t != nil {
			return fusion.Encode(t)
		}
	case strings.HasPrefix(key, inboxPrefix):
		if b := c.inboxes[name(inboxPrefix)]; b != nil {
			return fusion.Encode(b)
		}
	case strings.HasPrefix(key, silencePrefix):
		if s := c.silences[name(silencePrefix)]; s != nil {
			return fusion.Encode(s.Silence)
		}
	}
	return nil, nil
}

// order in which changes are recorded: a message before the tickets that it
// tells of, tickets before the cursor past their alerts.
func order(key string) int {
	switch {
	case strings.HasPrefix(key, inboxPrefix):
		return 0
	case key == cursorKey:
		return 2
	}
	return 1
}

// changes are the keys to record, in their order.
func (c *core) changes() []string {
	keys := make([]string, 0, len(c.changed))
	for k := range c.changed {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if d := order(a) - order(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return keys
}

// save records what changed. What was recorded is no longer changed, so after
// an error it goes on where it was.
func (r *record) save(ctx context.Context, c *core) error {
	for _, key := range c.changes() {
		data, err := c.encode(key)
		if err != nil {
			return fmt.Errorf("encode %s: %w", key, err)
		}
		if err := r.put(ctx, key, data); err != nil {
			return err
		}
		delete(c.changed, key)
		if key == cursorKey {
			c.recorded = c.cursor.Seq
		}
	}
	return nil
}

func (r *record) put(ctx context.Context, key string, data []byte) (err error) {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if data == nil {
		err = r.kv.Purge(ctx, key, jetstream.PurgeTTL(keepMarkers))
	} else {
		_, err = r.kv.Put(ctx, key, data)
	}
	return recordError(err)
}

func recordError(err error) error {
	if err == nil {
		return nil
	}
	return fusion.Errorf(fusion.KindUnavailable, "the bucket "+Bucket, "%w", err)
}
