package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
	"github.com/openiroom/iroom/fusion/engine"
	"github.com/openiroom/iroom/fusion/store"
)

// apply makes a list of changes as the engine does.
func apply(list []store.ListEntry, changes []engine.ListChange) []store.ListEntry {
	byValue := map[string]store.ListEntry{}
	for _, e := range list {
		byValue[e.Value] = e
	}
	for _, c := range changes {
		for _, v := range c.Delete {
			delete(byValue, v)
		}
		for _, e := range c.Put {
			byValue[e.Value] = e
		}
	}
	var out []store.ListEntry
	for _, e := range byValue {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b store.ListEntry) int { return strings.Compare(a.Value, b.Value) })
	return out
}

func TestListChanges(t *testing.T) {
	known := []store.ListEntry{{List: "l", Value: "A", Note: "old"}, {List: "l", Value: "B"}, {List: "l", Value: "C"}}
	wanted := []store.ListEntry{{Value: "A", Note: "new"}, {Value: "B"}, {Value: "D", Expires: time.Unix(9, 0)}}
	changes := engine.ListChanges(wanted, known...)
	if got := apply(known, changes); fmt.Sprint(got[0], got[2]) != fmt.Sprint(wanted[0], wanted[2]) || len(got) != 3 {
		t.Errorf("%+v makes %+v", changes, got)
	}
	if len(changes) != 1 || len(changes[0].Put) != 2 || !slices.Equal(changes[0].Delete, []string{"C"}) {
		t.Errorf("%+v", changes)
	}
	if again := engine.ListChanges(known, known...); len(again) != 0 {
		t.Errorf("the same list changes by %+v", again)
	}
}

func TestListChangesStayBelowTheLimitOfAMessage(t *testing.T) {
	var wanted []store.ListEntry
	for n := range 5000 {
		wanted = append(wanted, store.ListEntry{
			Value: fmt.Sprintf("V%06d", n), Note: strings.Repeat("n", n%300), Owner: "rtic", Purpose: "theft", Expires: time.Unix(int64(n), 0),
		})
	}
	check := func(changes []engine.ListChange) {
		t.Helper()
		for i, c := range changes {
			if b, err := fusion.Encode(c); err != nil || len(b) > 256<<10 {
				t.Errorf("part %d has %d bytes: %v", i, len(b), err)
			}
		}
	}
	changes := engine.ListChanges(wanted)
	check(changes)
	if got := apply(nil, changes); len(got) != len(wanted) || len(changes) < 2 {
		t.Errorf("%d of %d entries arrive in %d parts", len(got), len(wanted), len(changes))
	}
	check(engine.ListChanges(nil, wanted...))
}

const listedRule = `
rule: listed-car
title: A listed car
description: A car on the list.
owner: test
purpose: {basis: wpg-8, text: test}
mode: live
events:
  car: {type: sensor.anpr.passage, when: 'listed("stolen-plates", entity("vehicle"))'}
match: {event: car}
incident: {kind: car, severity: low, title: "Car"}
`

func TestAnEntryEndsByTheClockOfTheLog(t *testing.T) {
	b := newBench(t)
	b.activate(listedRule)
	ends := b.now.Add(time.Hour)
	entry := store.ListEntry{Value: "AB12CD", Note: "stolen", Owner: "rtic", Expires: ends}
	for _, change := range engine.ListChanges([]store.ListEntry{entry}) {
		message, err := fusion.Encode(change)
		if err != nil {
			t.Fatal(err)
		}
		b.send(fusion.ListSubject("stolen-plates"), message)
	}
	passes := func(id string, at time.Time) *fusion.Event {
		return &fusion.Event{
			ID: fusion.EventID(id), Source: "anpr", Type: fusion.TypeANPR, Time: at, RecordedTime: at, Status: fusion.StatusActual,
			MsgType: fusion.MsgAlert, Entities: []fusion.Entity{{Type: fusion.EntityVehicle, Value: "AB12CD"}},
		}
	}
	for _, c := range []struct {
		at   time.Time
		want uint64
	}{{ends.Add(-time.Second), 1}, {ends, 1}, {ends.Add(time.Second), 1}} {
		b.now = c.at
		b.events(passes(c.at.String(), c.at))
		if got := b.e.Counts().Hits; got != c.want {
			t.Errorf("at %s there are %d hits, want %d", c.at, got, c.want)
		}
	}
	if entry, ok := b.e.World().Listed("stolen-plates", "AB12CD"); ok {
		t.Errorf("between steps it is still listed: %s", entry)
	}
	if picture := b.one(); picture.Hits[0].Matched[0].Entry != "stolen (rtic)" {
		t.Errorf("the hit says %+v", picture.Hits[0].Matched)
	}
}
