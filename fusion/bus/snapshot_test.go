package bus_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/bus"
)

// TestSnapshotOfAStreamInUse copies the log while it is written to, and makes
// it again elsewhere: the same messages at the same times, without a hole.
func TestSnapshotOfAStreamInUse(t *testing.T) {
	b := room(t, bus.Options{NoSyncAlways: true})
	log, ctx := openLog(t, b), limited(t)
	const before = 3000
	for range before {
		publishSome(ctx, t, log)
	}
	writing, stop := context.WithCancel(ctx)
	var writers sync.WaitGroup
	for range 2 {
		writers.Go(func() {
			for writing.Err() == nil {
				publishSome(ctx, t, log)
			}
		})
	}
	again := start(t, bus.Options{NoSyncAlways: true})
	copyStream(ctx, t, b, again, fusion.StreamRoom)
	stop()
	writers.Wait()
	restored := openLog(t, again)
	want, err := log.State(ctx)
	if err != nil {
		t.Fatal(err)
	}
	got, err := restored.State(ctx)
	if err != nil || got.First != 1 || got.Last < before || got.Last > want.Last {
		t.Fatalf("restored %+v of %+v: %v", got, want, err)
	}
	sameMessages(t, log, restored, got.Last)
	if seq, err := restored.Publish(ctx, fusion.SubjectTick, []byte("{}"), 0, nil); err != nil || seq != got.Last+1 {
		t.Errorf("the next message is %d: %v", seq, err)
	}
}

func publishSome(ctx context.Context, t *testing.T, log *bus.Log) {
	if _, err := log.Publish(ctx, fusion.SubjectTick, bytes.Repeat([]byte("x"), 700), time.Hour, nil); err != nil && ctx.Err() == nil {
		t.Error(err)
	}
}

func sameMessages(t *testing.T, a, b *bus.Log, last uint64) {
	t.Helper()
	want, got := readAll(t, a, last), readAll(t, b, last)
	for i := range want {
		w, g := want[i], got[i]
		if w.Seq != g.Seq || g.Gap != 0 || !w.Time.Equal(g.Time) || !bytes.Equal(w.Data, g.Data) || len(w.Header) != len(g.Header) {
			t.Fatalf("message %d is %+v, want %+v", i, g, w)
		}
	}
}

func readAll(t *testing.T, log *bus.Log, last uint64) (list []bus.Message) {
	t.Helper()
	ctx, stop := context.WithCancel(limited(t))
	defer stop()
	err := log.Read(ctx, 1, func(m bus.Message) error {
		if m.Seq <= last {
			list = append(list, m)
		}
		if m.Seq >= last {
			stop()
		}
		return nil
	})
	if err != nil || uint64(len(list)) != last {
		t.Fatalf("%d messages of %d: %v", len(list), last, err)
	}
	return list
}

func TestSnapshotOfAStreamThatIsNotThere(t *testing.T) {
	b := room(t, bus.Options{})
	err := bus.SnapshotStream(limited(t), b.Conn(), "NOWHERE", nil, nil)
	if fusion.KindOf(err) != fusion.KindUnavailable {
		t.Errorf("%v", err)
	}
}

// TestMessagesThatWaitForAConnectorComeBack restores what a device sent while
// the session of its connector was away.
func TestMessagesThatWaitForAConnectorComeBack(t *testing.T) {
	users := []bus.User{{Name: "cams", Role: bus.RoleDevice, Password: "c", Topics: "cams"}}
	b := room(t, bus.Options{MQTTListen: "127.0.0.1:0", Users: users})
	user, password := b.MQTTAccount()
	session := func(b *bus.Bus, user, password string, heard chan string) mqtt.Client {
		o := mqtt.NewClientOptions().AddBroker("tcp://" + b.MQTTAddr()).SetClientID("session").SetUsername(user).SetPassword(password).SetCleanSession(false)
		o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { heard <- m.Topic() })
		c := mqtt.NewClient(o)
		if k := c.Connect(); !k.WaitTimeout(patience) || k.Error() != nil {
			t.Fatal(k.Error())
		}
		return c
	}
	ours := session(b, user, password, make(chan string, 9))
	if k := ours.Subscribe("cams/#", 1, nil); !k.WaitTimeout(patience) || k.Error() != nil {
		t.Fatal(k.Error())
	}
	ours.Disconnect(100)
	device, err := mqttClient(t, b, "device", "cams", "c")
	if err != nil {
		t.Fatal(err)
	}
	if k := device.Publish("cams/front", 1, false, "person"); !k.WaitTimeout(patience) || k.Error() != nil {
		t.Fatal(k.Error())
	}
	device.Disconnect(100)

	again := start(t, bus.Options{MQTTListen: "127.0.0.1:0", Users: users})
	ctx := limited(t)
	for name := range b.JS().StreamNames(ctx).Name() {
		copyStream(ctx, t, b, again, name)
	}
	heard := make(chan string, 9)
	user, password = again.MQTTAccount()
	defer session(again, user, password, heard).Disconnect(100)
	select {
	case topic := <-heard:
		if topic != "cams/front" {
			t.Errorf("topic %s", topic)
		}
	case <-ctx.Done():
		t.Error("nothing comes back")
	}
}

func copyStream(ctx context.Context, t *testing.T, from, to *bus.Bus, name string) {
	t.Helper()
	var header bus.StreamHeader
	var parts [][]byte
	err := bus.SnapshotStream(ctx, from.Conn(), name, func(h bus.StreamHeader) error {
		header = h
		return nil
	}, func(part []byte) error {
		parts = append(parts, bytes.Clone(part))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = bus.RestoreStream(ctx, to.Conn(), name, header, func() (part []byte, err error) {
		if len(parts) > 0 {
			part, parts = parts[0], parts[1:]
		}
		return part, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
