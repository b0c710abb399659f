package rules

import (
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

func absenceRule(beside string) string {
	return ruleText("a", `
events:
  raid: {type: sensor.alarm.trigger, when: attrs.state == "raised"}
  unit: {type: sensor.unit.position}
match: {absence: {after: raid, no: unit, within: 5m}`+beside+"}\n")
}

func TestAbsence(t *testing.T) {
	const m = time.Minute
	for name, c := range map[string]struct {
		beside string
		events []*fusion.Event
		want   string
	}{
		"nothing came":               {"", []*fusion.Event{raid("r", 0)}, "a/@r[r]"},
		"it came":                    {"", []*fusion.Event{raid("r", 0), unit("u", m)}, ""},
		"it came late":               {"", []*fusion.Event{raid("r", 0), car("c", 6*m), unit("u", 5*m)}, ""},
		"it came before":             {"", []*fusion.Event{unit("u", 0), raid("r", 1)}, "a/@r[r]"},
		"at the same moment counts":  {"", []*fusion.Event{unit("u", 0), raid("r", 0)}, ""},
		"the end of the time counts": {"", []*fusion.Event{raid("r", 0), unit("u", 5*m)}, ""},
		"a moment later is too late": {"", []*fusion.Event{raid("r", 0), unit("u", 5*m+1)}, "a/@r[r]"},
		"each event waits by itself": {"", []*fusion.Event{raid("r", 0), raid("q", m)}, "a/@r[r] a/@q[q]"},
		"another key does not count": {", by: area", []*fusion.Event{raid("r", 0, in("x")), unit("u", m, in("y"))}, "a/x@r[r]"},
		"near counts only what is near": {
			", near: 100", []*fusion.Event{raid("r", 0, north(0)), unit("u", m, north(101))}, "a/@r[r]",
		},
		"near": {", near: 100", []*fusion.Event{raid("r", 0, north(0)), unit("u", m, north(100))}, ""},
		"a later version begins anew": {
			"", []*fusion.Event{raid("r", 0, subject("1")), raid("r2", m, subject("1"))}, "a/@r2[r2]",
		},
		"a cancelled event waits no more": {
			"", []*fusion.Event{raid("r", 0), raid("x", m, msg(fusion.MsgCancel, "r"))}, "",
		},
		"a cancelled answer does not count": {
			"", []*fusion.Event{raid("r", 0), unit("u", m), unit("x", 2*m, msg(fusion.MsgCancel, "u"))}, "a/@r[r]",
		},
		"every version of the answer counts": {
			"", []*fusion.Event{raid("r", 0), unit("u", m, subject("1")), unit("v", 6*m, subject("1"))}, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, newRoom(compile(t, absenceRule(c.beside))).silent(time.Hour, c.events...), c.want)
		})
	}
}

func TestAbsenceFiresWhenTheClockHasPassed(t *testing.T) {
	r := newRoom(compile(t, absenceRule("")))
	r.send(raid("r", 0))
	want(t, r.wait(7*time.Minute-1), "")
	want(t, r.wait(1), "a/@r[r]")
	want(t, r.wait(time.Hour), "")
}

func TestSilence(t *testing.T) {
	const m = time.Minute
	for name, c := range map[string]struct {
		by     string
		events []*fusion.Event
		want   string
	}{
		"never heard":                {"", []*fusion.Event{car("c", 0)}, ""},
		"heard once":                 {"", []*fusion.Event{unit("u", 0)}, "q/@u[u]"},
		"the last one counts":        {"", []*fusion.Event{unit("u", 0), unit("v", 5*m), unit("w", 10*m)}, "q/@w[w]"},
		"once, and again":            {"", []*fusion.Event{unit("u", 0), unit("v", 8*m)}, "q/@u[u] q/@v[v]"},
		"a moment too long":          {"", []*fusion.Event{unit("u", 0), unit("v", 5*m+1)}, "q/@u[u] q/@v[v]"},
		"a late one fills the gap":   {"", []*fusion.Event{unit("u", 0), unit("w", 6*m), unit("v", 4*m)}, "q/@w[w]"},
		"by key":                     {", by: area", []*fusion.Event{unit("u", 0, in("x")), unit("v", m, in("y"))}, "q/x@u[u] q/y@v[v]"},
		"a new version is heard too": {"", []*fusion.Event{unit("u", 0, subject("1")), unit("v", 6*m, subject("1"))}, "q/@u[u] q/@v[v]"},
	} {
		t.Run(name, func(t *testing.T) { want(t, newRoom(compile(t, silence(c.by))).silent(time.Hour, c.events...), c.want) })
	}
}

// TestSilenceForgets: of a source that is heard all the time, only what may
// still matter is kept.
func TestSilenceForgets(t *testing.T) {
	r := newRoom(compile(t, silence("")))
	for i := range 1000 {
		r.send(unit(string(rune('a'+i)), time.Duration(i)*time.Second))
	}
	if n := len(r.state.rules["q"].windows[""].entries); n > 123 {
		t.Errorf("%d events are kept of 1000, with a lateness of 120 s", n)
	}
}
