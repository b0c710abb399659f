package rules

import (
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

const call = fusion.TypeCall

func countRule(match string) string {
	return ruleText("c", "events: {call: {type: police.dispatch.call}}\nmatch: "+match+"\n")
}

func calls(at ...time.Duration) []*fusion.Event {
	var out []*fusion.Event
	for i, d := range at {
		out = append(out, event(string(rune('a'+i)), call, d))
	}
	return out
}

func TestCount(t *testing.T) {
	const s, m = time.Second, time.Minute
	for name, c := range map[string]struct {
		match  string
		events []*fusion.Event
		want   string
	}{
		"fires at N and not per event": {
			"{count: call, within: 10m, atleast: 3}", calls(0, m, 2*m, 3*m, 4*m), "c/@c[a b c]",
		},
		"fires again after N more": {
			"{count: call, within: 10m, atleast: 2}", calls(0, m, 2*m, 3*m), "c/@b[a b] c/@d[c d]",
		},
		"keep fires for every event from N on": {
			"{count: call, within: 10m, atleast: 2, then: keep}", calls(0, m, 2*m), "c/@b[a b] c/@c[a b c]",
		},
		"both ends of the window count":    {"{count: call, within: 10s, atleast: 2}", calls(0, 10*s), "c/@b[a b]"},
		"a moment more does not":           {"{count: call, within: 10s, atleast: 2}", calls(0, 10*s+1), ""},
		"too few do not fire":              {"{count: call, within: 10m, atleast: 3}", calls(0, m), ""},
		"a late event completes":           {"{count: call, within: 4m, atleast: 3}", calls(0, 3*m, 2*m), "c/@c[a c b]"},
		"where is asked with the count":    {"{count: call, within: 10m, atleast: 2, where: count >= 3}", calls(0, m, 2*m), "c/@c[a b c]"},
		"the same event twice counts once": {"{count: call, within: 10m, atleast: 2}", append(calls(0), calls(0)...), ""},
		"near counts in the circular errors": {
			"{count: call, within: 10m, atleast: 2, near: 100}",
			[]*fusion.Event{event("a", call, 0, north(0), ce(30)), event("b", call, m, north(140), ce(10))},
			"c/@b[a b]",
		},
		"beyond near and the errors does not fire": {
			"{count: call, within: 10m, atleast: 2, near: 100}",
			[]*fusion.Event{event("a", call, 0, north(0), ce(30)), event("b", call, m, north(141), ce(10))},
			"",
		},
		"near is pairwise": {
			"{count: call, within: 10m, atleast: 3, near: 100}",
			[]*fusion.Event{event("a", call, 0, north(0)), event("b", call, m, north(90)), event("c", call, 2*m, north(180))},
			"",
		},
		"near finds the set that fits": {
			"{count: call, within: 10m, atleast: 3, near: 100}",
			[]*fusion.Event{
				event("a", call, 0, north(0)), event("b", call, m, north(60)), event("c", call, 2*m, north(140)),
				event("d", call, 3*m, north(80)),
			},
			"c/@d[b c d]",
		},
		"an event without a place is not near": {
			"{count: call, within: 10m, atleast: 2, near: 100}",
			[]*fusion.Event{event("a", call, 0, north(0)), event("b", call, m)},
			"",
		},
		"keys are counted apart": {
			"{count: call, within: 10m, atleast: 2, by: [vehicle]}",
			[]*fusion.Event{
				event("a", call, 0, vehicle("A")), event("b", call, m, vehicle("B")), event("c", call, 2*m, vehicle("A")),
			},
			"c/A@c[a c]",
		},
		"no key, no match": {
			"{count: call, within: 10m, atleast: 2, by: [vehicle]}", calls(0, m), "",
		},
		"a later version of a thing counts once": {
			"{count: call, within: 10m, atleast: 2}",
			[]*fusion.Event{event("a", call, 0, subject("1")), event("b", call, m, subject("1")), event("c", call, 2*m, subject("2"))},
			"c/@c[b c]",
		},
		"an older version that comes late does not replace": {
			"{count: call, within: 10m, atleast: 2}",
			[]*fusion.Event{event("b", call, m, subject("1")), event("a", call, 0, subject("1")), event("c", call, 2*m, subject("2"))},
			"c/@c[b c]",
		},
		"a new version of what was used up does not count again": {
			"{count: call, within: 10m, atleast: 2}",
			[]*fusion.Event{
				event("a", call, 0, subject("1")), event("b", call, m, subject("2")),
				event("a2", call, 2*m, subject("1")), event("c", call, 3*m, subject("3")),
			},
			"c/@b[a b]",
		},
		"nor with keep does it set off another hit": {
			"{count: call, within: 10m, atleast: 2, then: keep}",
			[]*fusion.Event{
				event("a", call, 0, subject("1")), event("b", call, m, subject("2")),
				event("a2", call, 2*m, subject("1")), event("c", call, 3*m, subject("3")),
			},
			"c/@b[a b] c/@c[b a2 c]",
		},
		"an event that expired in a window of another key is gone": {
			"{count: call, within: 10m, atleast: 2, by: [area]}",
			[]*fusion.Event{event("a", call, 0, in("x")), event("z", call, 30*m, in("y")), event("b", call, 30*m, in("x"))},
			"",
		},
		"a cancel of the thing takes it out": {
			"{count: call, within: 10m, atleast: 2}",
			[]*fusion.Event{event("a", call, 0, subject("1")), event("x", call, m, subject("1"), msg(fusion.MsgCancel)), event("b", call, 2*m)},
			"",
		},
		"a cancel by id takes it out": {
			"{count: call, within: 10m, atleast: 2}",
			[]*fusion.Event{event("a", call, 0), event("x", call, m, msg(fusion.MsgCancel, "a")), event("b", call, 2*m)},
			"",
		},
		"an update replaces what it refers to": {
			"{count: call, within: 10m, atleast: 2}",
			[]*fusion.Event{event("a", call, 0), event("b", call, m, msg(fusion.MsgUpdate, "a")), event("c", call, 2*m)},
			"c/@c[b c]",
		},
	} {
		t.Run(name, func(t *testing.T) { want(t, newRoom(compile(t, countRule(c.match))).all(c.events...), c.want) })
	}
}

func TestCountLate(t *testing.T) {
	r := newRoom(compile(t, countRule("{count: call, within: 1m, atleast: 2}")))
	r.send(event("a", call, 0))
	r.wait(3 * time.Minute) // within and lateness: a is at the edge and still there
	want(t, r.send(event("b", call, 0)), "c/@b[a b]")
	r.send(event("c", call, time.Second))
	r.wait(time.Second + 1)
	want(t, r.send(event("d", call, time.Second)), "")
	if s := r.stats(t, "c"); s.Late != 1 || s.Hits != 1 {
		t.Errorf("stats %+v, want one late event and one hit", s)
	}
}

func TestTestsAndExercisesNeverFire(t *testing.T) {
	for _, status := range []fusion.Status{fusion.StatusTest, fusion.StatusExercise} {
		r := newRoom(compile(t, countRule("{count: call, within: 10m, atleast: 2}")))
		mark := func(e *fusion.Event) { e.Status = status }
		r.send(event("a", call, 0))
		want(t, r.all(event("b", call, 0, mark), event("x", call, 0, mark, msg(fusion.MsgCancel, "a"))), "")
		want(t, r.send(event("c", call, 0)), "c/@c[a c]")
	}
}

func TestLimitsAreCounted(t *testing.T) {
	set := compile(t, countRule("{count: call, within: 10m, atleast: 3, by: [vehicle]}")).With(Options{MaxKeys: 2, MaxEntries: 2})
	r := newRoom(set)
	r.all(event("a", call, 0, vehicle("A")), event("b", call, 1, vehicle("B")), event("c", call, 2, vehicle("C")))
	if s := r.stats(t, "c"); s.Evicted != 1 || len(r.state.rules["c"].windows) != 2 {
		t.Errorf("evicted %d, windows %d; want 1 and 2", s.Evicted, len(r.state.rules["c"].windows))
	}
	r.all(event("d", call, 3, vehicle("C")), event("e", call, 4, vehicle("C")))
	if s := r.stats(t, "c"); s.Evicted != 2 || s.Hits != 0 {
		t.Errorf("evicted %d, hits %d; want 2 and 0", s.Evicted, s.Hits)
	}
	r.wait(time.Hour)
	if len(r.state.rules["c"].windows) != 0 || len(r.state.held.ids) != 0 {
		t.Errorf("%d windows and %d holders are left when all has expired", len(r.state.rules["c"].windows), len(r.state.held.ids))
	}
}
