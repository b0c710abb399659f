package matchbench

import (
	"strings"
	"testing"

	"github.com/openiroom/iroom/rules"
)

const rule = `
rule: fast
title: T
description: D
owner: O
purpose: {basis: wpg-8, text: P}
mode: live
incident: {kind: k, severity: low, title: T}
events: {car: {type: sensor.anpr.passage, when: attrs.speed_kmh > 100}}
`

func set(t *testing.T, match string) *rules.Set {
	t.Helper()
	s, problems := rules.Compile(map[string][]byte{"fast.yaml": []byte(rule + "match: " + match + "\n")})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return s
}

func line(id, second, speed string) string {
	return `{"specversion":"1.0","id":"` + id + `","source":"s","type":"sensor.anpr.passage","time":"2026-03-02T06:00:` + second +
		`Z","data":{"attrs":{"camera":"k1","speed_kmh":` + speed + `}}}`
}

func TestRunCounts(t *testing.T) {
	events := line("1", "00", "120") + "\n\n" + line("2", "01", "80") + "\n[" + line("3", "02", "130") + "]"
	var keys []string
	hit := func(m *rules.Match) error {
		keys = append(keys, string(m.Hit.Inputs[0].Event))
		return nil
	}
	r, err := Run(t.Context(), set(t, "{event: car}"), strings.NewReader(events), Options{Hit: hit})
	if err != nil {
		t.Fatal(err)
	}
	if r.Events != 3 || r.Hits != 2 || r.ByRule["fast"] != 2 || r.Rules != 1 || strings.Join(keys, " ") != "1 3" {
		t.Errorf("%+v, hits on %v", r, keys)
	}
	if r.Wall <= 0 || r.AllocsEach < 1 || r.BytesEach < 100 {
		t.Errorf("%+v: nothing was measured", r)
	}
	for _, want := range []string{"events", "hits of fast", " us", " bytes"} {
		if !strings.Contains(r.String(), want) {
			t.Errorf("the table has no %q:\n%s", want, r)
		}
	}
}

// TestRunDecidesWhatWaits: what the clock would decide after the last event.
func TestRunDecidesWhatWaits(t *testing.T) {
	s := set(t, "{count: car, within: 10s, window: tumbling, atmost: 5}")
	r, err := Run(t.Context(), s, strings.NewReader(line("1", "00", "120")+"\n"), Options{})
	if err != nil || r.Hits != 1 {
		t.Errorf("%+v, %v; want one hit", r, err)
	}
}

func TestRunRefuses(t *testing.T) {
	good := line("1", "00", "120") + "\n"
	for name, c := range map[string]struct{ events, want string }{
		"nothing":       {"\n\n", "there is no event"},
		"text":          {good + "hello\n", "line 2: "},
		"other object":  {good + "\n" + `{"plate":"AB12CD"}` + "\n", `line 3: `},
		"a list":        {"[1]\n", "line 1: "},
		"invalid event": {good + strings.Replace(good, `"source":"s"`, `"source":""`, 1), `line 2: event "1": source`},
		"cut short":     {good + good[:40], "line 2: "},
	} {
		_, err := Run(t.Context(), set(t, "{event: car}"), strings.NewReader(c.events), Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}
