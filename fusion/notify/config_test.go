package notify

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openiroom/iroom/connectors"
	"github.com/openiroom/iroom/fusion"
)

func TestEveryProblemIsTold(t *testing.T) {
	var c Config
	err := connectors.DecodeYAML([]byte(`
language: de
zone: Mars/Olympus
receivers:
  - {name: Anna, topic: a}
  - {name: bert}
  - {name: bert, topic: b.c}
  - {name: carl, topic: c, rate: {messages: 0, per: 1m}}
hours: [{name: night, zone: Europe/Amsterdam, spans: [{days: [zondag], from: "25:00", to: "07:00"}]}]
rotas: [{name: duty, zone: "", shifts: [{from: "07:00", to: "08:00", who: [nobody]}]}]
routes:
  - {name: a, who: []}
  - {name: b, when: "kind ==", who: [duty], group: [colour], quiet: [day]}
  - {name: c, who: [dora], escalate: [{after: 5m, who: [duty]}, {after: 1m, who: [duty]}]}
links: {url: "ftp://x"}
`))(&c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compile(c)
	if fusion.KindOf(err) != fusion.KindInvalid {
		t.Fatalf("got %v", err)
	}
	for _, want := range []string{
		`zone is "Mars/Olympus"`, `receivers[0].name is "Anna"`, `receivers[0].language is "de"`, "receivers[1] needs one of topic and url",
		`receivers[2].name is "bert"`, `receivers[2].topic is "b.c"`, "receivers[3].rate is 0 per 1m", `hours[0].spans[0].days has "zondag"`,
		`hours[0].spans[0].from is "25:00"`, `rotas[0].shifts[0].who has "nobody"`, "routes[0].who is missing", "routes[1].when: column",
		`routes[1].group has "colour"`, `routes[1].quiet has "day"`, `routes[2].who has "dora"`, "routes[2].escalate[1].after is 1m",
		"links.url is not the address", "links.key is missing",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the problems do not say %q:\n%v", want, err)
		}
	}
}

func TestConditions(t *testing.T) {
	a := &fusion.Alert{
		Action: fusion.AlertOpened, Incident: "261124-0007", Kind: "fire", Title: "Brand", Severity: fusion.SeverityHigh,
		Status: fusion.PictureNew, Area: "centrum", Confidence: 83.5, Evidence: 3, Sources: []string{"dispatch/lmk"}, Text: "new",
	}
	for text, want := range map[string]bool{
		`kind == "fire" && severity in ["high", "critical"]`:                         true,
		`"dispatch/lmk" in sources and len(sources) == 1`:                            true,
		`action != "changed" && !(area startsWith "noord")`:                          true,
		`confidence >= 83.5 && evidence > 3`:                                         false,
		`title matches "^brand$" || incident endsWith "-0007" && lower(kind) == "x"`: false,
		`status == "new" ? text contains "e" : false`:                                true,
	} {
		c, err := newCondition(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := c.eval(a); got != want || err != nil {
			t.Errorf("%s: got %t, %v", text, got, err)
		}
	}
}

func TestConditionsThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "column",
		"kind":                                   "expected bool",
		"colour == 1":                            "unknown name colour",
		"kind == 1":                              "mismatched types",
		strings.Repeat("(", 33) + "true":         "nested deeper than 32",
		strings.Repeat("!", maxConditionBytes+1): "at most 4096",
		"any(sources, # == kind)":                "loops are not part",
		"len(1..1000000) > 0":                    "operator ..",
		"evidence ** 9 > 1":                      "operator **",
		`repeat("x", 1000000000) == ""`:          "repeat",
		"now() == nil":                           "now",
		strings.Repeat("!", 400) + "(kind == '')": "exceed",
	} {
		if _, err := newCondition(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", text, err, want)
		}
	}
}

// TestAFailingConditionMatches holds that a route rather tells too much.
func TestAFailingConditionMatches(t *testing.T) {
	p := mustCompile(t, "receivers: [{name: a, topic: a}]\nroutes: [{name: r, when: 'sources[3] == \"x\"', who: [a]}]")
	a := &fusion.Alert{}
	if !p.routes[0].matches(a) {
		t.Error("it does not match")
	}
	if e := p.Explain(a, start); e[0].Problem == "" {
		t.Errorf("nothing says that the condition fails: %+v", e)
	}
}

func TestExplain(t *testing.T) {
	p := mustCompile(t, `
receivers: [{name: anna, topic: a}, {name: bert, topic: b}]
hours: [{name: night, zone: Europe/Amsterdam, spans: [{from: "23:00", to: "07:00"}]}]
rotas: [{name: duty, zone: Europe/Amsterdam, shifts: [{from: "07:00", to: "08:00", who: [anna]}, {from: "08:00", to: "23:00", who: [bert]}]}]
routes:
  - {name: fires, when: kind == "fire", who: [duty], wait: 10s, quiet: [night], repeat: 5m, escalate: [{after: 90m, who: [duty]}]}
  - {name: rest, when: kind != "fire", who: [anna]}
  - {name: now, who: [duty]}
`)
	at := instant(t, "2026-11-24T23:30:00Z") // 00:30 in Amsterdam
	list := p.Explain(&fusion.Alert{Kind: "fire"}, at)
	seven := instant(t, "2026-11-25T06:00:00Z")
	fires, rest, now := list[0], list[1], list[2]
	if !fires.Matches || !fires.Quiet.Equal(seven) || fires.Repeat != "5m" || len(fires.Told) != 2 {
		t.Errorf("got %+v", fires)
	}
	if !fires.Told[0].At.Equal(seven) || !slices.Equal(fires.Told[0].Who, []string{"anna"}) ||
		!fires.Told[1].At.Equal(seven.Add(90*time.Minute)) || !slices.Equal(fires.Told[1].Who, []string{"bert"}) {
		t.Errorf("told are %+v", fires.Told)
	}
	if rest.Matches || rest.Told != nil {
		t.Errorf("got %+v", rest)
	}
	if len(now.Told[0].Who) != 0 {
		t.Errorf("somebody is on duty at night: %+v", now)
	}
}

// FuzzCondition holds that no text does harm: it is refused, or runs at once.
func FuzzCondition(f *testing.F) {
	for _, s := range []string{`kind == "fire"`, `"x" in sources && len(title) > 3`, `title matches "(a+)+$"`, "((((", "{", "sources[0:2] == [kind]"} {
		f.Add(s)
	}
	a := &fusion.Alert{Kind: "fire", Title: strings.Repeat("a", 200), Sources: []string{"a", "b"}}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := newCondition(text)
		if err != nil {
			return
		}
		began := time.Now()
		_, err = c.eval(a)
		if spent := time.Since(began); spent > time.Second {
			t.Errorf("%q took %s and gave %v", text, spent, err)
		}
	})
}
