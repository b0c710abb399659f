package rules

import (
	"bytes"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/openiroom/iroom/fusion"
)

const listedRule = `
events:
  car:
    type: sensor.anpr.passage
    when: listed("stolen", entity("vehicle")) && attrs.camera != ""
match: {event: car}
score:
  base: 40
  add:
    - {points: 20.125, when: 'listed_exact("stolen", car.entity("vehicle"))', because: exactly as listed}
    - {points: 5, when: 'car.confidence > 50', because: read well}
  threshold: 40
`

func TestHitExplainsItself(t *testing.T) {
	r := newRoom(compile(t, ruleText("l", listedRule)))
	r.world = lists{"stolen": {"AB12CD", "XX11YY"}}
	exact := r.send(car("e", 0, vehicle("AB12CD"), attr("camera", "k1")))
	if len(exact) != 1 {
		t.Fatalf("%d hits", len(exact))
	}
	h := exact[0].Hit
	if h.ID != fusion.NewHitID("l", h.Version, "", "e") || h.Mode != "live" || h.Time != start || h.Rule != "l" {
		t.Errorf("hit %+v", h)
	}
	if h.Score != 60.13 || len(h.Parts) != 2 || h.Parts[1].Because != "exactly as listed" {
		t.Errorf("score %v of %v", h.Score, h.Parts)
	}
	if !slices.Equal(h.Matched, []fusion.ListMatch{{List: "stolen", Value: "AB12CD", Exact: true, Entry: "note of AB12CD"}}) {
		t.Errorf("matched %+v", h.Matched)
	}
	if want := map[string]string{"vehicle": "AB12CD", "attrs.camera": "k1"}; !maps.Equal(h.Inputs[0].Fields, want) {
		t.Errorf("fields %v, want %v", h.Inputs[0].Fields, want)
	}
	read := r.send(car("f", 0, vehicle("XX11YV", "XX11YY"), attr("camera", "k1")))
	if len(read) != 1 || read[0].Hit.Score != 40 {
		t.Fatalf("by a candidate: %+v", read)
	}
	if m := read[0].Hit.Matched; !slices.Equal(m, []fusion.ListMatch{{List: "stolen", Value: "XX11YY", Read: "XX11YV", Entry: "note of XX11YY"}}) {
		t.Errorf("matched %+v", m)
	}
}

func TestBelowTheThreshold(t *testing.T) {
	r := newRoom(compile(t, ruleText("b", `
events: {car: {type: sensor.anpr.passage}}
match: {event: car}
score: {base: 10, add: [{points: 5, when: car.confidence > 50, because: read well}], threshold: 15}
`)))
	want(t, r.send(car("c", 0)), "")
	want(t, r.send(car("d", 0, func(e *fusion.Event) { e.Confidence = new(51.0) })), "b/@d[d]")
	if s := r.stats(t, "b"); s.Below != 1 || s.Hits != 1 {
		t.Errorf("%+v, want one below and one hit", s)
	}
}

const (
	baseRule = "events: {car: {type: sensor.anpr.passage}}\nmatch: {event: car}\n"
	onHits   = "events: {h: {type: rule.a}}\nmatch: {count: h, within: 10m, atleast: 2}\n"
)

func TestRulesOnHits(t *testing.T) {
	r := newRoom(compile(t, ruleText("a", baseRule), ruleText("b", onHits)))
	want(t, r.send(car("c", 0)), "a/@c[c]")
	first := fusion.NewHitID("a", r.set.Rule("a").Version, "", "c")
	second := fusion.NewHitID("a", r.set.Rule("a").Version, "", "d")
	want(t, r.send(car("d", time.Minute, north(0), vehicle("A"))),
		"a/@d[d] b/@"+string(second)+"["+string(first)+" "+string(second)+"]")
}

func shadow(text string) string {
	return string(bytes.Replace([]byte(text), []byte("mode: live"), []byte("mode: shadow"), 1))
}

func TestShadowHitsFeedShadowRulesOnly(t *testing.T) {
	r := newRoom(compile(t, shadow(ruleText("a", baseRule)), ruleText("b", onHits), shadow(ruleText("s", onHits))))
	r.send(car("c", 0))
	got := r.send(car("d", time.Minute))
	if len(got) != 2 || got[0].Rule.ID != "a" || got[1].Rule.ID != "s" || got[0].Hit.Mode != "shadow" {
		t.Errorf("got %s", summary(got))
	}
}

func TestOffRulesDoNothing(t *testing.T) {
	text := bytes.Replace([]byte(ruleText("a", baseRule)), []byte("mode: live"), []byte("mode: off"), 1)
	want(t, newRoom(compile(t, string(text))).send(car("c", 0)), "")
}

func TestQuarantineIsState(t *testing.T) {
	set := compile(t, ruleText("a", baseRule))
	r := newRoom(set)
	r.state.Quarantine("a")
	r.state = recode(t, r.state)
	want(t, r.send(car("c", 0)), "")
	if dropped := r.state.Retain(set); dropped != nil || !r.stats(t, "a").Quarantined {
		t.Errorf("the quarantine ended with the same version; dropped %v", dropped)
	}
	r.set = compile(t, ruleText("a", baseRule+"after: {close_when_quiet: 1h}\n"))
	if dropped := r.state.Retain(r.set); !slices.Equal(dropped, []string{"a"}) {
		t.Errorf("dropped %v", dropped)
	}
	want(t, r.send(car("d", 0)), "a/@d[d]")
}

func TestRetainKeepsWhatDidNotChange(t *testing.T) {
	count := countRule("{count: call, within: 10m, atleast: 2}")
	r := newRoom(compile(t, count, ruleText("z", onHits[:0]+baseRule)))
	r.all(event("a", call, 0), car("x", 0))
	r.set = compile(t, count)
	if dropped := r.state.Retain(r.set); !slices.Equal(dropped, []string{"z"}) {
		t.Errorf("dropped %v, want z", dropped)
	}
	want(t, r.send(event("b", call, 0)), "c/@b[a b]")
}

func TestDecodeRefusesDamage(t *testing.T) {
	r := newRoom(compile(t, countRule("{count: call, within: 10m, atleast: 2}")))
	r.send(event("a", call, 0))
	b := encode(t, r.state)
	for _, damaged := range [][]byte{nil, b[:len(b)-1], bytes.Replace(b, []byte(`"event":0`), []byte(`"event":7`), 1), []byte(`{"format":1}`)} {
		if _, err := DecodeState(damaged); fusion.KindOf(err) != fusion.KindCorrupt {
			t.Errorf("%.40s: %v", damaged, err)
		}
	}
}
