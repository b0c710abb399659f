package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/openiroom/iroom/fusion"
)

const (
	// BucketConnectors is the key-value bucket of the connectors' checkpoints.
	BucketConnectors = "connectors"
	// StoreBundles is the object store of bundles.
	StoreBundles = "bundles"

	// MaxLogMessage bounds one message on the log, in bytes: 256 KiB of events
	// and some for its headers.
	MaxLogMessage = 256<<10 + 8<<10

	layoutVersion = 1
	layoutKey     = "iroom-layout"
)

// Settings say how large the streams may be.
type Settings struct {
	MaxStore int64 // bytes for all streams together; 0 means 10 GiB
	// Shares are the percent of MaxStore per stream, bucket and object store;
	// what is missing has its default.
	Shares map[string]int
}

// defaultShares leave some for the sessions of MQTT devices.
var defaultShares = map[string]int{
	fusion.StreamRoom: 38, fusion.StreamRaw: 18, fusion.StreamPictures: 14, fusion.StreamAlerts: 5, fusion.StreamHits: 8,
	fusion.StreamDead: 4, fusion.StreamAudit: 4, BucketConnectors: 1, StoreBundles: 2,
}

func (s Settings) maxBytes(stream string) int64 {
	share, ok := s.Shares[stream]
	if !ok {
		share = defaultShares[stream]
	}
	return max(cmp.Or(s.MaxStore, defaultMaxStore)/100*int64(share), 1<<20)
}

// Migrate makes the streams, the bucket of checkpoints and the object store of
// bundles as this version of the room needs them. It may be called at every
// start. A stream that cannot be changed to that is an error of kind conflict.
func Migrate(ctx context.Context, js jetstream.JetStream, s Settings) error {
	var errs []error
	for _, cfg := range layout(s) {
		if err := migrateStream(ctx, js, cfg); err != nil {
			errs = append(errs, err)
		}
	}
	_, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: BucketConnectors, Description: "where each connector is", MaxBytes: s.maxBytes(BucketConnectors),
	})
	errs = append(errs, cannotMake("bucket "+BucketConnectors, err))
	_, err = js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: StoreBundles, Description: "rules, areas and parameters by hash", MaxBytes: s.maxBytes(StoreBundles),
	})
	return errors.Join(append(errs, cannotMake("object store "+StoreBundles, err))...)
}

func migrateStream(ctx context.Context, js jetstream.JetStream, cfg jetstream.StreamConfig) error {
	existing, err := js.Stream(ctx, cfg.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = js.CreateStream(ctx, cfg)
		return cannotMake("stream "+cfg.Name, err)
	}
	if err != nil {
		return cannotMake("stream "+cfg.Name, err)
	}
	was := existing.CachedInfo().Config
	if v, err := strconv.Atoi(was.Metadata[layoutKey]); err == nil && v > layoutVersion {
		return fusion.Errorf(fusion.KindConflict, "prepare the streams", "stream %s has layout %d; this program knows up to %d", cfg.Name, v, layoutVersion).
			WithHint("run the newer version of iRoom")
	}
	cfg.FirstSeq = was.FirstSeq
	_, err = js.UpdateStream(ctx, cfg)
	return cannotMake("stream "+cfg.Name, err)
}

// noRoom are the server's codes for insufficient resources and storage.
var noRoom = []jetstream.ErrorCode{10023, 10047}

func cannotMake(what string, err error) error {
	if err == nil {
		return nil
	}
	kind := fusion.KindUnavailable
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		if slices.Contains(noRoom, api.ErrorCode) {
			return fusion.Errorf(kind, "prepare the streams", "there is no room for %s: %w", what, err).
				WithHint("free space, or let the store be larger")
		}
		kind = fusion.KindConflict
	}
	return fusion.Errorf(kind, "prepare the streams", "%s cannot be made as the room needs it: %w", what, err).
		WithHint("if it exists with other settings, move its messages elsewhere and remove it")
}

func layout(s Settings) []jetstream.StreamConfig {
	room := stream(s, fusion.StreamRoom, "the log of the room", "iroom.in.>")
	room.Discard, room.MaxMsgSize, room.AllowDirect = jetstream.DiscardNew, MaxLogMessage, true
	audit := stream(s, fusion.StreamAudit, "who read or changed what", "iroom.audit.>")
	audit.Discard, audit.AllowDirect = jetstream.DiscardNew, true
	return []jetstream.StreamConfig{
		room, audit,
		stream(s, fusion.StreamRaw, "original payloads", "iroom.raw.>"),
		stream(s, fusion.StreamDead, "what could not be understood", "iroom.dead.>"),
		output(s, fusion.StreamPictures, "revisions of pictures", "picture.>"),
		output(s, fusion.StreamAlerts, "alerts", "alert.>"),
		output(s, fusion.StreamHits, "hits with their explanation", "hit.>"),
	}
}

func stream(s Settings, name, description, subjects string) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: name, Description: description, Subjects: []string{subjects},
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
		MaxBytes: s.maxBytes(name), Duplicates: 2 * time.Minute, AllowMsgTTL: true, Replicas: 1,
		Metadata: map[string]string{layoutKey: fmt.Sprint(layoutVersion)},
	}
}

// output takes what is published below iroom.out, stores it under its public
// subject and republishes what it stored.
func output(s Settings, name, description, subjects string) jetstream.StreamConfig {
	cfg := stream(s, name, description, "iroom.out."+subjects)
	cfg.SubjectTransform = &jetstream.SubjectTransformConfig{Source: "iroom.out." + subjects, Destination: "iroom." + subjects}
	cfg.RePublish = &jetstream.RePublish{Source: "iroom." + subjects, Destination: "iroom." + subjects}
	cfg.AllowDirect = true
	return cfg
}
