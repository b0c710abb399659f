package rules

import (
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

// usual is a world that knows how much is usual in one area.
type usual struct {
	lists
	n float64
}

func (u usual) Expected(area string, t fusion.EventType, _ time.Time, span time.Duration) (float64, bool) {
	return u.n, area == "x" && t == call && span == 10*time.Minute
}

func TestSurge(t *testing.T) {
	const m = time.Minute
	rule := ruleText("s", "events: {call: {type: police.dispatch.call}}\nmatch: {surge: call, over: 10m, times: 3, atleast: 3, where: 'count > expected'}\n")
	four := func(area string) []*fusion.Event {
		return []*fusion.Event{
			event("a", call, 0, in(area)), event("b", call, m, in(area)), event("z", call, m, in("other")), event("c", call, 2*m, in(area)),
			event("d", call, 10*m, in(area)),
		}
	}
	for name, c := range map[string]struct {
		expected float64
		events   []*fusion.Event
		want     string
	}{
		"more than usual":               {1.2, four("x"), "s/@d[a b c d]"},
		"as usual":                      {1.4, four("x"), ""},
		"at least so many":              {0.1, four("x"), "s/@c[a b c]"},
		"nothing is known of this area": {0.1, four("y"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(compile(t, rule))
			r.world = usual{n: c.expected}
			want(t, r.all(c.events...), c.want)
		})
	}
}
