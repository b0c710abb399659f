package rules

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/openiroom/iroom/fusion"
)

// The start of the tests, 12:00:00, is a multiple of every window here.

func TestCountPeriods(t *testing.T) {
	const s, m = time.Second, time.Minute
	for name, c := range map[string]struct {
		match  string
		events []*fusion.Event
		want   string
	}{
		"tumbling: its beginning is in it, its end is not": {
			"{count: call, within: 10m, atleast: 2, window: tumbling}", calls(0, 10*m), "",
		},
		"tumbling: in one window": {"{count: call, within: 10m, atleast: 2, window: tumbling}", calls(0, 10*m-1), "c/@b[a b]"},
		"tumbling: once in a window": {
			"{count: call, within: 10m, atleast: 2, window: tumbling}", calls(0, m, 2*m, 3*m, 11*m, 12*m), "c/@b[a b] c/@f[e f]",
		},
		"tumbling: keep fires for every event from N on": {
			"{count: call, within: 10m, atleast: 2, window: tumbling, then: keep}", calls(0, m, 2*m), "c/@b[a b] c/@c[a b c]",
		},
		"tumbling: at most": {
			"{count: call, within: 10m, atmost: 2, window: tumbling}", calls(0, m, 11*m, 12*m, 13*m, 21*m), "c/@b[a b] c/@f[f]",
		},
		"tumbling: a late one undoes it": {"{count: call, within: 10m, atmost: 2, window: tumbling}", calls(0, m, 11*m, 2*m), "c/@c[c]"},
		"tumbling: exactly": {
			"{count: call, within: 10m, exactly: 2, window: tumbling}", calls(0, 11*m, 12*m, 21*m, 22*m, 23*m), "c/@c[b c]",
		},
		"tumbling: between": {
			"{count: call, within: 10m, atleast: 2, atmost: 3, window: tumbling}", calls(0, 11*m, 12*m, 13*m), "c/@d[b c d]",
		},
		"session: gaps up to it": {
			"{count: call, within: 1h, atleast: 3, window: session, gap: 5m}", calls(0, 5*m, 10*m), "c/@c[a b c]",
		},
		"session: a moment more ends it": {
			"{count: call, within: 1h, atleast: 3, window: session, gap: 5m}", calls(0, 5*m, 10*m+1), "",
		},
		"session: a late one joins two": {
			"{count: call, within: 1h, atleast: 3, window: session, gap: 1m}", calls(0, 90*s, 45*s), "c/@c[a c b]",
		},
		"session: no longer than within": {
			"{count: call, within: 8m, atleast: 3, window: session, gap: 5m}", calls(0, 5*m, 9*m, 10*m), "",
		},
		"session: exactly, when it is over": {
			"{count: call, within: 1h, exactly: 2, window: session, gap: 5m}", calls(0, m, 7*m, 20*m), "c/@b[a b]",
		},
		"sliding at most begins with an event": {
			"{count: call, within: 10m, atmost: 1}", calls(0, 10*m, 11*m, 30*m), "c/@c[c] c/@d[d]",
		},
		"distinct values of a period": {
			"{count: call, within: 10m, exactly: 1, by: area}",
			[]*fusion.Event{event("a", call, 0, in("x")), event("b", call, m, in("y"))},
			"c/x@a[a] c/y@b[b]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, newRoom(compile(t, countRule(c.match))).silent(2*time.Hour, c.events...), c.want)
		})
	}
}

func TestPeriodsFireAtTheirEndAndAreForgotten(t *testing.T) {
	r := newRoom(compile(t, countRule("{count: call, within: 10m, atmost: 2, window: tumbling}")))
	r.all(calls(time.Minute)...)
	want(t, r.wait(11*time.Minute-1), "")
	got := r.wait(1)
	want(t, got, "c/@a[a]")
	if !got[0].Hit.Time.Equal(start.Add(10*time.Minute)) || !got[0].At.Equal(start.Add(12*time.Minute)) {
		t.Errorf("complete at %s, decided at %s", got[0].Hit.Time, got[0].At)
	}
	if len(r.state.rules["c"].windows) != 0 || len(r.state.held.ids) != 0 {
		t.Error("the period is still kept")
	}
	want(t, r.send(event("z", call, 9*time.Minute)), "")
	if s := r.stats(t, "c"); s.Late != 1 {
		t.Errorf("%+v, want one late event", s)
	}
}

// TestSessionsTakeNothingTooLate: what comes later than is allowed may belong
// to a window that is decided, and begins none of its own.
func TestSessionsTakeNothingTooLate(t *testing.T) {
	r := newRoom(compile(t, countRule("{count: call, within: 10m, atmost: 1}")))
	r.send(event("a", call, 0))
	want(t, r.wait(12*time.Minute+1), "c/@a[a]")
	want(t, r.silent(time.Hour, event("b", call, 9*time.Minute)), "")
	if s := r.stats(t, "c"); s.Late != 1 {
		t.Errorf("%+v, want one late event", s)
	}
}

// TestTumblingIsAlignedToTheEpoch: also where a window does not divide a day,
// and before the epoch.
func TestTumblingIsAlignedToTheEpoch(t *testing.T) {
	const week = 7 * 24 * time.Hour
	for _, c := range []struct{ at, begin int64 }{{0, 0}, {int64(week) - 1, 0}, {int64(week), int64(week)}, {-1, -int64(week)}} {
		if got := begin(week, &entry{at: c.at}); got != c.begin {
			t.Errorf("the window of %d begins at %d, want %d", c.at, got, c.begin)
		}
	}
}

func TestDistinctPeriods(t *testing.T) {
	const m = time.Minute
	r := newRoom(compile(t, distinctRule("{distinct: car, of: attrs.camera, within: 10m, atmost: 2, window: tumbling}")))
	want(t, r.silent(time.Hour, at("a", "1", 0), at("b", "2", m), at("c", "1", 2*m),
		at("d", "1", 10*m), at("e", "2", 11*m), at("f", "3", 12*m)), "d/@c[b c]")
}

// TestPeriodsAgainstDefinition: hits of tumbling windows do not depend on the
// order of arrival.
func TestPeriodsAgainstDefinition(t *testing.T) {
	set := compile(t, ruleText("c", "events: {car: {type: sensor.anpr.passage}}\nmatch: {count: car, within: 20s, exactly: 2, window: tumbling, by: area}\n"))
	rapid.Check(t, func(t *rapid.T) {
		events := drawEvents(t)
		counts := map[string]int{}
		for _, e := range events {
			if e.Type == anpr {
				counts[fmt.Sprint(e.Location.Area, e.Time.Sub(start)/(20*time.Second))]++
			}
		}
		maps.DeleteFunc(counts, func(_ string, n int) bool { return n != 2 })
		r := newRoom(set)
		hits := 0
		for _, e := range events {
			hits += len(r.send(e))
			r.state = recode(t, r.state)
		}
		if hits += len(r.wait(time.Hour)); hits != len(counts) {
			t.Fatalf("%d hits, want %v", hits, counts)
		}
	})
}
