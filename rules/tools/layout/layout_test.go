package layout_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/openiroom/iroom/rules"
	"github.com/openiroom/iroom/rules/library"
	"github.com/openiroom/iroom/rules/tools/layout"
)

const messy = `# About fast cars.

title: A fast car   
rule:    fast   # its id


# who answers
owner: test
description: >-
    Cars that are
    too fast.
purpose: {basis: wpg-8, text: test}
mode: live
events:
      # cars
      car:
      -   type: sensor.anpr.passage
          when: |
             attrs.speed_kmh > 100 &&
               attrs.lane == "1"
      # and calls
      -   {type: police.dispatch.call,
           when: attrs.nature == "x"}
match: {event: car}
incident: {kind: speeding, severity: low, title: Fast car}`

const neat = `# About fast cars.

rule:    fast   # its id

title: A fast car
description: >-
  Cars that are
  too fast.
# who answers
owner: test
purpose: {basis: wpg-8, text: test}
mode: live
events:
  # cars
  car:
    - type: sensor.anpr.passage
      when: |
        attrs.speed_kmh > 100 &&
          attrs.lane == "1"
    # and calls
    - {type: police.dispatch.call,
       when: attrs.nature == "x"}
match: {event: car}
incident: {kind: speeding, severity: low, title: Fast car}
`

func TestFormat(t *testing.T) {
	got, err := layout.Format([]byte(messy))
	if err != nil || string(got) != neat {
		t.Errorf("%v\n%s", err, got)
	}
	if again, err := layout.Format(got); err != nil || string(again) != neat {
		t.Errorf("laid out twice it is another: %v\n%s", err, again)
	}
}

func TestShippedRulesKeepTheirContent(t *testing.T) {
	set, problems := rules.Load(library.FS)
	if set == nil {
		t.Fatal(problems)
	}
	for _, r := range set.Rules() {
		text, err := fs.ReadFile(library.FS, r.File)
		if err != nil {
			t.Fatal(err)
		}
		got, err := layout.Format(text)
		if err != nil {
			t.Errorf("%s: %v", r.File, err)
			continue
		}
		if _, err := rules.Dissect(r, got); err != nil {
			t.Errorf("its version changed: %v", err)
		}
		if strings.Count(string(got), "#") != strings.Count(string(text), "#") {
			t.Errorf("%s lost a comment", r.File)
		}
	}
}

func TestFormatRefuses(t *testing.T) {
	for _, text := range []string{"", "a: [", "a: 1\n---\nb: 2\n"} {
		if got, err := layout.Format([]byte(text)); err == nil {
			t.Errorf("%q became %q", text, got)
		}
	}
}
